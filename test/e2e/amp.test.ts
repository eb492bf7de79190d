import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { aGraph } from '../support/graph-bodies.ts';
import { fails, says } from '../support/scripted-model.ts';
import { startTestStack, until, waitForStatus, type TestStack } from '../support/test-stack.ts';

/** A client of CrewAI AMP that has changed its base URL. */

let stack: TestStack;
let base: string;
const TOPICAL = aGraph({
  nodes: aGraph().nodes.map((node) =>
    node.type === 'task' ? { ...node, data: { ...node.data, description: 'Write about {topic}' } } : node,
  ),
});

beforeAll(async () => {
  stack = await startTestStack();
  const { body } = await stack.call('POST', '/api/v1/graphs', TOPICAL);
  base = `/amp/${z.looseObject({ id: z.string() }).parse(body).id}`;
});
afterEach(() => stack.model.assertDone());
afterAll(() => stack.close());

const kickoff = async (): Promise<string> => {
  const answer = await stack.call('POST', `${base}/kickoff`, {
    inputs: { topic: 'otters' },
    meta: { any: 1 },
  });
  expect(answer.status).toBe(200);
  return z.object({ kickoff_id: z.uuid() }).parse(answer.body).kickoff_id;
};

describe('a client of CrewAI AMP', () => {
  it('asks what a crew wants, kicks it off, and asks how it is doing until it has the result', async () => {
    expect((await stack.call('GET', `${base}/inputs`)).body).toEqual({ inputs: ['topic'] });
    expect((await stack.call('POST', `${base}/kickoff`, { inputs: {} })).status).toBe(422);
    const id = await kickoff();
    expect((await stack.call('GET', `${base}/status/${id}`)).body).toEqual({
      status: 'running',
      state: 'PENDING',
      meta: { any: 1 },
      current_task: null,
      progress: { completed_tasks: 0, total_tasks: 1 },
    });
    stack.model.script([says('Dear otter …')]);
    await stack.startWorker();
    await waitForStatus(stack, id, ['completed']);
    expect((await stack.call('GET', `${base}/status/${id}`)).body).toEqual({
      status: 'completed',
      state: 'SUCCESS',
      meta: { any: 1 },
      result: {
        output: 'Dear otter …',
        tasks: [
          { task_id: 'letter', output: 'Dear otter …', agent: 'Writer', execution_time: expect.any(Number) },
        ],
      },
      execution_time: expect.any(Number),
    });
  });

  it('looks at an output, has it made again, and approves it', async () => {
    const looked = aGraph({
      nodes: aGraph().nodes.map((node) =>
        node.type === 'task' ? { ...node, data: { ...node.data, human_input: true } } : node,
      ),
    });
    const made = await stack.call('POST', '/api/v1/graphs', looked);
    const own = `/amp/${z.looseObject({ id: z.string() }).parse(made.body).id}`;
    stack.model.script([says('first'), says('second')]);
    const { kickoff_id: id } = z
      .object({ kickoff_id: z.uuid() })
      .parse((await stack.call('POST', `${own}/kickoff`, {})).body);
    await waitForStatus(stack, id, ['waiting']);
    expect((await stack.call('GET', `${own}/status/${id}`)).body).toMatchObject({
      status: 'running',
      state: 'STARTED',
      meta: null,
    });
    const resume = (more: object, path = own) =>
      stack.call('POST', `${path}/resume`, { execution_id: id, task_id: 'letter', ...more });
    expect((await resume({ is_approve: false })).status).toBe(422);
    expect((await resume({ is_approve: true }, base)).status).toBe(404);
    expect(await resume({ is_approve: false, human_feedback: 'shorter' })).toMatchObject({
      status: 200,
      body: { kickoff_id: id, status: 'running' },
    });
    await until('it was made again', () => JSON.stringify(stack.model.requests.at(-1)).includes('shorter'));
    await waitForStatus(stack, id, ['waiting']);
    expect((await resume({ is_approve: true })).status).toBe(200);
    expect(await waitForStatus(stack, id, ['completed'])).toMatchObject({ result: { raw: 'second' } });
    expect((await resume({ is_approve: true })).status).toBe(409);
  });

  it('kicks a crew off without inputs, with null for what it does not say', async () => {
    const made = await stack.call('POST', '/api/v1/graphs', aGraph());
    const own = `/amp/${z.looseObject({ id: z.string() }).parse(made.body).id}`;
    stack.model.script([says('one'), says('two'), says('three')]);
    const nothing = { meta: null, taskWebhookUrl: null, stepWebhookUrl: null, crewWebhookUrl: null };
    for (const body of [{ inputs: null }, {}, { inputs: {}, ...nothing }]) {
      const { status, body: kicked } = await stack.call('POST', `${own}/kickoff`, body);
      expect([status, kicked]).toEqual([200, { kickoff_id: expect.any(String) }]);
      await waitForStatus(stack, z.object({ kickoff_id: z.uuid() }).parse(kicked).kickoff_id, ['completed']);
    }
    const [count] = await stack.api.database.sql.query<{ n: number }>(
      `select count(*)::int as n from delivery_endpoints where kind = 'kickoff'`,
    );
    expect(count?.n).toBe(0);
  });

  it('is refused what would not be done: unknown fields, addresses that are never called, much meta', async () => {
    const issuesOf = async (path: string, body: object): Promise<unknown> => {
      const answer = await stack.call('POST', `${base}${path}`, body);
      expect(answer.status).toBe(422);
      const { details } = z
        .looseObject({ details: z.looseObject({ issues: z.array(z.unknown()) }) })
        .parse(answer.body);
      return details.issues;
    };
    const inputs = { topic: 'otters' };
    expect(await issuesOf('/kickoff', { inputs, taskWebHookUrl: 'https://example.com' })).toEqual([
      {
        path: '/taskWebHookUrl',
        message: 'unknown field; there are: inputs, meta, taskWebhookUrl, stepWebhookUrl, crewWebhookUrl',
      },
    ]);
    expect(
      await issuesOf('/kickoff', { inputs, webhooks: { url: 'https://example.com', events: [] } }),
    ).toEqual([{ path: '/webhooks', message: expect.stringContaining('/api/v1/webhooks') }]);
    const urls = { taskWebhookUrl: 'http://127.0.0.1:1/task', crewWebhookUrl: 'http://10.0.0.1/crew' };
    const refused = [
      { path: '/taskWebhookUrl', message: expect.stringContaining('reached from the internet') },
      { path: '/crewWebhookUrl', message: expect.stringContaining('reached from the internet') },
    ];
    expect(await issuesOf('/kickoff', { inputs, ...urls })).toEqual(refused);
    expect(await issuesOf('/kickoff', { inputs, stepWebhookUrl: 'ftp://example.com/step' })).toEqual([
      { path: '/stepWebhookUrl', message: expect.stringContaining('http') },
    ]);
    expect(await issuesOf('/kickoff', { inputs, meta: { long: 'x'.repeat(10_000) } })).toEqual([
      { path: '/meta', message: 'at most 10000 characters of JSON' },
    ]);
    stack.model.script([fails(401)]);
    const id = await kickoff();
    await waitForStatus(stack, id, ['failed']);
    const look = { execution_id: id, task_id: 'letter', is_approve: true };
    expect(await issuesOf('/resume', { ...look, approve: true })).toEqual([
      { path: '/approve', message: expect.stringContaining('is_approve') },
    ]);
    expect(await issuesOf('/resume', { ...look, ...urls })).toEqual(refused);
  });

  it('is told why a crew failed, and nothing of what is no kickoff of this crew', async () => {
    stack.model.script([fails(401)]);
    const id = await kickoff();
    await waitForStatus(stack, id, ['failed']);
    const { body } = await stack.call('GET', `${base}/status/${id}`);
    expect(body).toMatchObject({ status: 'error', state: 'FAILED', error: expect.stringMatching(/failed/) });
    const other = await stack.call('POST', '/api/v1/graphs', TOPICAL);
    const { id: otherId } = z.looseObject({ id: z.string() }).parse(other.body);
    expect((await stack.call('GET', `/amp/${otherId}/status/${id}`)).status).toBe(404);
  });
});
