import { z } from 'zod';
import type { StandardReceiver } from './standard-receiver.ts';
import { until, type TestStack } from './test-stack.ts';

/** Webhooks of a test stack, over HTTP. */

const webhookSchema = z.looseObject({
  id: z.uuid(),
  is_enabled: z.boolean(),
  disabled_reason: z.string().nullable(),
  failing_since: z.string().nullable(),
  held_until: z.string().nullable(),
});
const deliverySchema = z.looseObject({
  id: z.uuid(),
  event_type: z.string(),
  seq: z.int().nullable(),
  status: z.string(),
  attempts: z.int(),
  next_attempt_at: z.string().nullable(),
  response_code: z.int().nullable(),
  duration_ms: z.int().nullable(),
  error: z.string().nullable(),
});
export type ShownWebhook = z.output<typeof webhookSchema>;
export type ShownDelivery = z.output<typeof deliverySchema>;

const ok = (answer: { status: number; body: unknown }): unknown => {
  if (answer.status > 299) throw new Error(`${answer.status}: ${JSON.stringify(answer.body)}`);
  return answer.body;
};

/** Makes a webhook at a path of the receiver, which verifies with its secret from then on. */
export async function makeWebhook(
  stack: TestStack,
  receiver: StandardReceiver,
  path: string,
  more: Record<string, unknown> = {},
): Promise<{ id: string; secret: string }> {
  const body = { url: `${receiver.url}${path}`, events: ['*'], ...more };
  const made = ok(await stack.call('POST', '/api/v1/webhooks', body));
  const { id, secret } = z.object({ id: z.uuid(), secret: z.string() }).parse(made);
  receiver.secrets.set(path, secret);
  return { id, secret };
}

export const getWebhook = async (stack: TestStack, id: string): Promise<ShownWebhook> =>
  webhookSchema.parse(ok(await stack.call('GET', `/api/v1/webhooks/${id}`)));

/** Newest first. */
export const getDeliveries = async (stack: TestStack, id: string, query = ''): Promise<ShownDelivery[]> =>
  deliverySchema
    .array()
    .parse(ok(await stack.call('GET', `/api/v1/webhooks/${id}/deliveries?limit=1000${query}`)));

/** Sends a test message. @returns the id of its delivery */
export async function sendTest(stack: TestStack, id: string): Promise<string> {
  return deliverySchema.parse(ok(await stack.call('POST', `/api/v1/webhooks/${id}/test`))).id;
}

/** Waits until a delivery is so. */
export async function untilDelivery(
  stack: TestStack,
  webhookId: string,
  deliveryId: string,
  is: (delivery: ShownDelivery) => boolean,
  timeoutMs = 20_000,
): Promise<ShownDelivery> {
  let last: ShownDelivery | undefined;
  await until(
    `the delivery ${String(is)}`,
    async () => {
      const path = `/api/v1/webhooks/${webhookId}/deliveries/${deliveryId}`;
      last = deliverySchema.parse(ok(await stack.call('GET', path)));
      return is(last);
    },
    timeoutMs,
  );
  if (last === undefined) throw new Error('there is no delivery');
  return last;
}
