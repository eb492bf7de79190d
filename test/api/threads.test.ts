import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { aGraph } from '../support/graph-bodies.ts';
import { peopleOf, statusOf, type Person } from '../support/people.ts';
import { readSse } from '../support/sse-reader.ts';
import { startTestStack, until, type TestStack } from '../support/test-stack.ts';

/** Threads without a worker: what is started stays pending. Runs that speak are in test/e2e/threads.test.ts. */

let stack: TestStack;
let owner: Person;
let stranger: Person;
const { send, register } = peopleOf(() => stack.api);
const idSchema = z.looseObject({ id: z.uuid() });
const messageSchema = z.looseObject({ id: z.uuid(), seq: z.int(), execution_id: z.uuid().nullable() });
const executionSchema = z.looseObject({ status: z.string(), thread_id: z.string().nullable() });

beforeAll(async () => {
  // Without a limit of active runs: what makes them wait here is the thread alone.
  stack = await startTestStack({ settings: { MAX_ACTIVE_EXECUTIONS_PER_USER: '0' } });
  owner = await register('owner@example.com');
  stranger = await register('stranger@example.com');
});
afterAll(() => stack.close());

const json = async (answer: Promise<Response>): Promise<unknown> => (await answer).json();
const makeGraph = async (body: unknown = aGraph()): Promise<string> =>
  idSchema.parse(await json(send('POST', '/graphs', owner.token, body))).id;
const makeThread = async (body: unknown = {}): Promise<string> => {
  const response = await send('POST', '/threads', owner.token, body);
  expect(response.status).toBe(201);
  return idSchema.parse(await response.json()).id;
};
const say = (thread: string, body: unknown): Promise<Response> =>
  send('POST', `/threads/${thread}/messages`, owner.token, body);
const start = async (thread: string): Promise<string> => {
  const response = await say(thread, { content: 'go', execute: true });
  expect(response.status).toBe(201);
  return messageSchema.parse(await response.json()).execution_id ?? '';
};
const execution = async (id: string): Promise<z.output<typeof executionSchema>> =>
  executionSchema.parse(await json(send('GET', `/executions/${id}`, owner.token)));
const cancel = (id: string): Promise<number> =>
  statusOf(send('POST', `/executions/${id}/cancel`, owner.token));
const queuedIn = async (thread: string): Promise<boolean[]> => {
  const rows = await stack.api.database.sql.query<{ queued: boolean }>(
    'select queued from executions where thread_id = $1 order by id',
    [thread],
  );
  return rows.map(({ queued }) => queued);
};

describe('a thread', () => {
  it('is begun, read, changed and deleted with its messages', async () => {
    const graphId = await makeGraph();
    const id = await makeThread({ title: 'Otters', graph_id: graphId });
    const read = await json(send('GET', `/threads/${id}`, owner.token));
    expect(read).toMatchObject({ title: 'Otters', graph_id: graphId, on_busy: 'queue', owner_id: owner.id });
    expect(await json(send('PUT', `/threads/${id}`, owner.token, read))).toMatchObject({ title: 'Otters' });
    expect(
      await json(
        send('PATCH', `/threads/${id}`, owner.token, { title: 'Seals', graph_id: null, on_busy: 'reject' }),
      ),
    ).toMatchObject({ title: 'Seals', graph_id: null, on_busy: 'reject' });
    await say(id, { content: 'hello' });
    expect(await json(send('DELETE', `/threads/${id}`, owner.token))).toEqual({ message: 'Thread deleted' });
    expect(await statusOf(send('GET', `/threads/${id}/messages`, owner.token))).toBe(404);
    const left = await stack.api.database.sql.query('select 1 from messages where thread_id = $1', [id]);
    expect(left).toEqual([]);
  });

  it('is begun with nothing said, and takes no graph of somebody else', async () => {
    expect(await json(send('POST', '/threads', owner.token))).toMatchObject({
      title: 'New thread',
      graph_id: null,
    });
    const foreign = await makeGraph();
    const response = await send('POST', '/threads', stranger.token, { graph_id: foreign });
    expect([response.status, await response.json()]).toMatchObject([
      422,
      { details: { issues: [{ path: '/graph_id' }] } },
    ]);
  });

  it('is listed newest first, by graph too, and to nobody else', async () => {
    const person = await register('lister@example.com');
    for (const title of ['a', 'b', 'c']) await send('POST', '/threads', person.token, { title });
    const page = await send('GET', '/threads?limit=2', person.token);
    expect(page.headers.get('x-total-count')).toBe('3');
    expect(await page.json()).toMatchObject([{ title: 'c' }, { title: 'b' }]);
    const graphId = await makeGraph();
    const id = await makeThread({ graph_id: graphId });
    expect(await json(send('GET', `/threads?graph_id=${graphId}`, owner.token))).toMatchObject([{ id }]);
    expect(await json(send('GET', '/threads', stranger.token))).toEqual([]);
  });

  it('loses its graph with the graph', async () => {
    const graphId = await makeGraph();
    const id = await makeThread({ graph_id: graphId });
    await send('DELETE', `/graphs/${graphId}`, owner.token);
    expect(await json(send('GET', `/threads/${id}`, owner.token))).toMatchObject({ graph_id: null });
    const response = await say(id, { content: 'go', execute: true });
    expect([response.status, await response.json()]).toMatchObject([
      422,
      { details: { issues: [{ path: '/execute' }] } },
    ]);
  });
});

describe('messages of a thread', () => {
  it('are numbered without a gap, whoever speaks at once, and paged by after', async () => {
    const id = await makeThread();
    const all = Array.from({ length: 30 }, (_none, at) => say(id, { content: `message ${at}` }));
    expect(new Set(await Promise.all(all.map(statusOf)))).toEqual(new Set([201]));
    const page = async (query: string): Promise<number[]> =>
      z
        .array(messageSchema)
        .parse(await json(send('GET', `/threads/${id}/messages?${query}`, owner.token)))
        .map(({ seq }) => seq);
    expect(await page('limit=20')).toEqual(Array.from({ length: 20 }, (_none, at) => at + 1));
    expect(await page('after=20&limit=20')).toEqual(Array.from({ length: 10 }, (_none, at) => at + 21));
    expect(await page('after=30')).toEqual([]);
  });

  it('are said once when their request is repeated with its key', async () => {
    const id = await makeThread({ graph_id: await makeGraph() });
    const ask = (): Promise<Response> =>
      fetch(`${stack.api.url}/api/v1/threads/${id}/messages`, {
        method: 'POST',
        headers: {
          authorization: `Bearer ${owner.token}`,
          'content-type': 'application/json',
          'idempotency-key': 'once',
        },
        body: JSON.stringify({ content: 'go', execute: true }),
      });
    const first = await json(ask());
    // As if the process had died before it could keep the answer.
    await stack.api.database.sql.query(
      `update idempotency_keys set status = null, body = null, lease_until = 'epoch' where key = 'once'`,
    );
    expect(await json(ask())).toEqual(first);
    expect(await json(send('GET', `/threads/${id}/messages`, owner.token))).toEqual([first]);
    expect(await queuedIn(id)).toEqual([false]);
    await cancel(messageSchema.parse(first).execution_id ?? '');
  });

  it('come over a stream without gap or repeat, also after a reconnect', async () => {
    const id = await makeThread();
    await say(id, { content: 'one' });
    const url = `${stack.api.url}/api/v1/threads/${id}/stream`;
    const auth = { authorization: `Bearer ${owner.token}` };
    const first = await readSse(url, auth);
    await say(id, { content: 'two' });
    await until('two messages are here', () => first.events.length === 2, 5_000);
    first.leave();
    await say(id, { content: 'three' });
    const second = await readSse(url, { ...auth, 'last-event-id': '2' });
    await say(id, { content: 'four' });
    await until('two more are here', () => second.events.length === 2, 5_000);
    second.leave();
    expect([...first.events, ...second.events]).toMatchObject(
      ['one', 'two', 'three', 'four'].map((content, at) => ({
        id: String(at + 1),
        event: 'message_created',
        data: { content, seq: at + 1 },
      })),
    );
    const foreign = await readSse(url, { authorization: `Bearer ${stranger.token}` });
    expect(foreign.status).toBe(404);
  });

  it('arrive at once, not at the next look', async () => {
    const id = await makeThread();
    const reader = await readSse(`${stack.api.url}/api/v1/threads/${id}/stream`, {
      authorization: `Bearer ${owner.token}`,
    });
    const delays: number[] = [];
    for (let round = 1; round <= 5; round += 1) {
      const before = performance.now();
      await say(id, { content: 'now' });
      await until('it is here', () => reader.events.length === round, 5_000);
      delays.push(performance.now() - before);
    }
    reader.leave();
    expect(delays.toSorted((one, other) => one - other)[2]).toBeLessThan(400);
  });
});

describe('a start while a run of the thread is live', () => {
  it('queues by default, and goes when the others have ended', async () => {
    const id = await makeThread({ graph_id: await makeGraph() });
    const [first, second, third] = [await start(id), await start(id), await start(id)];
    expect(await queuedIn(id)).toEqual([false, true, true]);
    expect(await json(send('GET', `/executions?thread_id=${id}`, owner.token))).toHaveLength(3);
    expect(await execution(second)).toMatchObject({ status: 'pending', thread_id: id });
    await cancel(first);
    expect(await queuedIn(id)).toEqual([false, false, true]);
    await cancel(second);
    expect(await queuedIn(id)).toEqual([false, false, false]);
    expect(await statusOf(send('DELETE', `/threads/${id}`, owner.token))).toBe(409);
    await cancel(third);
    expect(await statusOf(send('DELETE', `/threads/${id}`, owner.token))).toBe(200);
  });

  it('is not let go by the end of a run that has nothing to do with it', async () => {
    const graphId = await makeGraph();
    const id = await makeThread({ graph_id: graphId });
    const [first, second] = [await start(id), await start(id)];
    const other = await send('POST', `/graphs/${graphId}/execute`, owner.token);
    const { execution_id: otherId } = z.looseObject({ execution_id: z.string() }).parse(await other.json());
    expect(await cancel(otherId)).toBe(202);
    expect(await queuedIn(id)).toEqual([false, true]);
    await cancel(second);
    await cancel(first);
  });

  it('is never left behind by a run that ends at that very moment', async () => {
    const id = await makeThread({ graph_id: await makeGraph() });
    let live = await start(id);
    for (let round = 0; round < 30; round += 1) {
      const [, next] = await Promise.all([cancel(live), start(id)]);
      expect([round, (await queuedIn(id)).at(-1)]).toEqual([round, false]);
      live = next;
    }
    await cancel(live);
  });

  it('queues as a retry, too', async () => {
    const id = await makeThread({ graph_id: await makeGraph() });
    const first = await start(id);
    await cancel(first);
    const second = await start(id);
    expect(await statusOf(send('POST', `/executions/${first}/retry`, owner.token))).toBe(202);
    expect(await execution(first)).toMatchObject({ status: 'pending' });
    expect(await queuedIn(id)).toEqual([true, false]);
    await cancel(second);
    expect(await queuedIn(id)).toEqual([false, false]);
    await cancel(first);
  });

  it('queues behind one of ten that come at once', async () => {
    const id = await makeThread({ graph_id: await makeGraph() });
    const started = await Promise.all(Array.from({ length: 10 }, () => start(id)));
    expect((await queuedIn(id)).filter((queued) => !queued)).toHaveLength(1);
    for (const one of started) await cancel(one);
  });

  it('is refused where the thread says so, and leaves no message', async () => {
    const id = await makeThread({ graph_id: await makeGraph(), on_busy: 'reject' });
    const first = await start(id);
    const response = await say(id, { content: 'again', execute: true });
    expect([response.status, await response.json()]).toMatchObject([409, { details: { on_busy: 'reject' } }]);
    expect(await json(send('GET', `/threads/${id}/messages`, owner.token))).toHaveLength(1);
    expect(await statusOf(say(id, { content: 'only words' }))).toBe(201);
    await cancel(first);
    await cancel(await start(id));
  });

  it('has the others cancelled where the thread says so', async () => {
    const id = await makeThread({ graph_id: await makeGraph(), on_busy: 'cancel_and_start' });
    const first = await start(id);
    const second = await start(id);
    expect(await execution(first)).toMatchObject({ status: 'cancelled' });
    expect(await queuedIn(id)).toEqual([false, false]);
    await cancel(second);
    const said = await json(send('GET', `/threads/${id}/messages`, owner.token));
    expect(said).toMatchObject([
      { kind: 'user', execution_id: first },
      { kind: 'user', execution_id: second },
      { kind: 'failure', content: 'cancelled', sender_type: 'agent', execution_id: first },
      { kind: 'failure', execution_id: second },
    ]);
  });

  it('counts for starts of a graph and of a crew in the thread, too, and only in one’s own thread', async () => {
    const graphId = await makeGraph();
    const id = await makeThread({ on_busy: 'reject' });
    const body = { thread_id: id };
    const made = await send('POST', `/graphs/${graphId}/execute`, owner.token, body);
    const location = made.headers.get('location') ?? '';
    expect(made.status).toBe(202);
    expect(await made.json()).toMatchObject({ thread_id: id, graph_id: graphId, status: 'pending' });
    expect(await statusOf(send('POST', `/graphs/${graphId}/execute`, owner.token, body))).toBe(409);
    const crew = await fetch(`${stack.api.url}/crew/start`, {
      method: 'POST',
      headers: { authorization: `Bearer ${owner.token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ crew: graphId, thread_id: id }),
    });
    expect(crew.status).toBe(409);
    expect(await statusOf(send('POST', `${location.replace('/api/v1', '')}/cancel`, owner.token))).toBe(202);
    const foreign = await json(send('POST', '/graphs', stranger.token, aGraph()));
    const foreignId = idSchema.parse(foreign).id;
    expect(await statusOf(send('POST', `/graphs/${foreignId}/execute`, stranger.token, body))).toBe(404);
  });
});
