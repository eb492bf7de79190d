import type { JsonObject, JsonValue } from '../../domain/json.ts';
import { insteadOfCallback } from '../../domain/crewai/callbacks.ts';
import type { ChosenProgram, ImportWarning } from './imported-crew.ts';
import { crewClasses, withoutOtherCrews } from './python-classes.ts';
import { pythonTokens } from './python-tokens.ts';
import type { PythonToken } from './python-tokens.ts';
import { readCall } from './python-values.ts';
import type { NamedValue, PythonCall, PythonValue } from './python-values.ts';

/** What a `crew.py` says of its crew in plain sight. It is read, never run. */
export interface CrewProgram {
  agents: ProgramMember[];
  /** Names of the agents that are the crew's. */
  members: string[];
  /** In the order of the crew. */
  tasks: ProgramMember[];
  /** The literal arguments of `Crew(…)`; null when there is no such call. */
  crew: JsonObject | null;
  /** What the methods and variables that hold an `LLM(…)` stand for, by which a YAML file may name it. */
  models: ReadonlyMap<string, JsonObject>;
  warnings: ImportWarning[];
}

/** An `Agent(…)` or `Task(…)` of the program. */
export interface ProgramMember {
  /** Its name in the YAML file. */
  name: string;
  /** Literal arguments, which go before what the file says; `agent` and `context` hold names. */
  fields: JsonObject;
}

interface Made {
  /** The method or variable by which the program calls it. */
  owner: string;
  /** The variable it is kept in. */
  variable: string | null;
  decorators: readonly string[];
  call: PythonCall;
  line: number;
}

/** Far more than a program needs whose brackets close. */
const MAX_LOOKS = 3_000_000;

const MAX_WARNINGS = 100;

/** Decorators of methods and classes that are Python through and through. */
const LEFT_OUT = new Set(['tool', 'callback', 'cache_handler', 'output_json', 'output_pydantic']);

const CLASSES = new Set(['Agent', 'Task', 'ConditionalTask', 'Crew', 'LLM']);

/** Reads the calls of CrewAI's classes that a program makes with literal arguments. */
export function readCrewProgram({ path, text, className }: ChosenProgram): CrewProgram {
  const whole = pythonTokens(text);
  const tokens = className === null ? whole : withoutOtherCrews(whole, crewClasses(whole), className);
  const made = callsIn(tokens);
  const unread: { line: number; message: string }[] = [];
  const warn = (line: number, message: string): void => {
    // A model is read where it is made and where it is used.
    const isSaid = unread.some((one) => one.line === line && one.message === message);
    if (unread.length < MAX_WARNINGS && !isSaid) unread.push({ line, message });
  };
  const of = (...names: string[]): Made[] => made.filter(({ call }) => names.includes(call.name));
  const models = new Map<string, JsonObject>();
  for (const { owner, call } of of('LLM')) {
    const model = modelOf(call, warn);
    if (model !== null) models.set(owner, model);
  }
  const agents = of('Agent');
  const tasks = of('Task', 'ConditionalTask');
  const names = new Map([...agents, ...tasks].map((one) => [one.owner, nameOf(one)]));
  const read: Read = { names, models, warn };
  const [crew, ...more] = of('Crew');
  for (const { line } of more) warn(line, 'another Crew(…); only the first is read');
  if (typeof crew?.variable === 'string') warnOfAssignments(tokens, crew.variable, warn);
  const fields = crew === undefined ? null : crewFields(crew, read);
  const members = tasks.map((one) => memberOf(one, 'task', read));
  warnOfHooks(tokens, warn);
  const agentMembers = agents.map((one) => memberOf(one, 'agent', read));
  const taskMembers = crew === undefined ? members : inOrder(members, tasks, crew, read);
  return {
    agents: agentMembers,
    members: crew === undefined ? [] : membersOf(agents, crew, read),
    tasks: taskMembers,
    crew: fields === null ? null : { ...fields, ...compatOf(tokens) },
    models,
    warnings: unread
      .toSorted((one, other) => one.line - other.line)
      .map(({ line, message }) => ({ path: `${path}:${line}`, message })),
  };
}

/** Every call of a class that matters, with the method it stands in or the variable it is kept in. */
function callsIn(tokens: readonly PythonToken[]): Made[] {
  const made: Made[] = [];
  const budget = { looks: MAX_LOOKS };
  let decorators: string[] = [];
  let method = { name: '', decorators };
  for (let at = 0; at < tokens.length; at += 1) {
    const token = tokens[at];
    const before = tokens[at - 1];
    const next = tokens[at + 1];
    const startsLine = before === undefined || before.kind === 'line_end';
    if (startsLine && token?.text === '@' && next?.kind === 'name') decorators.push(next.text);
    if (token?.kind !== 'name') continue;
    if (token.text === 'class' && startsLine) decorators = [];
    if (token.text === 'def' && next?.kind === 'name') {
      method = { name: next.text, decorators };
      decorators = [];
    }
    const isCall =
      next?.kind === 'sign' && next.text === '(' && before?.text !== '.' && before?.text !== 'class';
    if (!isCall || !CLASSES.has(token.text)) continue;
    const isDecorated = method.decorators.some((name) => ['agent', 'task', 'crew', 'llm'].includes(name));
    const variable =
      before?.text === '=' && tokens[at - 2]?.kind === 'name' ? tokens[at - 2]?.text : undefined;
    const call = readCall({ tokens, at: at + 1, budget }, token.text);
    made.push({
      owner: isDecorated ? method.name : (variable ?? method.name),
      variable: variable ?? null,
      decorators: method.decorators,
      call,
      line: token.line,
    });
  }
  return made;
}

interface Read {
  /** Name in the YAML file by name in the program. */
  names: ReadonlyMap<string, string>;
  models: ReadonlyMap<string, JsonObject>;
  warn: (line: number, message: string) => void;
}

function nameOf({ owner, call }: Made): string {
  const config = call.named.get('config')?.value;
  return config?.kind === 'item' ? config.key : owner;
}

/** What `self.writer()`, `writer()`, `writer` or `agents["writer"]` means. */
function referenceOf(value: PythonValue, { names }: Read): string | null {
  if (value.kind === 'item') return value.key;
  if (value.kind !== 'name' && value.kind !== 'call') return null;
  const owner = value.name.replace(/^self\./, '');
  return names.get(owner) ?? null;
}

function referencesOf(value: PythonValue, read: Read): string[] | null {
  if (value.kind === 'json') return Array.isArray(value.value) && value.value.length === 0 ? [] : null;
  if (value.kind !== 'list') return null;
  const names = value.items.map((item) => referenceOf(item, read));
  return names.every((name) => name !== null) ? names : null;
}

/** Arguments that say where a model is: without them its prompts would go to somebody else. */
const ADDRESSES = new Set(['base_url', 'api_base', 'api_version', 'deployment_name']);
const KEYS = new Set(['api_key', 'aws_access_key_id', 'aws_secret_access_key', 'aws_session_token']);

/** The literal arguments of `LLM(…)`; null where not even the model can be told. What else there is warns. */
function modelOf({ named, positional }: PythonCall, warn: Read['warn']): JsonObject | null {
  const fields: [string, JsonValue][] = [];
  const [first] = positional;
  if (first?.kind === 'json') fields.push(['model', first.value]);
  for (const [name, { value, line }] of named) {
    if (KEYS.has(name))
      warn(line, `${name} of LLM(…) was left out: keys are settings of the server, such as OPENAI_API_KEY`);
    else if (value.kind === 'json') fields.push([name, value.value]);
    // Kept, so that validation refuses it: left out, the crew would be run with another server's model.
    else if (ADDRESSES.has(name)) fields.push([name, '(Python)']);
    else if (name !== 'model') warn(line, `${name} of LLM(…) is Python and was left out`);
  }
  const isNamed = fields.some(([name]) => name === 'model');
  return isNamed ? Object.fromEntries(fields) : null;
}

const LLM_FIELDS = new Set(['llm', 'manager_llm', 'planning_llm', 'function_calling_llm', 'chat_llm']);

/** The value of one argument, undefined when it cannot be told. */
function valueOf(name: string, { value }: NamedValue, read: Read): JsonValue | undefined {
  if (value.kind === 'json') return value.value;
  if (name === 'process' && value.kind === 'name') return /^Process\.(\w+)$/.exec(value.name)?.[1];
  if (name === 'agent' || name === 'manager_agent') return referenceOf(value, read) ?? undefined;
  if (name === 'context') return referencesOf(value, read) ?? undefined;
  if (!LLM_FIELDS.has(name)) return undefined;
  if (value.kind === 'call' && value.name === 'LLM') return modelOf(value, read.warn) ?? undefined;
  if (value.kind !== 'call' && value.kind !== 'name') return undefined;
  return read.models.get(value.name.replace(/^self\./, '')) ?? undefined;
}

function memberOf(made: Made, kind: 'agent' | 'task', read: Read): ProgramMember {
  const name = nameOf(made);
  const fields: [string, JsonValue][] = [];
  for (const [field, argument] of made.call.named) {
    if (field === 'config') continue;
    const value = valueOf(field, argument, read);
    if (value === undefined) {
      read.warn(argument.line, `${field} of the ${kind} ${name} is Python and was left out${without(field)}`);
    } else if (value !== null) {
      fields.push([field, value]);
    }
  }
  return { name, fields: Object.fromEntries(fields) };
}

const KIND_OF: Readonly<Record<string, string>> = { output_json: 'class', output_pydantic: 'class' };

/** What follows from leaving an argument out. */
function without(field: string): string {
  if (field === 'tool') return ': name a tool of this server instead';
  if (field === 'output_json' || field === 'output_pydantic') return ': give the task a JSON schema instead';
  if (field === 'condition') return '; without it the task always runs';
  const instead = insteadOfCallback(field);
  return instead === null ? '' : `: ${instead}`;
}

/** Methods that `@CrewBase` calls around a kickoff. */
function warnOfHooks(tokens: readonly PythonToken[], warn: Read['warn']): void {
  for (const [at, { text, line }] of tokens.entries()) {
    const before = tokens[at - 1];
    const isDecorator = before?.text === '@' && (tokens[at - 2]?.kind ?? 'line_end') === 'line_end';
    if (!isDecorator) continue;
    if (text === 'before_kickoff' || text === 'after_kickoff' || LEFT_OUT.has(text))
      warn(
        line,
        `the ${KIND_OF[text] ?? 'method'} under @${text} is Python and was left out${without(text)}`,
      );
  }
}

function crewFields({ call }: Made, read: Read): JsonObject {
  const fields: [string, JsonValue][] = [];
  for (const [field, argument] of call.named) {
    if (field === 'agents' || field === 'tasks') continue;
    const value = valueOf(field, argument, read);
    if (value === undefined)
      read.warn(argument.line, `${field} of the crew is Python and was left out${without(field)}`);
    else if (value !== null) fields.push([field, value]);
  }
  return Object.fromEntries(fields);
}

/** Those that `Crew(agents=…)` lists; by `self.agents`, the ones under `@agent`. */
function membersOf(agents: readonly Made[], crew: Made, read: Read): string[] {
  const listed = crew.call.named.get('agents')?.value;
  const names = listed === undefined ? null : referencesOf(listed, read);
  return names ?? agents.filter(({ decorators }) => decorators.includes('agent')).map(nameOf);
}

/** `crew.manager_llm = …` after the call. */
function warnOfAssignments(tokens: readonly PythonToken[], owner: string, warn: Read['warn']): void {
  for (const [at, { text, line }] of tokens.entries()) {
    const [dot, field, equals] = tokens.slice(at + 1, at + 4);
    const isStart = (tokens[at - 1]?.kind ?? 'line_end') === 'line_end';
    if (!isStart || text !== owner || dot?.text !== '.' || field?.kind !== 'name' || equals?.text !== '=')
      continue;
    if (tokens[at + 4]?.text === '=') continue;
    warn(
      line,
      `${owner}.${field.text} = … is set outside Crew(…) and was left out: give it as an argument there`,
    );
  }
}

/** CrewAI runs tasks in the order of the list, which by `@CrewBase` is that of the methods. */
function inOrder(
  members: readonly ProgramMember[],
  tasks: readonly Made[],
  crew: Made,
  read: Read,
): ProgramMember[] {
  const listed = crew.call.named.get('tasks');
  const names = listed === undefined ? null : referencesOf(listed.value, read);
  if (names !== null) {
    const byName = new Map(members.map((member) => [member.name, member]));
    return names.map((name) => byName.get(name) ?? { name, fields: {} });
  }
  const isOwnList = listed?.value.kind === 'name' && listed.value.name === 'self.tasks';
  if (!isOwnList) read.warn(listed?.line ?? crew.line, 'the tasks of the crew cannot be told; all are taken');
  const decorated = members.filter((_member, place) => tasks[place]?.decorators.includes('task') === true);
  return isOwnList && decorated.length > 0 ? decorated : [...members];
}

/** `COMPAT = "strict"`, by which our own exports keep what CrewAI has no word for. */
function compatOf(tokens: readonly PythonToken[]): JsonObject {
  const at = tokens.findIndex(
    ({ kind, text }, place) => kind === 'name' && text === 'COMPAT' && tokens[place + 1]?.text === '=',
  );
  const value = at === -1 ? undefined : tokens[at + 2];
  return value?.kind === 'text' && value.text !== '' ? { compat: value.text } : {};
}
