import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { aGraph } from '../support/graph-bodies.ts';
import { askedIn, aWebhook, storedCrew } from '../support/owned-things.ts';
import { bearer, peopleOf, type Person } from '../support/people.ts';
import { startTestStack, type TestStack } from '../support/test-stack.ts';

/**
 * Every place of the API document where a request may name something by its id, in paths, queries and bodies, is given what
 * is somebody else's, and what is not there: the answers must be the same. The places are found in the document.
 */

type Things = Record<string, string | number>;
const schemaSchema: z.ZodType<Schema> = z.lazy(() =>
  z.looseObject({
    $ref: z.string().optional(),
    properties: z.record(z.string(), schemaSchema).optional(),
    items: schemaSchema.optional(),
    anyOf: z.array(schemaSchema).optional(),
    oneOf: z.array(schemaSchema).optional(),
    allOf: z.array(schemaSchema).optional(),
  }),
);
interface Schema {
  $ref?: string | undefined;
  properties?: Record<string, Schema> | undefined;
  items?: Schema | undefined;
  anyOf?: Schema[] | undefined;
  oneOf?: Schema[] | undefined;
  allOf?: Schema[] | undefined;
}
const documentSchema = z.object({
  paths: z.record(
    z.string(),
    z.record(
      z.string(),
      z.looseObject({
        operationId: z.string(),
        parameters: z.array(z.looseObject({ name: z.string(), in: z.string() })).default([]),
        requestBody: z
          .looseObject({
            content: z.record(
              z.string(),
              z.looseObject({ schema: schemaSchema.optional(), example: z.unknown() }),
            ),
          })
          .optional(),
      }),
    ),
  ),
  components: z.object({ schemas: z.record(z.string(), schemaSchema) }),
});

/** One place where an operation takes an id. */
interface Place {
  operation: string;
  method: string;
  path: string;
  in: 'path' | 'query' | 'body';
  name: string;
  example: unknown;
  /** Keys that lead to it in the body; a number stands for the element of a list. */
  keys: (string | number)[];
}

/** Names of ids that are nobody's to own: what everybody may read, what admins keep, what a client chooses itself. */
const NOBODYS: ReadonlySet<string> = new Set([
  'template_id',
  'worker_id',
  // The keys of tasks within one run, and the ids of nodes within one graph.
  'resumeAmp task_id',
  'id of nodes',
  // What an agent or client elsewhere calls its own things: unique for each owner, so that another's makes one's own.
  'createAgentMessage agent_instance_id',
  'createAgentMessage message_id',
  'createReportedMessage message_id',
  'createAgentInstanceMessage message_id',
]);
const LISTS: Record<string, string> = { knowledge_sources: 'knowledge_id', dependencies: 'task_id' };
const isId = (name: string): boolean => name === 'id' || name.endsWith('_id') || name in LISTS;

let stack: TestStack;
let anna: Person;
let bert: Person;
let hers: Things;
let his: Things;
const places: Place[] = [];
const people = peopleOf(() => stack.api);

async function thingsOf(person: Person): Promise<Things> {
  const post = async (path: string, body?: unknown): Promise<Record<string, unknown>> => {
    const response = await fetch(`${stack.api.url}${path}`, {
      method: 'POST',
      headers: { ...bearer(person.token), 'content-type': 'application/json' },
      body: JSON.stringify(body ?? {}),
    });
    const answer = z.record(z.string(), z.unknown()).parse(await response.json());
    if (!response.ok) throw new Error(`${path}: ${JSON.stringify(answer)}`);
    return answer;
  };
  const text = z.string();
  const graph = text.parse((await post('/api/v1/graphs', aGraph({ name: 'Annas graph' })))['id']);
  const execution = text.parse((await post('/crew/start', { crew: 'one-task' }))['execution_id']);
  const batch = await post(`/api/v1/graphs/${graph}/execute/batch`, { inputs: [{}] });
  const said = await post('/api/v1/messages/agent', {
    agent_type: 'Annas coder',
    content: 'Annas secret?',
    requires_user_input: true,
  });
  const types = await people.send('GET', '/agent-types', person.token);
  const [type] = z
    .array(z.object({ id: z.string(), name: z.string() }))
    .parse(await types.json())
    .filter(({ name }) => name === 'Annas coder');
  const crew = await storedCrew(people.send, person.token);
  const hook = await aWebhook(people.send, person.token);
  const key = await people.makeKey(person.token, { name: 'Annas key' });
  const instance = text.parse(said['agent_instance_id']);
  const message = text.parse(said['message_id']);
  return {
    id: key.id,
    graph_id: graph,
    execution_id: execution,
    kickoff_id: text.parse((await post(`/amp/${graph}/kickoff`))['kickoff_id']),
    batch_id: text.parse(batch['batch_id']),
    question_id: await askedIn(stack.api, execution),
    thread_id: text.parse((await post('/api/v1/threads'))['id']),
    schedule_id: text.parse(
      (await post('/api/v1/schedules', { name: 'Annas', crew: 'one-task', cron: '0 0 1 1 *' }))['id'],
    ),
    knowledge_id: text.parse((await post('/api/v1/knowledge', { name: 'Annas', content: 'be kind' }))['id']),
    agent_id: Number(crew.agent),
    workflow_id: Number(crew.workflow),
    task_id: Number(crew.task),
    webhook_id: hook.webhook,
    delivery_id: hook.delivery,
    user_agent_id: hook.userAgent,
    agent_instance_id: instance,
    agent_type_id: type?.id ?? '',
    message_id: message,
    last_read_message_id: message,
    before_message_id: message,
    parent_execution_id: execution,
    owner_id: person.id,
    actor_user_id: person.id,
  };
}

beforeAll(async () => {
  // No worker: what is started stays where it is.
  stack = await startTestStack({ settings: { MAX_ACTIVE_EXECUTIONS_PER_USER: '0' } });
  anna = await people.register('anna@example.test');
  bert = await people.register('bert@example.test');
  hers = await thingsOf(anna);
  his = await thingsOf(bert);
  const document = documentSchema.parse((await stack.call('GET', '/openapi.json')).body);
  const resolve = (schema: Schema): Schema =>
    schema.$ref === undefined
      ? schema
      : resolve(document.components.schemas[schema.$ref.split('/').at(-1) ?? ''] ?? {});
  const idsIn = (given: Schema, keys: (string | number)[], depth = 0): (string | number)[][] => {
    const schema = resolve(given);
    if (depth > 6) return [];
    const branches = [...(schema.anyOf ?? []), ...(schema.oneOf ?? []), ...(schema.allOf ?? [])];
    return [
      ...branches.flatMap((branch) => idsIn(branch, keys, depth + 1)),
      ...(schema.items === undefined ? [] : idsIn(schema.items, [...keys, 0], depth + 1)),
      ...Object.entries(schema.properties ?? {}).flatMap(([name, inner]) => [
        ...(isId(name) ? [[...keys, name]] : []),
        ...(isId(name) ? [] : idsIn(inner, [...keys, name], depth + 1)),
      ]),
    ];
  };
  for (const [path, methods] of Object.entries(document.paths)) {
    for (const [method, spec] of Object.entries(methods)) {
      const json = spec.requestBody?.content['application/json'];
      const common = {
        operation: spec.operationId,
        method: method.toUpperCase(),
        path,
        example: json?.example,
      };
      for (const { name, in: where } of spec.parameters) {
        if (isId(name) && (where === 'path' || where === 'query'))
          places.push({ ...common, in: where, name, keys: [] });
      }
      const seen = new Set<string>();
      for (const keys of json?.schema === undefined ? [] : idsIn(json.schema, [])) {
        if (seen.has(keys.join('/'))) continue;
        seen.add(keys.join('/'));
        places.push({ ...common, in: 'body', name: String(keys.at(-1)), keys });
      }
    }
  }
});
afterAll(() => stack.close());

const isNobodys = ({ operation, name, keys }: Place): boolean =>
  NOBODYS.has(name) ||
  NOBODYS.has(`${operation} ${name}`) ||
  (name === 'id' && keys.length > 1 && NOBODYS.has('id of nodes'));
const knownName = (name: string): string => LISTS[name] ?? name;
const absentFor = (name: string): string | number =>
  typeof hers[knownName(name)] === 'number' ? 2_000_000_001 : randomUUID();

/** A body in which everything else is as the document's example says, with his own things. */
function bodyWith(place: Place, id: string | number): unknown {
  const own = (value: unknown, name: string): unknown => {
    if (Array.isArray(value))
      return value.map((one) => (name in LISTS ? his[knownName(name)] : own(one, '')));
    if (typeof value === 'object' && value !== null)
      return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, own(inner, key)]));
    return isId(name) && his[name] !== undefined && value !== null ? his[name] : value;
  };
  if (place.in !== 'body') return place.example === undefined ? undefined : own(place.example, '');
  const write = (into: unknown, [key, ...rest]: (string | number)[]): unknown => {
    if (key === undefined) return place.name in LISTS ? [id] : id;
    if (typeof key === 'number') return [write(Array.isArray(into) ? into[key] : undefined, rest)];
    const fields = typeof into === 'object' && into !== null && !Array.isArray(into) ? into : {};
    const before: unknown = Object.entries(fields).find(([name]) => name === key)?.[1];
    return { ...fields, [key]: write(before, rest) };
  };
  return write(own(place.example ?? {}, ''), place.keys);
}

/** What is told, with everything that differs from one request to the next taken out. */
async function told(place: Place, id: string | number): Promise<string> {
  const path = place.path.replaceAll(/\{(\w+)\}/g, (_match, name: string) => {
    const isAsked = place.in === 'path' && name === place.name;
    const own: Record<string, string | number> = {
      ...his,
      version: 1,
      key: 'write',
      flow: 'poem-flow',
      name: 'calculator',
    };
    return String(isAsked ? id : (own[name] ?? 'none'));
  });
  const body = bodyWith(place, id);
  const abort = new AbortController();
  const response = await fetch(
    `${stack.api.url}${path}${place.in === 'query' ? `?${place.name}=${id}` : ''}`,
    {
      method: place.method,
      signal: abort.signal,
      headers: { ...bearer(bert.token), ...(body !== undefined && { 'content-type': 'application/json' }) },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    },
  );
  if (response.headers.get('content-type')?.startsWith('text/event-stream') === true) {
    abort.abort();
    return `${response.status} a stream`;
  }
  const text = await response.text();
  return `${response.status} ${text
    .replaceAll(/[0-9a-f]{8}-[0-9a-f-]{27}/g, 'U')
    .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'T')
    .replaceAll(/mst_\w+|whsec_[\w+/=]+/g, 'S')
    .replaceAll(/\d+/g, 'N')}`;
}

describe('an id of somebody else’s', () => {
  it('is known to this test under every name that the document has for ids', () => {
    const unknown = places.filter((place) => !isNobodys(place) && hers[knownName(place.name)] === undefined);
    expect(
      unknown.map(({ operation, in: where, keys, name }) => [operation, where, keys.join('/') || name]),
    ).toEqual([]);
    expect(places.length).toBeGreaterThan(150);
    expect(new Set(places.map((place) => place.in))).toEqual(new Set(['path', 'query', 'body']));
  });

  it('is answered everywhere as one that is not there', async () => {
    const wrong: unknown[] = [];
    const statuses: Record<string, number> = {};
    for (const place of places) {
      const id = hers[knownName(place.name)];
      if (isNobodys(place) || id === undefined) continue;
      // Of those whose effect lasts, what is not there comes first: both find the same.
      const absent = await told(place, absentFor(place.name));
      const foreign = await told(place, id);
      const where = `${place.operation} ${place.in} ${place.keys.join('/') || place.name}`;
      const status = foreign.slice(0, 3);
      statuses[status] = (statuses[status] ?? 0) + 1;
      if (foreign !== absent)
        wrong.push({ where, foreign: foreign.slice(0, 300), absent: absent.slice(0, 300) });
    }
    expect(wrong).toEqual([]);
    // Most are refused for the id, not for something beside it.
    expect(statuses['404'] ?? 0).toBeGreaterThan(80);
  }, 120_000);
});
