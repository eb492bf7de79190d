import { conflict, notFound } from '../../domain/errors.ts';
import { isEnded, type InstanceStatus } from '../../domain/instance/instance-status.ts';
import type { Message } from '../messages.ts';
import type { Sql } from '../sql.ts';

/**
 * The row of an agent instance: locked first by whoever writes in it, before the head of its conversation. It counts its
 * messages and keeps the last one, so that lists read no messages.
 */

/** An instance while it is locked. */
export interface Instance {
  ownerId: string;
  /** Its agent's own; unique for the owner. Of a crew's run: the UUID of the execution. */
  id: string;
  conversationId: number;
  /** The integer id of the run it is; null for an agent elsewhere. */
  executionId: number | null;
  status: InstanceStatus;
  /** How far its agent has read. */
  lastReadSeq: number;
}

interface InstanceRow {
  owner_id: string;
  id: string;
  conversation_id: number;
  execution_id: number | null;
  status: InstanceStatus;
  last_read_seq: number;
}

const COLUMNS = 'owner_id, id, conversation_id, execution_id, status, last_read_seq';

const toInstance = (row: InstanceRow): Instance => ({
  ownerId: row.owner_id,
  id: row.id,
  conversationId: row.conversation_id,
  executionId: row.execution_id,
  status: row.status,
  lastReadSeq: row.last_read_seq,
});

/** Locks an instance. @throws {MusterError} NOT_FOUND */
export async function lockInstance(sql: Sql, ownerId: string, id: string): Promise<Instance> {
  const [row] = await sql.query<InstanceRow>(
    `select ${COLUMNS} from agent_instances where owner_id = $1 and id = $2 for no key update`,
    [ownerId, id],
  );
  if (row === undefined) throw notFound('agent instance');
  return toInstance(row);
}

/** What an agent that reports for the first time says of itself. */
export interface NewInstance {
  ownerId: string;
  id: string;
  /** The name of its kind, such as `Claude Code`; upper and lower case are one. */
  agentType: string;
  name: string | null;
}

/** Locks an instance of an agent elsewhere, and makes it when it is new. @throws {MusterError} CONFLICT for that of a run */
export async function openInstance(sql: Sql, wanted: NewInstance, now: Date): Promise<Instance> {
  await sql.query(
    `with type as (
       insert into agent_types (id, owner_id, name, created_at) select agent_type_id($1, $3), $1, $3, $5
        where not exists (select 1 from agent_instances where owner_id = $1 and id = $2)
       on conflict (id) do nothing
     ), made as (
       insert into agent_instances (owner_id, id, agent_type_id, conversation_id, name, status, heard_at, started_at, updated_at)
       select $1, $2, agent_type_id($1, $3), nextval(pg_get_serial_sequence('conversation_heads', 'id')), $4, 'ACTIVE', $5, $5, $5
        where not exists (select 1 from agent_instances where owner_id = $1 and id = $2)
       on conflict (owner_id, id) do nothing returning conversation_id
     )
     insert into conversation_heads (id, owner_id) select conversation_id, $1 from made`,
    [wanted.ownerId, wanted.id, wanted.agentType, wanted.name, now.toISOString()],
  );
  const instance = await lockInstance(sql, wanted.ownerId, wanted.id);
  refuseRun(instance);
  return instance;
}

/** What is an execution is written by its run alone. @throws {MusterError} CONFLICT */
export function refuseRun(instance: Instance): void {
  if (instance.executionId === null) return;
  throw conflict('this instance is an execution: its run alone writes here and decides its status', {
    execution_id: instance.id,
  });
}

/** @throws {MusterError} CONFLICT when the session is over. */
export function refuseEnded(instance: Instance): void {
  if (!isEnded(instance.status)) return;
  throw conflict(`this instance is ${instance.status}: its session is over`, { status: instance.status });
}

/** What a message and its reading change. */
export interface InstanceChange {
  status: InstanceStatus;
  /** What was written, oldest first. */
  said: readonly Message[];
  /** How far the agent has read now; left out when a person wrote. Its sign of life. */
  readUpTo?: number;
}

/** Characters of the last message a list shows. */
const PREVIEW = 1_000;

/** Writes into a locked instance's row what has been said and read. */
export async function noteInInstance(
  sql: Sql,
  instance: Instance,
  change: InstanceChange,
  now: Date,
): Promise<void> {
  const last = change.said.at(-1);
  const heard = change.readUpTo !== undefined;
  await sql.query(
    `update agent_instances set status = $3, message_count = message_count + $4,
       last_message = coalesce($5, last_message), last_message_at = coalesce($6, last_message_at),
       last_read_seq = greatest(last_read_seq, $7), heard_at = case when $8 then $9 else heard_at end, updated_at = $9
     where owner_id = $1 and id = $2`,
    [
      instance.ownerId,
      instance.id,
      change.status,
      change.said.length,
      last?.content.slice(0, PREVIEW).toWellFormed() ?? null,
      last?.createdAt.toISOString() ?? null,
      change.readUpTo ?? 0,
      heard,
      now.toISOString(),
    ],
  );
}

/** Agents elsewhere that have been silent too long are STALE, until they give a sign of life. @returns how many */
export async function markSilentInstances(sql: Sql, silentSince: Date, now: Date): Promise<number> {
  const rows = await sql.query(
    `update agent_instances set status = 'STALE', updated_at = $2
      where status = 'ACTIVE' and execution_id is null and heard_at < $1 returning id`,
    [silentSince.toISOString(), now.toISOString()],
  );
  return rows.length;
}
