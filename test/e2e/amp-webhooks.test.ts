import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { pruneExecutions } from '../../src/persistence/prune-executions.ts';
import { aGraph } from '../support/graph-bodies.ts';
import { callsTool, fails, says } from '../support/scripted-model.ts';
import { getEvents, startTestStack, until, waitForStatus, type TestStack } from '../support/test-stack.ts';
import {
  startWebhookReceiver,
  type ReceivedCall,
  type WebhookReceiver,
} from '../support/webhook-receiver.ts';

/** The three addresses of a kickoff of CrewAI AMP, called as AMP calls them. */

let stack: TestStack;
let receiver: WebhookReceiver;
let base: string;
let urls: { taskWebhookUrl: string; stepWebhookUrl: string; crewWebhookUrl: string };
const META = { requestId: 'travel-req-123' };

beforeAll(async () => {
  receiver = await startWebhookReceiver();
  const at = (path: string): string => new URL(path, receiver.url).href;
  urls = { taskWebhookUrl: at('/task'), stepWebhookUrl: at('/step'), crewWebhookUrl: at('/crew') };
  stack = await startTestStack({
    settings: {
      EGRESS_ALLOW_PRIVATE: 'true',
      WEBHOOK_RETRY_DELAYS: '150ms,300ms,300ms,300ms',
      USER_LIMITS: 'webhooks=1',
    },
  });
  await stack.startWorker();
  base = await graphWith({ description: 'Reckon {sum}', tools: ['calculator'] });
});
afterEach(() => {
  stack.model.assertDone();
  receiver.received.length = 0;
  receiver.answers.length = 0;
});
afterAll(async () => {
  await stack.close();
  await receiver.close();
});

/** @returns where the graph answers clients of AMP */
async function graphWith(data: object): Promise<string> {
  const nodes = aGraph().nodes.map((node) =>
    node.type === 'task' ? { ...node, data: { ...node.data, ...data } } : node,
  );
  const { body } = await stack.call('POST', '/api/v1/graphs', aGraph({ nodes }));
  return `/amp/${z.looseObject({ id: z.string() }).parse(body).id}`;
}

const kickoff = async (more: object, graph = base): Promise<string> => {
  const { body } = await stack.call('POST', `${graph}/kickoff`, { inputs: { sum: '6 * 7' }, ...more });
  return z.object({ kickoff_id: z.uuid() }).parse(body).kickoff_id;
};
const callsAt = (path: string): ReceivedCall[] => receiver.received.filter((call) => call.path === path);
const endpointsOf = (id: string) =>
  stack.api.database.sql.query<{ name: string; url: string; is_enabled: boolean }>(
    `select w.name, w.url, w.is_enabled from delivery_endpoints w join executions e on e.execution_id = w.execution_uuid
      where e.execution_id = $1 order by w.name`,
    [id],
  );

describe('the webhooks of a kickoff', () => {
  it('are called after each step, each task and the crew, with what AMP sends, and of no other run', async () => {
    stack.model.script([
      callsTool('calculator', { expression: '6 * 7' }, { text: 'I reckon.' }),
      says('It is 42'),
    ]);
    const id = await kickoff({ ...urls, meta: META });
    await waitForStatus(stack, id, ['completed']);
    await until('all were called', () => receiver.received.length >= 5, 60_000);
    const common = { kickoff_id: id, meta: META, seq: expect.any(Number), timestamp: expect.any(String) };
    const step = { ...common, task_id: 'letter', prompt: 'Reckon 6 * 7', agent: 'Writer' };
    expect(callsAt('/step').map(({ body }) => body)).toEqual([
      {
        ...step,
        event: 'llm_call_completed',
        thought: 'I reckon.',
        tool: 'calculator',
        tool_input: null,
        result: null,
      },
      {
        ...step,
        event: 'tool_completed',
        thought: null,
        tool: 'calculator',
        tool_input: '{"expression":"6 * 7"}',
        result: '42',
      },
      {
        ...step,
        event: 'llm_call_completed',
        thought: null,
        tool: null,
        tool_input: null,
        result: 'It is 42',
      },
    ]);
    expect(callsAt('/task').map(({ body }) => body)).toEqual([
      {
        ...common,
        event: 'task_completed',
        task_id: 'letter',
        name: expect.any(String),
        description: 'Reckon 6 * 7',
        expected_output: 'A letter',
        summary: 'Reckon 6 * 7...',
        agent: 'Writer',
        output: 'It is 42',
        output_json: null,
      },
    ]);
    expect(callsAt('/crew').map(({ body }) => body)).toEqual([
      {
        ...common,
        event: 'workflow_completed',
        state: 'SUCCESS',
        result: 'It is 42',
        result_json: null,
        error: null,
        token_usage: {
          total_tokens: expect.any(Number),
          prompt_tokens: expect.any(Number),
          completion_tokens: expect.any(Number),
        },
      },
    ]);
    expect(receiver.received.map(({ signature }) => signature)).toEqual(['', '', '', '', '']);
    expect(new Set(receiver.received.map(({ webhookId }) => webhookId)).size).toBe(5);

    receiver.received.length = 0;
    stack.model.script([says('another')]);
    const silent = await kickoff({ meta: META });
    await waitForStatus(stack, silent, ['completed']);
    expect(await endpointsOf(silent)).toEqual([]);
    const [told] = await stack.api.database.sql.query<{ n: number }>(
      `select count(*)::int as n from deliveries d join executions e on e.id = d.execution_id where e.execution_id = $1`,
      [silent],
    );
    expect(told?.n).toBe(0);
  });

  it('carry a result that is JSON, and hear of no reply that is no step: what a guardrail says', async () => {
    const own = await graphWith({ guardrail: 'It rhymes.' });
    stack.model.script([
      says('{"a": "prose"}'),
      says('{"valid": false, "feedback": "it does not rhyme"}'),
      says('{"a": "rhyme"}'),
      says('{"valid": true}'),
    ]);
    const id = await kickoff({ ...urls, meta: META }, own);
    await waitForStatus(stack, id, ['completed']);
    await until('all were called', () => receiver.received.length >= 4, 60_000);
    expect(callsAt('/step').map(({ body }) => body)).toMatchObject([
      { result: '{"a": "prose"}' },
      { result: '{"a": "rhyme"}' },
    ]);
    expect(callsAt('/crew')[0]?.body).toMatchObject({
      result: '{"a": "rhyme"}',
      result_json: { a: 'rhyme' },
    });
    expect(receiver.received).toHaveLength(4);
  });

  it('are called again until they take it, and told of a failure', async () => {
    stack.model.script([fails(401)]);
    receiver.answers.push(500, 503);
    const id = await kickoff({ crewWebhookUrl: urls.crewWebhookUrl });
    await waitForStatus(stack, id, ['failed']);
    await until('it was called until it took it', () => callsAt('/crew').length >= 3, 60_000);
    expect(callsAt('/crew').map(({ body }) => body)[2]).toMatchObject({
      kickoff_id: id,
      meta: null,
      event: 'workflow_failed',
      state: 'FAILED',
      result: null,
      error: expect.stringMatching(/failed/),
    });
    expect(new Set(callsAt('/crew').map(({ webhookId }) => webhookId)).size).toBe(1);
  });

  it('are told of a cancel, which nobody polls for', async () => {
    const own = await graphWith({ human_input: true });
    stack.model.script([says('first')]);
    const id = await kickoff({ crewWebhookUrl: urls.crewWebhookUrl }, own);
    await waitForStatus(stack, id, ['waiting']);
    expect((await stack.call('POST', `/api/v1/executions/${id}/cancel`)).status).toBe(202);
    await until('it was called', () => callsAt('/crew').length === 1, 60_000);
    expect(callsAt('/crew')[0]?.body).toMatchObject({
      event: 'workflow_cancelled',
      state: 'FAILED',
      error: 'cancelled',
    });
  });

  it('are no webhooks that a list shows, a path names or a limit counts', async () => {
    stack.model.script([says('42')]);
    const id = await kickoff(urls);
    await waitForStatus(stack, id, ['completed']);
    expect((await endpointsOf(id)).map(({ name }) => name)).toEqual(['crew', 'step', 'task']);
    expect((await stack.call('GET', '/api/v1/webhooks')).body).toEqual([]);
    const [row] = await stack.api.database.sql.query<{ id: string }>(
      `select id from delivery_endpoints where kind = 'kickoff' limit 1`,
    );
    expect((await stack.call('GET', `/api/v1/webhooks/${row?.id}`)).status).toBe(404);
    const made = await stack.call('POST', '/api/v1/webhooks', {
      url: urls.taskWebhookUrl,
      events: ['task_failed'],
    });
    expect(made.status).toBe(201);
    await until('all were called', () => receiver.received.length >= 3, 60_000);
  });

  it('are kept once, however often the same request comes', async () => {
    stack.model.script([says('42')]);
    const send = async (): Promise<unknown> => {
      const response = await fetch(`${stack.api.url}${base}/kickoff`, {
        method: 'POST',
        headers: {
          authorization: `Bearer ${stack.api.admin.token}`,
          'content-type': 'application/json',
          'idempotency-key': 'once',
        },
        body: JSON.stringify({ inputs: { sum: '6 * 7' }, meta: META, ...urls }),
      });
      return response.json();
    };
    const first = await send();
    // As if the process had died between the commit and the answer.
    await stack.api.database.sql.query(
      `update idempotency_keys set status = null, headers = null, body = null, lease_until = 'epoch' where key = 'once'`,
    );
    expect(await send()).toEqual(first);
    const { kickoff_id: id } = z.object({ kickoff_id: z.uuid() }).parse(first);
    await waitForStatus(stack, id, ['completed']);
    expect(await endpointsOf(id)).toHaveLength(3);
    await until('all were called', () => receiver.received.length >= 3, 60_000);
    expect(receiver.received.map(({ path }) => path).toSorted()).toEqual(['/crew', '/step', '/task']);
  });

  it('come again with a resume, and may be others then', async () => {
    const own = await graphWith({ human_input: true });
    stack.model.script([says('first'), says('second')]);
    const id = await kickoff({ crewWebhookUrl: urls.crewWebhookUrl }, own);
    const resume = (more: object) =>
      stack.call('POST', `${own}/resume`, { execution_id: id, task_id: 'letter', ...more });
    await waitForStatus(stack, id, ['waiting']);
    const again = { is_approve: false, human_feedback: 'shorter', crewWebhookUrl: urls.crewWebhookUrl };
    expect((await resume(again)).status).toBe(200);
    await until('it was made again', () => JSON.stringify(stack.model.requests.at(-1)).includes('shorter'));
    await waitForStatus(stack, id, ['waiting']);
    const other = {
      crewWebhookUrl: new URL('/other', receiver.url).href,
      taskWebhookUrl: urls.taskWebhookUrl,
    };
    expect((await resume({ is_approve: true, ...other })).status).toBe(200);
    await waitForStatus(stack, id, ['completed']);
    await until('both were called', () => receiver.received.length >= 2, 60_000);
    expect(receiver.received.map(({ path }) => path).toSorted()).toEqual(['/other', '/task']);
  });

  it('go with the execution, once everything is delivered', async () => {
    stack.model.script([says('42')]);
    const id = await kickoff(urls);
    await waitForStatus(stack, id, ['completed']);
    const { sql } = stack.api.database;
    await until(
      'all is delivered',
      async () => {
        const rows = await sql.query(
          `select 1 from deliveries d join executions e on e.id = d.execution_id
            where e.execution_id = $1 and d.status = 'delivered'`,
          [id],
        );
        return rows.length === 3;
      },
      60_000,
    );
    expect((await getEvents(stack, id)).length).toBeGreaterThan(3);
    await pruneExecutions(sql, { endedBefore: new Date(Date.now() + 60_000), dryRun: false });
    const [left] = await sql.query<{ n: number }>(
      `select count(*)::int as n from delivery_endpoints w where kind = 'kickoff'
          and not exists (select 1 from executions e where e.execution_id = w.execution_uuid)`,
    );
    expect(left?.n).toBe(0);
    expect((await stack.call('GET', `${base}/status/${id}`)).status).toBe(404);
    const [all] = await sql.query<{ n: number }>(
      `select count(*)::int as n from delivery_endpoints where kind = 'kickoff'`,
    );
    expect(all?.n).toBe(0);
  });
});
