import {
  answer,
  answerWithTotal,
  api,
  type CreateWebhookSchema,
  type NewWebhookSchema,
  type WebhookDeliverySchema,
  type WebhookSchema,
} from '../api/client.ts';

/** What the pages of webhooks ask of the API. */

const one = (webhook_id: string) => ({ params: { path: { webhook_id } } });

export const listWebhooks = (query: {
  scope: 'mine' | 'all';
  skip: number;
  limit: number;
}): Promise<{ data: WebhookSchema[]; total: number }> =>
  answerWithTotal(api.GET('/api/v1/webhooks', { params: { query } }));

export const readWebhook = (id: string): Promise<WebhookSchema> =>
  answer(api.GET('/api/v1/webhooks/{webhook_id}', one(id)));

/** What of a webhook its owner says. */
export type WebhookWords = Required<Omit<CreateWebhookSchema, 'is_enabled'>>;

export const createWebhook = (body: WebhookWords): Promise<NewWebhookSchema> =>
  answer(api.POST('/api/v1/webhooks', { body }));

export const changeWebhook = (
  id: string,
  body: Partial<WebhookWords> & { is_enabled?: boolean },
): Promise<WebhookSchema> => answer(api.PATCH('/api/v1/webhooks/{webhook_id}', { ...one(id), body }));

export const deleteWebhook = (id: string): Promise<{ message: string }> =>
  answer(api.DELETE('/api/v1/webhooks/{webhook_id}', one(id)));

export const rotateSecret = (id: string, overlap_seconds: number): Promise<NewWebhookSchema> =>
  answer(api.POST('/api/v1/webhooks/{webhook_id}/rotate-secret', { ...one(id), body: { overlap_seconds } }));

export const testWebhook = (id: string): Promise<WebhookDeliverySchema> =>
  answer(api.POST('/api/v1/webhooks/{webhook_id}/test', one(id)));

export type DeliveryStatus = WebhookDeliverySchema['status'];
export const DELIVERY_STATUSES = [
  'pending',
  'delivered',
  'failed',
] as const satisfies readonly DeliveryStatus[];

export const listDeliveries = (
  id: string,
  query: { skip: number; limit: number; status?: DeliveryStatus },
): Promise<{ data: WebhookDeliverySchema[]; total: number }> =>
  answerWithTotal(
    api.GET('/api/v1/webhooks/{webhook_id}/deliveries', {
      params: { path: { webhook_id: id }, query },
    }),
  );

export const sendAgain = (webhook_id: string, delivery_id: string): Promise<WebhookDeliverySchema> =>
  answer(
    api.POST('/api/v1/webhooks/{webhook_id}/deliveries/{delivery_id}/redeliver', {
      params: { path: { webhook_id, delivery_id } },
    }),
  );

/** How a webhook is doing, in one word. */
export function stateOf({ is_enabled: isEnabled, failing_since: failing }: WebhookSchema): string {
  if (!isEnabled) return 'disabled';
  return failing === null ? 'enabled' : 'failing';
}
