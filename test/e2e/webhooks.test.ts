import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { Webhook } from 'standardwebhooks';
import { z } from 'zod';
import { createHousekeeping } from '../../src/engine/housekeeping.ts';
import { createLogger } from '../../src/telemetry/logger.ts';
import { deliveryWorkflowId } from '../../src/temporal/names.ts';
import { says } from '../support/scripted-model.ts';
import { startStandardReceiver, type StandardReceiver } from '../support/standard-receiver.ts';
import {
  getEvents,
  startCrew,
  startTestStack,
  until,
  waitForStatus,
  type TestStack,
} from '../support/test-stack.ts';
import { getDeliveries, getWebhook, makeWebhook, sendTest, untilDelivery } from '../support/webhooks.ts';

/** Webhooks end to end: events, signatures, retries, order, what is seen of them. */

let stack: TestStack;
let receiver: StandardReceiver;

beforeAll(async () => {
  receiver = await startStandardReceiver();
  stack = await startTestStack({
    settings: { EGRESS_ALLOW_PRIVATE: 'true', WEBHOOK_RETRY_DELAYS: '150ms,300ms,300ms,300ms' },
  });
  await stack.startWorker();
});
afterEach(async () => {
  expect(receiver.forged).toBe(0);
  receiver.received.length = 0;
  receiver.answers.length = 0;
  receiver.answerOf = () => ({ status: 204 });
  const webhooks = z
    .array(z.object({ id: z.uuid() }))
    .parse((await stack.call('GET', '/api/v1/webhooks')).body);
  for (const { id } of webhooks) await stack.call('DELETE', `/api/v1/webhooks/${id}`);
});
afterAll(async () => {
  await stack.close();
  await receiver.close();
});

const statusOf = async (endpointId: string): Promise<string> => {
  const handle = stack.temporal.client.workflow.getHandle(deliveryWorkflowId(endpointId));
  return (await handle.describe()).status.name;
};

describe('a webhook', () => {
  it('is sent every event of a run with its seq, in order, signed by Standard Webhooks', async () => {
    stack.model.script([says('done')]);
    const { id } = await makeWebhook(stack, receiver, '/all');
    const run = await startCrew(stack, { crew: 'one-task' });
    await waitForStatus(stack, run, ['completed']);
    const events = await getEvents(stack, run);
    await until('all of them came', () => receiver.received.length >= events.length);
    expect(receiver.received.map(({ type, data }) => [type, data['seq'], data['execution_id']])).toEqual(
      events.map(({ type, seq }) => [type, seq, run]),
    );
    expect(receiver.received[0]?.data).toEqual(events[0]);
    await until('all are written down', async () =>
      (await getDeliveries(stack, id)).every(({ status }) => status === 'delivered'),
    );
    const deliveries = await getDeliveries(stack, id);
    expect(deliveries.map(({ seq }) => seq)).toEqual(events.map(({ seq }) => seq).toReversed());
    expect(deliveries.map((delivery) => delivery.id)).toEqual(
      receiver.received.map((one) => one.id).toReversed(),
    );
    await until('its workflow has ended', async () => (await statusOf(id)) === 'COMPLETED');
  });

  it('hears only of the events it names, and of what they belong to', async () => {
    stack.model.script([says('done')]);
    await makeWebhook(stack, receiver, '/ends', { events: ['workflow_*'] });
    await makeWebhook(stack, receiver, '/other', { flow_name: 'poem_flow' });
    await makeWebhook(stack, receiver, '/off', { is_enabled: false });
    const run = await startCrew(stack, { crew: 'one-task' });
    await waitForStatus(stack, run, ['completed']);
    await until('the end came', () => receiver.received.some(({ type }) => type === 'workflow_completed'));
    expect(receiver.received.map(({ path, type }) => [path, type])).toEqual([
      ['/ends', 'workflow_started'],
      ['/ends', 'workflow_completed'],
    ]);
  });

  it('is tried again by the schedule, under the same id, until it is taken', async () => {
    const { id } = await makeWebhook(stack, receiver, '/flaky');
    receiver.answers.push(
      { status: 500 },
      { status: 'cut' },
      { status: 302, headers: { location: '/taken' } },
    );
    const delivery = await sendTest(stack, id);
    const shown = await untilDelivery(stack, id, delivery, ({ status }) => status === 'delivered');
    expect(shown).toMatchObject({ attempts: 4, response_code: 204, error: null, next_attempt_at: null });
    expect(new Set(receiver.received.map((one) => one.id))).toEqual(new Set([delivery]));
    expect(receiver.received.map(({ path }) => path)).toEqual(['/flaky', '/flaky', '/flaky', '/flaky']);
  });

  it('is given up at the end of the schedule, and can be sent again', async () => {
    const { id } = await makeWebhook(stack, receiver, '/down');
    receiver.answerOf = () => ({ status: 503 });
    const delivery = await sendTest(stack, id);
    const failed = await untilDelivery(stack, id, delivery, ({ status }) => status === 'failed');
    expect(failed).toMatchObject({ attempts: 5, response_code: 503, error: 'the receiver answered 503' });
    expect((await getWebhook(stack, id)).failing_since).not.toBeNull();
    receiver.answerOf = () => ({ status: 200 });
    const again = await stack.call('POST', `/api/v1/webhooks/${id}/deliveries/${delivery}/redeliver`);
    expect(again.status).toBe(202);
    const taken = await untilDelivery(stack, id, delivery, ({ status }) => status === 'delivered');
    expect(taken).toMatchObject({ attempts: 6, response_code: 200 });
    expect((await getWebhook(stack, id)).failing_since).toBeNull();
  });

  it('waits as long as Retry-After says', async () => {
    const { id } = await makeWebhook(stack, receiver, '/busy');
    receiver.answers.push({ status: 429, headers: { 'retry-after': '2' } });
    const delivery = await sendTest(stack, id);
    const waits = await untilDelivery(stack, id, delivery, ({ attempts }) => attempts === 1);
    expect(Date.parse(waits.next_attempt_at ?? '') - Date.now()).toBeGreaterThan(1_000);
    expect((await getWebhook(stack, id)).held_until).not.toBeNull();
    await untilDelivery(stack, id, delivery, ({ status }) => status === 'delivered');
  });

  it('is switched off by 410, says why, and begins anew when it is switched on', async () => {
    const { id } = await makeWebhook(stack, receiver, '/gone');
    receiver.answers.push({ status: 410 });
    const delivery = await sendTest(stack, id);
    await untilDelivery(stack, id, delivery, ({ status }) => status === 'failed');
    expect(await getWebhook(stack, id)).toMatchObject({
      is_enabled: false,
      disabled_reason: 'the receiver answered 410 Gone',
    });
    expect((await stack.call('POST', `/api/v1/webhooks/${id}/test`)).status).toBe(409);
    await stack.call('PATCH', `/api/v1/webhooks/${id}`, { is_enabled: true });
    const next = await sendTest(stack, id);
    await untilDelivery(stack, id, next, ({ status }) => status === 'delivered');
    expect(await getWebhook(stack, id)).toMatchObject({ is_enabled: true, disabled_reason: null });
  });

  it('lets what fails step aside, and holds everything, in order, once it fails as a whole', async () => {
    const { id } = await makeWebhook(stack, receiver, '/order');
    const refused = new Set<string>();
    receiver.answerOf = ({ id: one }) => ({ status: refused.has(one) ? 500 : 204 });
    await stack.call('PATCH', `/api/v1/webhooks/${id}`, { is_enabled: true });
    receiver.answers.push({ status: 500 });
    const first = await sendTest(stack, id);
    const second = await sendTest(stack, id);
    await untilDelivery(stack, id, second, ({ status }) => status === 'delivered');
    await untilDelivery(stack, id, first, ({ status }) => status === 'delivered');
    expect(receiver.received.map((one) => one.id).slice(0, 2)).toEqual([first, second]);
    receiver.received.length = 0;
    await receiver.stop();
    const waiting = [await sendTest(stack, id), await sendTest(stack, id), await sendTest(stack, id)];
    await until('it is held', async () => (await getWebhook(stack, id)).held_until !== null);
    await receiver.start();
    for (const one of waiting) await untilDelivery(stack, id, one, ({ status }) => status === 'delivered');
    expect(receiver.received).toHaveLength(3);
  });

  const daysAgo = (days: number): string => new Date(Date.now() - days * 86_400_000).toISOString();
  /** As an endpoint stands that has failed since then, when the time has come to try again. */
  const failing = (id: string, since: string) =>
    stack.api.database.sql.query(
      `update delivery_endpoints set failures_in_a_row = 3, failing_since = $2, held_until = 'epoch' where id = $1`,
      [id, since],
    );
  const redeliver = async (id: string, delivery: string): Promise<number> =>
    (await stack.call('POST', `/api/v1/webhooks/${id}/deliveries/${delivery}/redeliver`)).status;
  /** Fails, and is not tried again by itself. */
  const LATER = { status: 503, headers: { 'retry-after': '3600' } };

  it('is switched off after five days without a success, and goes on with what waits once it is on again', async () => {
    const { id } = await makeWebhook(stack, receiver, '/silent');
    receiver.answerOf = () => LATER;
    await failing(id, daysAgo(4.99));
    const delivery = await sendTest(stack, id);
    await untilDelivery(stack, id, delivery, ({ attempts }) => attempts === 1);
    expect(await getWebhook(stack, id)).toMatchObject({ is_enabled: true });
    receiver.answerOf = () => ({ status: 500 });
    const since = daysAgo(5.01);
    await failing(id, since);
    expect(await redeliver(id, delivery)).toBe(202);
    await until('it is off', async () => !(await getWebhook(stack, id)).is_enabled);
    expect((await getWebhook(stack, id)).disabled_reason).toBe(`no delivery succeeded since ${since}`);
    expect((await stack.call('POST', `/api/v1/webhooks/${id}/test`)).status).toBe(409);
    receiver.answerOf = () => ({ status: 204 });
    await stack.call('PATCH', `/api/v1/webhooks/${id}`, { is_enabled: true });
    await untilDelivery(stack, id, delivery, ({ status }) => status === 'delivered');
    expect(await getWebhook(stack, id)).toMatchObject({ disabled_reason: null, failing_since: null });
  });

  it('is switched off when it fails and more than 100,000 messages wait, which stay', async () => {
    const { id } = await makeWebhook(stack, receiver, '/piled');
    receiver.answerOf = () => LATER;
    const { sql } = stack.api.database;
    const pile = (count: number) =>
      sql.query(
        `insert into deliveries (id, endpoint_id, owner_id, event_type, payload, status, is_announced, next_attempt_at, created_at)
         select gen_random_uuid(), id, owner_id, 'webhook_test', '{}', 'pending', true, now() + interval '1 day', now()
           from delivery_endpoints, generate_series(1, $2::integer) where id = $1`,
        [id, count],
      );
    await pile(99_999);
    await failing(id, daysAgo(0));
    const delivery = await sendTest(stack, id);
    await untilDelivery(stack, id, delivery, ({ attempts }) => attempts === 1);
    expect(await getWebhook(stack, id)).toMatchObject({ is_enabled: true });
    await pile(1);
    await failing(id, daysAgo(0));
    expect(await redeliver(id, delivery)).toBe(202);
    await until('it is off', async () => !(await getWebhook(stack, id)).is_enabled);
    expect((await getWebhook(stack, id)).disabled_reason).toBe(
      'more than 100000 deliveries wait, and the receiver fails',
    );
    const { headers } = await stack.call('GET', `/api/v1/webhooks/${id}/deliveries?status=pending&limit=1`);
    expect(headers.get('x-total-count')).toBe('100001');
    expect(await redeliver(id, delivery)).toBe(409);
    await sql.query('delete from deliveries where endpoint_id = $1', [id]);
  });

  it('keeps its deliveries for WEBHOOK_RETENTION', async () => {
    const { id } = await makeWebhook(stack, receiver, '/kept');
    const [old, kept] = [await sendTest(stack, id), await sendTest(stack, id)];
    await untilDelivery(stack, id, kept, ({ status }) => status === 'delivered');
    const { sql } = stack.api.database;
    const age = (delivery: string, days: number) =>
      sql.query('update deliveries set created_at = $2 where id = $1', [delivery, daysAgo(days)]);
    await age(old, 30.01);
    await age(kept, 29.99);
    const { WEBHOOK_RETENTION: keepDeliveriesMs } = stack.settings;
    const housekeeping = createHousekeeping({
      sql,
      logger: createLogger({ level: 'silent' }),
      now: () => new Date(),
      keepDeliveriesMs,
    });
    await housekeeping.sweep();
    await housekeeping.close();
    expect((await getDeliveries(stack, id)).map((delivery) => delivery.id)).toEqual([kept]);
  });

  it('signs with both secrets while one is being changed', async () => {
    const { id, secret } = await makeWebhook(stack, receiver, '/rotated');
    const rotated = await stack.call('POST', `/api/v1/webhooks/${id}/rotate-secret`, {
      overlap_seconds: 600,
    });
    const { secret: fresh } = z.object({ secret: z.string() }).parse(rotated.body);
    expect(fresh).not.toBe(secret);
    await untilDelivery(stack, id, await sendTest(stack, id), ({ status }) => status === 'delivered');
    receiver.secrets.set('/rotated', fresh);
    await untilDelivery(stack, id, await sendTest(stack, id), ({ status }) => status === 'delivered');
    expect(String(receiver.received[0]?.headers['webhook-signature']).split(' ')).toHaveLength(2);
    await stack.call('POST', `/api/v1/webhooks/${id}/rotate-secret`, { overlap_seconds: 0 });
    receiver.secrets.delete('/rotated');
    await untilDelivery(stack, id, await sendTest(stack, id), ({ status }) => status === 'delivered');
    const headers = receiver.received[2]?.headers ?? {};
    expect(String(headers['webhook-signature']).split(' ')).toHaveLength(1);
    const plain = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]));
    expect(() => new Webhook(fresh).verify('{}', plain)).toThrow();
  });

  it('outlives Temporal’s losing its workflow', async () => {
    const { id } = await makeWebhook(stack, receiver, '/lost');
    receiver.answers.push({ status: 429, headers: { 'retry-after': '3600' } });
    const delivery = await sendTest(stack, id);
    await untilDelivery(stack, id, delivery, ({ attempts }) => attempts === 1);
    await stack.temporal.client.workflow.getHandle(deliveryWorkflowId(id)).terminate();
    const past = new Date(Date.now() - 120_000).toISOString();
    await stack.api.database.sql.query('update delivery_endpoints set held_until = $2 where id = $1', [
      id,
      past,
    ]);
    await stack.api.database.sql.query('update deliveries set next_attempt_at = $2 where id = $1', [
      delivery,
      past,
    ]);
    expect(await stack.engine.services.deliveries.lookForLeftLying()).toBe(1);
    await untilDelivery(stack, id, delivery, ({ status }) => status === 'delivered');
  });

  it('keeps its secret nowhere in the clear, and nothing it sends in Temporal’s history', async () => {
    const { id, secret } = await makeWebhook(stack, receiver, '/secret');
    await untilDelivery(stack, id, await sendTest(stack, id), ({ status }) => status === 'delivered');
    const [row] = await stack.api.database.sql.query<{ text: string }>(
      'select w::text as text from delivery_endpoints w where id = $1',
      [id],
    );
    expect(row?.text).toContain('v1.');
    expect(row?.text).not.toContain(secret.slice(6));
    expect(JSON.stringify((await stack.call('GET', `/api/v1/webhooks/${id}`)).body)).not.toContain('whsec_');
    const history = await stack.temporal.client.workflow.getHandle(deliveryWorkflowId(id)).fetchHistory();
    const payloads = JSON.stringify(history, (_key, value: unknown) =>
      value instanceof Uint8Array ? Buffer.from(value).toString() : value,
    );
    expect(payloads).toContain(id);
    expect(payloads).not.toContain('If you can read this');
    expect(stack.logLines.join('')).not.toContain(secret.slice(6));
  });
});
