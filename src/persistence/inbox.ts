import { z } from 'zod';
import { MESSAGE_COLUMNS, toMessage, type Message, type MessageRow } from './messages.ts';
import type { Sql } from './sql.ts';

/**
 * All messages of an owner in one order that every reader sees alike: by the transaction that wrote them, then by
 * conversation and seq. Only transactions below the oldest one that is still open are read, so that nothing can appear
 * before a place that was read already; writers share no lock for it.
 */

/** A place in that order; nothing before it is read again. */
export interface InboxCursor {
  /** The transaction, as Postgres counts them. */
  tx: string;
  conversationId: number;
  seq: number;
}

/** A cursor is good for so long: after a restore into another server, transactions are counted anew. */
const KEPT_MS = 24 * 3_600_000;

const LARGEST = 2_147_483_647;
const cursorForm = z.string().regex(/^\d{1,20}-\d{1,10}-\d{1,10}$/);

export const inboxCursorText = (cursor: InboxCursor): string =>
  `${cursor.tx}-${cursor.conversationId}-${cursor.seq}`;

/** @returns undefined for what no stream has ever sent */
export function readInboxCursor(text: string): InboxCursor | undefined {
  const parsed = cursorForm.safeParse(text);
  if (!parsed.success) return undefined;
  const [tx = '0', conversation = '0', seq = '0'] = parsed.data.split('-');
  if (BigInt(tx) >= 2n ** 63n) return undefined;
  return {
    tx,
    conversationId: Math.min(Number(conversation), LARGEST),
    seq: Math.min(Number(seq), LARGEST),
  };
}

/** The place after everything that is there now. */
export async function inboxEnd(sql: Sql): Promise<InboxCursor> {
  const [row] = await sql.query<{ tx: string }>(
    'select pg_snapshot_xmin(pg_current_snapshot())::text as tx',
    [],
  );
  // What is still being written has this number or a larger one.
  return { tx: row?.tx ?? '0', conversationId: 0, seq: 0 };
}

/** A page of an owner's messages after a place, in order. */
export async function readInbox(
  sql: Sql,
  ownerId: string,
  after: InboxCursor,
  limit: number,
  now: Date,
): Promise<{ message: Message; cursor: InboxCursor }[]> {
  const rows = await sql.query<MessageRow & { tx: string; conversation_id: number }>(
    `select ${MESSAGE_COLUMNS}, m.tx::text as tx, m.conversation_id
       from messages m left join executions x on x.id = m.execution_id
      where m.owner_id = $1 and (m.tx, m.conversation_id, m.seq) > ($2::text::xid8, $3::integer, $4::integer)
        and m.tx < pg_snapshot_xmin(pg_current_snapshot()) and m.created_at > $5
      order by m.tx, m.conversation_id, m.seq limit $6`,
    [
      ownerId,
      after.tx,
      after.conversationId,
      after.seq,
      new Date(now.getTime() - KEPT_MS).toISOString(),
      limit,
    ],
  );
  return rows.map((row) => ({
    message: toMessage(row),
    cursor: { tx: row.tx, conversationId: row.conversation_id, seq: row.seq },
  }));
}

/** Somebody who follows an owner's inbox, and the place after which nothing has been sent. */
export interface InboxPlace {
  ownerId: string;
  after: InboxCursor;
}

/** Which of these have something to read: one query and one look into an index for each. @returns their indexes */
export async function placesBehind(sql: Sql, places: readonly InboxPlace[], now: Date): Promise<number[]> {
  const rows = await sql.query<{ n: number }>(
    `select p.n from unnest($1::integer[], $2::uuid[], $3::text[], $4::integer[], $5::integer[])
         as p (n, owner_id, tx, conversation_id, seq)
      where exists (select 1 from messages m
        where m.owner_id = p.owner_id
          and (m.tx, m.conversation_id, m.seq) > (p.tx::xid8, p.conversation_id, p.seq)
          and m.tx < pg_snapshot_xmin(pg_current_snapshot()) and m.created_at > $6)`,
    [
      places.map((_place, index) => index),
      places.map(({ ownerId }) => ownerId),
      places.map(({ after }) => after.tx),
      places.map(({ after }) => after.conversationId),
      places.map(({ after }) => after.seq),
      new Date(now.getTime() - KEPT_MS).toISOString(),
    ],
  );
  return rows.map(({ n }) => n);
}

/** Whose conversations these are; those that are gone are left out. */
export const ownersOfConversations = (sql: Sql, ids: readonly number[]): Promise<OwnedId[]> =>
  sql.query('select id, owner_id from conversation_heads where id = any($1)', [ids]);

/** Whose executions these are. */
export const ownersOfExecutions = (sql: Sql, ids: readonly number[]): Promise<OwnedId[]> =>
  sql.query('select id, owner_id from executions where id = any($1)', [ids]);

export interface OwnedId {
  id: number;
  owner_id: string;
}
