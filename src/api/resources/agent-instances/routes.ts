import { z } from 'zod';
import { notFound } from '../../../domain/errors.ts';
import type { OwnerScope } from '../../../persistence/database.ts';
import { deleteInstance, setInstanceStatus } from '../../../engine/external-agents/user-messages.ts';
import {
  findAgentType,
  listAgentTypes,
  listInstances,
  renameInstance,
  summariseAgents,
} from '../../../persistence/repositories/agent-instances.repository.ts';
import { defineRoute, type AnyRoute } from '../../define-route.ts';
import type { ApiServices } from '../../services.ts';
import { listedOwner } from '../../parameters.ts';
import { messageSchema } from '../auth/schema.ts';
import { reachOf } from '../executions/access.ts';
import { reachInstance } from './access.ts';
import { agentSideRoutes } from './agent-side-routes.ts';
import { inboxRoute } from './inbox-route.ts';
import { instanceMessageRoutes } from './message-routes.ts';
import {
  agentTypeSchema,
  exampleInstance,
  exampleSummary,
  exampleType,
  instanceParams,
  instanceSchema,
  instancesQuery,
  instanceStatusSchema,
  ofTypeQuery,
  presentInstance,
  presentSummary,
  presentType,
  summaryQuery,
  summarySchema,
  typeParams,
  typesQuery,
  updateInstanceSchema,
} from './schema.ts';

const TAGS = ['Agent monitoring'] as const;
const ONE = { tags: TAGS, access: 'user', params: instanceParams, what: 'agent instance' } as const;
const TOTAL = { 'X-Total-Count': 'How many there are in all' };
/** Instances that a type shows of itself. */
const RECENT = 5;

/** Agents elsewhere and runs of crews in one list: for those who look on, and for the agents themselves. */
export const agentInstanceRoutes = (engine: ApiServices): AnyRoute[] => [
  summaryRoute(engine),
  typesRoute(engine),
  ofTypeRoute(engine),
  listRoute(engine),
  ...instanceMessageRoutes(engine),
  updateRoute(engine),
  statusRoute(engine),
  deleteRoute(engine),
  inboxRoute(engine),
  ...agentSideRoutes(engine),
];

const scopeOf = (owner: string | undefined): OwnerScope =>
  owner === undefined ? { everybody: true } : { ownerId: owner };

const summaryRoute = (engine: Pick<ApiServices, 'database' | 'now'>): AnyRoute =>
  defineRoute(
    {
      method: 'GET',
      path: '/api/v1/agent-summary',
      operationId: 'getAgentSummary',
      tags: TAGS,
      summary: 'How your agents stand, counted now',
      access: 'user',
      query: summaryQuery,
      responses: { 200: { description: 'The counts', schema: summarySchema, example: exampleSummary } },
      errors: ['FORBIDDEN'],
    },
    async ({ query, caller, respond }) => {
      const scope = scopeOf(listedOwner(caller, query.scope));
      const summary = await engine.database.as(scope, (em) => summariseAgents(em, scope, engine.now()));
      return respond(200, presentSummary(summary));
    },
  );

const typesRoute = (engine: Pick<ApiServices, 'database'>): AnyRoute =>
  defineRoute(
    {
      method: 'GET',
      path: '/api/v1/agent-types',
      operationId: 'listAgentTypes',
      tags: TAGS,
      summary: 'Your kinds of agents by name, with how many there are of each',
      access: 'user',
      query: typesQuery,
      responses: {
        200: {
          description: 'A page of types',
          schema: z.array(agentTypeSchema),
          example: [exampleType],
          headers: TOTAL,
        },
      },
      errors: ['FORBIDDEN'],
    },
    async ({ query, caller, respond }) => {
      const scope = scopeOf(listedOwner(caller, query.scope));
      const [types, total] = await engine.database.as(scope, (em) =>
        listAgentTypes(em, scope, query, RECENT),
      );
      return respond(200, types.map(presentType), { 'X-Total-Count': String(total) });
    },
  );

const INSTANCES = {
  200: {
    description: 'A page of instances',
    schema: z.array(instanceSchema),
    example: [exampleInstance],
    headers: TOTAL,
  },
};

const ofTypeRoute = (engine: Pick<ApiServices, 'database'>): AnyRoute =>
  defineRoute(
    {
      method: 'GET',
      path: '/api/v1/agent-types/{agent_type_id}/instances',
      operationId: 'listAgentTypeInstances',
      tags: TAGS,
      summary: 'Instances of one type, newest first',
      access: 'user',
      params: typeParams,
      what: 'agent type',
      query: ofTypeQuery,
      responses: INSTANCES,
    },
    async ({ params, query, caller, respond }) => {
      const scope = reachOf(caller);
      const [instances, total] = await engine.database.as(scope, async (em) => {
        const type = await findAgentType(em, params.agent_type_id, scope);
        if (type === null) throw notFound('agent type');
        return listInstances(em, scope, { agentTypeId: type.id, statuses: query.status }, query);
      });
      return respond(200, instances.map(presentInstance), { 'X-Total-Count': String(total) });
    },
  );

const listRoute = (engine: Pick<ApiServices, 'database'>): AnyRoute =>
  defineRoute(
    {
      method: 'GET',
      path: '/api/v1/agent-instances',
      operationId: 'listAgentInstances',
      tags: TAGS,
      summary: 'Your agent instances, newest first: agents elsewhere, and every run of a crew',
      access: 'user',
      query: instancesQuery,
      responses: INSTANCES,
      errors: ['FORBIDDEN'],
    },
    async ({ query, caller, respond }) => {
      const scope = scopeOf(listedOwner(caller, query.scope));
      const filter = { statuses: query.status, agentTypeId: query.agent_type_id, source: query.source };
      const [instances, total] = await engine.database.as(scope, (em) =>
        listInstances(em, scope, filter, query),
      );
      return respond(200, instances.map(presentInstance), { 'X-Total-Count': String(total) });
    },
  );

const updateRoute = (engine: Pick<ApiServices, 'database' | 'now'>): AnyRoute =>
  defineRoute(
    {
      ...ONE,
      method: 'PATCH',
      path: '/api/v1/agent-instances/{agent_instance_id}',
      operationId: 'updateAgentInstance',
      summary: 'Name it',
      body: updateInstanceSchema,
      example: { name: 'Tidy the tests' },
      responses: { 200: { description: 'Changed', schema: instanceSchema, example: exampleInstance } },
    },
    async ({ params, body, caller, respond }) => {
      const found = await reachInstance(engine, caller, params.agent_instance_id);
      const { name } = body;
      if (name !== undefined) {
        await engine.database.as({ ownerId: found.ownerId }, (em) =>
          renameInstance(em, found, name, engine.now()),
        );
      }
      return respond(200, presentInstance(await reachInstance(engine, caller, params.agent_instance_id)));
    },
  );

const statusRoute = (engine: Pick<ApiServices, 'database' | 'now' | 'system'>): AnyRoute =>
  defineRoute(
    {
      ...ONE,
      method: 'PUT',
      path: '/api/v1/agent-instances/{agent_instance_id}/status',
      operationId: 'setAgentInstanceStatus',
      summary: 'Say how it stands, in its agent’s place',
      description: 'For agents elsewhere. The status of a run follows its execution: 409; use its controls.',
      body: instanceStatusSchema,
      example: { status: 'COMPLETED' },
      responses: {
        200: {
          description: 'Changed',
          schema: instanceSchema,
          example: { ...exampleInstance, status: 'COMPLETED', ended_at: '2026-11-24T09:32:00.000Z' },
        },
      },
      errors: ['CONFLICT'],
    },
    async ({ params, body, caller, respond }) => {
      const { ownerId, id } = await reachInstance(engine, caller, params.agent_instance_id);
      await setInstanceStatus(engine.system, { ownerId, id, status: body.status }, engine.now());
      return respond(200, presentInstance(await reachInstance(engine, caller, id)));
    },
  );

const deleteRoute = (engine: Pick<ApiServices, 'database' | 'system'>): AnyRoute =>
  defineRoute(
    {
      ...ONE,
      method: 'DELETE',
      path: '/api/v1/agent-instances/{agent_instance_id}',
      operationId: 'deleteAgentInstance',
      summary: 'Delete it with its messages',
      description:
        'The execution of a run stays, and so does what it said in a thread. While it is live: 409.',
      responses: {
        200: {
          description: 'Deleted',
          schema: messageSchema,
          example: { message: 'Agent instance deleted' },
        },
      },
      errors: ['CONFLICT'],
    },
    async ({ params, caller, respond }) => {
      const { ownerId, id } = await reachInstance(engine, caller, params.agent_instance_id);
      await deleteInstance(engine.system, { ownerId, id });
      return respond(200, { message: 'Agent instance deleted' });
    },
  );
