import { randomUUID } from 'node:crypto';
import { conflict, invalid, notFound } from '../../domain/errors.ts';
import {
  isEnded,
  statusAfterAgent,
  statusAfterReading,
  type EndedStatus,
} from '../../domain/instance/instance-status.ts';
import type { JsonObject } from '../../domain/json.ts';
import { appendMessage, findMessage, readUserMessages, type Message } from '../../persistence/messages.ts';
import type { Sql, SqlPool } from '../../persistence/sql.ts';
import {
  askInInstance,
  closeInInstance,
  expireInInstance,
  type AskedFor,
} from '../questions/agent-questions.ts';
import {
  lockInstance,
  noteInInstance,
  openInstance,
  refuseEnded,
  refuseRun,
  type Instance,
  type NewInstance,
} from '../../persistence/external-agents/agent-row.ts';

/**
 * What agents elsewhere do in their instances. Reading moves the instance's cursor, and each message keeps where the
 * cursor stood before it: whoever repeats a message gets the same answer, whatever was read meanwhile.
 */

/** Messages one answer carries; the cursor stops at the last of them. */
const MOST_QUEUED = 1_000;
const NEVER = 2_147_483_647;

/** A message of an agent and what people have said since its last one. */
export interface AgentSaid {
  instance: Instance;
  message: Message;
  queued: Message[];
}

/** What an agent says. */
export interface AgentMessage extends NewInstance {
  /** The same for every repeat. */
  messageId: string;
  content: string;
  metadata: JsonObject;
  /** What it asks with it, or null. */
  asks: AskedFor | null;
}

/**
 * Writes what an agent says and reads what it has not read yet. Said again under the same id it is written once.
 * @throws {MusterError} CONFLICT for an instance that is a run or has ended, and for an id that stands for another message
 */
export function agentSays(database: SqlPool, said: AgentMessage, now: Date): Promise<AgentSaid> {
  return database.transaction(async (sql) => {
    const instance = await openInstance(sql, said, now);
    const repeated = await repeatOf(sql, instance, said);
    if (repeated !== null) return repeated;
    refuseEnded(instance);
    const expired = await expireInInstance(sql, instance, now);
    const questionId = randomUUID();
    const message = await appendMessage(
      sql,
      {
        ...inInstance(instance, said.messageId),
        senderType: 'agent',
        kind: said.asks === null ? 'step' : 'question',
        content: said.content,
        requiresUserInput: said.asks !== null,
        metadata: said.asks === null ? said.metadata : { ...said.metadata, question_id: questionId },
        cursorBefore: instance.lastReadSeq,
      },
      now,
    );
    if (said.asks !== null) {
      const asked = { ...said.asks, id: questionId, messageId: message.id, question: said.content };
      await askInInstance(sql, instance, asked, now);
    }
    const read = await readUpTo(sql, instance, message.seq);
    const status = statusAfterAgent(instance.status, said.asks !== null);
    const change = { status, said: [...expired, message], readUpTo: read.cursor };
    await noteInInstance(sql, instance, change, now);
    return { instance: { ...instance, status }, message, queued: read.queued };
  });
}

const inInstance = (instance: Instance, id: string) => ({
  id,
  ownerId: instance.ownerId,
  conversationId: instance.conversationId,
  threadId: null,
  executionId: null,
  agentInstanceId: instance.id,
});

/** What people have said since the cursor, and where the cursor stands once it is read. */
async function readUpTo(
  sql: Sql,
  instance: Instance,
  seq: number,
  after = instance.lastReadSeq,
): Promise<{ queued: Message[]; cursor: number }> {
  const between = { after, before: seq };
  const queued = await readUserMessages(sql, instance.conversationId, between, MOST_QUEUED);
  return { queued, cursor: queued.length < MOST_QUEUED ? seq : (queued.at(-1)?.seq ?? seq) };
}

/** @throws {MusterError} CONFLICT when the id stands for another message */
async function repeatOf(
  sql: Sql,
  instance: Instance,
  said: { messageId: string; content: string },
): Promise<AgentSaid | null> {
  const found = await findMessage(sql, instance.ownerId, said.messageId);
  if (found === null) return null;
  if (found.conversationId !== instance.conversationId || found.message.content !== said.content) {
    throw conflict('this message_id stands for another message', { message_id: said.messageId });
  }
  const { message, cursorBefore } = found;
  const { queued } = await readUpTo(sql, instance, message.seq, cursorBefore ?? message.seq);
  return { instance, message, queued };
}

/** What a person told an agent where it runs: it stands here as theirs, and is read already when `markAsRead`. */
export function agentReports(
  database: SqlPool,
  said: { ownerId: string; id: string; messageId: string; content: string; markAsRead: boolean },
  now: Date,
): Promise<AgentSaid> {
  return database.transaction(async (sql) => {
    const instance = await lockInstance(sql, said.ownerId, said.id);
    refuseRun(instance);
    const repeated = await repeatOf(sql, instance, said);
    if (repeated !== null) return said.markAsRead ? repeated : { ...repeated, queued: [] };
    refuseEnded(instance);
    const message = await appendMessage(
      sql,
      {
        ...inInstance(instance, said.messageId),
        senderType: 'user',
        kind: 'user',
        content: said.content,
        ...(said.markAsRead && { cursorBefore: instance.lastReadSeq }),
      },
      now,
    );
    const read = said.markAsRead ? await readUpTo(sql, instance, message.seq) : null;
    const change = {
      status: instance.status === 'PAUSED' ? ('PAUSED' as const) : ('ACTIVE' as const),
      said: [message],
      readUpTo: read?.cursor ?? instance.lastReadSeq,
    };
    await noteInInstance(sql, instance, change, now);
    return { instance, message, queued: read?.queued ?? [] };
  });
}

/** What an agent that looks is told. */
export interface Pending {
  /** `stale`: the instance has been read further than the agent thinks. */
  status: 'ok' | 'stale';
  messages: Message[];
  /** Of a stale look: what was read since the agent's own place, so that an answer that got lost loses nothing. */
  missed: Message[];
  lastReadMessageId: string | null;
  instance: Instance;
  /** Whether the look itself has written: time was up for a question. */
  wrote: boolean;
}

/**
 * What people have said since the cursor, which moves on.
 * @param lastReadMessageId where the agent thinks the cursor is; undefined when it does not say
 */
export function readPending(
  database: SqlPool,
  of: { ownerId: string; id: string; lastReadMessageId: string | undefined },
  now: Date,
): Promise<Pending> {
  return database.transaction(async (sql) => {
    const instance = await lockInstance(sql, of.ownerId, of.id);
    refuseRun(instance);
    const expired = await expireInInstance(sql, instance, now);
    const status = isEnded(instance.status) ? instance.status : statusAfterReading(instance.status);
    const asked = await placeOf(sql, instance, of.lastReadMessageId);
    const isStale = asked !== undefined && asked !== instance.lastReadSeq;
    const { queued } = isStale ? { queued: [] } : await readUpTo(sql, instance, NEVER);
    const cursor = queued.at(-1)?.seq ?? instance.lastReadSeq;
    await noteInInstance(sql, instance, { status, said: expired, readUpTo: cursor }, now);
    const missed =
      isStale && asked !== null
        ? await readUserMessages(
            sql,
            instance.conversationId,
            { after: asked, before: instance.lastReadSeq + 1 },
            MOST_QUEUED,
          )
        : [];
    return {
      status: isStale ? 'stale' : 'ok',
      messages: queued,
      missed,
      lastReadMessageId: queued.at(-1)?.id ?? (await messageAt(sql, instance, instance.lastReadSeq)),
      instance: { ...instance, status },
      wrote: expired.length > 0,
    };
  });
}

/** @returns undefined when nothing was asked, null for what is no message of the instance */
async function placeOf(
  sql: Sql,
  instance: Instance,
  id: string | undefined,
): Promise<number | null | undefined> {
  if (id === undefined) return undefined;
  const found = await findMessage(sql, instance.ownerId, id);
  return found === null || found.conversationId !== instance.conversationId ? null : found.message.seq;
}

async function messageAt(sql: Sql, instance: Instance, seq: number): Promise<string | null> {
  const [row] = await sql.query<{ id: string }>(
    'select id from messages where conversation_id = $1 and seq = $2',
    [instance.conversationId, seq],
  );
  return row?.id ?? null;
}

/**
 * Makes an agent's message a question, after the fact. One that is a question already stays what it is.
 * @throws {MusterError} NOT_FOUND; VALIDATION_FAILED for a message of a person; CONFLICT
 */
export async function requestInput(
  database: SqlPool,
  of: { ownerId: string; messageId: string; asks: (metadata: JsonObject) => Promise<AskedFor> },
  now: Date,
): Promise<AgentSaid> {
  const unlocked = await findMessage(database, of.ownerId, of.messageId);
  const id = unlocked?.message.agentInstanceId ?? null;
  if (unlocked === null || id === null) throw notFound('message');
  // Before anything is locked: what a message says of its question does not change, and a schema takes its time.
  const { requiresUserInput, senderType, metadata } = unlocked.message;
  const asks = requiresUserInput || senderType === 'user' ? null : await of.asks(metadata);
  return database.transaction(async (sql) => {
    const instance = await lockInstance(sql, of.ownerId, id);
    refuseRun(instance);
    refuseEnded(instance);
    const found = await findMessage(sql, of.ownerId, of.messageId);
    if (found === null) throw notFound('message');
    const { message } = found;
    if (message.senderType === 'user')
      throw invalid('The request does not fit', [
        { path: '/message_id', message: 'is a message of a person: only an agent asks for input' },
      ]);
    const head = await headOf(sql, instance);
    const read = await readUpTo(sql, instance, head + 1);
    const cursor = read.queued.at(-1)?.seq ?? Math.max(instance.lastReadSeq, message.seq);
    let status = statusAfterReading(instance.status);
    if (!message.requiresUserInput && asks !== null) {
      const questionId = randomUUID();
      await sql.query(
        `update messages set requires_user_input = true, kind = 'question',
           message_metadata = message_metadata || jsonb_build_object('question_id', $3::text)
          where owner_id = $1 and id = $2`,
        [of.ownerId, message.id, questionId],
      );
      const asked = { ...asks, id: questionId, messageId: message.id };
      await askInInstance(sql, instance, { ...asked, question: message.content }, now);
      status = 'AWAITING_INPUT';
    }
    await noteInInstance(sql, instance, { status, said: [], readUpTo: cursor }, now);
    return { instance, message: { ...message, requiresUserInput: true }, queued: read.queued };
  });
}

async function headOf(sql: Sql, instance: Instance): Promise<number> {
  const [row] = await sql.query<{ last_seq: number }>(
    'select last_seq from conversation_heads where id = $1',
    [instance.conversationId],
  );
  return row?.last_seq ?? 0;
}

/** Ends a session, once; what is over stays as it is. @returns how it ended */
export function endSession(
  database: SqlPool,
  of: { ownerId: string; id: string; status: EndedStatus },
  now: Date,
): Promise<EndedStatus> {
  return database.transaction(async (sql) => {
    const instance = await lockInstance(sql, of.ownerId, of.id);
    refuseRun(instance);
    if (isEnded(instance.status)) return instance.status;
    await closeInInstance(sql, instance);
    await sql.query(
      `update agent_instances set status = $3, ended_at = $4, heard_at = $4, updated_at = $4 where owner_id = $1 and id = $2`,
      [instance.ownerId, instance.id, of.status, now.toISOString()],
    );
    return of.status;
  });
}
