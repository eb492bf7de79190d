import { z } from 'zod';
import { notFound } from '../../../domain/errors.ts';
import type { OwnerScope } from '../../../persistence/database.ts';
import {
  createThread,
  deleteThread,
  findThread,
  listThreads,
} from '../../../persistence/repositories/threads.repository.ts';
import { defineRoute, type AnyRoute } from '../../define-route.ts';
import type { ApiServices } from '../../services.ts';
import type { StartServices } from '../../../engine/starting/start-services.ts';
import { makeOwned } from '../../make-owned.ts';
import { listedOwner } from '../../parameters.ts';
import { messageSchema } from '../auth/schema.ts';
import { reachOf } from '../executions/access.ts';
import { checkGraphOf, reachThread } from './access.ts';
import { messageRoutes } from './message-routes.ts';
import {
  createThreadSchema,
  listThreadsQuery,
  presentThread,
  threadParamsSchema,
  threadSchema,
  updateThreadSchema,
} from './schema.ts';

const TAGS = ['Threads'] as const;
/** What is the same of all that name one thread. */
const ONE = { tags: TAGS, access: 'user', params: threadParamsSchema, what: 'thread' } as const;

const exampleThread = {
  id: '0191f7a4-8c5e-7b1a-9f00-2a6b1c3d4e70',
  owner_id: '0191f7a4-8c5e-7b1a-9f00-2a6b1c3d4e5f',
  title: 'Otters',
  graph_id: '0191f7a4-8c5e-7b1a-9f00-2a6b1c3d4e61',
  on_busy: 'queue' as const,
  created_at: '2026-11-20T09:30:00.000Z',
  updated_at: '2026-11-20T09:30:00.000Z',
};

/** Conversations with crews. */
export const threadRoutes = (
  engine: StartServices & Pick<ApiServices, 'computing' | 'messages' | 'tools'>,
): AnyRoute[] => [
  listRoute(engine),
  createRoute(engine),
  getRoute(engine),
  updateRoute(engine, 'PUT', 'replaceThread'),
  updateRoute(engine, 'PATCH', 'updateThread'),
  deleteRoute(engine),
  ...messageRoutes(engine),
];

const listRoute = (engine: Pick<ApiServices, 'database'>): AnyRoute =>
  defineRoute(
    {
      method: 'GET',
      path: '/api/v1/threads',
      operationId: 'listThreads',
      tags: TAGS,
      summary: 'Your threads, newest first',
      access: 'user',
      query: listThreadsQuery,
      responses: {
        200: {
          description: 'A page of threads',
          schema: z.array(threadSchema),
          example: [exampleThread],
          headers: { 'X-Total-Count': 'How many there are in all' },
        },
      },
    },
    async ({ query, caller, respond }) => {
      const owner = listedOwner(caller, query.scope);
      const scope: OwnerScope = owner === undefined ? { everybody: true } : { ownerId: owner };
      const [threads, total] = await engine.database.as(scope, (em) =>
        listThreads(em, scope, { graphId: query.graph_id }, query),
      );
      return respond(200, threads.map(presentThread), { 'X-Total-Count': String(total) });
    },
  );

const createRoute = (engine: Pick<ApiServices, 'database' | 'now' | 'settings'>): AnyRoute =>
  defineRoute(
    {
      method: 'POST',
      path: '/api/v1/threads',
      operationId: 'createThread',
      tags: TAGS,
      summary: 'Begin a thread',
      access: 'user',
      body: createThreadSchema,
      bodyOptional: true,
      example: { title: 'Otters', graph_id: exampleThread.graph_id },
      responses: { 201: { description: 'Begun', schema: threadSchema, example: exampleThread } },
      errors: ['CONFLICT'],
    },
    async ({ body, caller, respond }) => {
      const fields = body ?? createThreadSchema.parse({});
      await checkGraphOf(engine, caller.userId, fields.graph_id);
      const thread = await makeOwned(engine, caller.userId, ['threads'], (em) =>
        createThread(
          em,
          caller.userId,
          { title: fields.title, graphId: fields.graph_id, onBusy: fields.on_busy },
          engine.now(),
        ),
      );
      return respond(201, presentThread(thread), { Location: `/api/v1/threads/${thread.id}` });
    },
  );

const getRoute = (engine: Pick<ApiServices, 'database'>): AnyRoute =>
  defineRoute(
    {
      ...ONE,
      method: 'GET',
      path: '/api/v1/threads/{thread_id}',
      operationId: 'getThread',
      summary: 'One thread',
      responses: { 200: { description: 'The thread', schema: threadSchema, example: exampleThread } },
    },
    async ({ params, caller, respond }) =>
      respond(200, presentThread(await reachThread(engine, caller, params.thread_id))),
  );

const updateRoute = (
  engine: Pick<ApiServices, 'database' | 'now'>,
  method: 'PUT' | 'PATCH',
  operationId: string,
): AnyRoute =>
  defineRoute(
    {
      ...ONE,
      method,
      path: '/api/v1/threads/{thread_id}',
      operationId,
      summary: 'Change a thread',
      body: updateThreadSchema,
      example: { title: 'Sea otters', on_busy: 'reject' },
      responses: { 200: { description: 'Changed', schema: threadSchema, example: exampleThread } },
    },
    async ({ params, body, caller, respond }) => {
      const { ownerId } = await reachThread(engine, caller, params.thread_id);
      await checkGraphOf(engine, ownerId, body.graph_id ?? null);
      const scope = reachOf(caller);
      const thread = await engine.database.as(scope, async (em) => {
        const found = await findThread(em, params.thread_id, scope);
        if (found === null) throw notFound('thread');
        if (body.title !== undefined) found.title = body.title;
        if (body.graph_id !== undefined) found.graphId = body.graph_id;
        if (body.on_busy !== undefined) found.onBusy = body.on_busy;
        found.updatedAt = engine.now();
        await em.flush();
        return found;
      });
      return respond(200, presentThread(thread));
    },
  );

const deleteRoute = (engine: Pick<ApiServices, 'database'>): AnyRoute =>
  defineRoute(
    {
      ...ONE,
      method: 'DELETE',
      path: '/api/v1/threads/{thread_id}',
      operationId: 'deleteThread',
      summary: 'Delete a thread with its messages',
      description: 'Its executions stay. While one of them is live it is refused (409).',
      responses: {
        200: { description: 'Deleted', schema: messageSchema, example: { message: 'Thread deleted' } },
      },
      errors: ['CONFLICT'],
    },
    async ({ params, caller, respond }) => {
      const scope = reachOf(caller);
      await engine.database.as(scope, (em) => deleteThread(em, params.thread_id, scope));
      return respond(200, { message: 'Thread deleted' });
    },
  );
