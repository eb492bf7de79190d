import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { USER_LIMIT_NAMES, type UserLimit } from '../../src/domain/user-limits.ts';
import { CREATES } from '../support/creating-operations.ts';
import { aGraph } from '../support/graph-bodies.ts';
import { bearer, peopleOf, statusOf, type Person } from '../support/people.ts';
import { makePlatformCrew } from '../support/platform-crew.ts';
import { connect, socketUrl, tryConnect } from '../support/socket-client.ts';
import { startTestStack, until, type TestStack } from '../support/test-stack.ts';

/** What one user may keep, have queued and hold open is bounded, exactly, and says so. */

const MOST = 3;
let stack: TestStack;
const people = peopleOf(() => stack.api);

beforeAll(async () => {
  const limits = USER_LIMIT_NAMES.map((name) => `${name}=${name === 'knowledge_bytes' ? 1_000 : MOST}`);
  // No worker: what is started stays where it is.
  stack = await startTestStack({
    settings: {
      // Looked at in run-limits.test.ts: one that runs fill before their queue is full.
      USER_LIMITS: [...limits, 'open_executions=0'].join(','),
      MAX_ACTIVE_EXECUTIONS_PER_USER: '1',
      WS_CONNECTIONS_PER_MINUTE: '0',
    },
  });
});
afterAll(() => stack.close());

let made = 0;
const somebody = (): Promise<Person> => {
  made += 1;
  return people.register(`person-${made}@example.test`);
};
const idOf = async (answer: Promise<Response>): Promise<string> =>
  z.object({ id: z.union([z.string(), z.int()]).transform(String) }).parse(await (await answer).json()).id;

const refusal = z.looseObject({
  error: z.string(),
  message: z.string(),
  details: z.looseObject({ limit: z.string(), maximum: z.int(), current: z.int() }),
});
const told = async (response: Response): Promise<unknown> => {
  const { error, message, details } = refusal.parse(await response.json());
  expect(message).toMatch(/USER_LIMITS/);
  const { limit, maximum, current } = details;
  return { status: response.status, error, limit, maximum, current };
};
const full = (limit: UserLimit, maximum = MOST) => ({
  status: 409,
  error: 'CONFLICT',
  limit,
  maximum,
  current: maximum,
});
const busy = (limit: UserLimit) => ({ ...full(limit), status: 429, error: 'RATE_LIMITED' });

const meSchema = z.looseObject({
  limits: z.record(z.string(), z.object({ maximum: z.int().nullable(), used: z.int() })),
});
const limitsOf = async (person: Person) =>
  meSchema.parse(await (await people.send('GET', '/auth/me', person.token)).json()).limits;

const aFlow = (name: string): string =>
  `schema: crewai.flow/v1\nname: ${name}\nmethods:\n  one:\n    start: true\n    do: { call: expression, expr: "1 + 1" }\n`;
const json = (method: string, path: string) => (person: Person, body: unknown) =>
  people.send(method, path, person.token, body);

/** One of each thing that is kept. */
const MAKERS: Partial<Record<UserLimit, (person: Person, n: number) => Promise<Response>>> = {
  api_keys: (person, n) => json('POST', '/api-keys')(person, { name: `k${n}` }),
  webhooks: (person) => json('POST', '/webhooks')(person, { url: 'https://93.184.215.14/h', events: ['*'] }),
  user_agents: (person, n) =>
    json('POST', '/user-agents')(person, { name: `u${n}`, webhook_url: 'https://93.184.215.14/h' }),
  schedules: (person, n) =>
    json('POST', '/schedules')(person, { name: `s${n}`, crew: 'one-task', cron: '0 0 1 1 *' }),
  flows: (person, n) => json('POST', '/flows')(person, { definition: aFlow(`Flow${n}`) }),
  graphs: (person) => json('POST', '/graphs')(person, aGraph()),
  agents: (person, n) => json('POST', '/agents')(person, { name: `a${n}`, role: 'R', goal: 'G' }),
  workflows: (person, n) => json('POST', '/workflows')(person, { name: `w${n}` }),
  threads: (person) => json('POST', '/threads')(person, {}),
  knowledge_sources: (person, n) => json('POST', '/knowledge')(person, { name: `k${n}`, content: 'be kind' }),
};

describe('every POST of the API', () => {
  it('is in the table: it counts for a limit, or is free for a reason', async () => {
    const document = z
      .object({
        paths: z.record(z.string(), z.record(z.string(), z.looseObject({ operationId: z.string() }))),
      })
      .parse((await stack.call('GET', '/openapi.json')).body);
    const posts = Object.values(document.paths).flatMap(({ post }) =>
      post === undefined ? [] : [post.operationId],
    );
    expect(Object.keys(CREATES).toSorted()).toEqual(posts.toSorted());
    const limits = new Set(
      Object.values(CREATES).flatMap((limit) => (typeof limit === 'string' ? [limit] : [])),
    );
    const others: UserLimit[] = ['knowledge_bytes', 'open_executions', 'websockets'];
    expect([...limits, ...others].toSorted()).toEqual(USER_LIMIT_NAMES.toSorted());
  });
});

describe('what a user keeps', () => {
  it.each(Object.keys(MAKERS))('is bounded, though many come at once: %s', async (name) => {
    const limit = z.enum(USER_LIMIT_NAMES).parse(name);
    const make = MAKERS[limit];
    if (make === undefined) throw new Error('nobody makes it');
    const person = await somebody();
    const answers = await Promise.all(Array.from({ length: 8 }, (_, n) => make(person, n)));
    const refused = answers.filter(({ status }) => status !== 201);
    expect(refused.length).toBe(8 - MOST);
    for (const answer of refused) expect(await told(answer)).toEqual(full(limit));
    expect((await limitsOf(person))[limit]).toEqual({ maximum: MOST, used: MOST });
    expect(await statusOf(make(await somebody(), 99))).toBe(201);
  });

  it('is bounded by every door of graphs, and free again when one is deleted', async () => {
    const person = await somebody();
    const ids: string[] = [];
    for (let n = 0; n < MOST; n += 1)
      ids.push(await idOf(people.send('POST', '/graphs', person.token, aGraph())));
    const templates = await people.send('GET', '/templates', person.token);
    const [template] = z.array(z.object({ id: z.string() })).parse(await templates.json());
    const files = {
      'agents.yaml': 'a:\n  role: R\n  goal: G\n  backstory: B\n',
      'tasks.yaml': 't:\n  description: D\n  expected_output: E\n  agent: a\n',
    };
    for (const [path, body] of [
      [`/graphs/${ids[0]}/clone`, undefined],
      ['/graphs/import', { files }],
      [`/templates/${template?.id}/instantiate`, undefined],
    ] as const)
      expect(await told(await people.send('POST', path, person.token, body))).toEqual(full('graphs'));
    await people.send('DELETE', `/graphs/${ids[0]}`, person.token);
    expect(await statusOf(people.send('POST', `/graphs/${ids[1]}/clone`, person.token))).toBe(201);
  });

  it('is bounded in tasks for whom they belong to, and in bytes of knowledge', async () => {
    const person = await somebody();
    const { workflowId, agentIds } = await makePlatformCrew(stack, person.token, ['one', 'two', 'three']);
    const task = { workflow_id: workflowId, agent_id: agentIds[0], name: 'four', description: 'D' };
    for (const token of [person.token, stack.api.admin.token])
      expect(await told(await people.send('POST', '/tasks', token, task))).toEqual(full('tasks'));
    const know = (content: string) => people.send('POST', '/knowledge', person.token, { name: 'k', content });
    expect(await statusOf(know('x '.repeat(350)))).toBe(201);
    expect(await told(await know('y '.repeat(200)))).toEqual({
      ...full('knowledge_bytes', 1_000),
      current: 700,
    });
    expect((await limitsOf(person))['knowledge_sources']).toEqual({ maximum: MOST, used: 1 });
  });
});

/** Somebody with one run that is active, three that wait, and everything from which more could be started. */
async function somebodyBusy() {
  const person = await somebody();
  const { token } = person;
  const crew = await makePlatformCrew(stack, token, ['one']);
  const graph = await idOf(people.send('POST', '/graphs', token, aGraph()));
  const thread = await idOf(people.send('POST', '/threads', token, { graph_id: graph }));
  const start = () =>
    fetch(`${stack.api.url}/crew/start`, {
      method: 'POST',
      headers: { ...bearer(token), 'content-type': 'application/json' },
      body: JSON.stringify({ crew: 'one-task' }),
    });
  return { person, token, crew, graph, thread, start };
}

describe('what waits for its turn', () => {
  it('is bounded, though many come at once, and says when to come back', async () => {
    const { person, start } = await somebodyBusy();
    const answers = await Promise.all(Array.from({ length: 10 }, start));
    expect(answers.filter(({ status }) => status === 200).length).toBe(1 + MOST);
    const refused = answers.filter(({ status }) => status !== 200);
    for (const answer of refused) {
      expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
      expect(await told(answer)).toEqual(busy('queued_executions'));
    }
    expect((await limitsOf(person))['queued_executions']).toEqual({ maximum: MOST, used: MOST });
  });

  it('is bounded by every door that starts something, and nothing of a batch is made that does not fit', async () => {
    const { token, crew, graph, thread, start } = await somebodyBusy();
    const first = z.object({ execution_id: z.string() }).parse(await (await start()).json()).execution_id;
    const batch = (inputs: number) =>
      people.send('POST', `/graphs/${graph}/execute/batch`, token, {
        inputs: Array.from({ length: inputs }, () => ({})),
      });
    expect(await told(await batch(4))).toEqual({ ...busy('queued_executions'), current: 0 });
    expect(await statusOf(batch(3))).toBe(202);
    const doors: Record<string, [string, unknown?]> = {
      executeGraph: [`/api/v1/graphs/${graph}/execute`, {}],
      executeGraphBatch: [`/api/v1/graphs/${graph}/execute/batch`, { inputs: [{}] }],
      executeWorkflow: [`/api/v1/workflows/${crew.workflowId}/execute`, {}],
      executeWorkflowBatch: [`/api/v1/workflows/${crew.workflowId}/execute/batch`, { input_data: [{}] }],
      executeTask: [`/api/v1/tasks/${crew.taskIds[0]}/execute`, {}],
      testAgent: [`/api/v1/agents/${crew.agentIds[0]}/test`, { input: 'hello', wait_seconds: 1 }],
      executePoemFlow: ['/api/v1/poem-flow/execute', { sentence_count: 1 }],
      executeContentReviewFlow: ['/api/v1/content-review-flow/execute', { topic: 'tea' }],
      executeFlow: ['/api/v1/one-more/execute', {}],
      kickoffAmp: [`/amp/${graph}/kickoff`, {}],
      createThreadMessage: [`/api/v1/threads/${thread}/messages`, { content: 'go', execute: true }],
      replayExecution: [`/api/v1/executions/${first}/replay`, {}],
      startCrew: ['/crew/start', { crew: 'one-task' }],
    };
    const starting = Object.entries(CREATES).flatMap(([id, limit]) =>
      limit === 'queued_executions' ? [id] : [],
    );
    expect(Object.keys(doors).toSorted()).toEqual(starting.toSorted());
    expect(await statusOf(people.send('POST', '/flows', token, { definition: aFlow('OneMore') }))).toBe(201);
    for (const [id, [path, body]] of Object.entries(doors)) {
      const response = await fetch(`${stack.api.url}${path}`, {
        method: 'POST',
        headers: { ...bearer(token), 'content-type': 'application/json' },
        body: JSON.stringify(body),
      });
      expect([id, response.status]).toEqual([id, 429]);
      expect([id, await told(response)]).toEqual([id, busy('queued_executions')]);
    }
    const [count] = await stack.api.database.sql.query<{ count: string }>(
      'select count(*) from executions where owner_id = (select owner_id from executions where execution_id = $1)',
      [first],
    );
    expect(count?.count).toBe(String(1 + MOST));
  });

  it('is found again by a repeat of the request that has filled the queue', async () => {
    const { token, start } = await somebodyBusy();
    for (let n = 0; n < MOST; n += 1) await start();
    const key = randomUUID();
    const again = () =>
      fetch(`${stack.api.url}/crew/start`, {
        method: 'POST',
        headers: { ...bearer(token), 'content-type': 'application/json', 'idempotency-key': key },
        body: JSON.stringify({ crew: 'one-task' }),
      });
    expect([await statusOf(again()), await statusOf(again())]).toEqual([200, 200]);
    expect(await statusOf(start())).toBe(429);
  });
});

describe('what is held open', () => {
  it('is bounded in event streams, and free again when one closes', async () => {
    const person = await somebody();
    const open: AbortController[] = [];
    const stream = async (): Promise<Response> => {
      const abort = new AbortController();
      open.push(abort);
      return fetch(`${stack.api.url}/api/v1/inbox/stream`, {
        headers: bearer(person.token),
        signal: abort.signal,
      });
    };
    for (let n = 0; n < MOST; n += 1) expect((await stream()).status).toBe(200);
    const refused = await stream();
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(await told(refused)).toEqual(busy('event_streams'));
    expect((await limitsOf(person))['event_streams']).toEqual({ maximum: MOST, used: MOST });
    open[0]?.abort();
    await until('one has closed', async () => (await limitsOf(person))['event_streams']?.used === MOST - 1);
    expect((await stream()).status).toBe(200);
    for (const one of open) one.abort();
  });

  it('is bounded in WebSockets', async () => {
    const person = await somebody();
    const url = socketUrl(stack.api.url);
    const sockets = [];
    for (let n = 0; n < MOST; n += 1) sockets.push(await connect(url, bearer(person.token)));
    const refused = await tryConnect(url, bearer(person.token));
    expect(refused).toMatchObject({
      status: 429,
      body: { error: 'RATE_LIMITED', details: { limit: 'websockets', maximum: MOST, current: MOST } },
    });
    for (const socket of sockets) socket.leave();
    await until('they have closed', async () => (await limitsOf(person))['websockets']?.used === 0);
  });
});
