import type { Issue } from '../errors.ts';
import type { JsonObject } from '../json.ts';
import type { CrewPlan, PlanTask } from './crew-plan.ts';
import { crewTasks } from './crew-planning.ts';
import { missingInputs, placeholders } from './interpolate.ts';
import { inputsOf } from './task-inputs.ts';
import { unknownTool } from './unknown-tool.ts';

/** What may be changed of a task that has not started; what is undefined stays. */
export interface TaskEdit {
  name?: string | undefined;
  description?: string | undefined;
  expectedOutput?: string | undefined;
  /** Key of an agent of the crew. */
  agentKey?: string | undefined;
  /** Keys of earlier tasks; null for "not specified". */
  context?: readonly string[] | null | undefined;
  tools?: readonly string[] | undefined;
  humanInput?: boolean | undefined;
}

export type EditedPlan = { ok: true; plan: CrewPlan } | { ok: false; issues: Issue[] };

/**
 * A plan with one task changed, checked by the rules of a crew: its agent is one of the crew's, its context looks
 * back, its tools are on offer, and its texts use no variable that the inputs of the run do not bring.
 */
export function editTask(
  plan: CrewPlan,
  key: string,
  edit: TaskEdit,
  run: { inputs: JsonObject; offeredTools: readonly string[] },
): EditedPlan {
  const index = plan.tasks.findIndex((task) => task.key === key);
  const task = plan.tasks[index];
  if (task === undefined) return { ok: false, issues: [{ path: '', message: `there is no task ${key}` }] };
  const issues = [
    ...agentIssues(plan, edit),
    ...contextIssues(plan, index, edit),
    ...toolIssues(edit, run.offeredTools),
  ];
  const edited = applyEdit(plan, task, edit);
  const inputs = placeholders([edited.description, edited.expectedOutput]);
  for (const name of missingInputs({ inputs }, inputsOf(edited, run.inputs))) {
    const field = placeholders([edited.description]).includes(name) ? 'description' : 'expected_output';
    issues.push({ path: `/${field}`, message: `the inputs of this execution do not bring {${name}}` });
  }
  if (issues.length > 0) return { ok: false, issues };
  const tasks = plan.tasks.with(index, edited);
  return { ok: true, plan: { ...plan, tasks } };
}

function applyEdit(plan: CrewPlan, task: PlanTask, edit: TaskEdit): PlanTask {
  const { name, description, expectedOutput, agentKey, context, tools, humanInput } = edit;
  // Under a manager the task's agent is the one whom the manager may hand it to.
  const byManager = plan.process === 'hierarchical';
  return {
    ...task,
    ...(name !== undefined && { name }),
    ...(description !== undefined && { description }),
    ...(expectedOutput !== undefined && { expectedOutput }),
    ...(agentKey !== undefined &&
      (byManager ? { coworkers: [agentKey] } : { agentKey, coworkers: coworkersOf(plan, agentKey) })),
    ...(context !== undefined && {
      context:
        context === null ? { kind: 'unspecified' as const } : { kind: 'tasks' as const, keys: [...context] },
    }),
    ...(context !== undefined &&
      context !== null &&
      plan.process === 'graph' && { dependsOn: [...new Set([...context, ...conditionKeys(task)])] }),
    ...(tools !== undefined && { tools: [...tools] }),
    ...(humanInput !== undefined && { humanInput }),
  };
}

/** Whom an agent may delegate to is the same in all its tasks; one that has none yet delegates to nobody. */
const coworkersOf = (plan: CrewPlan, agentKey: string): string[] =>
  plan.tasks.find((task) => task.agentKey === agentKey)?.coworkers ?? [];

const conditionKeys = (task: PlanTask): string[] => (task.condition === null ? [] : [task.condition.taskKey]);

function agentIssues(plan: CrewPlan, { agentKey }: TaskEdit): Issue[] {
  const manager = plan.process === 'hierarchical' ? crewTasks(plan)[0]?.agentKey : undefined;
  const agents = plan.agents.filter(({ key }) => key !== manager && key !== plan.planning?.agentKey);
  if (agentKey === undefined || agents.some((agent) => agent.key === agentKey)) return [];
  const known = agents.map((agent) => agent.key).join(', ');
  return [{ path: '/agent', message: `no agent of this crew is called "${agentKey}"; there are: ${known}` }];
}

function contextIssues(plan: CrewPlan, index: number, { context }: TaskEdit): Issue[] {
  const name = plan.tasks[index]?.key ?? '';
  return (context ?? []).flatMap((key, place) => {
    const at = plan.tasks.findIndex((task) => task.key === key);
    const path = `/context/${place}`;
    if (at === -1) return [{ path, message: `there is no task "${key}"` }];
    if (at < index) return [];
    const what = at === index ? 'itself' : `a future task '${key}'`;
    return [{ path, message: `Task '${name}' has a context dependency on ${what}, which is not allowed.` }];
  });
}

const toolIssues = ({ tools }: TaskEdit, offered: readonly string[]): Issue[] =>
  (tools ?? []).flatMap((tool, place) =>
    offered.includes(tool)
      ? []
      : [
          {
            path: `/tools/${place}`,
            message: unknownTool(tool, offered),
          },
        ],
  );
