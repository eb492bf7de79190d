import type { Sql } from '../sql.ts';
import { countWorkers } from '../workers.ts';

/** How things stand over all processes and owners, for those who watch. */
export interface RunCounts {
  /** Executions that are not final. Those above their owner's limit are `queued`, a part of the pending. */
  live: { kind: string; status: string; count: number }[];
  queued: number;
  /** Seconds the oldest execution has waited that is neither queued nor started; 0 without one. */
  oldestPendingSeconds: number;
  outbox: { command: string; count: number }[];
  /** Seconds since the oldest command for Temporal was written; 0 without one. */
  oldestCommandSeconds: number;
  /** Of the executions created today (UTC): those that have ended. */
  today: { successful: number; failed: number; tokens: number };
  errorsToday: { code: string; count: number }[];
  /** Those that live, and what they hold. */
  workers: { status: string; count: number; tasks: number }[];
}

/**
 * Read from the partial index of open executions, the outbox and the counted days: what has ended long ago costs
 * nothing. Wants a connection that acts for the system.
 */
export async function countRuns(sql: Sql, now: Date): Promise<RunCounts> {
  const day = now.toISOString().slice(0, 10);
  const at = now.toISOString();
  const [live, commands, ends, errors, workers] = await Promise.all([
    sql.query<{ kind: string; status: string; queued: boolean; count: number; oldest: number }>(
      `select kind, status, queued, count(*)::integer as count,
         greatest(extract(epoch from $1::timestamptz - min(created_at)), 0)::float8 as oldest
       from executions where status not in ('completed', 'failed', 'cancelled') group by kind, status, queued`,
      [at],
    ),
    sql.query<{ command: string; count: number; oldest: number }>(
      `select command, count(*)::integer as count,
         greatest(extract(epoch from $1::timestamptz - min(created_at)), 0)::float8 as oldest
       from outbox group by command`,
      [at],
    ),
    sql.query<{ successful: string; failed: string; tokens: string }>(
      `select coalesce(sum(successful), 0) as successful, coalesce(sum(failed), 0) as failed,
         coalesce(sum(tokens), 0) as tokens
       from execution_days where day = $1::date`,
      [day],
    ),
    sql.query<{ error_code: string; count: string }>(
      `select error_code, sum(count) as count from execution_day_errors where day = $1::date group by error_code`,
      [day],
    ),
    countWorkers(sql, now),
  ]);
  const started = live.filter(({ status, queued }) => status === 'pending' && !queued);
  const byState = Map.groupBy(live, ({ kind, status }) => `${kind} ${status}`);
  const sum = (rows: readonly { count: number }[]): number => rows.reduce((all, { count }) => all + count, 0);
  return {
    live: [...byState.values()].flatMap((rows) =>
      rows.slice(0, 1).map(({ kind, status }) => ({ kind, status, count: sum(rows) })),
    ),
    queued: sum(live.filter(({ queued }) => queued)),
    oldestPendingSeconds: Math.max(0, ...started.map(({ oldest }) => oldest)),
    outbox: commands.map(({ command, count }) => ({ command, count })),
    oldestCommandSeconds: Math.max(0, ...commands.map(({ oldest }) => oldest)),
    today: {
      successful: Number(ends[0]?.successful ?? 0),
      failed: Number(ends[0]?.failed ?? 0),
      tokens: Number(ends[0]?.tokens ?? 0),
    },
    errorsToday: errors.map(({ error_code: code, count }) => ({ code, count: Number(count) })),
    workers,
  };
}
