import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { secretPlace } from '../../../engine/webhooks/secret-place.ts';
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
import { checkUrlOf, withEndpoint } from '../webhooks/access.ts';
import { instanceRoutes } from './instance-routes.ts';
import {
  createUserAgentSchema,
  listUserAgentsQuery,
  presentUserAgent,
  updateUserAgentSchema,
  userAgentParamsSchema,
  userAgentSchema,
} from './schema.ts';

const TAGS = ['User agents'] as const;
/** What is the same of all that name one user agent. */
const ONE = { tags: TAGS, access: 'user', params: userAgentParamsSchema, what: 'user agent' } as const;

const exampleUserAgent = {
  id: '0191f7a4-8c5e-7b1a-9f00-2a6b1c3d4ea0',
  owner_id: '0191f7a4-8c5e-7b1a-9f00-2a6b1c3d4e5f',
  name: 'Coding agent',
  webhook_url: 'https://example.com/agents/start',
  has_webhook_api_key: true,
  is_active: true,
  disabled_reason: null,
  failing_since: null,
  created_at: '2026-11-20T09:30:00.000Z',
  updated_at: '2026-11-20T09:30:00.000Z',
};

/** Agents of users elsewhere, that are begun by calling their webhook. */
export const userAgentRoutes = (engine: ApiServices): AnyRoute[] => [
  listRoute(engine),
  createRoute(engine),
  getRoute(engine),
  updateRoute(engine, 'PUT', 'replaceUserAgent'),
  updateRoute(engine, 'PATCH', 'updateUserAgent'),
  deleteRoute(engine),
  ...instanceRoutes(engine),
];

const listRoute = (engine: Pick<ApiServices, 'database'>): AnyRoute =>
  defineRoute(
    {
      method: 'GET',
      path: '/api/v1/user-agents',
      operationId: 'listUserAgents',
      tags: TAGS,
      summary: 'Your user agents, newest first',
      access: 'user',
      query: listUserAgentsQuery,
      responses: {
        200: {
          description: 'A page of user agents',
          schema: z.array(userAgentSchema),
          example: [exampleUserAgent],
          headers: { 'X-Total-Count': 'How many there are in all' },
        },
      },
    },
    async ({ query, caller, respond }) => {
      const owner = listedOwner(caller, query.scope);
      const scope: OwnerScope = owner === undefined ? { everybody: true } : { ownerId: owner };
      const [agents, total] = await engine.database.as(scope, (em) =>
        listEndpoints(em, 'user_agent', scope, query),
      );
      return respond(200, agents.map(presentUserAgent), { 'X-Total-Count': String(total) });
    },
  );

const createRoute = (
  engine: Pick<ApiServices, 'checkUrl' | 'database' | 'now' | 'secrets' | 'settings'>,
): AnyRoute =>
  defineRoute(
    {
      method: 'POST',
      path: '/api/v1/user-agents',
      operationId: 'createUserAgent',
      tags: TAGS,
      summary: 'Make an agent of yours known',
      access: 'user',
      body: createUserAgentSchema,
      example: {
        name: exampleUserAgent.name,
        webhook_url: exampleUserAgent.webhook_url,
        webhook_api_key: 'a-key-of-yours',
      },
      responses: { 201: { description: 'Made', schema: userAgentSchema, example: exampleUserAgent } },
      errors: ['CONFLICT'],
    },
    async ({ body, caller, request, respond }) => {
      await checkUrlOf(engine, 'webhook_url', body.webhook_url);
      const id = randomUUID();
      const ownerId = caller.userId;
      const key = body.webhook_api_key;
      const agent = await makeOwned(engine, ownerId, ['user_agents'], (em) =>
        createEndpoint(
          em,
          {
            id,
            ownerId,
            kind: 'user_agent',
            name: body.name,
            url: body.webhook_url,
            secret: key === null ? null : engine.secrets.seal(key, secretPlace(id)),
            isEnabled: body.is_active,
          },
          engine.now(),
        ),
      );
      request.note({ target: id });
      return respond(201, presentUserAgent(agent), { Location: `/api/v1/user-agents/${id}` });
    },
  );

const getRoute = (engine: Pick<ApiServices, 'database'>): AnyRoute =>
  defineRoute(
    {
      ...ONE,
      method: 'GET',
      path: '/api/v1/user-agents/{user_agent_id}',
      operationId: 'getUserAgent',
      summary: 'One user agent, and how it is doing',
      responses: {
        200: { description: 'The user agent', schema: userAgentSchema, example: exampleUserAgent },
      },
    },
    async ({ params, caller, respond }) => {
      const named = { kind: 'user_agent', id: params.user_agent_id } as const;
      const agent = await withEndpoint(engine, caller, named, async (_em, endpoint) => endpoint);
      return respond(200, presentUserAgent(agent));
    },
  );

const updateRoute = (
  engine: Pick<ApiServices, 'checkUrl' | 'database' | 'deliveries' | 'now' | 'secrets'>,
  method: 'PUT' | 'PATCH',
  operationId: string,
): AnyRoute =>
  defineRoute(
    {
      ...ONE,
      method,
      path: '/api/v1/user-agents/{user_agent_id}',
      operationId,
      summary: 'Change a user agent',
      description: 'A `webhook_api_key` that is left out stays; null takes it away.',
      body: updateUserAgentSchema,
      example: { name: 'Coding agent', is_active: true },
      responses: { 200: { description: 'Changed', schema: userAgentSchema, example: exampleUserAgent } },
    },
    async ({ params, body, caller, request, respond }) => {
      const named = { kind: 'user_agent', id: params.user_agent_id } as const;
      const before = await withEndpoint(engine, caller, named, async (_em, { url }) => url);
      if (body.webhook_url !== before) await checkUrlOf(engine, 'webhook_url', body.webhook_url);
      const agent = await withEndpoint(engine, caller, named, async (em, endpoint) => {
        const key = body.webhook_api_key;
        if (body.name !== undefined) endpoint.name = body.name;
        if (body.webhook_url !== undefined) endpoint.url = body.webhook_url;
        if (key !== undefined)
          endpoint.secret = key === null ? null : engine.secrets.seal(key, secretPlace(endpoint.id));
        if (body.is_active !== undefined) await switchEndpoint(em, endpoint, body.is_active);
        endpoint.updatedAt = engine.now();
        await em.flush();
        return endpoint;
      });
      engine.deliveries.announce();
      request.note({ target: agent.id });
      return respond(200, presentUserAgent(agent));
    },
  );

const deleteRoute = (engine: Pick<ApiServices, 'database'>): AnyRoute =>
  defineRoute(
    {
      ...ONE,
      method: 'DELETE',
      path: '/api/v1/user-agents/{user_agent_id}',
      operationId: 'deleteUserAgent',
      summary: 'Delete a user agent; its instances stay',
      responses: {
        200: { description: 'Deleted', schema: messageSchema, example: { message: 'User agent deleted' } },
      },
    },
    async ({ params, caller, request, respond }) => {
      const scope = reachOf(caller);
      const isDone = await engine.database.as(scope, (em) =>
        deleteEndpoint(em, 'user_agent', params.user_agent_id, scope),
      );
      if (!isDone) throw notFound('user agent');
      request.note({ target: params.user_agent_id });
      return respond(200, { message: 'User agent deleted' });
    },
  );
