import { randomUUID } from 'node:crypto';
import { invalid } from '../../../domain/errors.ts';
import type { JsonObject } from '../../../domain/json.ts';
import type { CrewPlan } from '../../../domain/plan/crew-plan.ts';
import { missingInputs } from '../../../domain/plan/interpolate.ts';
import type { Graph } from '../../../persistence/entities/graph.entity.ts';
import type { Thread } from '../../../persistence/entities/thread.entity.ts';
import { appendMessage, readMessages, type Message, type NewMessage } from '../../../persistence/messages.ts';
import { findGraph } from '../../../persistence/repositories/graphs.repository.ts';
import { defineRoute, defineStream, type AnyRoute } from '../../define-route.ts';
import type { ApiServices } from '../../services.ts';
import type { StartServices } from '../../../engine/starting/start-services.ts';
import { followMessages, messagePage, messagePageQuery, messageStream } from '../../realtime/conversation.ts';
import { messageEntrySchema, presentMessage } from '../../realtime/present-message.ts';
import { startCrewRun, type StartOptions } from '../../../engine/starting/start-crew-run.ts';
import { planOfGraph } from '../graphs/compile.ts';
import { reachThread } from './access.ts';
import { createMessageSchema, threadParamsSchema } from './schema.ts';

const ONE = { tags: ['Threads'], access: 'user', params: threadParamsSchema, what: 'thread' } as const;

const exampleMessage = {
  id: '0191f7a4-8c5e-7b1a-9f00-2a6b1c3d4e71',
  seq: 1,
  thread_id: '0191f7a4-8c5e-7b1a-9f00-2a6b1c3d4e70',
  execution_id: '550e8400-e29b-41d4-a716-446655440000',
  agent_instance_id: null,
  sender_type: 'user' as const,
  kind: 'user' as const,
  content: 'What is new about otters?',
  requires_user_input: false,
  message_metadata: {},
  created_at: '2026-11-20T09:30:00.000Z',
};

/** What is said in a thread, by people and by the runs they start. */
export const messageRoutes = (
  engine: StartServices & Pick<ApiServices, 'computing' | 'messages' | 'tools'>,
): AnyRoute[] => [listRoute(engine), createRoute(engine), streamRoute(engine)];

const listRoute = (engine: Pick<ApiServices, 'database' | 'system'>): AnyRoute =>
  defineRoute(
    {
      ...ONE,
      method: 'GET',
      path: '/api/v1/threads/{thread_id}/messages',
      operationId: 'listThreadMessages',
      summary: 'Its messages, page by page',
      query: messagePageQuery,
      responses: messagePage(exampleMessage),
    },
    async ({ params, query, caller, respond }) => {
      const { conversationId } = await reachThread(engine, caller, params.thread_id);
      const messages = await readMessages(engine.system, conversationId, query.after, query.limit);
      return respond(200, messages.map(presentMessage));
    },
  );

const createRoute = (engine: StartServices & Pick<ApiServices, 'computing' | 'tools'>): AnyRoute =>
  defineRoute(
    {
      ...ONE,
      method: 'POST',
      path: '/api/v1/threads/{thread_id}/messages',
      operationId: 'createThreadMessage',
      summary: 'Say something, and with `execute` start the thread’s graph',
      description:
        'The content becomes the input `message`, and the value of the graph’s only input that `inputs` leaves out, ' +
        'whatever it is called. The outputs of its tasks, questions and the result come back as messages. While a run ' +
        'of the thread is live, its `on_busy` decides.',
      body: createMessageSchema,
      example: { content: 'What is new about otters?', execute: true },
      responses: {
        201: {
          description: 'Said; `execution_id` names the run it has started',
          schema: messageEntrySchema,
          example: exampleMessage,
        },
      },
      errors: ['CONFLICT'],
    },
    async ({ params, body, caller, request, respond }) => {
      const thread = await reachThread(engine, caller, params.thread_id);
      const { content, execute, inputs = {}, ...options } = body;
      const message: NewMessage = {
        // A repeat of the same request finds it again.
        id: request.idempotencyRef ?? randomUUID(),
        ownerId: thread.ownerId,
        conversationId: thread.conversationId,
        threadId: thread.id,
        executionId: null,
        senderType: 'user',
        kind: 'user',
        content,
      };
      const said = execute
        ? await sayAndStart(engine, thread, message, { inputs, options, ref: request.idempotencyRef })
        : await engine.system.transaction((sql) => appendMessage(sql, message, engine.now()));
      engine.waker.wake('message', thread.conversationId);
      return respond(201, presentMessage(said));
    },
  );

/** Starts the thread's graph and writes the message that asked for it, in one transaction. */
async function sayAndStart(
  engine: StartServices & Pick<ApiServices, 'computing' | 'tools'>,
  thread: Thread,
  message: NewMessage,
  start: { inputs: JsonObject; options: StartOptions; ref: string | undefined },
): Promise<Message> {
  const graph = await graphOf(engine, thread);
  const plan = await planOfGraph(engine, thread.ownerId, graph);
  let said: Message | undefined;
  await startCrewRun(engine, {
    ownerId: thread.ownerId,
    plan,
    graphId: graph.id,
    inputs: withContent(plan, start.inputs, message.content),
    options: { ...start.options, thread_id: thread.id },
    idempotencyRef: start.ref,
    say: async (sql, executionId) => {
      said = await appendMessage(sql, { ...message, executionId }, engine.now());
    },
  });
  if (said === undefined) throw new Error('a run was started in a thread without its message');
  return said;
}

async function graphOf(engine: Pick<ApiServices, 'database'>, thread: Thread): Promise<Graph> {
  const { graphId } = thread;
  const scope = { ownerId: thread.ownerId };
  const graph =
    typeof graphId === 'string'
      ? await engine.database.as(scope, (em) => findGraph(em, graphId, scope))
      : null;
  if (graph !== null) return graph;
  throw invalid('The request does not fit', [
    { path: '/execute', message: 'the thread has no graph to run: set its graph_id' },
  ]);
}

/** The content as the input `message`, and as the only one that would be missing. */
function withContent(plan: CrewPlan, inputs: JsonObject, content: string): JsonObject {
  const values: JsonObject = { message: content, ...inputs };
  const missing = missingInputs(plan, values);
  const [only] = missing;
  return only !== undefined && missing.length === 1 ? { ...values, [only]: content } : values;
}

const streamRoute = (engine: Pick<ApiServices, 'database' | 'messages'>): AnyRoute =>
  defineStream(
    {
      ...ONE,
      method: 'GET',
      path: '/api/v1/threads/{thread_id}/stream',
      operationId: 'streamThread',
      ...messageStream(exampleMessage),
    },
    async ({ params, query, caller, ctx }) => {
      const { conversationId } = await reachThread(engine, caller, params.thread_id);
      followMessages(engine, { ctx, query }, { conversationId });
    },
  );
