import type { JsonObject } from '../domain/json.ts';
import type { EndpointKind } from './entities/delivery-endpoint.entity.ts';
import { toEventFrame, type EventRow } from './event-log.ts';
import { toJsonb } from './jsonb.ts';
import { kickoffPayloads } from './kickoff-payloads.ts';
import type { Sql, SqlPool } from './sql.ts';
import { parseTimestamp } from './timestamp.ts';

/** What the worker reads and writes while it delivers. Who may see deliveries: repositories/deliveries.repository.ts. */

/** Where to deliver, and how it stands. */
export interface Endpoint {
  id: string;
  ownerId: string;
  kind: EndpointKind;
  url: string;
  /** Encrypted. */
  secret: string | null;
  previousSecret: string | null;
  previousSecretUntil: Date | null;
  failuresInARow: number;
  failingSince: Date | null;
  heldUntil: Date;
}

/** A message whose time has come. */
export interface DueDelivery {
  id: string;
  eventType: string;
  /** What is sent, as JSON; null when what it spoke of is not there any more. */
  payload: object | null;
  attempts: number;
  /** Since it was made or last asked for again. */
  roundAttempts: number;
  subjectId: string | null;
}

interface EndpointRow {
  id: string;
  owner_id: string;
  kind: EndpointKind;
  url: string;
  secret: string | null;
  previous_secret: string | null;
  previous_secret_until: string | null;
  failures_in_a_row: number;
  failing_since: string | null;
  held_until: string;
}

/** The columns of the event mean nothing when `has_event` is false. */
interface DueRow extends EventRow {
  has_event: boolean;
  delivery_id: string;
  event_type: string;
  payload: JsonObject | null;
  attempts: number;
  round_attempts: number;
  subject_id: string | null;
}

const toDate = (text: string | null): Date | null => (text === null ? null : parseTimestamp(text));

/** @returns undefined when it is gone, switched off, or its owner is disabled. */
export async function readEndpoint(sql: Sql, id: string): Promise<Endpoint | undefined> {
  const [row] = await sql.query<EndpointRow>(
    `select id, owner_id, kind, url, secret, previous_secret, previous_secret_until, failures_in_a_row, failing_since, held_until
       from delivery_endpoints w where id = $1 and is_enabled
         and exists (select 1 from users u where u.id = w.owner_id and u.is_active)`,
    [id],
  );
  if (row === undefined) return undefined;
  return {
    id: row.id,
    ownerId: row.owner_id,
    kind: row.kind,
    url: row.url,
    secret: row.secret,
    previousSecret: row.previous_secret,
    previousSecretUntil: toDate(row.previous_secret_until),
    failuresInARow: row.failures_in_a_row,
    failingSince: toDate(row.failing_since),
    heldUntil: parseTimestamp(row.held_until),
  };
}

/** What is due at an endpoint, oldest message first. */
export async function readDue(
  sql: Sql,
  { id: endpointId, kind }: Pick<Endpoint, 'id' | 'kind'>,
  now: Date,
  limit: number,
): Promise<DueDelivery[]> {
  const rows = await sql.query<DueRow>(
    `select d.id as delivery_id, d.event_type, d.payload, d.attempts, d.round_attempts, d.subject_id,
            x.id is not null as has_event, v.seq, v.type, v.execution_id, x.execution_id as execution_uuid, x.workflow_id, v.task_key, v.task_id,
            v.agent_id, v.status, v.data, v.created_at
       from (select * from deliveries where endpoint_id = $1 and status = 'pending' and next_attempt_at <= $2
              order by position limit $3) d
       left join execution_events v on v.execution_id = d.execution_id and v.seq = d.event_seq
       left join executions x on x.id = v.execution_id
      order by d.position`,
    [endpointId, now.toISOString(), limit],
  );
  const toPayload =
    kind === 'kickoff'
      ? await kickoffPayloads(
          sql,
          rows.filter((row) => row.has_event),
        )
      : standardPayload;
  return rows.map((row) => ({
    id: row.delivery_id,
    eventType: row.event_type,
    payload: row.payload ?? (row.has_event ? toPayload(row) : null),
    attempts: row.attempts,
    roundAttempts: row.round_attempts,
    subjectId: row.subject_id,
  }));
}

/** Standard Webhooks' payload of an event: its envelope, with its seq, is the data. */
function standardPayload(row: EventRow): object {
  const frame = toEventFrame(row);
  return { type: frame.type, timestamp: frame.timestamp, data: frame };
}

/** When the next message of an endpoint is due. @returns null when none waits. */
export async function nextDue(sql: Sql, endpointId: string): Promise<Date | null> {
  const [row] = await sql.query<{ next: string | null }>(
    `select min(next_attempt_at) as next from deliveries where endpoint_id = $1 and status = 'pending'`,
    [endpointId],
  );
  return toDate(row?.next ?? null);
}

/** A message that is no event of a log. */
export interface NewDelivery {
  id: string;
  endpointId: string;
  ownerId: string;
  eventType: string;
  payload: JsonObject;
  /** What it is about: an agent instance. */
  subjectId?: string;
}

/** Puts a message on its way, once for each id; announce it after the commit. */
export async function createDelivery(sql: Sql, delivery: NewDelivery, now: Date): Promise<void> {
  await sql.query(
    `insert into deliveries (id, endpoint_id, owner_id, event_type, payload, subject_id, status, next_attempt_at, created_at)
     values ($1, $2, $3, $4, $5, $6, 'pending', $7, $7) on conflict (id) do nothing`,
    [
      delivery.id,
      delivery.endpointId,
      delivery.ownerId,
      delivery.eventType,
      toJsonb(delivery.payload),
      delivery.subjectId ?? null,
      now.toISOString(),
    ],
  );
}

/** Gives up a message that nobody waits for: without an attempt, and without a word about its endpoint. */
export async function withdrawDelivery(sql: Sql, delivery: DueDelivery, reason: string): Promise<void> {
  await sql.query(
    `update deliveries set status = 'failed', is_announced = true, next_attempt_at = null, error = $3
      where id = $1 and attempts = $2 and status = 'pending'`,
    [delivery.id, delivery.attempts, reason],
  );
}

/** What one attempt has come to. */
export interface Attempt {
  at: Date;
  durationMs: number;
  /** Null when there was no answer. */
  responseCode: number | null;
  /** Null when it was taken. */
  error: string | null;
}

/** Writes an attempt that was taken; the endpoint's last success is kept to the minute. Harmless when it is too late. */
export async function recordDelivered(
  sql: Sql,
  endpoint: Endpoint,
  delivery: DueDelivery,
  attempt: Attempt,
): Promise<void> {
  await sql.query(
    `with written as (
       update deliveries set status = 'delivered', is_announced = true, attempts = attempts + 1,
         round_attempts = round_attempts + 1, next_attempt_at = null, last_attempt_at = $4, response_code = $5,
         duration_ms = $6, error = null, delivered_at = $4
        where id = $1 and attempts = $2 and status = 'pending'
     )
     update delivery_endpoints
        set failures_in_a_row = 0, failing_since = null, held_until = 'epoch', last_success_at = $4
      where id = $3 and (failures_in_a_row > 0 or last_success_at is null
        or last_success_at < $4::timestamptz - interval '1 minute')`,
    [
      delivery.id,
      delivery.attempts,
      endpoint.id,
      attempt.at.toISOString(),
      attempt.responseCode,
      attempt.durationMs,
    ],
  );
}

/** What follows from an attempt that failed. */
export interface Consequence {
  /** Null: it is given up. */
  nextAttemptAt: Date | null;
  heldUntil: Date;
  /** Why the endpoint is switched off; null when it is not. */
  disabledReason: string | null;
}

/** Writes an attempt that failed, and what follows. @returns false when another attempt was recorded meanwhile. */
export async function recordFailed(
  sql: Sql,
  endpoint: Endpoint,
  delivery: DueDelivery,
  attempt: Attempt,
  { nextAttemptAt, heldUntil, disabledReason }: Consequence,
): Promise<boolean> {
  const written = await sql.query(
    `update deliveries set status = case when $3::timestamptz is null then 'failed' else 'pending' end,
       is_announced = true, attempts = attempts + 1, round_attempts = round_attempts + 1, next_attempt_at = $3,
       last_attempt_at = $4, response_code = $5, duration_ms = $6, error = $7
      where id = $1 and attempts = $2 and status = 'pending' returning 1`,
    [
      delivery.id,
      delivery.attempts,
      nextAttemptAt?.toISOString() ?? null,
      attempt.at.toISOString(),
      attempt.responseCode,
      attempt.durationMs,
      attempt.error,
    ],
  );
  await sql.query(
    `update delivery_endpoints
        set failures_in_a_row = failures_in_a_row + 1, failing_since = coalesce(failing_since, $2), held_until = $3,
            is_enabled = is_enabled and $4::text is null, disabled_reason = coalesce($4, disabled_reason)
      where id = $1`,
    [endpoint.id, attempt.at.toISOString(), heldUntil.toISOString(), disabledReason],
  );
  return written.length > 0;
}

/** Whether more than `most` messages wait at an endpoint. */
export async function isPiledUp(sql: Sql, endpointId: string, most: number): Promise<boolean> {
  const [row] = await sql.query<{ count: number }>(
    `select count(*)::integer as count from (
       select 1 from deliveries where endpoint_id = $1 and status = 'pending' limit $2) p`,
    [endpointId, most + 1],
  );
  return (row?.count ?? 0) > most;
}

/** Messages nobody has told Temporal of, at most `limit`. */
export const readUnannounced = (sql: Sql, limit: number): Promise<{ id: string; endpoint_id: string }[]> =>
  sql.query('select id, endpoint_id from deliveries where not is_announced limit $1', [limit]);

export async function markAnnounced(sql: Sql, ids: readonly string[]): Promise<void> {
  await sql.query('update deliveries set is_announced = true where id = any($1::uuid[])', [ids]);
}

/** Advisory lock that lets one process look for what was left lying at a time; any constant will do. */
const LOOK_LOCK = 7_305_015;

/** Endpoints that have had something due since `before`, and nobody delivers it. */
export function endpointsLeftLying(sql: SqlPool, before: Date, limit: number): Promise<{ id: string }[]> {
  return sql.transaction(async (tx) => {
    const [lock] = await tx.query<{ mine: boolean }>('select pg_try_advisory_xact_lock($1) as mine', [
      LOOK_LOCK,
    ]);
    if (lock?.mine !== true) return [];
    return tx.query(
      `select w.id from delivery_endpoints w
        where w.is_enabled and w.held_until < $1
          and exists (select 1 from users u where u.id = w.owner_id and u.is_active) and exists (
          select 1 from deliveries d
           where d.endpoint_id = w.id and d.status = 'pending' and d.next_attempt_at < $1)
        order by random() limit $2`,
      [before.toISOString(), limit],
    );
  });
}

/** Deletes deliveries that were made before. @returns how many */
export async function pruneDeliveries(sql: Sql, before: Date, limit: number): Promise<number> {
  const rows = await sql.query(
    `delete from deliveries where id in (
       select id from deliveries where created_at < $1 order by created_at limit $2
     ) returning id`,
    [before.toISOString(), limit],
  );
  return rows.length;
}
