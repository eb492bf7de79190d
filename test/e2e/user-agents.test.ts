import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { startWebhookReceiver, type WebhookReceiver } from '../support/webhook-receiver.ts';
import { startTestStack, until, type TestStack } from '../support/test-stack.ts';

/** Agents elsewhere that are begun by calling their webhook. */

let stack: TestStack;
let receiver: WebhookReceiver;
const KEY = 'planted-key-of-a-user-agent';

beforeAll(async () => {
  receiver = await startWebhookReceiver();
  stack = await startTestStack({
    settings: { EGRESS_ALLOW_PRIVATE: 'true', WEBHOOK_RETRY_DELAYS: '50ms,50ms,50ms,50ms,1h' },
  });
  await stack.startWorker();
});
afterEach(() => {
  receiver.received.length = 0;
  receiver.answers.length = 0;
});
afterAll(async () => {
  await stack.close();
  await receiver.close();
});

const identified = z.looseObject({ id: z.uuid() });
const instanceSchema = z.object({
  status: z.string(),
  ended_at: z.string().nullable(),
  said: z.array(z.string()),
});

async function makeAgent(more: Record<string, unknown> = {}): Promise<string> {
  const body = { name: 'Coding agent', webhook_url: receiver.url, webhook_api_key: KEY, ...more };
  const { status, body: made } = await stack.call('POST', '/api/v1/user-agents', body);
  expect([status, made]).toMatchObject([201, { has_webhook_api_key: more['webhook_api_key'] !== null }]);
  return identified.parse(made).id;
}

const request = (agent: string, prompt: string) =>
  stack.call('POST', `/api/v1/user-agents/${agent}/instances`, { prompt });

/** How an instance stands, and what is said in it. */
async function instanceOf(id: string): Promise<z.output<typeof instanceSchema>> {
  const [row] = await stack.api.database.sql.query(
    `select i.status, i.ended_at, array(select m.kind || ': ' || m.content from messages m
        where m.conversation_id = i.conversation_id order by m.seq) as said
       from agent_instances i where i.id = $1`,
    [id],
  );
  return instanceSchema.parse(row);
}

describe('a user agent', () => {
  it('is called with its key, the prompt and where to report, and its instance holds the prompt', async () => {
    const agent = await makeAgent();
    const { status, body, headers } = await request(agent, 'Mend the failing test');
    const { id } = identified.parse(body);
    expect([status, headers.get('location')]).toEqual([202, `/api/v1/agent-instances/${id}`]);
    await until('it is called', () => receiver.received.length === 1);
    expect(receiver.received[0]).toMatchObject({
      authorization: `Bearer ${KEY}`,
      body: {
        type: 'agent_instance_requested',
        agent_instance_id: id,
        prompt: 'Mend the failing test',
        name: 'Coding agent',
        report_to: { message: 'POST /api/v1/messages/agent' },
      },
    });
    expect(await instanceOf(id)).toEqual({
      status: 'ACTIVE',
      ended_at: null,
      said: ['user: Mend the failing test'],
    });
    await until('the call is written down', async () => {
      const path = `/api/v1/user-agents/${agent}/deliveries?status=delivered`;
      const shown = z.array(identified).parse((await stack.call('GET', path)).body);
      return shown.some(
        (delivery) => delivery['agent_instance_id'] === id && delivery['response_code'] === 204,
      );
    });
  });

  it('is called once for a request that is repeated with its Idempotency-Key', async () => {
    const agent = await makeAgent();
    const send = async (): Promise<string> => {
      const response = await fetch(`${stack.api.url}/api/v1/user-agents/${agent}/instances`, {
        method: 'POST',
        headers: {
          authorization: `Bearer ${stack.api.admin.token}`,
          'content-type': 'application/json',
          'idempotency-key': 'once',
        },
        body: JSON.stringify({ prompt: 'Once' }),
      });
      return identified.parse(await response.json()).id;
    };
    const first = await send();
    expect(await send()).toBe(first);
    await until('it is called', () => receiver.received.length > 0);
    expect((await instanceOf(first)).said).toEqual(['user: Once']);
  });

  it('that cannot be reached leaves a FAILED instance that says why', async () => {
    const agent = await makeAgent({ webhook_api_key: null });
    receiver.answers.push(500, 500, 500, 500, 500);
    const { id } = identified.parse((await request(agent, 'Anybody there?')).body);
    await until('it is given up', async () => (await instanceOf(id)).status === 'FAILED');
    expect(receiver.received).toHaveLength(5);
    expect(receiver.received[0]?.authorization).toBeUndefined();
    const { ended_at: endedAt, said } = await instanceOf(id);
    expect(endedAt).not.toBeNull();
    expect(said).toEqual([
      'user: Anybody there?',
      'failure: The agent could not be reached: the receiver answered 500',
    ]);
    const deliveries = await stack.call('GET', `/api/v1/user-agents/${agent}/deliveries?status=failed`);
    expect(deliveries.body).toMatchObject([{ agent_instance_id: id, attempts: 5, response_code: 500 }]);
  });

  it('is not called any more for an instance that a person has ended or deleted meanwhile', async () => {
    const agent = await makeAgent();
    const hold = (until: string) =>
      stack.api.database.sql.query('update delivery_endpoints set held_until = $2 where id = $1', [
        agent,
        until,
      ]);
    await hold('9000-01-01');
    const [ended, deleted] = [
      identified.parse((await request(agent, 'Ended')).body).id,
      identified.parse((await request(agent, 'Deleted')).body).id,
    ];
    const end = await stack.call('PUT', `/api/v1/agent-instances/${ended}/status`, { status: 'COMPLETED' });
    const remove = await stack.call('DELETE', `/api/v1/agent-instances/${deleted}`);
    expect([end.status, remove.status]).toEqual([200, 200]);
    await hold('1970-01-01');
    const { id } = identified.parse((await request(agent, 'Wanted')).body);
    await until('the one that is wanted is called', () => receiver.received.length > 0);
    expect(receiver.received.map(({ body }) => body)).toMatchObject([
      { agent_instance_id: id, prompt: 'Wanted' },
    ]);
    const failed = await stack.call('GET', `/api/v1/user-agents/${agent}/deliveries?status=failed`);
    const withdrawn = { attempts: 0, error: 'not called any more: the agent instance has ended' };
    expect(failed.body).toMatchObject([
      { agent_instance_id: deleted, ...withdrawn },
      { agent_instance_id: ended, ...withdrawn },
    ]);
    expect((await instanceOf(ended)).said).toEqual(['user: Ended']);
  });

  it('shows its key nowhere, keeps it when it is left out, and loses it by null', async () => {
    const agent = await makeAgent();
    const path = `/api/v1/user-agents/${agent}`;
    const shown = [
      await stack.call('GET', path),
      await stack.call('PATCH', path, { name: 'Renamed' }),
      await stack.call('GET', '/api/v1/user-agents'),
    ];
    expect(JSON.stringify(shown.map(({ body }) => body))).not.toContain(KEY);
    expect(shown[1]?.body).toMatchObject({ name: 'Renamed', has_webhook_api_key: true });
    const [row] = await stack.api.database.sql.query('select * from delivery_endpoints where id = $1', [
      agent,
    ]);
    expect(JSON.stringify(row)).not.toContain(KEY);
    const without = await stack.call('PATCH', path, { webhook_api_key: null });
    expect(without.body).toMatchObject({ has_webhook_api_key: false });
  });

  it('is not begun while it is not active, nor made with an address nobody may call', async () => {
    const agent = await makeAgent({ is_active: false });
    expect((await request(agent, 'Hello')).status).toBe(409);
    const bad = { name: 'Bad', webhook_url: 'http://169.254.169.254/', webhook_api_key: 'a b' };
    const { status, body } = await stack.call('POST', '/api/v1/user-agents', bad);
    expect([status, JSON.stringify(body)]).toEqual([422, expect.stringContaining('/webhook_api_key')]);
    const { status: refused } = await stack.call('POST', '/api/v1/user-agents', {
      ...bad,
      webhook_api_key: 'x',
    });
    expect(refused).toBe(422);
  });
});
