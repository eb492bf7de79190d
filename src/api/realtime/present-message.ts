import { z } from 'zod';
import { MESSAGE_KINDS, type Message } from '../../persistence/messages.ts';
import { timestampSchema } from '../parameters.ts';

export const messageEntrySchema = z
  .object({
    id: z.uuid(),
    seq: z.int().describe('1…n within its conversation: what `after` and `Last-Event-ID` speak of'),
    thread_id: z.uuid().nullable(),
    execution_id: z.uuid().nullable().describe('The run it started or comes from'),
    agent_instance_id: z.uuid().nullable(),
    sender_type: z.enum(['agent', 'user']),
    kind: z
      .enum(MESSAGE_KINDS)
      .describe('`step`: the output of a task. `result`, `failure`: how a run ended'),
    content: z.string(),
    requires_user_input: z.boolean(),
    message_metadata: z.record(z.string(), z.unknown()),
    created_at: timestampSchema,
  })
  .meta({ id: 'ConversationMessage', description: 'One entry of a conversation.' });

/** A message as the API shows it, in lists and streams alike. */
export const presentMessage = (message: Message): z.input<typeof messageEntrySchema> => ({
  id: message.id,
  seq: message.seq,
  thread_id: message.threadId,
  execution_id: message.executionId,
  agent_instance_id: message.agentInstanceId,
  sender_type: message.senderType,
  kind: message.kind,
  content: message.content,
  requires_user_input: message.requiresUserInput,
  message_metadata: message.metadata,
  created_at: message.createdAt.toISOString(),
});
