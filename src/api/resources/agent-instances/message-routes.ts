import { randomUUID } from 'node:crypto';
import { invalid } from '../../../domain/errors.ts';
import { personSays } from '../../../engine/external-agents/user-messages.ts';
import {
  findMessage,
  readInstanceMessages,
  readInstanceMessagesAfter,
} from '../../../persistence/messages.ts';
import type { ShownInstance } from '../../../persistence/repositories/agent-instances.repository.ts';
import { answerCheck } from '../../check-answer.ts';
import { defineRoute, defineStream, type AnyRoute } from '../../define-route.ts';
import type { ApiServices } from '../../services.ts';
import { followMessages, messagePage, messagePageQuery, messageStream } from '../../realtime/conversation.ts';
import { messageEntrySchema, presentMessage } from '../../realtime/present-message.ts';
import { reachInstance } from './access.ts';
import {
  detailQuery,
  exampleInstance,
  exampleMessage,
  instanceDetailSchema,
  instanceParams,
  personMessageSchema,
  presentInstance,
} from './schema.ts';

const ONE = {
  tags: ['Agent monitoring'],
  access: 'user',
  params: instanceParams,
  what: 'agent instance',
} as const;
const END = 2_147_483_647;

/** What is said in an instance, and what people say to it. */
export const instanceMessageRoutes = (engine: ApiServices): AnyRoute[] => [
  getRoute(engine),
  listRoute(engine),
  createRoute(engine),
  streamRoute(engine),
];

const getRoute = (engine: Pick<ApiServices, 'database' | 'system'>): AnyRoute =>
  defineRoute(
    {
      ...ONE,
      method: 'GET',
      path: '/api/v1/agent-instances/{agent_instance_id}',
      operationId: 'getAgentInstance',
      summary: 'One instance with its last messages',
      query: detailQuery,
      responses: {
        200: {
          description: 'The instance',
          schema: instanceDetailSchema,
          example: { ...exampleInstance, messages: [exampleMessage], has_more: true },
        },
      },
    },
    async ({ params, query, caller, respond }) => {
      const instance = await reachInstance(engine, caller, params.agent_instance_id);
      const before = await placeOf(engine, instance, query.before_message_id);
      const found = await readInstanceMessages(engine.system, instance, before, query.limit + 1);
      const shown = found.slice(-query.limit);
      return respond(200, {
        ...presentInstance(instance),
        messages: shown.map(presentMessage),
        has_more: found.length > shown.length,
      });
    },
  );

/** @throws {MusterError} VALIDATION_FAILED for what is no message of the instance */
async function placeOf(
  engine: Pick<ApiServices, 'system'>,
  instance: ShownInstance,
  id: string | undefined,
): Promise<number> {
  if (id === undefined) return END;
  const found = await findMessage(engine.system, instance.ownerId, id);
  if (found !== null && found.conversationId === instance.conversationId) return found.message.seq;
  throw invalid('The request does not fit', [
    { path: '?before_message_id', message: 'is no message of this instance' },
  ]);
}

const listRoute = (engine: Pick<ApiServices, 'database' | 'system'>): AnyRoute =>
  defineRoute(
    {
      ...ONE,
      method: 'GET',
      path: '/api/v1/agent-instances/{agent_instance_id}/messages',
      operationId: 'listAgentInstanceMessages',
      summary: 'Its messages, page by page',
      query: messagePageQuery,
      responses: messagePage(exampleMessage),
    },
    async ({ params, query, caller, respond }) => {
      const instance = await reachInstance(engine, caller, params.agent_instance_id);
      const messages = await readInstanceMessagesAfter(engine.system, instance, query.after, query.limit);
      return respond(200, messages.map(presentMessage));
    },
  );

const createRoute = (
  engine: Pick<ApiServices, 'computing' | 'database' | 'dispatcher' | 'now' | 'system' | 'waker'>,
): AnyRoute =>
  defineRoute(
    {
      ...ONE,
      method: 'POST',
      path: '/api/v1/agent-instances/{agent_instance_id}/messages',
      operationId: 'createAgentInstanceMessage',
      summary: 'Say something to it, or answer what it asks',
      description:
        'The agent reads it with its next step, or when it looks. Where a question is open this is its answer: once, and ' +
        'in time, else 409. The run of a crew takes answers only.',
      body: personMessageSchema,
      example: { content: 'yes' },
      responses: {
        201: {
          description: 'Said',
          schema: messageEntrySchema,
          example: {
            ...exampleMessage,
            seq: 13,
            sender_type: 'user',
            kind: 'answer',
            content: 'yes',
            requires_user_input: false,
            message_metadata: { question_id: '0193a1b2-7c3d-4e5f-8a9b-0c1d2e3f4a63', answer: 'yes' },
          },
        },
      },
      errors: ['CONFLICT'],
    },
    async ({ params, body, caller, request, respond }) => {
      const { ownerId, id } = await reachInstance(engine, caller, params.agent_instance_id);
      const { message, instance } = await personSays(
        engine.system,
        {
          ownerId,
          id,
          messageId: body.message_id ?? request.idempotencyRef ?? randomUUID(),
          content: body.content,
          userId: caller.userId,
          questionId: body.question_id,
        },
        answerCheck(engine.computing, caller.userId),
        engine.now(),
      );
      engine.waker.wake('message', instance.conversationId);
      if (instance.executionId !== null) {
        engine.waker.wake('log', instance.executionId);
        void engine.dispatcher.deliverNow();
      }
      return respond(201, presentMessage(message));
    },
  );

const streamRoute = (engine: Pick<ApiServices, 'database' | 'messages'>): AnyRoute =>
  defineStream(
    {
      ...ONE,
      method: 'GET',
      path: '/api/v1/agent-instances/{agent_instance_id}/messages/stream',
      operationId: 'streamAgentInstance',
      ...messageStream(exampleMessage),
    },
    async ({ params, query, caller, ctx }) => {
      const { id, conversationId } = await reachInstance(engine, caller, params.agent_instance_id);
      followMessages(engine, { ctx, query }, { conversationId, instanceId: id });
    },
  );
