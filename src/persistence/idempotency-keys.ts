import { randomUUID } from 'node:crypto';
import type { Sql } from './sql.ts';
import { parseTimestamp } from './timestamp.ts';

/** How long an answer is kept for repeats. */
const KEPT_MS = 24 * 3_600_000;
/** How long a claim holds: whoever has not answered by then is taken for dead. */
const LEASE_MS = 60_000;
/** Claiming and looking are two statements; between them a row may vanish. */
const LOOKS = 5;

/** Which request this is. */
export interface IdempotentRequest {
  ownerId: string;
  operation: string;
  key: string;
  /** Stands for everything that was asked; never the body itself. */
  requestHash: string;
}

/** An answer as it goes out again. */
export interface KeptAnswer {
  status: number;
  headers: Record<string, string>;
  /** JSON, or null for an answer without a body. */
  body: string | null;
}

/** The right to carry a request out. `ref` is the same for all who ever get it, `claim` is not. */
export interface Claim {
  ref: string;
  claim: string;
}

/** What became of a request with a key. */
export type Claimed =
  | { kind: 'mine'; claim: Claim }
  | { kind: 'answered'; answer: KeptAnswer }
  | { kind: 'in_flight'; retryAfterSeconds: number }
  | { kind: 'other_request' };

interface KeyRow {
  request_hash: string;
  lease_until: string;
  status: number | null;
  headers: Record<string, string> | null;
  body: string | null;
}

/**
 * Claims a key for its first request, or for a repeat whose forerunner died without an answer. What such a
 * forerunner has committed is found by the claim's `ref`.
 */
export async function claimKey(sql: Sql, request: IdempotentRequest, now: Date): Promise<Claimed> {
  for (let look = 0; look < LOOKS; look += 1) {
    const claim = await insertClaim(sql, request, now);
    if (claim !== undefined) return { kind: 'mine', claim };
    const found = await findKey(sql, request, now);
    if (found !== undefined) return found;
  }
  return { kind: 'in_flight', retryAfterSeconds: 1 };
}

async function insertClaim(sql: Sql, request: IdempotentRequest, now: Date): Promise<Claim | undefined> {
  const claim = randomUUID();
  const [row] = await sql.query<{ id: string }>(
    `insert into idempotency_keys as k
       (owner_id, operation, key, id, claim, request_hash, lease_until, created_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8)
     on conflict (owner_id, operation, key) do update set claim = excluded.claim, lease_until = excluded.lease_until
      where k.status is null and k.lease_until <= $8 and k.request_hash = excluded.request_hash
     returning id`,
    [
      request.ownerId,
      request.operation,
      request.key,
      randomUUID(),
      claim,
      request.requestHash,
      new Date(now.getTime() + LEASE_MS).toISOString(),
      now.toISOString(),
    ],
  );
  return row === undefined ? undefined : { ref: row.id, claim };
}

async function findKey(sql: Sql, request: IdempotentRequest, now: Date): Promise<Claimed | undefined> {
  const [row] = await sql.query<KeyRow>(
    `select request_hash, lease_until, status, headers, body from idempotency_keys
      where owner_id = $1 and operation = $2 and key = $3`,
    [request.ownerId, request.operation, request.key],
  );
  if (row === undefined) return undefined;
  if (row.request_hash !== request.requestHash) return { kind: 'other_request' };
  if (row.status !== null) {
    return { kind: 'answered', answer: { status: row.status, headers: row.headers ?? {}, body: row.body } };
  }
  const leftMs = parseTimestamp(row.lease_until).getTime() - now.getTime();
  // An answer usually comes within a second; only that of a dead process takes its whole lease.
  return leftMs > 0 ? { kind: 'in_flight', retryAfterSeconds: 1 } : undefined;
}

/** Keeps the answer, unless the claim has been taken over. */
export async function keepAnswer(sql: Sql, { ref, claim }: Claim, answer: KeptAnswer): Promise<void> {
  await sql.query(
    `update idempotency_keys set status = $3, headers = $4, body = $5 where id = $1 and claim = $2`,
    [ref, claim, answer.status, JSON.stringify(answer.headers), answer.body],
  );
}

/** Forgets a request that was refused: it has made nothing, and may come again in another form. */
export async function forgetClaim(sql: Sql, { ref, claim }: Claim): Promise<void> {
  await sql.query('delete from idempotency_keys where id = $1 and claim = $2 and status is null', [
    ref,
    claim,
  ]);
}

/** Lets a repeat try at once. What was asked is remembered: nobody knows what the failed try has done. */
export async function endLease(sql: Sql, { ref, claim }: Claim, now: Date): Promise<void> {
  await sql.query('update idempotency_keys set lease_until = $3 where id = $1 and claim = $2', [
    ref,
    claim,
    now.toISOString(),
  ]);
}

/** Deletes keys older than a day. @returns how many */
export async function pruneIdempotencyKeys(sql: Sql, now: Date, limit: number): Promise<number> {
  const rows = await sql.query(
    `delete from idempotency_keys where id in (
       select id from idempotency_keys where created_at < $1 order by created_at limit $2
     ) returning id`,
    [new Date(now.getTime() - KEPT_MS).toISOString(), limit],
  );
  return rows.length;
}
