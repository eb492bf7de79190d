import type { z } from 'zod';
import '../../contracts/plain-messages.ts';
import { parseYamlFile } from '../../crews/parse-crew-yaml.ts';
import { createPlainJson } from '../../crews/transfer/plain-json.ts';
import type { Issue } from '../../domain/errors.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../../domain/json.ts';
import { secretIssues } from '../../domain/secret-fields.ts';
import { schemaProblems } from '../../domain/run/json-schema.ts';
import { flowDefinitionSchema, type FlowDefinition } from './definition.ts';
import { unusedFields } from './unused-fields.ts';
import { readTrigger } from './triggers.ts';

const MAX_ISSUES = 100;
const MAX_METHODS = 200;

/** `warnings`: fields that are set and have no effect. */
export type ReadDefinition =
  { ok: true; definition: FlowDefinition; warnings: Issue[] } | { ok: false; issues: Issue[] };

const pointer = (path: readonly PropertyKey[]): string =>
  path.map((part) => `/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');

/**
 * Reads a declarative flow, or says everything that is wrong with it: JSON pointers into the definition, of broken YAML
 * `flow.yaml:line:column`.
 */
export function readFlowDefinition(source: string | JsonObject): ReadDefinition {
  if (typeof source !== 'string') return checkDefinition(source);
  const parsed = parseYamlFile('flow.yaml', source);
  if (parsed.issues.length > 0) return { ok: false, issues: parsed.issues };
  const plain = createPlainJson(pointer);
  const content = plain.read(parsed.content, []);
  return plain.issues.length > 0 ? { ok: false, issues: [...plain.issues] } : checkDefinition(content);
}

function checkDefinition(content: JsonValue): ReadDefinition {
  if (!isJsonObject(content))
    return { ok: false, issues: [{ path: '', message: 'a flow is a mapping of fields' }] };
  const read = flowDefinitionSchema.safeParse(content);
  const issues = [
    ...secretIssues(content),
    ...(read.success ? [] : read.error.issues.flatMap(toIssue)),
    ...checkMethods(content),
  ];
  if (read.success) issues.push(...checkState(read.data));
  if (!read.success || issues.length > 0) return { ok: false, issues: issues.slice(0, MAX_ISSUES) };
  return { ok: true, definition: read.data, warnings: unusedFields(content) };
}

function toIssue(issue: z.core.$ZodIssue): Issue[] {
  if (issue.code === 'invalid_key' || issue.code === 'invalid_element')
    return issue.issues.map(({ message }) => ({ path: pointer(issue.path), message }));
  if (issue.code !== 'unrecognized_keys') return [{ path: pointer(issue.path), message: issue.message }];
  return issue.keys.map((key) => ({
    path: pointer([...issue.path, key]),
    message: 'crewai.flow/v1 has no such field here',
  }));
}

/** Defaults are laid under every input, so what is wrong with them by themselves is wrong for ever. */
function checkState({ state }: FlowDefinition): Issue[] {
  if (state === null || state === undefined || state.type === 'dict' || !state.default) return [];
  const { required: _, ...schema } = state.json_schema;
  return schemaProblems(schema, state.default).map(({ path, message }) => ({
    path: `/state/default${path}`,
    message,
  }));
}

/** How the methods hang together. Looks at what was sent, so that it is said beside what is wrong with their fields. */
function checkMethods({ methods }: JsonObject): Issue[] {
  if (!isJsonObject(methods)) return [];
  const entries = Object.entries(methods).flatMap(([name, method]) =>
    isJsonObject(method) ? [{ name, method }] : [],
  );
  const issues: Issue[] = [];
  if (entries.length > MAX_METHODS)
    issues.push({ path: '/methods', message: `${MAX_METHODS} methods at most` });
  if (!entries.some(({ method }) => method['start'] === true))
    issues.push({ path: '/methods', message: 'no method is a start: give one `start: true`' });
  const labels = new Set(entries.flatMap(({ method }) => labelsOf(method)));
  const known = new Set([...entries.map(({ name }) => name), ...labels]);
  for (const { name, method } of entries) {
    const say = (field: string, message: string): number =>
      issues.push({ path: pointer(['methods', name, ...field.split('/').filter(Boolean)]), message });
    if (labels.has(name)) say('', `"${name}" is a method and an event: give one of them another name`);
    checkTrigger(name, method, known, say);
    checkRouting(method, say);
  }
  return issues;
}

type Say = (field: string, message: string) => void;

const texts = (value: JsonValue | undefined): string[] =>
  Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];

/** The events a method may give beside its own name. */
function labelsOf(method: JsonObject): string[] {
  const feedback = method['human_feedback'];
  return [
    ...(method['router'] === true ? texts(method['emit']) : []),
    ...(isJsonObject(feedback) ? texts(feedback['emit']) : []),
  ];
}

function checkTrigger(
  name: string,
  { start, listen }: JsonObject,
  known: ReadonlySet<string>,
  say: Say,
): void {
  const starts = start === true;
  const listens = listen !== undefined && listen !== null;
  if (!starts && start !== undefined && start !== null && start !== false)
    say('start', '`start` is true or left out: what waits for something says `listen`');
  if (starts && listens) say('listen', 'a method either starts or listens: split it in two');
  if (!starts && !listens) say('', 'the method is never run: say `start: true` or `listen`');
  if (!listens) return;
  const read = readTrigger(listen);
  if (!read.ok) return say('listen', read.message);
  for (const wanted of read.trigger.of) {
    if (wanted === name) say('listen', 'a method that listens to itself never ends');
    else if (!known.has(wanted)) say('listen', `"${wanted}" is no method, and no router emits it`);
  }
}

function checkRouting(method: JsonObject, say: Say): void {
  const { router, emit, human_feedback: feedback } = method;
  const asks = isJsonObject(feedback);
  const outcomes = asks ? texts(feedback['emit']) : [];
  if (router !== true && texts(emit).length > 0) say('emit', '`emit` is for routers: say `router: true`');
  if (router === true && texts(emit).length === 0 && outcomes.length === 0)
    say('emit', 'say which events the router may give');
  if (router === true && texts(emit).length > 0 && asks)
    say('human_feedback', 'a router that also asks a person is not carried out: ask in a method of its own');
  const fallback = asks ? feedback['default_outcome'] : undefined;
  if (typeof fallback === 'string' && !outcomes.includes(fallback))
    say('human_feedback/default_outcome', 'it must be one of `emit`');
}
