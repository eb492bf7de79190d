import { isFinal } from '../../domain/run/status.ts';
import { ownersWaiting, releaseRuns } from '../queue/run-queue.ts';
import type { Logger } from '../../telemetry/logger.ts';
import { aboutRun } from '../../telemetry/tracing/ambient.ts';
import { noTracing, type Tracing } from '../../telemetry/tracing/tracing.ts';
import { compareAll, type Comparison } from './compare-all.ts';
import {
  COMPARED_ROW,
  mend,
  tracedRun,
  verdictOn,
  workflowIdOf,
  type ComparedRow,
  type Repair,
  type RepairDeps,
} from './repair.ts';

export type { Repair } from './repair.ts';

/** How often one process looks. */
const LOOK_MS = 5_000;
/** A row is looked at again after so long; with the look itself that keeps the 30 s of the contract. */
const CHECK_EVERY_MS = 15_000;
/** A fresh row is left alone: its start or its end is still on its way. */
const SETTLE_MS = 5_000;
const BATCH = 200;
/**
 * Rows one look takes at most, those that were not looked at for longest first. Above some 3,000 open runs each is looked at
 * less often than CHECK_EVERY_MS says, in turn, and Temporal is asked no more often.
 */
const MOST_AT_ONE_LOOK = 1_000;
/** Owners one look lets queued runs of go; the next look goes on with those after them. */
const OWNERS_AT_ONE_LOOK = 200;
const AT_ONCE = 20;
/** Queued runs let go at one look, of one owner. */
const RELEASE_AT_ONCE = 100;
/** Advisory lock that lets one process look at a time; any constant will do. */
const LOOK_LOCK = 7_305_003;

/** Brings Postgres and Temporal back in step when one of them knows what the other does not. */
export interface Reconciler {
  /** One look; also called by the timer. @returns how often each repair was made. */
  look(): Promise<Map<Repair, number>>;
  /** Everything that is open on either side, now, for an operator. */
  compareAll(options: { dryRun: boolean }): Promise<Comparison>;
  close(): Promise<void>;
}

export function createReconciler(
  given: Omit<RepairDeps, 'tracing'> & {
    logger: Logger;
    /** Whom to tell of what is ended here; default: nobody. */
    tracing?: Tracing;
    lookMs?: number;
    settleMs?: number;
    mostAtOneLook?: number;
    ownersAtOneLook?: number;
  },
): Reconciler {
  const { logger, lookMs = LOOK_MS } = given;
  const deps: Deps = {
    ...given,
    tracing: given.tracing ?? noTracing,
    settleMs: given.settleMs ?? SETTLE_MS,
    mostAtOneLook: given.mostAtOneLook ?? MOST_AT_ONE_LOOK,
    ownersAtOneLook: given.ownersAtOneLook ?? OWNERS_AT_ONE_LOOK,
    lastOwner: null,
  };
  let running: Promise<Map<Repair, number>> | undefined;
  const look = (): Promise<Map<Repair, number>> => {
    running ??= lookOnce(deps).finally(() => {
      running = undefined;
    });
    return running;
  };
  const timer = setInterval(() => {
    look().catch((error: unknown) => logger.warn({ err: error }, 'the reconciler could not look'));
  }, lookMs);
  return {
    look,
    async compareAll({ dryRun }) {
      const found = await compareAll(deps, { dryRun });
      return dryRun ? found : { ...found, released: await releaseAllStragglers(deps) };
    },
    async close() {
      clearInterval(timer);
      await running?.catch((error: unknown) => logger.debug({ err: error }, 'last look of the reconciler'));
    },
  };
}

type Deps = RepairDeps & {
  logger: Logger;
  settleMs: number;
  mostAtOneLook: number;
  ownersAtOneLook: number;
  /** After whom the next look for queued runs goes on; null for the beginning. */
  lastOwner: string | null;
};

async function lookOnce(deps: Deps): Promise<Map<Repair, number>> {
  const counts = new Map<Repair, number>();
  let rows: ComparedRow[];
  let taken = 0;
  do {
    rows = await takeStale(deps, Math.min(BATCH, deps.mostAtOneLook - taken));
    taken += rows.length;
    const unanswered: ComparedRow[] = [];
    for (let start = 0; start < rows.length; start += AT_ONCE) {
      const some = rows.slice(start, start + AT_ONCE);
      const repairs = await Promise.all(
        some.map((row) => aboutRun(tracedRun(row), () => repairSafely(deps, row))),
      );
      for (const [index, row] of some.entries()) {
        const repair = repairs[index];
        if (repair === undefined || repair === 'unknown') unanswered.push(row);
        else counts.set(repair, (counts.get(repair) ?? 0) + 1);
      }
    }
    await uncheck(deps, unanswered);
    // Where Temporal does not answer, the rest waits for the next look.
    if (unanswered.length > 0) break;
  } while (rows.length >= BATCH && taken < deps.mostAtOneLook);
  const released = await releaseStragglers(deps);
  if (released > 0) counts.set('released', released);
  return counts;
}

/**
 * Queued runs whose slot became free without their being let go: the limit was raised, or the row was in
 * somebody else's hands at that moment. Nothing else ever starts a queued run.
 */
async function releaseStragglers(deps: Deps): Promise<number> {
  const { sql, waker, logger, maxActive, now, ownersAtOneLook } = deps;
  let count = 0;
  const owners = await ownersWaiting(sql, deps.lastOwner, ownersAtOneLook);
  // At the end of the row it begins anew.
  deps.lastOwner = owners.length < ownersAtOneLook ? null : (owners.at(-1) ?? null);
  for (const ownerId of owners) {
    const released = await releaseRuns(sql, ownerId, maxActive, RELEASE_AT_ONCE, now());
    for (const id of released) waker.wake('outbox', id);
    count += released.length;
  }
  if (count > 0) logger.info({ count }, 'queued runs let go');
  return count;
}

/** For every owner, whoever the last look ended with. */
async function releaseAllStragglers(deps: Deps): Promise<number> {
  deps.lastOwner = null;
  let count = 0;
  do count += await releaseStragglers(deps);
  while (deps.lastOwner !== null);
  return count;
}

/**
 * Rows that nobody has checked lately, marked as checked so that no other process takes them too.
 * @param most of those that are open, and of those that have ended
 */
function takeStale({ sql, now, settleMs }: Deps, most: number): Promise<ComparedRow[]> {
  const at = now().getTime();
  const checkedBefore = new Date(at - Math.min(CHECK_EVERY_MS, settleMs * 3)).toISOString();
  const settledBefore = new Date(at - settleMs).toISOString();
  return sql.transaction(async (tx) => {
    const [lock] = await tx.query<{ mine: boolean }>('select pg_try_advisory_xact_lock($1) as mine', [
      LOOK_LOCK,
    ]);
    if (lock?.mine !== true) return [];
    const stale = await tx.query<{ id: number }>(
      `(select id from executions where status not in ('completed', 'failed', 'cancelled') and not queued
          and reconciled_at < $1 and updated_at < $2 order by reconciled_at limit $3)
       union all
       (select id from executions where status in ('completed', 'failed', 'cancelled')
          and reconciled_at < completed_at and completed_at < $2 order by completed_at limit $3)`,
      [checkedBefore, settledBefore, most],
    );
    if (stale.length === 0) return [];
    // Not in one statement: where a row is updated by somebody else at that moment, PostgreSQL 18.4 evaluates the union
    // anew for it and crashes (seen on 2026-11-24, `npm run test:deployment`).
    return tx.query<ComparedRow>(
      `update executions e set reconciled_at = $2 where e.id = any($1) returning ${COMPARED_ROW}`,
      [stale.map(({ id }) => id), now().toISOString()],
    );
  });
}

/** A row that is over is checked once only: that once must have been answered. */
async function uncheck({ sql }: Deps, rows: readonly ComparedRow[]): Promise<void> {
  const ended = rows.filter((row) => isFinal(row.status)).map((row) => row.id);
  if (ended.length === 0) return;
  await sql.query("update executions set reconciled_at = 'epoch' where id = any($1)", [ended]);
}

async function repairSafely(deps: Deps, row: ComparedRow): Promise<Repair | 'unknown'> {
  try {
    const temporal = await deps.runs.describe(workflowIdOf(row));
    const repair = await mend(deps, row, verdictOn(row, temporal));
    if (repair !== 'none') deps.logger.warn({ repair, temporal }, 'reconciled');
    return repair;
  } catch (error) {
    deps.logger.debug({ err: error }, 'could not reconcile yet');
    return 'unknown';
  }
}
