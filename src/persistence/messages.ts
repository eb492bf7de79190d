import type { JsonObject } from '../domain/json.ts';
import { toJsonb } from './jsonb.ts';
import { storableText } from '../domain/storable-text.ts';
import type { Sql } from './sql.ts';
import { parseTimestamp } from './timestamp.ts';

/**
 * The one store of messages. A conversation numbers them from 1 without a gap, in the order of the commits; its
 * head is the last row a transaction locks.
 */

export const MESSAGE_KINDS = [
  'user',
  'step',
  'question',
  'reminder',
  'answer',
  'feedback',
  'result',
  'failure',
  'system',
] as const;
export type MessageKind = (typeof MESSAGE_KINDS)[number];

/** A message as it is shown. */
export interface Message {
  id: string;
  seq: number;
  threadId: string | null;
  /** The UUID. */
  executionId: string | null;
  agentInstanceId: string | null;
  senderType: 'agent' | 'user';
  kind: MessageKind;
  content: string;
  requiresUserInput: boolean;
  metadata: JsonObject;
  createdAt: Date;
}

export interface NewMessage {
  id: string;
  ownerId: string;
  conversationId: number;
  threadId: string | null;
  /** The integer id. */
  executionId: number | null;
  senderType: 'agent' | 'user';
  kind: MessageKind;
  content: string;
  metadata?: JsonObject;
  agentInstanceId?: string;
  requiresUserInput?: boolean;
  /** How far an agent elsewhere had read when it wrote this. */
  cursorBefore?: number;
}

export interface MessageRow {
  id: string;
  seq: number;
  thread_id: string | null;
  execution_uuid: string | null;
  agent_instance_id: string | null;
  sender_type: 'agent' | 'user';
  kind: MessageKind;
  content: string;
  requires_user_input: boolean;
  message_metadata: JsonObject;
  created_at: string;
}

export const MESSAGE_COLUMNS = `m.id, m.seq, m.thread_id, x.execution_id as execution_uuid, m.agent_instance_id, m.sender_type,
  m.kind, m.content, m.requires_user_input, m.message_metadata, m.created_at`;

export const toMessage = (row: MessageRow): Message => ({
  id: row.id,
  seq: row.seq,
  threadId: row.thread_id,
  executionId: row.execution_uuid,
  agentInstanceId: row.agent_instance_id,
  senderType: row.sender_type,
  kind: row.kind,
  content: row.content,
  requiresUserInput: row.requires_user_input,
  metadata: row.message_metadata,
  createdAt: parseTimestamp(row.created_at),
});

/**
 * Writes a message as its transaction's last statement; one whose id is there already is not written again. Wake
 * `message` with the conversation after the commit.
 */
export async function appendMessage(sql: Sql, message: NewMessage, now: Date): Promise<Message> {
  await sql.query(
    `with head as (
       update conversation_heads set last_seq = last_seq + 1
        where id = $3 and not exists (select 1 from messages where owner_id = $2 and id = $1) returning last_seq
     )
     insert into messages (id, owner_id, conversation_id, seq, thread_id, execution_id, sender_type, kind, content,
       message_metadata, created_at, agent_instance_id, requires_user_input, cursor_before)
     select $1, $2, $3, last_seq, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13 from head`,
    [
      message.id,
      message.ownerId,
      message.conversationId,
      message.threadId,
      message.executionId,
      message.senderType,
      message.kind,
      storableText(message.content),
      toJsonb(message.metadata ?? {}),
      now.toISOString(),
      message.agentInstanceId ?? null,
      message.requiresUserInput ?? false,
      message.cursorBefore ?? null,
    ],
  );
  const found = await findMessage(sql, message.ownerId, message.id);
  if (found === null) throw new Error(`conversation ${message.conversationId} has no head`);
  return found.message;
}

/** One message of an owner's with the conversation it stands in, or null. */
export async function findMessage(
  sql: Sql,
  ownerId: string,
  id: string,
): Promise<{ message: Message; conversationId: number; cursorBefore: number | null } | null> {
  const [row] = await sql.query<MessageRow & { conversation_id: number; cursor_before: number | null }>(
    `select ${MESSAGE_COLUMNS}, m.conversation_id, m.cursor_before
       from messages m left join executions x on x.id = m.execution_id where m.owner_id = $1 and m.id = $2`,
    [ownerId, id],
  );
  if (row === undefined) return null;
  return { message: toMessage(row), conversationId: row.conversation_id, cursorBefore: row.cursor_before };
}

/** What people said in a conversation between two places in it (both left out), oldest first. */
export async function readUserMessages(
  sql: Sql,
  conversationId: number,
  between: { after: number; before: number },
  limit: number,
): Promise<Message[]> {
  const rows = await sql.query<MessageRow>(
    `select ${MESSAGE_COLUMNS} from messages m left join executions x on x.id = m.execution_id
      where m.conversation_id = $1 and m.seq > $2 and m.seq < $3 and m.sender_type = 'user' order by m.seq limit $4`,
    [conversationId, between.after, between.before, limit],
  );
  return rows.map(toMessage);
}

/** The last messages of an instance before a place in its conversation, oldest first. */
export async function readInstanceMessages(
  sql: Sql,
  instance: { id: string; conversationId: number },
  before: number,
  limit: number,
): Promise<Message[]> {
  const rows = await sql.query<MessageRow>(
    `select ${MESSAGE_COLUMNS} from messages m left join executions x on x.id = m.execution_id
      where m.conversation_id = $1 and m.agent_instance_id = $2 and m.seq < $3 order by m.seq desc limit $4`,
    [instance.conversationId, instance.id, before, limit],
  );
  return rows.map(toMessage).toReversed();
}

/** A page of a conversation after `after`, oldest first. */
export async function readMessages(
  sql: Sql,
  conversationId: number,
  after: number,
  limit: number,
): Promise<Message[]> {
  const rows = await sql.query<MessageRow>(
    `select ${MESSAGE_COLUMNS} from messages m left join executions x on x.id = m.execution_id
      where m.conversation_id = $1 and m.seq > $2 order by m.seq limit $3`,
    [conversationId, after, limit],
  );
  return rows.map(toMessage);
}

/** A page of an instance's messages after a place in its conversation, oldest first. */
export async function readInstanceMessagesAfter(
  sql: Sql,
  instance: { id: string; conversationId: number },
  after: number,
  limit: number,
): Promise<Message[]> {
  const rows = await sql.query<MessageRow>(
    `select ${MESSAGE_COLUMNS} from messages m left join executions x on x.id = m.execution_id
      where m.conversation_id = $1 and m.agent_instance_id = $2 and m.seq > $3 order by m.seq limit $4`,
    [instance.conversationId, instance.id, after, limit],
  );
  return rows.map(toMessage);
}

/** The last seq of each conversation that is there. */
export async function readConversationHeads(sql: Sql, ids: readonly number[]): Promise<Map<number, number>> {
  const rows = await sql.query<{ id: number; last_seq: number }>(
    'select id, last_seq from conversation_heads where id = any($1)',
    [ids],
  );
  return new Map(rows.map((row) => [row.id, row.last_seq]));
}

/** The conversation of an instance and where it stands; null when it is not there. */
export async function readPlaceOf(
  sql: Sql,
  ownerId: string,
  instanceId: string,
): Promise<{ conversationId: number; lastSeq: number } | null> {
  const [row] = await sql.query<{ id: number; last_seq: number }>(
    `select h.id, h.last_seq from agent_instances i join conversation_heads h on h.id = i.conversation_id
      where i.owner_id = $1 and i.id = $2`,
    [ownerId, instanceId],
  );
  return row === undefined ? null : { conversationId: row.id, lastSeq: row.last_seq };
}

/** The conversations in which these executions speak. */
export async function conversationsOf(sql: Sql, executionIds: readonly number[]): Promise<number[]> {
  const rows = await sql.query<{ id: number }>(
    `select t.conversation_id as id from executions e join threads t on t.id = e.thread_id where e.id = any($1)
      union select conversation_id from agent_instances where execution_id = any($1)`,
    [executionIds],
  );
  return rows.map((row) => row.id);
}
