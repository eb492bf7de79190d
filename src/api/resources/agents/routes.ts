import { z } from 'zod';
import { notFound } from '../../../domain/errors.ts';
import type { OwnerScope } from '../../../persistence/database.ts';
import type { Agent } from '../../../persistence/entities/platform.entity.ts';
import {
  createAgent,
  deleteAgent,
  findAgent,
  listAgents,
  updateAgent,
} from '../../../persistence/repositories/agents.repository.ts';
import type { Caller } from '../../context.ts';
import { defineRoute, type AnyRoute } from '../../define-route.ts';
import type { ApiServices } from '../../services.ts';
import { makeOwned } from '../../make-owned.ts';
import { listedOwner } from '../../parameters.ts';
import { messageSchema } from '../auth/schema.ts';
import { reachOf } from '../executions/access.ts';
import {
  agentParamsSchema,
  agentSchema,
  changesOf,
  createAgentSchema,
  exampleAgent,
  exampleNewAgent,
  fieldsOf,
  listAgentsQuery,
  presentAgent,
  updateAgentSchema,
} from './schema.ts';
import { testAgentRoute } from './test-route.ts';

const TAGS = ['Agents'] as const;
/** What is the same of all that name one agent. */
const ONE = { tags: TAGS, access: 'user', params: agentParamsSchema, what: 'agent' } as const;

/** Stored agents: store, change, look at, try out. */
export const agentRoutes = (engine: ApiServices): AnyRoute[] => [
  listRoute(engine),
  createRoute(engine),
  getRoute(engine),
  updateRoute(engine, 'PUT', 'replaceAgent'),
  updateRoute(engine, 'PATCH', 'updateAgent'),
  deleteRoute(engine),
  testAgentRoute(engine, reachAgent),
];

/** The agent a path names. @throws {MusterError} NOT_FOUND, whether absent or somebody else's. */
async function reachAgent(engine: Pick<ApiServices, 'database'>, caller: Caller, id: number): Promise<Agent> {
  const scope = reachOf(caller);
  const agent = await engine.database.as(scope, (em) => findAgent(em, id, scope));
  if (agent === null) throw notFound('agent');
  return agent;
}

const shown = (engine: Pick<ApiServices, 'tools'>, agent: Agent) =>
  presentAgent(agent, engine.tools.registry.names());

const listRoute = (engine: Pick<ApiServices, 'database' | 'tools'>): AnyRoute =>
  defineRoute(
    {
      method: 'GET',
      path: '/api/v1/agents',
      operationId: 'listAgents',
      tags: TAGS,
      summary: 'Your agents, newest first',
      access: 'user',
      query: listAgentsQuery,
      responses: {
        200: {
          description: 'A page of agents',
          schema: z.array(agentSchema),
          example: [exampleAgent],
          headers: { 'X-Total-Count': 'How many there are in all' },
        },
      },
    },
    async ({ query, caller, respond }) => {
      const owner = listedOwner(caller, query.scope);
      const scope: OwnerScope = owner === undefined ? { everybody: true } : { ownerId: owner };
      const [agents, total] = await engine.database.as(scope, (em) =>
        listAgents(em, scope, { activeOnly: query.active_only }, query),
      );
      return respond(
        200,
        agents.map((agent) => shown(engine, agent)),
        { 'X-Total-Count': String(total) },
      );
    },
  );

const createRoute = (engine: Pick<ApiServices, 'database' | 'now' | 'settings' | 'tools'>): AnyRoute =>
  defineRoute(
    {
      method: 'POST',
      path: '/api/v1/agents',
      operationId: 'createAgent',
      tags: TAGS,
      summary: 'Store an agent',
      description:
        'Without a model it gets the default model of this installation. A tool that nobody offers here is kept and ' +
        'named in `warnings`.',
      access: 'user',
      body: createAgentSchema,
      documents: ['config'],
      example: exampleNewAgent,
      responses: { 201: { description: 'Stored', schema: agentSchema, example: exampleAgent } },
      errors: ['CONFLICT'],
    },
    async ({ body, caller, respond }) => {
      const agent = await makeOwned(engine, caller.userId, ['agents'], (em) =>
        createAgent(em, caller.userId, fieldsOf(body, engine.settings), engine.now()),
      );
      return respond(201, shown(engine, agent), { Location: `/api/v1/agents/${agent.id}` });
    },
  );

const getRoute = (engine: Pick<ApiServices, 'database' | 'tools'>): AnyRoute =>
  defineRoute(
    {
      ...ONE,
      method: 'GET',
      path: '/api/v1/agents/{agent_id}',
      operationId: 'getAgent',
      summary: 'One agent',
      responses: { 200: { description: 'The agent', schema: agentSchema, example: exampleAgent } },
    },
    async ({ params, caller, respond }) =>
      respond(200, shown(engine, await reachAgent(engine, caller, params.agent_id))),
  );

const updateRoute = (
  engine: Pick<ApiServices, 'database' | 'now' | 'tools'>,
  method: 'PUT' | 'PATCH',
  operationId: string,
): AnyRoute =>
  defineRoute(
    {
      ...ONE,
      method,
      path: '/api/v1/agents/{agent_id}',
      operationId,
      summary: 'Change an agent',
      description: 'Every field is optional. Runs that are under way keep the agent they began with.',
      body: updateAgentSchema,
      documents: ['config'],
      example: { temperature: '0.2' },
      responses: {
        200: {
          description: 'As it is now',
          schema: agentSchema,
          example: { ...exampleAgent, temperature: '0.2' },
        },
      },
    },
    async ({ params, body, caller, respond }) => {
      const scope = reachOf(caller);
      const agent = await engine.database.as(scope, (em) =>
        updateAgent(em, { id: params.agent_id, scope }, changesOf(body), engine.now()),
      );
      return respond(200, shown(engine, agent));
    },
  );

const deleteRoute = (engine: Pick<ApiServices, 'database'>): AnyRoute =>
  defineRoute(
    {
      ...ONE,
      method: 'DELETE',
      path: '/api/v1/agents/{agent_id}',
      operationId: 'deleteAgent',
      summary: 'Delete an agent',
      description: 'Refused (409) while a task has it or a live execution came from it.',
      responses: {
        200: { description: 'Deleted', schema: messageSchema, example: { message: 'Agent deleted' } },
      },
      errors: ['CONFLICT'],
    },
    async ({ params, caller, respond }) => {
      const scope = reachOf(caller);
      await engine.database.as(scope, (em) => deleteAgent(em, params.agent_id, scope));
      return respond(200, { message: 'Agent deleted' });
    },
  );
