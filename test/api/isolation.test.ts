import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { ANNAS_FLOW } from '../support/declared-flows.ts';
import { tellOfWorker } from '../../src/persistence/workers.ts';
import { encoded, forged } from '../support/forged-token.ts';
import { aGraph } from '../support/graph-bodies.ts';
import { OPERATIONS, type Kind, type Operation, type World } from '../support/operations.ts';
import { askedIn, aWebhook, storedCrew } from '../support/owned-things.ts';
import { peopleOf, type Person } from '../support/people.ts';
import { startTestStack, type TestStack } from '../support/test-stack.ts';

/**
 * Nobody reaches what is not theirs: every operation of the OpenAPI document, asked by every kind of caller.
 * An operation that is not in the table (test/support/operations.ts) fails the suite, so that nobody can forget it.
 */

const documentSchema = z.object({
  paths: z.record(z.string(), z.record(z.string(), z.looseObject({ operationId: z.string() }))),
});
interface Documented {
  method: string;
  path: string;
  operation: Operation;
}

let stack: TestStack;
let world: World;
let bert: Person;
let documented: Map<string, Documented>;
/** Credentials that must never work. */
const refused: Record<string, string | undefined> = {};
let agentKey: string;

const people = peopleOf(() => stack.api);

/** As a worker tells of itself; an hour ahead, so that it is not gone before it is asked for. */
async function livingWorker(): Promise<string> {
  const startedAt = new Date();
  const id = randomUUID();
  const worker = { id, taskQueue: 'a', host: 'b', pid: 1, buildId: null, version: '0', startedAt };
  await tellOfWorker(stack.api.database.sql, worker, 0, new Date(startedAt.getTime() + 3_600_000));
  return id;
}

beforeAll(async () => {
  stack = await startTestStack({ settings: { MAX_ACTIVE_EXECUTIONS_PER_USER: '0' } });
  const [anna, victim, disabled] = await Promise.all(
    ['anna', 'victim', 'disabled'].map((name) => people.register(`${name}@example.test`)),
  );
  bert = await people.register('bert@example.test');
  if (anna === undefined || victim === undefined || disabled === undefined)
    throw new Error('nobody registered');
  const started = await fetch(`${stack.api.url}/crew/start`, {
    method: 'POST',
    headers: { authorization: `Bearer ${anna.token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ crew: 'one-task' }),
  });
  const { execution_id: executionId } = z.object({ execution_id: z.string() }).parse(await started.json());
  const key = await people.makeKey(anna.token, { name: 'kept' });
  const revoked = await people.makeKey(anna.token, { name: 'revoked' });
  await people.send('DELETE', `/api-keys/${revoked.id}`, anna.token);
  agentKey = (await people.makeKey(anna.token, { name: 'agent', scopes: ['agent'] })).key;
  await people.send('PATCH', `/users/${disabled.id}`, stack.api.admin.token, { is_active: false });
  const secret = stack.settings.JWT_SECRET ?? '';
  Object.assign(refused, {
    none: undefined,
    garbage: 'garbage',
    expired: await forged(secret, anna.id, { expiresIn: '-1h' }),
    'for another audience': await forged(secret, anna.id, { audience: 'other' }),
    'alg none': `${encoded({ alg: 'none', typ: 'JWT' })}.${encoded({ sub: anna.id, iss: 'muster', aud: 'muster-api', exp: 4e9 })}.`,
    'revoked key': revoked.key,
    'disabled user': disabled.token,
  });
  const made = await people.send('POST', '/graphs', anna.token, aGraph());
  const { id: graphId } = z.object({ id: z.string() }).parse(await made.json());
  const batch = await people.send('POST', `/graphs/${graphId}/execute/batch`, anna.token, {
    inputs: [{ secret: 'Annas secret' }],
  });
  const { batch_id: batchId } = z.object({ batch_id: z.string() }).parse(await batch.json());
  const question = await askedIn(stack.api, executionId);
  const kickoff = await fetch(`${stack.api.url}/amp/${graphId}/kickoff`, {
    method: 'POST',
    headers: { authorization: `Bearer ${anna.token}`, 'content-type': 'application/json' },
    body: '{}',
  });
  const { kickoff_id: kickoffId } = z.object({ kickoff_id: z.string() }).parse(await kickoff.json());
  const flowRun = await people.send('POST', '/poem-flow/execute', anna.token, { sentence_count: 1 });
  const { execution_id: flowRunId } = z.object({ execution_id: z.string() }).parse(await flowRun.json());
  const reviewRun = await people.send('POST', '/content-review-flow/execute', anna.token, { topic: 'tea' });
  const { execution_id: reviewRunId } = z.object({ execution_id: z.string() }).parse(await reviewRun.json());
  await people.send('POST', '/flows', anna.token, { definition: ANNAS_FLOW });
  const declared = await people.send('POST', '/annas-flow/execute', anna.token, {});
  const begun = await people.send('POST', '/threads', anna.token, {});
  const { id: threadId } = z.object({ id: z.string() }).parse(await begun.json());
  const yearly = { name: 's', crew: 'one-task', cron: '0 0 1 1 *' };
  const scheduled = await people.send('POST', '/schedules', anna.token, yearly);
  const { id: scheduleId } = z.object({ id: z.string() }).parse(await scheduled.json());
  const known = await people.send('POST', '/knowledge', anna.token, { name: 'rules', content: 'be kind' });
  const { id: knowledgeId } = z.object({ id: z.string() }).parse(await known.json());
  const templates = await people.send('GET', '/templates', anna.token);
  const [shipped] = z.array(z.object({ id: z.string() })).parse(await templates.json());
  const platform = await storedCrew(people.send, anna.token);
  const hook = await aWebhook(people.send, anna.token);
  const reported = await reportedBy(anna.token);
  world = {
    ...platform,
    ...hook,
    ...reported,
    flowRun: flowRunId,
    reviewRun: reviewRunId,
    declaredRun: z.object({ execution_id: z.string() }).parse(await declared.json()).execution_id,
    question,
    template: shipped?.id ?? '',
    graph: graphId,
    kickoff: kickoffId,
    thread: threadId,
    schedule: scheduleId,
    knowledge: knowledgeId,
    worker: await livingWorker(),
    anna,
    victim,
    execution: executionId,
    batch: batchId,
    apiKey: key.id,
  };
  const document = documentSchema.parse((await stack.call('GET', '/openapi.json')).body);
  documented = new Map();
  for (const [path, methods] of Object.entries(document.paths)) {
    for (const [method, { operationId }] of Object.entries(methods)) {
      const operation = OPERATIONS[operationId];
      if (operation !== undefined)
        documented.set(operationId, { method: method.toUpperCase(), path, operation });
      else missing.push(operationId);
    }
  }
});
const missing: string[] = [];

/** An agent elsewhere that reports in her name and asks her something. */
async function reportedBy(
  token: string,
): Promise<{ instance: string; agentType: string; agentMessage: string; agentQuestion: string }> {
  const said = await people.send('POST', '/messages/agent', token, {
    agent_type: 'Annas coder',
    content: 'Annas secret?',
    requires_user_input: true,
  });
  const taken = z
    .object({ agent_instance_id: z.string(), message_id: z.string(), question_id: z.string() })
    .parse(await said.json());
  const types = z
    .array(z.object({ id: z.string(), name: z.string() }))
    .parse(await (await people.send('GET', '/agent-types', token)).json());
  return {
    instance: taken.agent_instance_id,
    agentMessage: taken.message_id,
    agentQuestion: taken.question_id,
    agentType: types.find(({ name }) => name === 'Annas coder')?.id ?? '',
  };
}

afterAll(() => stack.close());

/** Asks one operation. Streams are left at once. */
async function ask(
  { method, path, operation }: Documented,
  credential: string | undefined,
  absent = false,
): Promise<{ status: number; body: string }> {
  const params = operation.params?.(world) ?? {};
  const filled = path.replaceAll(/\{(\w+)\}/g, (_match, name: string) =>
    absent ? randomUUID() : (params[name] ?? ''),
  );
  const query = operation.query?.(world, absent ? randomUUID() : '') ?? '';
  const body = operation.body?.(world);
  const abort = new AbortController();
  const response = await fetch(`${stack.api.url}${filled}${query}`, {
    method,
    signal: abort.signal,
    headers: {
      ...(credential !== undefined && { authorization: `Bearer ${credential}` }),
      ...(body !== undefined && { 'content-type': 'application/json' }),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  if (response.headers.get('content-type')?.startsWith('text/event-stream') === true) {
    abort.abort();
    return { status: response.status, body: '' };
  }
  const text = await response.text();
  return { status: response.status, body: text.replaceAll(/"request_id":"[^"]*"/g, '') };
}

const of = (...kinds: Kind[]): [string, Documented][] =>
  [...documented].filter(([, { operation }]) => kinds.includes(operation.kind));

describe('every operation of the OpenAPI document', () => {
  it('is in the table of this test, and the table names no others', () => {
    expect(missing).toEqual([]);
    expect([...documented.keys()].toSorted()).toEqual(Object.keys(OPERATIONS).toSorted());
  });

  it.each(['none', 'garbage', 'expired', 'for another audience', 'alg none', 'revoked key', 'disabled user'])(
    'refuses a credential that is %s with 401, unless it is public',
    async (name) => {
      const wrong: string[] = [];
      for (const [id, entry] of of('own', 'personal', 'admin')) {
        const { status } = await ask(entry, refused[name]);
        if (status !== 401) wrong.push(`${id}: ${status}`);
      }
      expect(wrong).toEqual([]);
      for (const [id, entry] of of('public')) {
        const { status } = await ask(entry, refused[name]);
        if (status === 401 && id !== 'login' && id !== 'refresh') wrong.push(`${id}: ${status}`);
      }
      expect(wrong).toEqual([]);
    },
  );

  it('refuses a key without the scope with 403: one for agents elsewhere opens their side alone', async () => {
    const wrong: string[] = [];
    for (const [id, entry] of of('own', 'personal', 'admin')) {
      const { status } = await ask(entry, agentKey);
      const isRefused = status === 403;
      if (isRefused === (entry.operation.agentSide === true)) wrong.push(`${id}: ${status}`);
    }
    expect(wrong).toEqual([]);
  });

  it('makes what is somebody else’s look exactly like what is not there', async () => {
    const wrong: string[] = [];
    for (const [id, entry] of of('own')) {
      const foreign = await ask(entry, bert.token);
      const absent = await ask(entry, bert.token, true);
      if (foreign.status !== 404) wrong.push(`${id}: ${foreign.status}`);
      if (foreign.body !== absent.body) wrong.push(`${id}: ${foreign.body} is not ${absent.body}`);
    }
    expect(wrong).toEqual([]);
  });

  it('shows another user nothing of Anna’s in what is about the caller', async () => {
    for (const [id, entry] of of('personal')) {
      // What goes over the WebSocket is seen in the tests of its own.
      if (entry.method !== 'GET' || id === 'openWebSocket') continue;
      const { status, body } = await ask(entry, bert.token);
      expect([id, status]).toEqual([id, 200]);
      for (const secret of [
        world.execution,
        world.flowRun,
        world.apiKey,
        world.graph,
        world.thread,
        world.webhook,
        world.instance,
        world.anna.id,
        world.anna.email,
        'Annas',
      ]) {
        expect(body).not.toContain(secret);
      }
    }
  });

  it('lets no ordinary user do what is for admins, nor list everybody’s', async () => {
    const wrong: string[] = [];
    for (const [id, entry] of of('admin')) {
      const { status } = await ask(entry, bert.token);
      if (status !== 403) wrong.push(`${id}: ${status}`);
    }
    expect(wrong).toEqual([]);
    const lists =
      'executions api-keys graphs threads agents workflows tasks executions/stats agent-types agent-instances agent-summary questions'.split(
        ' ',
      );
    for (const list of lists.map((name) => `/api/v1/${name}`)) {
      const response = await fetch(`${stack.api.url}${list}?scope=all`, {
        headers: { authorization: `Bearer ${bert.token}` },
      });
      expect([list, response.status]).toEqual([list, 403]);
    }
  });

  it('refuses to any key what only a person may do', async () => {
    const wide = await people.makeKey(stack.api.admin.token, {
      name: 'wide',
      scopes: ['read', 'write', 'admin'],
    });
    const wrong: string[] = [];
    for (const [id, entry] of documented) {
      if (entry.operation.personOnly !== true) continue;
      const { status } = await ask(entry, wide.key);
      if (status !== 403) wrong.push(`${id}: ${status}`);
    }
    expect(wrong).toEqual([]);
  });

  it('is open to the owner, and to an admin, as far as the state of things allows', async () => {
    const wrong: string[] = [];
    for (const credential of [world.anna.token, stack.api.admin.token]) {
      for (const [id, entry] of of('own')) {
        if (entry.method === 'DELETE') continue;
        const isOwners = entry.operation.ownerOnly === true || entry.operation.agentSide === true;
        if (isOwners && credential !== world.anna.token) continue;
        const { status } = await ask(entry, credential);
        if (![200, 201, 202, 409].includes(status)) wrong.push(`${id}: ${status}`);
      }
    }
    for (const [id, entry] of of('admin')) {
      if (entry.method === 'DELETE') continue;
      const { status } = await ask(entry, stack.api.admin.token);
      if (![200, 202, 422].includes(status)) wrong.push(`${id} as admin: ${status}`);
    }
    expect(wrong).toEqual([]);
  });
});
