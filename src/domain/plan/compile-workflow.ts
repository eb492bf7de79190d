import { DEFAULT_MAX_ITER } from '../crewai/yaml-fields.ts';
import type { Issue } from '../errors.ts';
import { findCycle, topologicalOrder } from '../graph/order-tasks.ts';
import { readLlm } from '../graph/read-llm.ts';
import type { JsonObject } from '../json.ts';
import { crewManager } from './crew-manager.ts';
import type { CrewPlan, CrewProcess, PlanAgent, PlanTask } from './crew-plan.ts';
import { placeholders } from './interpolate.ts';
import { readApprovals } from './tool-approvals.ts';
import { waitMs } from './wait-seconds.ts';
import { taskLimits } from './task-limits.ts';
import { wantedInputs } from './task-inputs.ts';

/**
 * How the tasks of a stored workflow follow each other. `linear`: one after another, by `order`, then id, each seeing
 * all earlier outputs. `parallel`: all at once. `hierarchical`: as `linear`, under a manager. `graph`: each as soon as
 * its `dependencies` are done, seeing their outputs. Only `graph` looks at dependencies.
 */
export const WORKFLOW_TYPES = ['linear', 'parallel', 'hierarchical', 'graph'] as const;
export type WorkflowType = (typeof WORKFLOW_TYPES)[number];

/** A stored agent, as far as a plan needs it. */
export interface StoredAgent {
  id: number;
  role: string;
  goal: string;
  backstory: string;
  model: string;
  /** A decimal number, as `topP`. */
  temperature: string;
  maxTokens: number;
  topP: string;
  isActive: boolean;
  config?: JsonObject | null | undefined;
  tools: readonly string[];
}

/** A stored task, as far as a plan needs it. */
export interface StoredTask {
  id: number;
  agentId: number;
  name: string;
  description: string;
  priority: number;
  order: number;
  inputData?: JsonObject | null | undefined;
  config?: JsonObject | null | undefined;
  dependencies: readonly number[];
  isActive: boolean;
}

export interface StoredWorkflow {
  name: string;
  workflowType: WorkflowType;
  config?: JsonObject | null | undefined;
}

/** What the compiler has to know of this installation. */
export interface PlatformSurroundings {
  offeredTools: readonly string[];
  /** The most tokens a model can say at once; undefined when nobody knows. */
  mostTokensOf: (model: string) => number | undefined;
}

export type WorkflowCompilation =
  | { ok: true; plan: CrewPlan; /** Of its tasks, the highest. */ priority: number }
  | { ok: false; issues: Issue[] };

const DEFAULT_EXPECTED_OUTPUT = 'A complete and correct result of the task.';
const MANAGER_KEY = 'manager';

export const agentKey = (id: number): string => `agent-${id}`;
export const taskKey = (id: number): string => `task-${id}`;

/**
 * Rows of a workflow → plan. Inactive tasks, and tasks of inactive agents, are left out; who depends on one of those
 * depends on what it depends on instead. Pure.
 */
export function compileWorkflow(
  workflow: StoredWorkflow,
  rows: { tasks: readonly StoredTask[]; agents: readonly StoredAgent[] },
  surroundings: PlatformSurroundings,
): WorkflowCompilation {
  const active = new Map(rows.agents.filter(({ isActive }) => isActive).map((agent) => [agent.id, agent]));
  const listed = rows.tasks.toSorted((one, other) => one.order - other.order || one.id - other.id);
  const running = listed.filter((task) => task.isActive && active.has(task.agentId));
  if (running.length === 0) {
    const message =
      rows.tasks.length === 0
        ? 'the workflow has no tasks'
        : 'all tasks of the workflow, or their agents, are inactive';
    return { ok: false, issues: [{ path: '/tasks', message }] };
  }
  const isGraph = workflow.workflowType === 'graph';
  const cycle = isGraph ? dependencyCycle(listed) : [];
  if (cycle.length > 0) return { ok: false, issues: [{ path: '/tasks', message: cycleMessage(cycle) }] };
  const ordered = isGraph ? inOrderOfDependencies(running, listed) : running;
  const used = new Set(ordered.map((task) => task.agentId));
  const agents = [...active.values()]
    .filter(({ id }) => used.has(id))
    .map((agent) => toPlanAgent(agent, surroundings));
  const manager =
    workflow.workflowType === 'hierarchical'
      ? crewManager(MANAGER_KEY, readLlm(workflow.config?.['manager_llm']))
      : null;
  const tasks = ordered.map((task, place) =>
    flowOf(workflow.workflowType, task, { earlier: ordered.slice(0, place), listed, agents }),
  );
  return {
    ok: true,
    plan: {
      ...assemble(workflow, manager === null ? agents : [...agents, manager], tasks),
      ...limitsOf(workflow.config ?? {}),
    },
    priority: Math.max(...ordered.map((task) => task.priority)),
  };
}

/**
 * One task with its agent as a plan of its own, whether or not they are active. Pure.
 * @param configs laid over the task's own, and that of its workflow, whose limits hold for the task too
 */
export function compileTask(
  task: StoredTask,
  agent: StoredAgent,
  surroundings: PlatformSurroundings,
  configs: { config: JsonObject; workflow: JsonObject } = { config: {}, workflow: {} },
): CrewPlan {
  const agents = [toPlanAgent(agent, surroundings)];
  const plan = assemble({ name: task.name, workflowType: 'linear' }, agents, [
    toPlanTask(task, configs.config),
  ]);
  return { ...plan, ...limitsOf(configs.workflow) };
}

/** A question put to an agent as a plan of one task. Only what the agent's own texts name has to be given. Pure. */
export function compileAgentTest(
  agent: StoredAgent & { name: string },
  input: string,
  surroundings: PlatformSurroundings,
): CrewPlan {
  const asked: PlanTask = {
    ...plainTask,
    key: 'test',
    name: 'test',
    description: input,
    expectedOutput: DEFAULT_EXPECTED_OUTPUT,
    agentKey: agentKey(agent.id),
  };
  const plan = assemble(
    { name: agent.name, workflowType: 'linear' },
    [toPlanAgent(agent, surroundings)],
    [asked],
  );
  return { ...plan, inputs: placeholders([agent.role, agent.goal, agent.backstory]) };
}

const PROCESS: Record<WorkflowType, CrewProcess> = {
  linear: 'sequential',
  parallel: 'graph',
  hierarchical: 'hierarchical',
  graph: 'graph',
};

const assemble = (workflow: StoredWorkflow, agents: PlanAgent[], tasks: PlanTask[]): CrewPlan => ({
  schemaVersion: 1,
  name: workflow.name,
  process: PROCESS[workflow.workflowType],
  compat: 'fixed',
  agents,
  tasks,
  hiddenOutputs: [],
  inputs: wantedInputs({ agents, tasks }),
  tellsUnnamedInputs: true,
});

function toPlanAgent(agent: StoredAgent, { offeredTools, mostTokensOf }: PlatformSurroundings): PlanAgent {
  const maxIter = agent.config?.['max_iter'];
  return {
    key: agentKey(agent.id),
    agentId: agent.id,
    role: agent.role,
    goal: agent.goal,
    backstory: agent.backstory,
    model: agent.model,
    fallbackModels: [],
    tools: agent.tools.filter(
      (name, place) => offeredTools.includes(name) && agent.tools.indexOf(name) === place,
    ),
    maxIter:
      typeof maxIter === 'number' && Number.isInteger(maxIter) && maxIter >= 1 ? maxIter : DEFAULT_MAX_ITER,
    maxTokens: Math.min(agent.maxTokens, mostTokensOf(agent.model) ?? agent.maxTokens),
    temperature: Number(agent.temperature),
    topP: Number(agent.topP),
    maxExecutionTimeMs: null,
    ...rpmAndApprovals(agent.config ?? {}),
  };
}

/** `max_rpm` and `tool_approvals` of a `config`. */
function rpmAndApprovals(config: JsonObject): Pick<CrewPlan, 'maxRpm' | 'toolApprovals'> {
  const { max_rpm: rpm, tool_approvals: approvals } = config;
  return {
    ...(typeof rpm === 'number' && Number.isInteger(rpm) && rpm >= 1 && { maxRpm: rpm }),
    ...((approvals ?? null) !== null && { toolApprovals: readApprovals(approvals) }),
  };
}

function limitsOf(config: JsonObject): Partial<CrewPlan> {
  const timeoutMs = waitMs(config['tool_approval_timeout_seconds']);
  const remindAfterMs = waitMs(config['remind_after_seconds']);
  return {
    ...rpmAndApprovals(config),
    ...(timeoutMs !== null && { approvalTimeoutMs: timeoutMs }),
    ...(remindAfterMs !== null && { remindAfterMs }),
  };
}

const plainTask = {
  coworkers: [],
  context: { kind: 'unspecified' },
  tools: [],
  dependsOn: [],
  condition: null,
  guardrail: null,
  output: null,
  humanInput: false,
} satisfies Partial<PlanTask>;

function toPlanTask(task: StoredTask, laidOver: JsonObject = {}): PlanTask {
  const config: JsonObject = { ...task.config, ...laidOver };
  const expected = config['expected_output'];
  return {
    ...plainTask,
    key: taskKey(task.id),
    taskId: task.id,
    inputs: task.inputData ?? {},
    name: task.name,
    description: task.description,
    expectedOutput:
      typeof expected === 'string' && expected.trim() !== '' ? expected : DEFAULT_EXPECTED_OUTPUT,
    agentKey: agentKey(task.agentId),
    humanInput: config['human_input'] === true,
    ...taskLimits(config),
  };
}

function flowOf(
  type: WorkflowType,
  task: StoredTask,
  around: { earlier: readonly StoredTask[]; listed: readonly StoredTask[]; agents: readonly PlanAgent[] },
): PlanTask {
  const plain = toPlanTask(task);
  const previous = around.earlier.at(-1);
  const chained = { ...plain, dependsOn: previous === undefined ? [] : [taskKey(previous.id)] };
  switch (type) {
    case 'linear':
      return chained;
    case 'hierarchical':
      return {
        ...chained,
        agentKey: MANAGER_KEY,
        coworkers: [plain.agentKey],
        // as in CrewAI, where a task without tools takes over its agent's
        tools: around.agents.find(({ key }) => key === plain.agentKey)?.tools ?? [],
      };
    case 'parallel':
      return { ...plain, context: { kind: 'tasks', keys: [] } };
    case 'graph': {
      const present = new Set(around.earlier.map(({ id }) => id));
      const keys = livingDependencies(task, present, around.listed).map(taskKey);
      return { ...plain, dependsOn: keys, context: { kind: 'tasks', keys } };
    }
  }
}

/** What a task depends on, those that are left out replaced by what they depend on. Wants no cycles. */
function livingDependencies(
  task: StoredTask,
  present: ReadonlySet<number>,
  listed: readonly StoredTask[],
): number[] {
  const found = new Set<number>();
  const seen = new Set<number>();
  const visit = (ids: readonly number[]): void => {
    for (const id of ids) {
      if (seen.has(id)) continue;
      seen.add(id);
      if (present.has(id)) found.add(id);
      else visit(listed.find((one) => one.id === id)?.dependencies ?? []);
    }
  };
  visit(task.dependencies);
  return [...found];
}

function inOrderOfDependencies(running: readonly StoredTask[], listed: readonly StoredTask[]): StoredTask[] {
  const present = new Set(running.map(({ id }) => id));
  const waitsFor = running.map((task) => livingDependencies(task, present, listed));
  const followers = running.map(({ id }) =>
    waitsFor.flatMap((ids, place) => (ids.includes(id) ? [place] : [])),
  );
  return topologicalOrder(running.length, followers).order.flatMap((place) => running[place] ?? []);
}

/** Tasks that wait for each other in a circle, in the order in which they would run; none when there is no such circle. */
export function dependencyCycle<T extends Pick<StoredTask, 'id' | 'dependencies'>>(tasks: readonly T[]): T[] {
  const followers = tasks.map(({ id }) =>
    tasks.flatMap(({ dependencies }, place) => (dependencies.includes(id) ? [place] : [])),
  );
  const { stuck } = topologicalOrder(tasks.length, followers);
  return findCycle(stuck, followers).flatMap((place) => tasks[place] ?? []);
}

/** As a person reads it. */
export const cycleMessage = (cycle: readonly { id: number; name: string }[]): string =>
  `tasks wait for each other in a circle: ${cycle.map(({ id, name }) => `${id} ("${name}")`).join(', ')}`;
