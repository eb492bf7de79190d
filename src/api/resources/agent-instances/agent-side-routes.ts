import { randomUUID } from 'node:crypto';
import type { z } from 'zod';
import {
  agentReports,
  endSession,
  readPending,
  requestInput,
  type AgentSaid,
} from '../../../engine/external-agents/agent-messages.ts';
import { defineRoute, type AnyRoute } from '../../define-route.ts';
import type { ApiServices } from '../../services.ts';
import { presentMessage } from '../../realtime/present-message.ts';
import {
  agentMessageSchema,
  endedSchema,
  endSessionSchema,
  exampleEnded,
  examplePending,
  exampleReported,
  exampleRequested,
  exampleSaid,
  messageParams,
  pendingQuery,
  pendingSchema,
  reportedMessageSchema,
  reportedSchema,
  requestedSchema,
  saidSchema,
} from './agent-side-schema.ts';
import { askedInMetadata } from './asked.ts';
import { exampleInstance } from './schema.ts';
import { takeAgentMessage } from './take-agent-message.ts';

/** A key with the scope `agent` opens these and nothing else. */
const AGENT = { tags: ['Agents elsewhere'], access: 'user', scopes: ['agent', 'write'] } as const;

/** What agents that run elsewhere call: each in the name of its key's owner. */
export const agentSideRoutes = (
  engine: Pick<ApiServices, 'computing' | 'now' | 'system' | 'waker'>,
): AnyRoute[] => [
  sayRoute(engine),
  reportRoute(engine),
  pendingRoute(engine),
  requestInputRoute(engine),
  endRoute(engine),
];

const presentSaid = ({ instance, message, queued }: AgentSaid): z.input<typeof saidSchema> => {
  const questionId = message.metadata['question_id'];
  return {
    success: true,
    agent_instance_id: instance.id,
    message_id: message.id,
    question_id: message.requiresUserInput && typeof questionId === 'string' ? questionId : null,
    status: instance.status,
    queued_user_messages: queued.map(presentMessage),
  };
};

const sayRoute = (engine: Pick<ApiServices, 'computing' | 'now' | 'system' | 'waker'>): AnyRoute =>
  defineRoute(
    {
      ...AGENT,
      method: 'POST',
      path: '/api/v1/messages/agent',
      operationId: 'createAgentMessage',
      summary: 'Report a step or ask a question, and hear what people have said meanwhile',
      description:
        'Makes the instance when it is new. 409 once its session is over, by whomever. With `message_id` or an ' +
        '`Idempotency-Key` repeating is harmless.',
      body: agentMessageSchema,
      example: {
        agent_instance_id: exampleInstance.id,
        agent_type: 'Claude Code',
        content: 'Shall I push?',
        requires_user_input: true,
        message_metadata: { question: { options: ['yes', 'no'], timeout_seconds: 3600, default: 'no' } },
      },
      responses: { 201: { description: 'Taken', schema: saidSchema, example: exampleSaid } },
      errors: ['CONFLICT'],
    },
    async ({ body, caller, request, respond }) => {
      const ref = request.idempotencyRef;
      const said = await takeAgentMessage(engine, caller.userId, {
        id: body.agent_instance_id ?? ref ?? randomUUID(),
        messageId: body.message_id ?? ref ?? randomUUID(),
        agentType: body.agent_type,
        name: body.name ?? null,
        content: body.content,
        metadata: body.message_metadata ?? {},
        asks: body.requires_user_input
          ? await askedInMetadata(body.message_metadata ?? {}, {
              computing: engine.computing,
              ownerId: caller.userId,
            })
          : null,
      });
      return respond(201, presentSaid(said));
    },
  );

const reportRoute = (engine: Pick<ApiServices, 'now' | 'system' | 'waker'>): AnyRoute =>
  defineRoute(
    {
      ...AGENT,
      method: 'POST',
      path: '/api/v1/messages/user',
      operationId: 'createReportedMessage',
      summary: 'Report what a person told the agent where it runs',
      body: reportedMessageSchema,
      example: { agent_instance_id: exampleInstance.id, content: 'Go on', mark_as_read: true },
      responses: { 201: { description: 'Taken', schema: reportedSchema, example: exampleReported } },
      errors: ['CONFLICT', 'NOT_FOUND'],
    },
    async ({ body, caller, request, respond }) => {
      const { instance, message, queued } = await agentReports(
        engine.system,
        {
          ownerId: caller.userId,
          id: body.agent_instance_id,
          messageId: body.message_id ?? request.idempotencyRef ?? randomUUID(),
          content: body.content,
          markAsRead: body.mark_as_read,
        },
        engine.now(),
      );
      engine.waker.wake('message', instance.conversationId);
      return respond(201, {
        success: true,
        agent_instance_id: instance.id,
        message_id: message.id,
        marked_as_read: body.mark_as_read,
        queued_user_messages: queued.map(presentMessage),
      });
    },
  );

const pendingRoute = (engine: Pick<ApiServices, 'now' | 'system' | 'waker'>): AnyRoute =>
  defineRoute(
    {
      ...AGENT,
      method: 'GET',
      path: '/api/v1/messages/pending',
      operationId: 'readPendingMessages',
      summary: 'Read what people have said since the cursor, which moves on',
      query: pendingQuery,
      responses: { 200: { description: 'What there is', schema: pendingSchema, example: examplePending } },
      errors: ['CONFLICT', 'NOT_FOUND'],
    },
    async ({ query, caller, respond }) => {
      const pending = await readPending(
        engine.system,
        {
          ownerId: caller.userId,
          id: query.agent_instance_id,
          lastReadMessageId: query.last_read_message_id,
        },
        engine.now(),
      );
      if (pending.wrote) engine.waker.wake('message', pending.instance.conversationId);
      return respond(200, {
        agent_instance_id: pending.instance.id,
        status: pending.status,
        messages: pending.messages.map(presentMessage),
        missed_messages: pending.missed.map(presentMessage),
        last_read_message_id: pending.lastReadMessageId,
        instance_status: pending.instance.status,
      });
    },
  );

const requestInputRoute = (engine: Pick<ApiServices, 'computing' | 'now' | 'system' | 'waker'>): AnyRoute =>
  defineRoute(
    {
      ...AGENT,
      method: 'PATCH',
      path: '/api/v1/messages/{message_id}/request-input',
      operationId: 'requestInput',
      summary: 'Make a message that was sent already a question',
      params: messageParams,
      what: 'message',
      responses: { 200: { description: 'It asks now', schema: requestedSchema, example: exampleRequested } },
      errors: ['CONFLICT', 'VALIDATION_FAILED'],
    },
    async ({ params, caller, respond }) => {
      const { instance, message, queued } = await requestInput(
        engine.system,
        {
          ownerId: caller.userId,
          messageId: params.message_id,
          asks: (metadata) =>
            askedInMetadata(metadata, { computing: engine.computing, ownerId: caller.userId }),
        },
        engine.now(),
      );
      engine.waker.wake('message', instance.conversationId);
      return respond(200, {
        success: true,
        agent_instance_id: instance.id,
        message_id: message.id,
        messages: queued.map(presentMessage),
      });
    },
  );

const endRoute = (engine: Pick<ApiServices, 'now' | 'system'>): AnyRoute =>
  defineRoute(
    {
      ...AGENT,
      method: 'POST',
      path: '/api/v1/sessions/end',
      operationId: 'endSession',
      summary: 'End the session; its open questions expire',
      description: 'What has ended stays as it ended: a repeat is answered with that.',
      body: endSessionSchema,
      example: { agent_instance_id: exampleInstance.id },
      responses: { 200: { description: 'Ended', schema: endedSchema, example: exampleEnded } },
      errors: ['CONFLICT', 'NOT_FOUND'],
    },
    async ({ body, caller, respond }) => {
      const of = { ownerId: caller.userId, id: body.agent_instance_id, status: body.status };
      const finalStatus = await endSession(engine.system, of, engine.now());
      return respond(200, {
        success: true,
        agent_instance_id: body.agent_instance_id,
        final_status: finalStatus,
      });
    },
  );
