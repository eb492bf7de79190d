import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { secretPlace } from '../../../engine/webhooks/secret-place.ts';
import { createWebhookSecret } from '../../../engine/webhooks/sign-webhook.ts';
import { notFound } from '../../../domain/errors.ts';
import type { OwnerScope } from '../../../persistence/database.ts';
import {
  createEndpoint,
  deleteEndpoint,
  listEndpoints,
  switchEndpoint,
} from '../../../persistence/repositories/delivery-endpoints.repository.ts';
import { defineRoute, type AnyRoute } from '../../define-route.ts';
import type { ApiServices } from '../../services.ts';
import { makeOwned } from '../../make-owned.ts';
import { listedOwner } from '../../parameters.ts';
import { messageSchema } from '../auth/schema.ts';
import { reachOf } from '../executions/access.ts';
import { checkUrlOf, withEndpoint } from './access.ts';
import { webhookDeliveryRoutes } from './delivery-routes.ts';
import { toLikePattern } from './event-patterns.ts';
import { exampleNewWebhook, exampleWebhook } from './examples.ts';
import {
  createWebhookSchema,
  listWebhooksQuery,
  newWebhookSchema,
  presentWebhook,
  rotateSecretSchema,
  updateWebhookSchema,
  webhookParamsSchema,
  webhookSchema,
} from './schema.ts';

const TAGS = ['Webhooks'] as const;
/** What is the same of all that name one webhook. */
const ONE = { tags: TAGS, access: 'user', params: webhookParamsSchema, what: 'webhook' } as const;

/** Endpoints of users that hear of events, by Standard Webhooks 1.0. */
export const webhookRoutes = (engine: ApiServices): AnyRoute[] => [
  listRoute(engine),
  createRoute(engine),
  getRoute(engine),
  updateRoute(engine, 'PUT', 'replaceWebhook'),
  updateRoute(engine, 'PATCH', 'updateWebhook'),
  deleteRoute(engine),
  rotateRoute(engine),
  ...webhookDeliveryRoutes(engine),
];

const listRoute = (engine: Pick<ApiServices, 'database' | 'now'>): AnyRoute =>
  defineRoute(
    {
      method: 'GET',
      path: '/api/v1/webhooks',
      operationId: 'listWebhooks',
      tags: TAGS,
      summary: 'Your webhooks, newest first',
      access: 'user',
      query: listWebhooksQuery,
      responses: {
        200: {
          description: 'A page of webhooks',
          schema: z.array(webhookSchema),
          example: [exampleWebhook],
          headers: { 'X-Total-Count': 'How many there are in all' },
        },
      },
    },
    async ({ query, caller, respond }) => {
      const owner = listedOwner(caller, query.scope);
      const scope: OwnerScope = owner === undefined ? { everybody: true } : { ownerId: owner };
      const [webhooks, total] = await engine.database.as(scope, (em) =>
        listEndpoints(em, 'webhook', scope, query),
      );
      const shown = webhooks.map((webhook) => presentWebhook(webhook, engine.now()));
      return respond(200, shown, { 'X-Total-Count': String(total) });
    },
  );

const createRoute = (
  engine: Pick<ApiServices, 'checkUrl' | 'database' | 'now' | 'secrets' | 'settings'>,
): AnyRoute =>
  defineRoute(
    {
      method: 'POST',
      path: '/api/v1/webhooks',
      operationId: 'createWebhook',
      tags: TAGS,
      summary: 'Be told of events',
      description:
        'Every event that matches is sent to `url` as `{type, timestamp, data}`, `data` being the event with its ' +
        '`seq`, signed as Standard Webhooks 1.0 says. `secret` verifies the signatures; it is shown this once.',
      access: 'user',
      body: createWebhookSchema,
      secrets: ['secret'],
      example: { url: exampleWebhook.url, events: exampleWebhook.events, description: 'To the chat' },
      responses: { 201: { description: 'Made', schema: newWebhookSchema, example: exampleNewWebhook } },
      errors: ['CONFLICT'],
    },
    async ({ body, caller, request, respond }) => {
      await checkUrlOf(engine, 'url', body.url);
      const id = randomUUID();
      const secret = createWebhookSecret();
      const ownerId = caller.userId;
      const webhook = await makeOwned(engine, ownerId, ['webhooks'], (em) =>
        createEndpoint(
          em,
          {
            id,
            ownerId,
            kind: 'webhook',
            url: body.url,
            description: body.description,
            events: body.events,
            eventPatterns: body.events.map(toLikePattern),
            workflowId: body.workflow_id,
            graphId: body.graph_id,
            flowName: body.flow_name,
            secret: engine.secrets.seal(secret, secretPlace(id)),
            isEnabled: body.is_enabled,
          },
          engine.now(),
        ),
      );
      request.note({ target: id });
      const shown = { ...presentWebhook(webhook, engine.now()), secret };
      return respond(201, shown, { Location: `/api/v1/webhooks/${id}` });
    },
  );

const getRoute = (engine: Pick<ApiServices, 'database' | 'now'>): AnyRoute =>
  defineRoute(
    {
      ...ONE,
      method: 'GET',
      path: '/api/v1/webhooks/{webhook_id}',
      operationId: 'getWebhook',
      summary: 'One webhook, and how it is doing',
      responses: { 200: { description: 'The webhook', schema: webhookSchema, example: exampleWebhook } },
    },
    async ({ params, caller, respond }) => {
      const named = { kind: 'webhook', id: params.webhook_id } as const;
      const webhook = await withEndpoint(engine, caller, named, async (_em, endpoint) => endpoint);
      return respond(200, presentWebhook(webhook, engine.now()));
    },
  );

const updateRoute = (
  engine: Pick<ApiServices, 'checkUrl' | 'database' | 'deliveries' | 'now'>,
  method: 'PUT' | 'PATCH',
  operationId: string,
): AnyRoute =>
  defineRoute(
    {
      ...ONE,
      method,
      path: '/api/v1/webhooks/{webhook_id}',
      operationId,
      summary: 'Change a webhook, switch it off or on',
      description:
        'Switched off, it hears of no event; what waits is kept and sent when it is switched on. Switched on, it ' +
        'begins anew, whatever failed before.',
      body: updateWebhookSchema,
      example: { events: ['workflow_failed'], is_enabled: true },
      responses: { 200: { description: 'Changed', schema: webhookSchema, example: exampleWebhook } },
    },
    async ({ params, body, caller, request, respond }) => {
      const named = { kind: 'webhook', id: params.webhook_id } as const;
      const before = await withEndpoint(engine, caller, named, async (_em, { url }) => url);
      if (body.url !== before) await checkUrlOf(engine, 'url', body.url);
      const webhook = await withEndpoint(engine, caller, named, async (em, endpoint) => {
        if (body.url !== undefined) endpoint.url = body.url;
        if (body.description !== undefined) endpoint.description = body.description;
        if (body.events !== undefined) {
          endpoint.events = body.events;
          endpoint.eventPatterns = body.events.map(toLikePattern);
        }
        if (body.workflow_id !== undefined) endpoint.workflowId = body.workflow_id;
        if (body.graph_id !== undefined) endpoint.graphId = body.graph_id;
        if (body.flow_name !== undefined) endpoint.flowName = body.flow_name;
        if (body.is_enabled !== undefined) await switchEndpoint(em, endpoint, body.is_enabled);
        endpoint.updatedAt = engine.now();
        await em.flush();
        return endpoint;
      });
      engine.deliveries.announce();
      request.note({ target: webhook.id });
      return respond(200, presentWebhook(webhook, engine.now()));
    },
  );

const deleteRoute = (engine: Pick<ApiServices, 'database'>): AnyRoute =>
  defineRoute(
    {
      ...ONE,
      method: 'DELETE',
      path: '/api/v1/webhooks/{webhook_id}',
      operationId: 'deleteWebhook',
      summary: 'Delete a webhook with its deliveries',
      responses: {
        200: { description: 'Deleted', schema: messageSchema, example: { message: 'Webhook deleted' } },
      },
    },
    async ({ params, caller, request, respond }) => {
      const scope = reachOf(caller);
      const isDone = await engine.database.as(scope, (em) =>
        deleteEndpoint(em, 'webhook', params.webhook_id, scope),
      );
      if (!isDone) throw notFound('webhook');
      request.note({ target: params.webhook_id });
      return respond(200, { message: 'Webhook deleted' });
    },
  );

const rotateRoute = (engine: Pick<ApiServices, 'database' | 'now' | 'secrets'>): AnyRoute =>
  defineRoute(
    {
      ...ONE,
      method: 'POST',
      path: '/api/v1/webhooks/{webhook_id}/rotate-secret',
      operationId: 'rotateWebhookSecret',
      summary: 'Replace the secret of a webhook',
      description:
        'The new one is shown in `secret`, this once. Until `overlap_seconds` are over every message carries the ' +
        'signatures of both, so that the receiver can change at its leisure.',
      body: rotateSecretSchema,
      bodyOptional: true,
      secrets: ['secret'],
      example: { overlap_seconds: 86_400 },
      responses: { 200: { description: 'Rotated', schema: newWebhookSchema, example: exampleNewWebhook } },
    },
    async ({ params, body, caller, request, respond }) => {
      const named = { kind: 'webhook', id: params.webhook_id } as const;
      const { overlap_seconds: overlap } = body ?? rotateSecretSchema.parse({});
      const secret = createWebhookSecret();
      const webhook = await withEndpoint(engine, caller, named, async (em, endpoint) => {
        endpoint.previousSecret = overlap > 0 ? endpoint.secret : null;
        endpoint.previousSecretUntil = overlap > 0 ? new Date(engine.now().getTime() + overlap * 1000) : null;
        endpoint.secret = engine.secrets.seal(secret, secretPlace(endpoint.id));
        endpoint.updatedAt = engine.now();
        await em.flush();
        return endpoint;
      });
      request.note({ target: webhook.id });
      return respond(200, { ...presentWebhook(webhook, engine.now()), secret });
    },
  );
