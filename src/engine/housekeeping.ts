import type { Logger } from '../telemetry/logger.ts';
import { pruneDeliveries } from '../persistence/deliveries.ts';
import { pruneGuesses, pruneKnownAddresses } from '../persistence/guesses.ts';
import { pruneIdempotencyKeys } from '../persistence/idempotency-keys.ts';
import { pruneModelRates } from './calls/model-rates.ts';
import { pruneWorkers } from '../persistence/workers.ts';
import type { Sql, SqlPool } from '../persistence/sql.ts';

/** How often one process looks whether something can be thrown away. */
const LOOK_MS = 10 * 60_000;
/** Rows one transaction deletes: short enough that nobody waits for it. */
const BATCH = 1_000;
/** Advisory lock that lets one process sweep at a time; any constant will do. */
const SWEEP_LOCK = 7_305_005;

/** Throws away what has had its time: answers kept for repeats, counters of the rate limits, old deliveries, workers that are gone. */
export interface Housekeeping {
  /** One sweep, batch by batch; also called by the timer. @returns the rows deleted. */
  sweep(): Promise<number>;
  close(): Promise<void>;
}

export function createHousekeeping(deps: {
  sql: SqlPool;
  logger: Logger;
  now: () => Date;
  /** WEBHOOK_RETENTION. Default: deliveries are kept. */
  keepDeliveriesMs?: number;
  lookMs?: number;
}): Housekeeping {
  const { sql, logger, now } = deps;
  const closing = new AbortController();
  let running: Promise<number> | undefined;
  const prunes = [
    pruneIdempotencyKeys,
    pruneRateLimits,
    pruneGuesses,
    pruneKnownAddresses,
    pruneModelRates,
    pruneWorkers,
  ];
  const { keepDeliveriesMs } = deps;
  if (keepDeliveriesMs !== undefined)
    prunes.push((tx, at, limit) => pruneDeliveries(tx, new Date(at.getTime() - keepDeliveriesMs), limit));
  const sweepAll = async (): Promise<number> => {
    let count = 0;
    for (const prune of prunes) {
      let deleted = BATCH;
      while (deleted === BATCH && !closing.signal.aborted) {
        deleted = await batch(sql, (tx) => prune(tx, now(), BATCH));
        count += deleted;
      }
    }
    return count;
  };
  const sweep = (): Promise<number> => {
    running ??= sweepAll().finally(() => {
      running = undefined;
    });
    return running;
  };
  const timer = setInterval(() => {
    sweep().catch((error: unknown) => logger.warn({ err: error }, 'housekeeping could not sweep'));
  }, deps.lookMs ?? LOOK_MS);
  timer.unref();
  return {
    sweep,
    async close() {
      closing.abort();
      clearInterval(timer);
      await running?.catch((error: unknown) => logger.debug({ err: error }, 'last sweep of housekeeping'));
    },
  };
}

/** One short transaction, of one process at a time. @returns 0 when another process sweeps. */
function batch(sql: SqlPool, prune: (tx: Sql) => Promise<number>): Promise<number> {
  return sql.transaction(async (tx) => {
    const [lock] = await tx.query<{ mine: boolean }>('select pg_try_advisory_xact_lock($1) as mine', [
      SWEEP_LOCK,
    ]);
    return lock?.mine === true ? prune(tx) : 0;
  });
}

async function pruneRateLimits(sql: Sql, now: Date, limit: number): Promise<number> {
  const rows = await sql.query(
    `delete from rate_limits where key in (select key from rate_limits where expire < $1 limit $2)
       and expire < $1 returning key`,
    [now.getTime(), limit],
  );
  return rows.length;
}
