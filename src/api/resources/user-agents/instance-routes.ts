import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { conflict, notFound } from '../../../domain/errors.ts';
import { triggerInstance } from '../../../engine/external-agents/trigger-agent.ts';
import { findDelivery, listDeliveries } from '../../../persistence/repositories/deliveries.repository.ts';
import { defineRoute, type AnyRoute } from '../../define-route.ts';
import type { ApiServices } from '../../services.ts';
import { withEndpoint } from '../webhooks/access.ts';
import { listDeliveriesQuery } from '../webhooks/schema.ts';
import {
  presentUserAgentDelivery,
  requestedInstanceSchema,
  requestInstanceSchema,
  userAgentDeliverySchema,
  userAgentParamsSchema,
} from './schema.ts';

const TAGS = ['User agents'] as const;

const exampleDelivery = {
  id: '0191f7a4-8c5e-7b1a-9f00-2a6b1c3d4ea1',
  user_agent_id: '0191f7a4-8c5e-7b1a-9f00-2a6b1c3d4ea0',
  agent_instance_id: '0191f7a4-8c5e-7b1a-9f00-2a6b1c3d4ea1',
  event_type: 'agent_instance_requested',
  status: 'pending' as const,
  attempts: 0,
  next_attempt_at: '2026-11-24T09:30:00.000Z',
  last_attempt_at: null,
  response_code: null,
  duration_ms: null,
  error: null,
  created_at: '2026-11-24T09:30:00.000Z',
  delivered_at: null,
};

/** Where the agent reports, under the address of this API. */
const REPORT_TO = {
  message: 'POST /api/v1/messages/agent',
  pending: 'GET /api/v1/messages/pending',
  end: 'POST /api/v1/sessions/end',
};

/** Beginning an agent elsewhere, and what became of the calls. */
export const instanceRoutes = (
  engine: Pick<ApiServices, 'database' | 'deliveries' | 'now' | 'system' | 'waker'>,
): AnyRoute[] => [requestRoute(engine), deliveriesRoute(engine)];

const requestRoute = (
  engine: Pick<ApiServices, 'database' | 'deliveries' | 'now' | 'system' | 'waker'>,
): AnyRoute =>
  defineRoute(
    {
      method: 'POST',
      path: '/api/v1/user-agents/{user_agent_id}/instances',
      operationId: 'requestUserAgentInstance',
      tags: TAGS,
      summary: 'Have a user agent begin something',
      description:
        'Makes an agent instance with the prompt as its first message and calls the webhook: `{type, timestamp, ' +
        'agent_instance_id, prompt, name, agent_type, report_to}`, with `Authorization: Bearer <webhook_api_key>`. ' +
        'Tried five times over 2 h 35 min; when that is in vain the instance is FAILED and says why.',
      access: 'user',
      params: userAgentParamsSchema,
      what: 'user agent',
      body: requestInstanceSchema,
      example: { prompt: 'Mend the failing test' },
      responses: {
        202: {
          description: 'The call is on its way',
          schema: requestedInstanceSchema,
          example: {
            id: exampleDelivery.id,
            agent_instance_id: exampleDelivery.id,
            user_agent_id: exampleDelivery.user_agent_id,
            agent_type_name: 'Coding agent',
            status: 'ACTIVE' as const,
            delivery: exampleDelivery,
          },
        },
      },
      errors: ['CONFLICT'],
    },
    async ({ params, body, caller, request, respond }) => {
      const named = { kind: 'user_agent', id: params.user_agent_id } as const;
      const agent = await withEndpoint(engine, caller, named, async (_em, endpoint) => {
        if (!endpoint.isEnabled) throw conflict('this user agent is not active: set is_active to true first');
        return endpoint;
      });
      const id = request.idempotencyRef ?? randomUUID();
      const now = engine.now();
      const payload = {
        type: 'agent_instance_requested',
        timestamp: now.toISOString(),
        agent_instance_id: id,
        prompt: body.prompt,
        name: agent.name,
        agent_type: agent.name,
        report_to: REPORT_TO,
      };
      const { ownerId, id: userAgentId, name: agentName } = agent;
      const trigger = { ownerId, userAgentId, id, agentName, prompt: body.prompt, payload };
      engine.waker.wake('message', await triggerInstance(engine.system, trigger, now));
      engine.deliveries.announce();
      request.note({ target: id });
      const delivery = await withEndpoint(engine, caller, named, (em) => findDelivery(em, userAgentId, id));
      if (delivery === null) throw notFound('user agent');
      return respond(
        202,
        {
          id,
          agent_instance_id: id,
          user_agent_id: userAgentId,
          agent_type_name: agentName,
          status: 'ACTIVE',
          delivery: presentUserAgentDelivery(delivery),
        },
        { Location: `/api/v1/agent-instances/${id}` },
      );
    },
  );

const deliveriesRoute = (engine: Pick<ApiServices, 'database'>): AnyRoute =>
  defineRoute(
    {
      method: 'GET',
      path: '/api/v1/user-agents/{user_agent_id}/deliveries',
      operationId: 'listUserAgentDeliveries',
      tags: TAGS,
      summary: 'The calls of its webhook, newest first',
      access: 'user',
      params: userAgentParamsSchema,
      what: 'user agent',
      query: listDeliveriesQuery,
      responses: {
        200: {
          description: 'A page of deliveries',
          schema: z.array(userAgentDeliverySchema),
          example: [exampleDelivery],
          headers: { 'X-Total-Count': 'How many there are in all' },
        },
      },
    },
    async ({ params, query, caller, respond }) => {
      const named = { kind: 'user_agent', id: params.user_agent_id } as const;
      const [deliveries, total] = await withEndpoint(engine, caller, named, (em, { id }) =>
        listDeliveries(em, id, { status: query.status }, query),
      );
      const shown = deliveries.map(presentUserAgentDelivery);
      return respond(200, shown, { 'X-Total-Count': String(total) });
    },
  );
