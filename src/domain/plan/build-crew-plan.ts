import { AGENT_FIELDS, DEFAULT_MAX_ITER, TASK_FIELDS } from '../crewai/yaml-fields.ts';
import type { FieldUse } from '../crewai/yaml-fields.ts';
import type { Issue } from '../errors.ts';
import type { CrewPlan, PlanAgent, PlanTask, TaskContext } from './crew-plan.ts';
import { addressProblem, MODEL_ADDRESSES } from '../graph/read-llm.ts';
import { placeholders } from './interpolate.ts';
import { createMappingReader, isMapping, kindOf } from './mapping-reader.ts';
import { TOOL_APPROVALS, type ToolApprovals } from './tool-approvals.ts';
import { listed, unknownTool } from './unknown-tool.ts';
import type { MappingReader, Notes } from './mapping-reader.ts';

export type CrewFile = 'agents' | 'tasks';

/** Where a value stands in its file, as `agents.yaml:12:5`; of the nearest thing above it when it is absent. */
export type Locate = (file: CrewFile, path: readonly string[]) => string;

export interface CrewSource {
  /** The crew's name: its folder, or what the user calls it. */
  name: string;
  /** `agents.yaml` and `tasks.yaml` as parsed, mappings as `Map`; anything may be in them. */
  agents: unknown;
  tasks: unknown;
  /** Names of the tools this installation has. */
  offeredTools: readonly string[];
  locate: Locate;
}

export type CrewPlanResult = { ok: true; plan: CrewPlan; warnings: Issue[] } | { ok: false; issues: Issue[] };

/**
 * CrewAI's two YAML files → a sequential plan. Tasks run in the order of the file. Every error is found at
 * once; what CrewAI takes silently but has no effect here is a warning. Pure.
 */
export function buildCrewPlan(source: CrewSource): CrewPlanResult {
  const issues: Issue[] = [];
  const warnings: Issue[] = [];
  const notesOn = (file: CrewFile): Notes => ({
    issue: (path, message) => issues.push({ path: source.locate(file, path), message }),
    warn: (path, message) => warnings.push({ path: source.locate(file, path), message }),
  });
  const agentNotes = notesOn('agents');
  const taskNotes = notesOn('tasks');
  const agents = readFile(source.agents, AGENT_FIELDS, agentNotes, (entry, key) => readAgent(entry, key));
  const tasks = readFile(source.tasks, TASK_FIELDS, taskNotes, readTask);
  if (tasks?.names.length === 0) taskNotes.issue([], 'a crew needs at least one task');

  for (const agent of agents?.entries ?? []) {
    checkTools(agent.key, 'tools', agent.tools, source.offeredTools, agentNotes);
    checkApprovals(agent, source.offeredTools, agentNotes);
  }
  for (const task of tasks?.entries ?? []) {
    checkTools(task.key, 'tools', task.tools, source.offeredTools, taskNotes);
    checkApprovals(task, source.offeredTools, taskNotes);
    if (agents !== null) checkAgent(task, agents.names, taskNotes);
    checkContext(task, tasks?.names ?? [], taskNotes);
  }
  if (issues.length > 0 || agents === null || tasks === null) return { ok: false, issues };
  return { ok: true, plan: assemble(source.name, agents.entries, tasks.entries), warnings };
}

function assemble(name: string, agents: PlanAgent[], rawTasks: readonly RawTask[]): CrewPlan {
  const tasks = rawTasks.map((task, index) => toPlanTask(task, rawTasks[index - 1]));
  const texts = [
    ...agents.flatMap((agent) => [agent.role, agent.goal, agent.backstory]),
    ...tasks.flatMap((task) => [task.description, task.expectedOutput]),
  ];
  return {
    schemaVersion: 1,
    name,
    process: 'sequential',
    compat: 'fixed',
    agents,
    tasks,
    hiddenOutputs: [],
    inputs: placeholders(texts),
  };
}

/** The entries of a file that are mappings, and the names of all of them; null when the file is no mapping. */
function readFile<T>(
  content: unknown,
  known: ReadonlyMap<string, FieldUse>,
  notes: Notes,
  read: (entry: MappingReader, key: string) => T,
): { names: string[]; entries: T[] } | null {
  if (content === null || content === undefined) return { names: [], entries: [] };
  if (!isMapping(content)) {
    notes.issue([], `the file must be a mapping of names, not ${kindOf(content)}`);
    return null;
  }
  const names: string[] = [];
  const entries: T[] = [];
  for (const [name, value] of content) {
    const key = String(name);
    names.push(key);
    if (isMapping(value)) {
      const entry = createMappingReader(value, [key], notes);
      entry.checkFields(known);
      entries.push(read(entry, key));
    } else {
      notes.issue([key], `${key} must be a mapping of fields, not ${kindOf(value)}`);
    }
  }
  return { names, entries };
}

function readAgent(entry: MappingReader, key: string): PlanAgent {
  const llm = readLlm(entry);
  // CrewAI takes 0 for no limit.
  const maxRpm = entry.number('max_rpm', { whole: true, min: 0 }) ?? 0;
  return {
    key,
    role: entry.requiredText('role'),
    goal: entry.requiredText('goal'),
    backstory: entry.requiredText('backstory'),
    model: llm.model,
    tools: unique(entry.names('tools')),
    maxIter: entry.number('max_iter', { whole: true, min: 1 }) ?? DEFAULT_MAX_ITER,
    maxTokens: entry.number('max_tokens', { whole: true, min: 1 }) ?? llm.maxTokens,
    temperature: llm.temperature,
    topP: llm.topP,
    fallbackModels: [],
    maxExecutionTimeMs: null,
    ...(maxRpm > 0 && { maxRpm }),
    ...readApprovals(entry),
  };
}

/** `tool_approvals`, which is ours; nothing where it is absent or empty. */
function readApprovals(entry: MappingReader): { toolApprovals?: ToolApprovals } {
  const toolApprovals = entry.choices('tool_approvals', TOOL_APPROVALS);
  return Object.keys(toolApprovals).length > 0 ? { toolApprovals } : {};
}

const LLM_FIELDS: ReadonlyMap<string, FieldUse> = new Map(
  ['model', 'temperature', 'top_p', 'max_tokens'].map((name): [string, FieldUse] => [name, 'used']),
);

/** A model's name, or a mapping with the parameters that CrewAI's `LLM` takes. */
function readLlm(entry: MappingReader): Pick<PlanAgent, 'model' | 'maxTokens' | 'temperature' | 'topP'> {
  const llm = entry.nested('llm');
  if (llm === null) {
    const model = entry.optionalText('llm');
    return { model: model === '' ? null : model, maxTokens: null, temperature: null, topP: null };
  }
  llm.checkFields(LLM_FIELDS);
  for (const name of MODEL_ADDRESSES) if (llm.contains(name)) llm.refuse(name, addressProblem(name));
  return {
    model: llm.requiredText('model'),
    maxTokens: llm.number('max_tokens', { whole: true, min: 1 }),
    temperature: llm.number('temperature', { whole: false, min: 0, max: 2 }),
    topP: llm.number('top_p', { whole: false, min: 0, max: 1 }),
  };
}

interface RawTask {
  key: string;
  name: string;
  description: string;
  expectedOutput: string;
  /** What the file says, an unusable value being the empty text; null when it says nothing. */
  agent: string | null;
  context: string[];
  /** False when the file does not speak of a context, which is not the same as an empty list. */
  contextGiven: boolean;
  tools: string[];
  toolApprovals?: ToolApprovals;
}

function readTask(entry: MappingReader, key: string): RawTask {
  return {
    key,
    name: entry.optionalText('name') ?? key,
    description: entry.requiredText('description'),
    expectedOutput: entry.requiredText('expected_output'),
    agent: entry.optionalText('agent'),
    context: entry.names('context'),
    contextGiven: entry.contains('context'),
    tools: unique(entry.names('tools')),
    ...readApprovals(entry),
  };
}

const toPlanTask = (task: RawTask, previous: RawTask | undefined): PlanTask => ({
  key: task.key,
  name: task.name,
  description: task.description,
  expectedOutput: task.expectedOutput,
  agentKey: task.agent ?? '',
  coworkers: [],
  context: contextOf(task),
  tools: task.tools,
  dependsOn: previous === undefined ? [] : [previous.key],
  condition: null,
  guardrail: null,
  output: null,
  humanInput: false,
  ...(task.toolApprovals !== undefined && { toolApprovals: task.toolApprovals }),
});

const contextOf = (task: RawTask): TaskContext =>
  task.contextGiven ? { kind: 'tasks', keys: unique(task.context) } : { kind: 'unspecified' };

const unique = (names: readonly string[]): string[] => [...new Set(names)];

function checkTools(
  key: string,
  field: string,
  tools: readonly string[],
  offered: readonly string[],
  notes: Notes,
): void {
  for (const tool of tools) {
    if (!offered.includes(tool)) notes.issue([key, field, tool], unknownTool(tool, offered));
  }
}

/** A tool that is misspelt here would be used without leave. */
const checkApprovals = (
  { key, toolApprovals = {} }: Pick<PlanTask, 'key' | 'toolApprovals'>,
  offered: readonly string[],
  notes: Notes,
): void => checkTools(key, 'tool_approvals', Object.keys(toolApprovals), offered, notes);

function checkAgent(task: RawTask, agents: readonly string[], notes: Notes): void {
  if (task.agent === null) {
    notes.issue(
      [task.key],
      `Sequential process error: Agent is missing in the task with the following description: ${task.description}`,
    );
  } else if (!agents.includes(task.agent)) {
    notes.issue([task.key, 'agent'], `no agent in agents.yaml is called "${task.agent}"; ${listed(agents)}`);
  }
}

/** CrewAI looks backwards only; that a task waits for itself it does not notice, but it could never mean it. */
function checkContext(task: RawTask, order: readonly string[], notes: Notes): void {
  for (const name of unique(task.context)) {
    const path = [task.key, 'context', name];
    if (!order.includes(name)) {
      notes.issue(path, `no task in tasks.yaml is called "${name}"; ${listed(order)}`);
    } else if (name === task.key) {
      notes.issue(path, `Task '${name}' has a context dependency on itself, which is not allowed.`);
    } else if (order.indexOf(name) > order.indexOf(task.key)) {
      notes.issue(
        path,
        `Task '${task.key}' has a context dependency on a future task '${name}', which is not allowed.`,
      );
    }
  }
}
