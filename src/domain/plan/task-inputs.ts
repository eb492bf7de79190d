import type { JsonObject } from '../json.ts';
import type { CrewPlan, PlanTask } from './crew-plan.ts';
import { placeholders, renderInput } from './interpolate.ts';

type Texts = Pick<CrewPlan, 'agents' | 'tasks'>;

/** The inputs a task sees: its own, and over them those of the run. */
export const inputsOf = (task: Pick<PlanTask, 'inputs'>, runInputs: JsonObject): JsonObject => ({
  ...task.inputs,
  ...runInputs,
});

/** The names of the `{variables}` in the texts of some tasks and of those who work on them, sorted. */
export function namesIn({ agents }: Texts, tasks: readonly PlanTask[]): string[] {
  const speakers = new Set(tasks.flatMap((task) => [task.agentKey, ...task.coworkers]));
  return placeholders([
    ...tasks.flatMap((task) => [task.description, task.expectedOutput]),
    ...agents
      .filter(({ key }) => speakers.has(key))
      .flatMap((agent) => [agent.role, agent.goal, agent.backstory]),
  ]);
}

/** The names that a start has to bring: what the tasks name and do not bring themselves. Sorted. */
export function wantedInputs(plan: Texts): string[] {
  const wanted = plan.tasks.flatMap((task) =>
    namesIn(plan, [task]).filter((name) => !Object.hasOwn(task.inputs ?? {}, name)),
  );
  return [...new Set(wanted)].sort();
}

/**
 * What a task is told beside its texts: inputs of the run that no task names, and inputs of its own that it does
 * not name itself. One line each, as `name: value`; empty when the plan does not ask for it.
 */
export function unnamedInputs(plan: CrewPlan, task: PlanTask, runInputs: JsonObject): string {
  if (plan.tellsUnnamedInputs !== true) return '';
  const namedByAny = new Set(namesIn(plan, plan.tasks));
  const namedHere = new Set(namesIn(plan, [task]));
  const own = Object.entries(task.inputs ?? {}).filter(
    ([name]) => !namedHere.has(name) && !Object.hasOwn(runInputs, name),
  );
  const shared = Object.entries(runInputs).filter(([name]) => !namedByAny.has(name));
  return [...own, ...shared].map(([name, value]) => `${name}: ${renderInput(value)}`).join('\n');
}

/** Ids of the stored task and agent behind a task of a plan, null where there are none. */
export interface StoredIds {
  taskId: number | null;
  agentId: number | null;
}

/** Under a manager the agent is the one whom the task was given to. */
export function storedIds(plan: Pick<CrewPlan, 'agents'>, task: PlanTask): StoredIds {
  const idOf = (key: string | undefined): number | undefined =>
    plan.agents.find((agent) => agent.key === key)?.agentId;
  const handedTo = task.coworkers.length === 1 ? task.coworkers[0] : undefined;
  return { taskId: task.taskId ?? null, agentId: idOf(task.agentKey) ?? idOf(handedTo) ?? null };
}
