import { CONTEXT_DIVIDER, taskContext } from '../../src/domain/agent/prompts.ts';
import type { EarlierOutput } from '../../src/domain/agent/prompts.ts';
import type { CrewPlan, PlanTask } from '../../src/domain/plan/crew-plan.ts';
import { conditionHolds } from '../../src/domain/run/condition.ts';

/** What came to pass in one run, in the words of kickoff.py. */
export interface RunRecord {
  error?: string | undefined;
  /** Tasks that ran, by id. */
  seen: Record<string, SeenTask>;
  /** `tasks_output`: id and raw. */
  outputs?: [string, string][] | undefined;
  raw?: string | undefined;
}

export interface SeenTask {
  agent: string;
  attempts: number;
  context: string;
  coworkers: string[];
  tools: string[];
}

/**
 * Runs a plan as the engine would, its agents answering from a script.
 *
 * @throws when a task sees an output it does not wait for: what it sees would be a matter of luck.
 */
export function simulatePlan(plan: CrewPlan, script: Readonly<Record<string, string[]>>): RunRecord {
  const outputs: EarlierOutput[] = [];
  const seen: Record<string, SeenTask> = {};
  const waited = waitedFor(plan);
  for (const task of plan.tasks) {
    const before = waited.get(task.key) ?? new Set();
    if (task.context.kind === 'unspecified' && before.size !== outputs.length)
      throw new Error(`${task.key} is to see all outputs but does not wait for all`);
    const earlier = outputs.filter(({ taskKey }) => before.has(taskKey));
    const looked = earlier.find(({ taskKey }) => taskKey === task.condition?.taskKey);
    if (task.condition !== null && looked === undefined)
      throw new Error(`${task.key} does not wait for what its condition looks at`);
    if (task.condition !== null && !conditionHolds(task.condition.test, looked?.raw ?? '')) {
      outputs.push({ taskKey: task.key, raw: '' });
      continue;
    }
    const { raw, attempts } = perform(task, script[task.key] ?? [`text of ${task.key}`]);
    seen[task.key] = {
      agent: roleOf(plan, task.agentKey),
      attempts,
      context: taskContext(task, earlier),
      coworkers: task.coworkers.map((key) => roleOf(plan, key)).toSorted(),
      tools: toolsOf(plan, task).toSorted(),
    };
    if (raw === null) return { error: failure(attempts), seen };
    outputs.push({ taskKey: task.key, raw });
  }
  const shown = outputs.filter(({ taskKey }) => !plan.hiddenOutputs.includes(taskKey));
  const last = shown.findLast(({ raw }) => raw !== '');
  if (last === undefined) return { error: 'No valid task outputs available to create crew output.', seen };
  return { seen, outputs: shown.map(({ taskKey, raw }) => [taskKey, raw]), raw: last.raw };
}

const failure = (attempts: number): string =>
  `Task failed guardrail validation after ${attempts - 1} retries.`;

/** The guardrail of kickoff.py lets pass what begins with "good". */
function perform(task: PlanTask, script: readonly string[]): { raw: string | null; attempts: number } {
  const answer = (attempt: number): string => script[Math.min(attempt, script.length) - 1] ?? '';
  if (task.guardrail === null) return { raw: answer(1), attempts: 1 };
  for (let attempt = 1; attempt <= task.guardrail.maxRetries + 1; attempt += 1)
    if (answer(attempt).startsWith('good')) return { raw: answer(attempt), attempts: attempt };
  return { raw: null, attempts: task.guardrail.maxRetries + 1 };
}

const roleOf = (plan: CrewPlan, key: string): string =>
  plan.agents.find((agent) => agent.key === key)?.role ?? '';

const toolsOf = (plan: CrewPlan, task: PlanTask): string[] =>
  task.tools.length > 0 ? task.tools : (plan.agents.find(({ key }) => key === task.agentKey)?.tools ?? []);

/** For each task every other one that is surely done when it starts. */
function waitedFor(plan: CrewPlan): Map<string, Set<string>> {
  const waited = new Map<string, Set<string>>();
  for (const task of plan.tasks)
    waited.set(task.key, new Set(task.dependsOn.flatMap((key) => [key, ...(waited.get(key) ?? [])])));
  return waited;
}

/** CrewAI leaves dividers around outputs that are empty; they say nothing, and we leave them out. */
export const withoutEmpty = (context: string): string =>
  context
    .split(CONTEXT_DIVIDER)
    .filter((part) => part !== '')
    .join(CONTEXT_DIVIDER);
