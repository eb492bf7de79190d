import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { conflict, notFound } from '../../../domain/errors.ts';
import { createDelivery } from '../../../persistence/deliveries.ts';
import type { DeliveryEndpoint } from '../../../persistence/entities/delivery-endpoint.entity.ts';
import {
  findDelivery,
  listDeliveries,
  redeliver,
} from '../../../persistence/repositories/deliveries.repository.ts';
import { defineRoute, type AnyRoute } from '../../define-route.ts';
import type { ApiServices } from '../../services.ts';
import { withEndpoint } from './access.ts';
import { exampleDelivery } from './examples.ts';
import {
  deliveryParamsSchema,
  deliverySchema,
  listDeliveriesQuery,
  presentDelivery,
  webhookParamsSchema,
} from './schema.ts';

const TAGS = ['Webhooks'] as const;
/** What a test is called in `type`: no execution's log holds such an event. */
const TEST_TYPE = 'webhook_test';

/** What was, and will be, sent to one webhook. */
export const webhookDeliveryRoutes = (
  engine: Pick<ApiServices, 'database' | 'deliveries' | 'now' | 'system'>,
): AnyRoute[] => [listRoute(engine), getRoute(engine), redeliverRoute(engine), testRoute(engine)];

/** @throws {MusterError} CONFLICT: it would be accepted, and wait for nobody knows how long */
function refuseDisabled(endpoint: DeliveryEndpoint): void {
  if (!endpoint.isEnabled) throw conflict('this webhook is switched off: set is_enabled to true first');
}

const listRoute = (engine: Pick<ApiServices, 'database'>): AnyRoute =>
  defineRoute(
    {
      method: 'GET',
      path: '/api/v1/webhooks/{webhook_id}/deliveries',
      operationId: 'listWebhookDeliveries',
      tags: TAGS,
      summary: 'What was and will be sent, newest first',
      description: 'Kept for WEBHOOK_RETENTION (30 days).',
      access: 'user',
      params: webhookParamsSchema,
      what: 'webhook',
      query: listDeliveriesQuery,
      responses: {
        200: {
          description: 'A page of deliveries',
          schema: z.array(deliverySchema),
          example: [exampleDelivery],
          headers: { 'X-Total-Count': 'How many there are in all' },
        },
      },
    },
    async ({ params, query, caller, respond }) => {
      const named = { kind: 'webhook', id: params.webhook_id } as const;
      const [deliveries, total] = await withEndpoint(engine, caller, named, (em, { id }) =>
        listDeliveries(em, id, { status: query.status }, query),
      );
      return respond(200, deliveries.map(presentDelivery), { 'X-Total-Count': String(total) });
    },
  );

const getRoute = (engine: Pick<ApiServices, 'database'>): AnyRoute =>
  defineRoute(
    {
      method: 'GET',
      path: '/api/v1/webhooks/{webhook_id}/deliveries/{delivery_id}',
      operationId: 'getWebhookDelivery',
      tags: TAGS,
      summary: 'One delivery',
      access: 'user',
      params: deliveryParamsSchema,
      what: 'webhook',
      responses: { 200: { description: 'The delivery', schema: deliverySchema, example: exampleDelivery } },
    },
    async ({ params, caller, respond }) => {
      const named = { kind: 'webhook', id: params.webhook_id } as const;
      const delivery = await withEndpoint(engine, caller, named, (em, { id }) =>
        findDelivery(em, id, params.delivery_id),
      );
      if (delivery === null) throw notFound('delivery');
      return respond(200, presentDelivery(delivery));
    },
  );

const redeliverRoute = (engine: Pick<ApiServices, 'database' | 'deliveries' | 'now'>): AnyRoute =>
  defineRoute(
    {
      method: 'POST',
      path: '/api/v1/webhooks/{webhook_id}/deliveries/{delivery_id}/redeliver',
      operationId: 'redeliverWebhookDelivery',
      tags: TAGS,
      summary: 'Send a message again, now',
      description:
        'With the id it had, so that a receiver that has it can tell; the retry schedule begins anew. One that still ' +
        'waits is brought forward.',
      access: 'user',
      params: deliveryParamsSchema,
      what: 'webhook',
      responses: {
        202: { description: 'On its way', schema: deliverySchema, example: exampleDelivery },
      },
      errors: ['CONFLICT'],
    },
    async ({ params, caller, respond }) => {
      const named = { kind: 'webhook', id: params.webhook_id } as const;
      const delivery = await withEndpoint(engine, caller, named, async (em, endpoint) => {
        const found = await findDelivery(em, endpoint.id, params.delivery_id);
        if (found === null) throw notFound('delivery');
        refuseDisabled(endpoint);
        await redeliver(em, endpoint.id, found.id, engine.now());
        return findDelivery(em, endpoint.id, found.id);
      });
      if (delivery === null) throw notFound('delivery');
      engine.deliveries.announce();
      return respond(202, presentDelivery(delivery), { Location: pathOf(delivery.endpointId, delivery.id) });
    },
  );

const testRoute = (engine: Pick<ApiServices, 'database' | 'deliveries' | 'now' | 'system'>): AnyRoute =>
  defineRoute(
    {
      method: 'POST',
      path: '/api/v1/webhooks/{webhook_id}/test',
      operationId: 'testWebhook',
      tags: TAGS,
      summary: 'Send a message to see whether it arrives',
      description:
        `Of type \`${TEST_TYPE}\`, signed and retried like any other. Look at the delivery that is answered to see what ` +
        'became of it.',
      access: 'user',
      params: webhookParamsSchema,
      what: 'webhook',
      responses: {
        202: { description: 'On its way', schema: deliverySchema, example: exampleDelivery },
      },
      errors: ['CONFLICT'],
    },
    async ({ params, caller, request, respond }) => {
      const named = { kind: 'webhook', id: params.webhook_id } as const;
      const { id: endpointId, ownerId } = await withEndpoint(engine, caller, named, async (_em, endpoint) => {
        refuseDisabled(endpoint);
        return endpoint;
      });
      const now = engine.now();
      const payload = {
        type: TEST_TYPE,
        timestamp: now.toISOString(),
        data: { webhook_id: endpointId, message: 'If you can read this, the webhook works.' },
      };
      const id = request.idempotencyRef ?? randomUUID();
      await createDelivery(engine.system, { id, endpointId, ownerId, eventType: TEST_TYPE, payload }, now);
      const delivery = await withEndpoint(engine, caller, named, (em) => findDelivery(em, endpointId, id));
      if (delivery === null) throw notFound('delivery');
      engine.deliveries.announce();
      return respond(202, presentDelivery(delivery), { Location: pathOf(delivery.endpointId, delivery.id) });
    },
  );

const pathOf = (webhookId: string, deliveryId: string): string =>
  `/api/v1/webhooks/${webhookId}/deliveries/${deliveryId}`;
