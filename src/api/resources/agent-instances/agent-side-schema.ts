import { z } from 'zod';
import { ENDED_STATUSES, INSTANCE_STATUSES } from '../../../domain/instance/instance-status.ts';
import { uuidParam } from '../../parameters.ts';
import { messageEntrySchema } from '../../realtime/present-message.ts';
import { exampleInstance, exampleMessage } from './schema.ts';

/** What agents elsewhere send and are answered. */

const content = z.string().min(1).max(100_000);
const messageId = z
  .uuid()
  .optional()
  .describe('Your own id for the message: sent again, it is written once and answered the same');

export const agentMessageSchema = z
  .object({
    agent_instance_id: z
      .uuid()
      .optional()
      .describe('Names the session; new ones are made. Left out: one is made, and its id answered'),
    agent_type: z.string().trim().min(1).max(200).default('agent').describe('What kind of agent you are'),
    name: z.string().trim().min(1).max(200).optional().describe('Of a new session, for people to know it by'),
    content,
    requires_user_input: z.boolean().default(false).describe('Whether this is a question'),
    message_metadata: z
      .record(z.string(), z.json())
      .nullish()
      .describe(
        'Kept as it is. Of a question, `question: {options, multiple, schema, timeout_seconds, remind_after_seconds, default}` says what an ' +
          'answer may be',
      ),
    message_id: messageId,
  })
  .meta({ id: 'AgentMessage' });

export const reportedMessageSchema = z
  .object({
    agent_instance_id: z.uuid(),
    content,
    mark_as_read: z.boolean().default(true).describe('Whether the agent knows it already'),
    message_id: messageId,
  })
  .meta({ id: 'ReportedMessage' });

export const endSessionSchema = z
  .object({
    agent_instance_id: z.uuid(),
    status: z.enum(ENDED_STATUSES).default('COMPLETED').describe('How it ended'),
  })
  .meta({ id: 'EndSession' });

export const pendingQuery = z.object({
  agent_instance_id: z.uuid().describe('Whose messages'),
  last_read_message_id: z
    .uuid()
    .optional()
    .describe('Where you think the cursor is: your own last message, or the last one you were handed'),
});
export const messageParams = z.object({ message_id: uuidParam });

const statusSchema = z
  .enum(INSTANCE_STATUSES)
  .describe('How the instance stands: a person may pause or end it');
const queuedSchema = z
  .array(messageEntrySchema)
  .describe('What people have said since you last read, oldest first; it counts as read now');

export const saidSchema = z
  .object({
    success: z.literal(true),
    agent_instance_id: z.uuid(),
    message_id: z.uuid(),
    question_id: z.uuid().nullable().describe('Of a question'),
    status: statusSchema,
    queued_user_messages: queuedSchema,
  })
  .meta({ id: 'AgentMessageTaken' });

export const reportedSchema = z
  .object({
    success: z.literal(true),
    agent_instance_id: z.uuid(),
    message_id: z.uuid(),
    marked_as_read: z.boolean(),
    queued_user_messages: queuedSchema,
  })
  .meta({ id: 'ReportedMessageTaken' });

export const requestedSchema = z
  .object({
    success: z.literal(true),
    agent_instance_id: z.uuid(),
    message_id: z.uuid(),
    messages: queuedSchema,
  })
  .meta({ id: 'InputRequested' });

export const pendingSchema = z
  .object({
    agent_instance_id: z.uuid(),
    status: z
      .enum(['ok', 'stale'])
      .describe(
        '`stale`: the cursor is not where you think; somebody, or an answer that got lost, has read on',
      ),
    messages: z
      .array(messageEntrySchema)
      .describe('What people have said since the cursor; empty when stale'),
    missed_messages: z
      .array(messageEntrySchema)
      .describe('When stale: what people have said since `last_read_message_id` and was handed out already'),
    last_read_message_id: z.uuid().nullable().describe('Where the cursor is now'),
    instance_status: statusSchema,
  })
  .meta({ id: 'PendingMessages' });

export const endedSchema = z
  .object({
    success: z.literal(true),
    agent_instance_id: z.uuid(),
    final_status: z.enum(ENDED_STATUSES),
  })
  .meta({ id: 'SessionEnded' });

const feedback: z.input<typeof messageEntrySchema> = {
  ...exampleMessage,
  id: '0193a1b2-7c3d-4e5f-8a9b-0c1d2e3f4a64',
  seq: 11,
  sender_type: 'user',
  kind: 'feedback',
  content: 'Leave the fixtures alone',
  requires_user_input: false,
  message_metadata: {},
};

const one = {
  success: true as const,
  agent_instance_id: exampleInstance.id,
  message_id: exampleMessage.id,
};

export const exampleSaid: z.input<typeof saidSchema> = {
  ...one,
  question_id: '0193a1b2-7c3d-4e5f-8a9b-0c1d2e3f4a63',
  status: 'AWAITING_INPUT',
  queued_user_messages: [feedback],
};
export const exampleReported: z.input<typeof reportedSchema> = {
  ...one,
  marked_as_read: true,
  queued_user_messages: [],
};
export const exampleRequested: z.input<typeof requestedSchema> = { ...one, messages: [] };
export const examplePending: z.input<typeof pendingSchema> = {
  agent_instance_id: exampleInstance.id,
  status: 'ok',
  messages: [feedback],
  missed_messages: [],
  last_read_message_id: feedback.id,
  instance_status: 'ACTIVE',
};
export const exampleEnded: z.input<typeof endedSchema> = {
  success: true,
  agent_instance_id: exampleInstance.id,
  final_status: 'COMPLETED',
};
