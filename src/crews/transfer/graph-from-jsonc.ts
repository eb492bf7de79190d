import type { Issue } from '../../domain/errors.ts';
import { isJsonObject } from '../../domain/json.ts';
import type { JsonObject, JsonValue } from '../../domain/json.ts';
import { graphFromDraft } from './crew-draft.ts';
import type { DraftMember } from './crew-draft.ts';
import { projectFolder, refusal } from './graph-from-yaml.ts';
import type { CrewFile, ImportedCrew, ImportOptions, ImportWarning } from './imported-crew.ts';
import { parseJsonc } from './parse-jsonc.ts';
import { createPlainJson } from './plain-json.ts';
import type { UploadedFiles } from './uploaded-files.ts';

/** Finding the place of each takes as long as the file is. */
const MAX_ISSUES = 100;

type Path = readonly string[];

/** Takes down what the loader of CrewAI 1.15 would refuse, in its words. */
interface Loading {
  refuse: (path: Path, message: string) => void;
  warn: (path: Path, message: string) => void;
  /** The fields of an agent that has a file of its own; null when there is none. Broken ones are refused. */
  agentFile: (name: string) => JsonObject | null;
}

/** Only a running crew has these; CrewAI refuses them in a file. */
const RUNTIME_ONLY: Readonly<Record<'agent' | 'task', readonly string[]>> = {
  agent: ['id', 'agent_executor', 'crew', 'i18n', 'cache_handler', 'tools_handler', 'tools_results'],
  task: [
    'id',
    'used_tools',
    'tools_errors',
    'delegations',
    'prompt_context',
    'output',
    'processed_by_agents',
    'retry_count',
    'start_time',
    'end_time',
    'i18n',
  ],
};

/**
 * The `crew.jsonc` of CrewAI 1.15, which holds a crew, its agents inside or by name in `agents/<name>.jsonc`. What only a later CrewAI than 0.121.1 knows is
 * kept, and validation warns of it.
 *
 * @throws {MusterError} VALIDATION_FAILED for broken JSON and for what CrewAI's own loader refuses.
 */
export function graphFromJsonc(file: CrewFile, files: UploadedFiles, options: ImportOptions): ImportedCrew {
  const parsed = parseJsonc(file);
  if (parsed.issues.length > 0) throw refusal(parsed.issues);
  const plain = createPlainJson(parsed.locate);
  const content = plain.read(parsed.content, []);
  const issues: Issue[] = [...plain.issues];
  const warnings: ImportWarning[] = [];
  const loading: Loading = {
    refuse: (path, message) => {
      if (issues.length < MAX_ISSUES) issues.push({ path: parsed.locate(path), message });
    },
    warn: (path, message) => {
      if (warnings.length < MAX_ISSUES) warnings.push({ path: parsed.locate(path), message });
    },
    agentFile: (name) => {
      const own = agentFileOf(file, files, name);
      if (own === null) return null;
      const read = parseJsonc(own);
      const json = createPlainJson(read.locate);
      const fields = json.read(read.content, []);
      issues.push(...read.issues, ...json.issues);
      if (isJsonObject(fields)) return fields;
      if (read.issues.length === 0) issues.push({ path: read.locate([]), message: 'an agent is an object' });
      return {};
    },
  };
  if (!isJsonObject(content)) throw refusal([{ path: parsed.locate([]), message: 'a crew is an object' }]);
  const { name: crewName, description, agents, tasks, ...crew } = content;
  const agentMembers = readAgents(agents, crew.manager_agent, loading);
  const taskMembers = readTasks(tasks, new Set(agentMembers.map((agent) => agent.name)), loading);
  if (issues.length > 0) throw refusal(issues);
  const { inputs, ...crewFields } = crew;
  if (isJsonObject(inputs) && Object.keys(inputs).length > 0)
    loading.warn(['inputs'], 'a graph has no default inputs; give them with the start');
  const ownName = typeof crewName === 'string' && crewName !== '' ? crewName : null;
  const document = graphFromDraft({
    name:
      options.name ??
      ownName ??
      projectFolder(file.path.split('/').slice(0, -1)) ??
      options.folder ??
      'Imported crew',
    description: typeof description === 'string' ? description : '',
    agents: agentMembers,
    tasks: taskMembers,
    crew:
      ownName === null
        ? Object.keys(crewFields).length === 0
          ? null
          : crewFields
        : { name: ownName, ...crewFields },
  });
  return { document, warnings };
}

/** `agents/<name>.jsonc`, or `.json`, beside the crew's file. */
function agentFileOf(crew: CrewFile, files: UploadedFiles, name: string): CrewFile | null {
  const folder = crew.path.split('/').slice(0, -1);
  for (const ending of ['jsonc', 'json']) {
    const path = [...folder, 'agents', `${name}.${ending}`].join('/');
    const text = files.get(path);
    if (text !== undefined) return { path, text };
  }
  return null;
}

interface NamedAgent {
  name: string;
  fields: JsonValue;
  path: Path;
}

function readAgents(
  agents: JsonValue | undefined,
  manager: JsonValue | undefined,
  loading: Loading,
): DraftMember[] {
  const members: NamedAgent[] = isJsonObject(agents)
    ? Object.entries(agents).map(([name, fields]) => ({ name, fields, path: ['agents', name] }))
    : (Array.isArray(agents) ? agents : []).map((item, place) => agentInList(item, place, loading));
  // A manager need not be one of the crew's agents, and has a file like them.
  if (typeof manager === 'string' && !members.some(({ name }) => name === manager)) {
    const fields = loading.agentFile(manager);
    if (fields !== null) members.push({ name: manager, fields, path: ['manager_agent'] });
  }
  if (members.length === 0) loading.refuse(['agents'], "'agents' must be a non-empty list");
  const seen = new Set<string>();
  return members.flatMap(({ name, fields, path }) => {
    if (!isJsonObject(fields)) {
      loading.refuse(path, `the agent '${name}' must be an object of its fields`);
      return [];
    }
    if (seen.has(name)) loading.refuse(path, `another agent is called '${name}'`);
    seen.add(name);
    const { settings, ...own } = fields;
    const data = isJsonObject(settings) ? { ...settings, ...own } : fields;
    refuseRuntimeOnly('agent', data, path, loading);
    return [{ name, data }];
  });
}

/** `{"name": "writer", …}`, `{"writer": {…}}`, or `"writer"` for `agents/writer.jsonc`. */
function agentInList(item: JsonValue, place: number, loading: Loading): NamedAgent {
  const path = ['agents', String(place)];
  if (typeof item === 'string' && item !== '') {
    const fields = loading.agentFile(item);
    if (fields === null)
      loading.refuse(path, `agent '${item}' not found (tried agents/${item}.jsonc and agents/${item}.json)`);
    return { name: item, fields: fields ?? {}, path };
  }
  if (isJsonObject(item)) {
    const { name, ...fields } = item;
    if (typeof name === 'string' && name !== '') return { name, fields, path };
    const [only, ...more] = Object.entries(item);
    if (only !== undefined && more.length === 0 && isJsonObject(only[1]))
      return { name: only[0], fields: only[1], path };
  }
  loading.refuse(path, `agents[${place}] missing required field 'name'`);
  return { name: `agent_${place + 1}`, fields: {}, path };
}

function readTasks(
  tasks: JsonValue | undefined,
  agents: ReadonlySet<string>,
  loading: Loading,
): DraftMember[] {
  const items = Array.isArray(tasks) ? tasks : [];
  if (items.length === 0) loading.refuse(['tasks'], "'tasks' must be a non-empty list");
  const defined = new Set<string>();
  return items.flatMap((item, place) => {
    const path = ['tasks', String(place)];
    if (!isJsonObject(item)) {
      loading.refuse(path, `tasks[${place}] must be an object of its fields`);
      return [];
    }
    const { name: given, type, guardrail_max_retries: retries, ...data } = item;
    const name = typeof given === 'string' && given !== '' ? given : `task_${place + 1}`;
    for (const field of ['description', 'expected_output'])
      if (typeof data[field] !== 'string')
        loading.refuse(path, `tasks[${place}] missing required field '${field}'`);
    checkReferences(name, data, path, { agents, defined }, loading);
    refuseRuntimeOnly('task', data, path, loading);
    if (defined.has(name)) loading.refuse([...path, 'name'], `another task is called '${name}'`);
    defined.add(name);
    checkCondition(type, data, path, loading);
    if (retries !== undefined && data.max_retries === undefined) data.max_retries = retries;
    return [{ name, data }];
  });
}

function checkReferences(
  name: string,
  data: JsonObject,
  path: Path,
  known: { agents: ReadonlySet<string>; defined: ReadonlySet<string> },
  { refuse }: Loading,
): void {
  const { agent, context } = data;
  if (typeof agent === 'string' && !known.agents.has(agent))
    refuse(
      [...path, 'agent'],
      `task '${name}' references agent '${agent}' which does not match a loaded agent definition`,
    );
  for (const [place, one] of (Array.isArray(context) ? context : []).entries())
    if (typeof one === 'string' && !known.defined.has(one))
      refuse(
        [...path, 'context', String(place)],
        `task '${name}' has context reference '${one}' but that task has not been defined yet`,
      );
}

function refuseRuntimeOnly(kind: 'agent' | 'task', data: JsonObject, path: Path, loading: Loading): void {
  const found = RUNTIME_ONLY[kind].filter((field) => Object.hasOwn(data, field));
  if (found.length > 0)
    loading.refuse(path, `runtime-only field(s) are not supported in JSON config: ${found.join(', ')}`);
}

/** A condition of CrewAI's is a Python function that the file names; ours is an object. */
function checkCondition(type: JsonValue | undefined, data: JsonObject, path: Path, loading: Loading): void {
  if (data.condition !== undefined && !isJsonObject(data.condition)) {
    loading.warn([...path, 'condition'], 'the condition is Python and was left out: the task always runs');
    delete data.condition;
  } else if (type === 'ConditionalTask' && data.condition === undefined) {
    loading.warn([...path, 'type'], 'a ConditionalTask without a condition: the task always runs');
  }
}
