import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { aGraph } from '../support/graph-bodies.ts';
import { hangs, says } from '../support/scripted-model.ts';
import { getExecution, startTestStack, until, type TestStack } from '../support/test-stack.ts';

/** One crew for each of many inputs: `…/execute/batch`. */

let stack: TestStack;
let graph: string;
const MOST_ACTIVE = 5;
const startedSchema = z.object({
  batch_id: z.uuid(),
  count: z.int(),
  executions: z.array(z.object({ id: z.int(), execution_id: z.uuid() })),
});
const batchSchema = z.looseObject({
  status: z.string(),
  count: z.int(),
  finished: z.int(),
  counts: z.record(z.string(), z.int()),
  token_usage: z.looseObject({ total_tokens: z.int() }),
  cost_usd: z.number().nullable(),
});

beforeAll(async () => {
  stack = await startTestStack({ settings: { MAX_ACTIVE_EXECUTIONS_PER_USER: String(MOST_ACTIVE) } });
  graph = await makeGraph('about {topic}');
});
afterEach(() => stack.model.assertDone());
afterAll(() => stack.close());

async function makeGraph(description: string): Promise<string> {
  const { nodes, ...rest } = aGraph();
  const made = await stack.call('POST', '/api/v1/graphs', {
    ...rest,
    nodes: nodes.map((node) =>
      node.type === 'task' ? { ...node, data: { ...node.data, description } } : node,
    ),
  });
  return z.looseObject({ id: z.uuid() }).parse(made.body).id;
}
const path = (id: string): string => `/api/v1/graphs/${id}/execute/batch`;
const start = async (inputs: unknown[], more: object = {}) => {
  const answer = await stack.call('POST', path(graph), { inputs, ...more });
  expect(answer).toMatchObject({ status: 202 });
  return startedSchema.parse(answer.body);
};
const batch = async (id: string) =>
  batchSchema.parse((await stack.call('GET', `/api/v1/batches/${id}`)).body);
const executionsOf = async (): Promise<number> =>
  Number((await stack.call('GET', '/api/v1/executions?limit=1')).headers.get('X-Total-Count'));

describe('a batch', () => {
  it('starts nothing when one input lacks a value, and names each place', async () => {
    const before = await executionsOf();
    const refused = await stack.call('POST', path(graph), { inputs: [{ topic: 'tea' }, {}, { other: 1 }] });
    expect(refused).toMatchObject({
      status: 422,
      body: {
        message: expect.stringContaining('2 of 3 inputs lack something, the first is inputs[1]'),
        details: { issues: [{ path: '/inputs/1/topic' }, { path: '/inputs/2/topic' }] },
      },
    });
    for (const [inputs, place] of [
      [[], '/inputs'],
      [Array.from({ length: 1_001 }, () => ({ topic: 'tea' })), '/inputs'],
      [[{ topic: 'tea' }, 'tea'], '/inputs/1'],
    ]) {
      const answer = await stack.call('POST', path(graph), { inputs });
      expect(answer).toMatchObject({ status: 422, body: { details: { issues: [{ path: place }] } } });
    }
    const threaded = await stack.call('POST', path(graph), {
      inputs: [{ topic: 'tea' }],
      thread_id: '6f1c1f5e-3b1a-4c59-9d0e-0f6f2f1f7a22',
    });
    expect(threaded).toMatchObject({
      status: 422,
      body: {
        details: {
          issues: [{ path: '/thread_id', message: expect.stringContaining('leave thread_id out') }],
        },
      },
    });
    expect(await executionsOf()).toBe(before);
  });

  it('runs once for each input, in their order and within the limit of active executions', async () => {
    const worker = await stack.startWorker();
    const topics = Array.from({ length: 12 }, (_, place) => `topic ${place}`);
    stack.model.script(topics.map(() => says('done')));
    const {
      batch_id: id,
      count,
      executions,
    } = await start(
      topics.map((topic) => ({ topic })),
      {
        tags: ['nightly'],
      },
    );
    expect(count).toBe(12);
    let mostActive = 0;
    await until('all have ended', async () => {
      const { counts, finished } = await batch(id);
      mostActive = Math.max(mostActive, counts['running'] ?? 0);
      return finished === 12;
    });
    expect(mostActive).toBeLessThanOrEqual(MOST_ACTIVE);
    expect(await batch(id)).toMatchObject({ status: 'completed', count: 12, counts: { completed: 12 } });
    expect((await batch(id)).token_usage.total_tokens).toBeGreaterThan(0);
    const listed = await stack.call('GET', `/api/v1/executions?batch_id=${id}&status=completed&limit=5`);
    expect(listed.headers.get('X-Total-Count')).toBe('12');
    const runs = await Promise.all(executions.map((one) => getExecution(stack, one.execution_id)));
    expect(runs.map((run) => run.input_data)).toEqual(topics.map((topic) => ({ topic })));
    expect(runs.every((run) => run.batch_id === id)).toBe(true);
    expect(runs[0]?.tags).toEqual(['nightly']);
    expect(await stack.call('POST', `/api/v1/batches/${id}/cancel`)).toMatchObject({ status: 409 });
    await worker.close();
  });

  it('is made once for one key, whatever happened to its first answer', async () => {
    const headers = { 'Idempotency-Key': 'the-batch', Authorization: `Bearer ${stack.api.admin.token}` };
    const inputs = [{ topic: 'a' }, { topic: 'b' }];
    const post = async () => {
      const answer = await fetch(stack.api.url + path(graph), {
        method: 'POST',
        headers: { ...headers, 'Content-Type': 'application/json' },
        body: JSON.stringify({ inputs }),
      });
      return { status: answer.status, body: startedSchema.parse(await answer.json()) };
    };
    const first = await post();
    expect(await post()).toEqual(first);
    // As if the process had died between the commit and the answer.
    await stack.api.database.sql.query(
      `update idempotency_keys set status = null, body = null, lease_until = now() where key = 'the-batch'`,
    );
    expect(await post()).toEqual(first);
    expect((await batch(first.body.batch_id)).count).toBe(2);
    expect(await stack.call('POST', `/api/v1/batches/${first.body.batch_id}/cancel`)).toMatchObject({
      status: 202,
      body: { matched: 2, done: 2, failed: [] },
    });
  });

  it('of a thousand is committed in one statement, and cancelled as one', async () => {
    const begun = performance.now();
    const { batch_id: id, executions } = await start(
      Array.from({ length: 1_000 }, (_, place) => ({ topic: `number ${place}` })),
    );
    const madeMs = performance.now() - begun;
    expect(new Set(executions.map((one) => one.execution_id)).size).toBe(1_000);
    expect(await batch(id)).toMatchObject({ status: 'running', count: 1_000, counts: { pending: 1_000 } });
    const [rows] = await stack.api.database.sql.query(
      `select count(*)::integer as runs, count(*) filter (where queued)::integer as queued,
         count(distinct i.conversation_id)::integer as conversations, count(t.id)::integer as tasks,
         count(h.execution_id)::integer as logs
       from executions e join agent_instances i on i.execution_id = e.id join task_executions t on t.execution_id = e.id
         join execution_log_heads h on h.execution_id = e.id where e.batch_id = $1`,
      [id],
    );
    const each = { runs: 1_000, conversations: 1_000, tasks: 1_000, logs: 1_000 };
    expect(rows).toEqual({ ...each, queued: 1_000 - MOST_ACTIVE });
    stack.model.script(Array.from({ length: MOST_ACTIVE }, () => hangs()));
    const before = stack.model.requests.length;
    await stack.startWorker();
    await until('the first of them run', () => stack.model.requests.length === before + MOST_ACTIVE);
    expect(await stack.call('POST', `/api/v1/batches/${id}/cancel`)).toMatchObject({
      status: 202,
      body: { matched: 1_000, done: 1_000, failed: [] },
    });
    await until('all are cancelled', async () => (await batch(id)).counts['cancelled'] === 1_000, 60_000);
    expect(stack.model.requests.length).toBe(before + MOST_ACTIVE);
    expect(madeMs).toBeLessThan(10_000);
  });
});

describe('a batch of a stored workflow', () => {
  it('takes a list of input_data', async () => {
    const agent = await stack.call('POST', '/api/v1/agents', { name: 'W', role: 'Writer', goal: 'write' });
    const workflow = await stack.call('POST', '/api/v1/workflows', { name: 'Each' });
    const idOf = ({ body }: { body: unknown }): number => z.looseObject({ id: z.int() }).parse(body).id;
    const [agentId, workflowId] = [idOf(agent), idOf(workflow)];
    await stack.call('POST', '/api/v1/tasks', {
      name: 'one',
      description: 'Write about {topic}',
      workflow_id: workflowId,
      agent_id: agentId,
    });
    const url = `/api/v1/workflows/${workflowId}/execute/batch`;
    expect(await stack.call('POST', url, { input_data: [{ topic: 'a' }, {}] })).toMatchObject({
      status: 422,
      body: { details: { issues: [{ path: '/input_data/1/topic' }] } },
    });
    stack.model.script([says('a'), says('b')]);
    const answer = await stack.call('POST', url, { input_data: [{ topic: 'a' }, { topic: 'b' }] });
    expect(answer.headers.get('Location')).toMatch(/^\/api\/v1\/batches\//);
    const { batch_id: id } = startedSchema.parse(answer.body);
    await until('both have ended', async () => (await batch(id)).finished === 2);
    expect(await batch(id)).toMatchObject({ workflow_id: workflowId, counts: { completed: 2 } });
  });
});
