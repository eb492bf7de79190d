import { asBool, asInt, isJsonObject } from '../crewai/field-types.ts';
import { DEFAULT_MAX_ITER } from '../crewai/yaml-fields.ts';
import type { JsonObject, JsonValue } from '../json.ts';
import type {
  CrewPlan,
  PlanAgent,
  PlanTask,
  TaskCondition,
  TaskGuardrail,
  TaskOutputShape,
} from '../plan/crew-plan.ts';
import { mergeApprovals, readApprovals, type ToolApprovals } from '../plan/tool-approvals.ts';
import { waitMs } from '../plan/wait-seconds.ts';
import { taskLimits } from '../plan/task-limits.ts';
import { crewManager } from '../plan/crew-manager.ts';
import { withPlanning } from '../plan/crew-planning.ts';
import { delegates } from './crew-warnings.ts';
import type { GraphDocument, GraphFinding, GraphReport, GraphSurroundings } from './graph-document.ts';
import { createFindings } from './graph-findings.ts';
import type { AgentModel, CrewModel, TaskModel } from './graph-model.ts';
import { readKnowledge } from './read-knowledge.ts';
import { readEmbedder } from './read-embedder.ts';
import { readLlm } from './read-llm.ts';
import { taskFlow } from './task-flow.ts';
import type { FlowStep } from './task-flow.ts';
import { crewInputs, examineGraph, reportOf } from './validate-graph.ts';

export type GraphCompilation =
  | { ok: true; plan: CrewPlan; warnings: GraphFinding[] }
  /** With what only a start refuses among the errors. */
  | { ok: false; report: GraphReport };

/**
 * Graph → plan. Keys of agents and tasks are the ids of their nodes. A graph that validates may still be
 * refused, where CrewAI too fails at kickoff.
 */
export function compileGraph(
  document: GraphDocument,
  options: GraphSurroundings & {
    /** What the crew shall be called; its own name, or the graph's, otherwise. */
    name?: string;
  },
): GraphCompilation {
  const findings = createFindings();
  const crew = examineGraph(document, options, findings);
  const errors = [...findings.errors, ...findings.startErrors];
  if (errors.length > 0) return { ok: false, report: reportOf(crew, errors, findings.warnings) };
  const plan = planOf(crew, options.name ?? crew.name);
  const { planning, planning_llm: llm, memory, embedder, knowledge_sources } = crew.node?.data ?? {};
  const knowledge = readKnowledge(knowledge_sources);
  const embeds = readEmbedder(embedder);
  const recalling: CrewPlan = {
    ...plan,
    ...(asBool(memory) && { remembers: true }),
    ...(knowledge.length > 0 && { knowledge }),
    ...(embeds !== null && { embedder: embeds }),
  };
  return {
    ok: true,
    plan: asBool(planning) ? withPlanning(recalling, readLlm(llm)) : recalling,
    warnings: [...findings.warnings],
  };
}

function planOf(crew: CrewModel, name: string): CrewPlan {
  const manager = crew.process === 'hierarchical' ? managerOf(crew) : null;
  const agents = crew.agents.map(toPlanAgent);
  const flow = crew.process === 'graph' ? graphFlow(crew.tasks) : taskFlow(crew.tasks, crew.compat);
  return {
    schemaVersion: 1,
    name,
    process: crew.process,
    compat: crew.compat,
    agents: manager === null ? agents : [...agents, manager],
    tasks: crew.tasks.flatMap((task, place) => {
      const step = flow.steps[place];
      return step === undefined ? [] : [toPlanTask(task, step, crew, manager?.key ?? null)];
    }),
    hiddenOutputs: flow.hidden,
    inputs: crewInputs(crew),
    ...crewLimits(crew),
  };
}

/** What the crew node, and tool nodes, hold all agents to. */
function crewLimits({ node, toolApprovals }: CrewModel): Partial<CrewPlan> {
  const data = node?.data ?? {};
  const timeoutMs = waitMs(data.tool_approval_timeout_seconds);
  const remindAfterMs = waitMs(data.remind_after_seconds);
  return {
    ...rpmOf(data),
    ...approvalsIn(mergeApprovals([toolApprovals, readApprovals(data.tool_approvals)])),
    ...(timeoutMs !== null && { approvalTimeoutMs: timeoutMs }),
    ...(remindAfterMs !== null && { remindAfterMs }),
  };
}

/** CrewAI takes 0 for none. */
function rpmOf({ max_rpm: rpm }: JsonObject): { maxRpm?: number } {
  const most = asInt(rpm);
  return most !== null && most >= 1 ? { maxRpm: most } : {};
}

const approvalsIn = (approvals: ToolApprovals): { toolApprovals?: ToolApprovals } =>
  Object.keys(approvals).length > 0 ? { toolApprovals: approvals } : {};

/** Under `graph` a task waits for its context and for nothing else; without any it has none. */
function graphFlow(tasks: readonly TaskModel[]): { steps: FlowStep[]; hidden: string[] } {
  const steps = tasks.map((task) => {
    const keys = [...new Set((task.context ?? []).map(({ taskId }) => taskId))];
    return { dependsOn: keys, context: { kind: 'tasks' as const, keys }, previous: keys[0] ?? null };
  });
  return { steps, hidden: [] };
}

/** The manager node, or one made of `manager_llm`, called as CrewAI calls its own. */
function managerOf(crew: CrewModel): PlanAgent {
  if (crew.manager !== null) return toPlanAgent(crew.manager);
  const taken = new Set([...crew.agents, ...crew.tasks].map(({ id }) => id));
  let key = 'crew_manager';
  while (taken.has(key)) key += '_';
  return crewManager(key, readLlm(crew.node?.data.manager_llm));
}

function toPlanAgent(agent: AgentModel): PlanAgent {
  const { data } = agent;
  const llm = readLlm(data.llm);
  const maxTokens = asInt(data.max_tokens);
  const seconds = asInt(data.max_execution_time);
  const knowledge = readKnowledge(data.knowledge_sources);
  const fallbacks = Array.isArray(data.fallback_models) ? data.fallback_models : [];
  return {
    key: agent.id,
    role: textIn(data.role),
    goal: textIn(data.goal),
    backstory: textIn(data.backstory),
    model: llm.model,
    fallbackModels: fallbacks.filter((name) => typeof name === 'string'),
    tools: agent.tools,
    maxIter: Math.max(1, asInt(data.max_iter) ?? DEFAULT_MAX_ITER),
    maxTokens: maxTokens !== null && maxTokens >= 1 ? maxTokens : llm.maxTokens,
    temperature: llm.temperature,
    topP: llm.topP,
    maxExecutionTimeMs: seconds === null ? null : seconds * 1_000,
    ...(knowledge.length > 0 && { knowledge }),
    ...(!asBool(data.respect_context_window ?? true) && { respectContextWindow: false }),
    ...rpmOf(data),
    ...approvalsIn(readApprovals(data.tool_approvals)),
  };
}

function toPlanTask(task: TaskModel, step: FlowStep, crew: CrewModel, managerKey: string | null): PlanTask {
  const { data } = task;
  // a task without tools takes over its agent's when it is made, so a manager works with those
  const inherited = managerKey !== null && task.tools.length === 0 ? (task.agent?.tools ?? []) : task.tools;
  return {
    key: task.id,
    name: typeof data.name === 'string' && data.name !== '' ? data.name : task.id,
    description: textIn(data.description),
    expectedOutput: textIn(data.expected_output),
    agentKey: managerKey ?? task.agent?.id ?? '',
    coworkers: coworkersOf(task, crew),
    context: step.context,
    tools: inherited,
    dependsOn: step.dependsOn,
    condition: conditionOf(task, step),
    guardrail: guardrailOf(task),
    output: outputOf(data),
    humanInput: asBool(data.human_input),
    ...taskLimits(data),
    ...approvalsIn(readApprovals(data.tool_approvals)),
  };
}

/** A manager may hand a task over to its agent alone, or to anybody; others only when they may delegate at all. */
function coworkersOf({ agent }: TaskModel, crew: CrewModel): string[] {
  const keys = crew.agents.map(({ id }) => id);
  if (crew.process === 'hierarchical') return agent === null ? keys : [agent.id];
  if (agent === null || !delegates(agent) || keys.length < 2) return [];
  return keys.filter((key) => key !== agent.id);
}

const conditionOf = ({ test }: TaskModel, { previous }: FlowStep): TaskCondition | null =>
  test === null || previous === null ? null : { taskKey: previous, test };

const DEFAULT_GUARDRAIL_RETRIES = 3;

function guardrailOf({ data }: TaskModel): TaskGuardrail | null {
  const { guardrail } = data;
  const maxRetries = Math.max(0, asInt(data.max_retries) ?? DEFAULT_GUARDRAIL_RETRIES);
  if (isJsonObject(guardrail)) return { check: { kind: 'json_schema', schema: guardrail }, maxRetries };
  if (typeof guardrail !== 'string' || guardrail.trim() === '') return null;
  return { check: { kind: 'llm', text: guardrail }, maxRetries };
}

function outputOf(data: JsonObject): TaskOutputShape | null {
  if (isJsonObject(data.output_json)) return { format: 'json', schema: data.output_json };
  return isJsonObject(data.output_pydantic) ? { format: 'pydantic', schema: data.output_pydantic } : null;
}

const textIn = (value: JsonValue | undefined): string => (typeof value === 'string' ? value : '');
