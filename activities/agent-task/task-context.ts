import type { AgentRules, AgentState, RuleAgent } from '../../src/domain/agent/agent-state.ts';
import { shapePrompt } from '../../src/domain/agent/checks.ts';
import { systemPrompt, taskContext, taskPrompt, taskSummary } from '../../src/domain/agent/prompts.ts';
import { startAgent, startRecalling } from '../../src/domain/agent/step.ts';
import {
  isPlanning,
  planFor,
  plannedDescription,
  planningPrompt,
} from '../../src/domain/plan/crew-planning.ts';
import { interpolate } from '../../src/domain/plan/interpolate.ts';
import type { PlanAgent, PlanTask } from '../../src/domain/plan/crew-plan.ts';
import {
  mergeApprovals,
  strictestApproval,
  type ToolApproval,
  type ToolApprovals,
} from '../../src/domain/plan/tool-approvals.ts';
import { inputsOf, unnamedInputs } from '../../src/domain/plan/task-inputs.ts';
import { isJsonObject, type JsonValue } from '../../src/domain/json.ts';
import type { TaskOutput } from '../../src/domain/run/result.ts';
import type { RecallScope } from '../../src/persistence/memory-search.ts';
import type { ModelRate } from '../../src/engine/calls/model-rates.ts';
import type { HeldTask, TaskIds } from '../../src/engine/claims/task-lease.ts';

/** A task with its agents, its texts filled in, and where its agent stands. */
export interface TaskMaterial {
  /** Id of the task's run. */
  taskId: number;
  ownerId: string;
  /** What its events name. */
  ids: TaskIds;
  /** How often people have changed it. */
  edits: number;
  /** It is the task that plans the others. */
  plans: boolean;
  task: PlanTask;
  /** Every agent that may speak in this task, by key: models, limits and tools. */
  agents: ReadonlyMap<string, PlanAgent>;
  rules: AgentRules;
  /** How often each agent may ask its model. */
  rates: ReadonlyMap<string, ModelRate[]>;
  /** Which tools each agent may use freely, by leave of a person, or not at all. */
  approvals: ReadonlyMap<string, ToolApprovals>;
  approvalTimeoutMs: number | null;
  /** When people are reminded of questions that do not say so themselves. */
  remindAfterMs: number | null;
  state: AgentState;
  /** What it recalls from and remembers in; null when it does neither. */
  recollection: RecallScope | null;
  /** The text it recalls by. */
  recallBy: string;
  /** Its first messages, with what was recalled. */
  begin: (recalled: string) => AgentState;
  /** The output's shape around what the agent said. */
  output: (raw: string, json: JsonValue | null) => TaskOutput;
}

/** Finds a task and its agents in the plan and fills in the inputs. A fresh agent gets its first messages. */
export function prepareTask(held: HeldTask, taskKey: string): TaskMaterial {
  const task = held.plan.tasks.find((candidate) => candidate.key === taskKey);
  if (task === undefined) throw new Error(`the plan has no task ${taskKey}`);
  const speakers = new Set([task.agentKey, ...task.coworkers]);
  const agents = new Map(
    held.plan.agents.filter(({ key }) => speakers.has(key)).map((agent) => [agent.key, agent]),
  );
  const inputs = inputsOf(task, held.inputs);
  const fill = (text: string): string => interpolate(text, inputs);
  const filled = new Map([...agents].map(([key, agent]) => [key, fillAgent(agent, fill)]));
  const self = filled.get(task.agentKey);
  if (self === undefined) throw new Error(`the plan has no agent ${task.agentKey}`);
  const { description, expectedOutput } = textsOf(held, task, fill);
  const earlier = held.earlier.filter((output) => !isPlanning(held.plan, output.taskKey));
  const recollection = recollectionOf(held, task);
  const rules: AgentRules = {
    agents: filled,
    coworkers: task.coworkers,
    output: task.output,
    guardrail: task.guardrail,
    humanInput: task.humanInput,
    remembers:
      recollection === null || recollection.memoryOf === null
        ? null
        : { description, embeds: recollection.embedder !== null },
  };
  const begin = (recalled: string): AgentState => {
    const shape = task.output === null ? null : shapePrompt(task.output.schema);
    const details = unnamedInputs(held.plan, task, held.inputs);
    const prompt = taskPrompt(
      { description, expectedOutput },
      taskContext(task, earlier),
      shape,
      details,
      recalled,
    );
    return startAgent(task.agentKey, systemPrompt(self), prompt);
  };
  return {
    taskId: held.taskId,
    ownerId: held.ownerId,
    ids: held.ids,
    edits: held.edits,
    plans: isPlanning(held.plan, task.key),
    task,
    agents,
    rules,
    state: held.state ?? firstState(recollection, description, begin),
    recollection,
    recallBy: description,
    begin,
    rates: new Map([...agents].map(([key, agent]) => [key, ratesOf(held, agent)])),
    approvals: new Map([...agents].map(([key, agent]) => [key, approvalsOf(held, task, agent, agents)])),
    approvalTimeoutMs: held.plan.approvalTimeoutMs ?? null,
    remindAfterMs: held.plan.remindAfterMs ?? null,
    output: (raw, json) => ({
      name: task.name,
      description,
      expected_output: expectedOutput,
      summary: taskSummary(description),
      raw,
      json_dict: isJsonObject(json) ? json : null,
      agent: self.role,
      output_format: task.output?.format ?? 'raw',
    }),
  };
}

/** The planner neither recalls nor remembers: it does no work. */
function recollectionOf({ plan, ownerId }: HeldTask, task: PlanTask): RecallScope | null {
  const memoryOf = plan.remembers === true ? plan.name : null;
  const own = plan.agents.find(({ key }) => key === task.agentKey)?.knowledge ?? [];
  const knowledge = [...new Set([...(plan.knowledge ?? []), ...own])];
  if (isPlanning(plan, task.key) || (memoryOf === null && knowledge.length === 0)) return null;
  return { ownerId, memoryOf, knowledge, embedder: plan.embedder ?? null };
}

function firstState(
  recollection: RecallScope | null,
  text: string,
  begin: (recalled: string) => AgentState,
): AgentState {
  if (recollection === null) return begin('');
  return startRecalling(recollection.embedder === null ? null : [text]);
}

/** The limit of the crew, and the agent's own; a stored agent has one limit in all its crews. */
const ratesOf = ({ plan, ownerId, crewScope }: HeldTask, agent: PlanAgent): ModelRate[] => [
  ...(plan.maxRpm === undefined ? [] : [{ scope: crewScope, most: plan.maxRpm }]),
  ...(agent.maxRpm === undefined
    ? []
    : [
        {
          scope:
            agent.agentId === undefined
              ? `${crewScope}/agent:${agent.key}`
              : `${ownerId}/agent:${agent.agentId}`,
          most: agent.maxRpm,
        },
      ]),
];

/** A manager uses the tools of the agent it may hand the task to, by that agent's leave. */
function approvalsOf(
  { plan }: HeldTask,
  task: PlanTask,
  agent: PlanAgent,
  agents: ReadonlyMap<string, PlanAgent>,
): ToolApprovals {
  const leads = plan.process === 'hierarchical' && agent.key === task.agentKey;
  const led = leads ? task.coworkers.map((key) => agents.get(key)?.toolApprovals ?? {}) : [];
  return mergeApprovals([
    plan.toolApprovals ?? {},
    task.toolApprovals ?? {},
    agent.toolApprovals ?? {},
    ...led,
  ]);
}

/** Whether an agent may call a tool. */
export const approvalOf = (material: TaskMaterial, agentKey: string, tool: string): ToolApproval =>
  strictestApproval(tool, [material.approvals.get(agentKey)]);

/** What a task is told: its own texts and, where the crew plans, the plan; the planner is told of all tasks. */
function textsOf(
  { plan, inputs, earlier }: HeldTask,
  task: PlanTask,
  fill: (text: string) => string,
): { description: string; expectedOutput: string } {
  if (isPlanning(plan, task.key))
    return planningPrompt(plan, (text, planned) => interpolate(text, inputsOf(planned, inputs)));
  const planned = earlier.find((output) => isPlanning(plan, output.taskKey));
  const description = fill(task.description);
  return {
    description:
      planned === undefined ? description : plannedDescription(description, planFor(task.key, planned.raw)),
    expectedOutput: fill(task.expectedOutput),
  };
}

const fillAgent = (agent: PlanAgent, fill: (text: string) => string): RuleAgent => ({
  key: agent.key,
  role: fill(agent.role),
  goal: fill(agent.goal),
  backstory: fill(agent.backstory),
  maxIter: agent.maxIter,
});

/** One of the agents of a task. @throws when it speaks in a task it has no part in: a bug. */
export function speaker(material: TaskMaterial, agentKey: string): PlanAgent {
  const agent = material.agents.get(agentKey);
  if (agent === undefined) throw new Error(`agent ${agentKey} has no part in task ${material.task.key}`);
  return agent;
}

/** Names of the tools an agent may use: on the task itself the task's own, else the agent's, as in CrewAI; none that is denied. */
export function toolNames(material: TaskMaterial, agentKey: string): readonly string[] {
  const { task } = material;
  const onTask = agentKey === task.agentKey && material.state.frames.at(-1)?.kind !== 'delegation';
  const names = onTask && task.tools.length > 0 ? task.tools : speaker(material, agentKey).tools;
  return names.filter((name) => approvalOf(material, agentKey, name) !== 'deny');
}

/** Whether a conversation that grew too long is summarised for this agent. */
export const respectsWindow = (material: TaskMaterial, agentKey: string): boolean =>
  speaker(material, agentKey).respectContextWindow !== false;

/** The name of the model an agent speaks with now: its own, or the fallback that is left. Null for the default. */
export function modelName(material: TaskMaterial, agentKey: string): string | null {
  const agent = speaker(material, agentKey);
  const failed = material.state.fallbacks[agentKey] ?? 0;
  return failed === 0 ? agent.model : (agent.fallbackModels[failed - 1] ?? agent.model);
}

/** The state with an agent's next fallback model, or null when it has none left. */
export function fallBack(material: TaskMaterial, agentKey: string): TaskMaterial | null {
  const failed = (material.state.fallbacks[agentKey] ?? 0) + 1;
  if (failed > speaker(material, agentKey).fallbackModels.length) return null;
  const fallbacks = { ...material.state.fallbacks, [agentKey]: failed };
  return { ...material, state: { ...material.state, fallbacks } };
}

/** Milliseconds an agent may still work on this task (`max_execution_time`), null without a limit. */
export function timeLeft({ agents, task, state }: TaskMaterial): number | null {
  const limit = agents.get(task.agentKey)?.maxExecutionTimeMs ?? null;
  return limit === null ? null : Math.max(limit - state.workedMs, 0);
}
