import type { RunErrorCode } from '../domain/errors.ts';
import type { RunEnding } from '../contracts/crew-run.ts';
import { isFinal, type ExecutionKind, type ExecutionStatus } from '../domain/run/status.ts';
import { cancelChildren } from '../persistence/runs/commands.ts';
import { finaliseRun } from '../persistence/runs/lifecycle.ts';
import { ownersWaiting, releaseRuns } from '../persistence/runs/queue.ts';
import type { SqlPool } from '../persistence/sql.ts';
import type { Waker } from '../persistence/wake.ts';
import type { Logger } from '../telemetry/logger.ts';
import { aboutRun } from '../telemetry/tracing/ambient.ts';
import { tellEnded } from '../telemetry/tracing/run-spans.ts';
import { noTracing, type Tracing } from '../telemetry/tracing/tracing.ts';
import { runWorkflowId } from './names.ts';
import type { Runs, TemporalState } from './runs.ts';

/** How often one process looks. */
const LOOK_MS = 5_000;
/** A row is looked at again after so long; with the look itself that keeps the 30 s of the contract. */
const CHECK_EVERY_MS = 15_000;
/** A fresh row is left alone: its start or its end is still on its way. */
const SETTLE_MS = 5_000;
const BATCH = 200;
const AT_ONCE = 20;
/** Queued runs let go at one look, of one owner. */
const RELEASE_AT_ONCE = 100;
/** Advisory lock that lets one process look at a time; any constant will do. */
const LOOK_LOCK = 7_305_003;

interface OpenRow {
  id: number;
  execution_id: string;
  kind: ExecutionKind;
  status: ExecutionStatus;
  generation: number;
  claimed_run_id: string | null;
  traceparent: string | null;
  has_command: boolean;
}

const workflowIdOf = ({ execution_id: executionId, kind }: OpenRow): string =>
  runWorkflowId({ executionId, kind });

/** What tells its trace. */
const tracedRun = ({ execution_id: executionId, generation, traceparent }: OpenRow) => ({
  executionId,
  generation,
  ...(traceparent !== null && { traceparent }),
});

/** What was found out of step, and what was done about it. */
export type Repair = 'none' | 'started' | 'restarted' | 'ended' | 'adopted' | 'stopped' | 'released';

/** Brings Postgres and Temporal back in step when one of them knows what the other does not. */
export interface Reconciler {
  /** One look; also called by the timer. @returns how often each repair was made. */
  look(): Promise<Map<Repair, number>>;
  close(): Promise<void>;
}

export function createReconciler(deps: {
  sql: SqlPool;
  runs: Runs;
  waker: Waker;
  logger: Logger;
  /** How many runs of one owner may be active; 0 for no limit. */
  maxActive: number;
  now: () => Date;
  /** Whom to tell of what is ended here; default: nobody. */
  tracing?: Tracing;
  lookMs?: number;
  settleMs?: number;
}): Reconciler {
  const { logger } = deps;
  let running: Promise<Map<Repair, number>> | undefined;
  const look = (): Promise<Map<Repair, number>> => {
    running ??= lookOnce(deps).finally(() => {
      running = undefined;
    });
    return running;
  };
  const timer = setInterval(() => {
    look().catch((error: unknown) => logger.warn({ err: error }, 'the reconciler could not look'));
  }, deps.lookMs ?? LOOK_MS);
  return {
    look,
    async close() {
      clearInterval(timer);
      await running?.catch((error: unknown) => logger.debug({ err: error }, 'last look of the reconciler'));
    },
  };
}

type Deps = Parameters<typeof createReconciler>[0];

async function lookOnce(deps: Deps): Promise<Map<Repair, number>> {
  const counts = new Map<Repair, number>();
  let rows: OpenRow[];
  do {
    rows = await takeStale(deps);
    const unanswered: OpenRow[] = [];
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
  } while (rows.length >= BATCH);
  const released = await releaseStragglers(deps);
  if (released > 0) counts.set('released', released);
  return counts;
}

/**
 * Queued runs whose slot became free without their being let go: the limit was raised, or the row was in
 * somebody else's hands at that moment. Nothing else ever starts a queued run.
 */
async function releaseStragglers({ sql, waker, logger, maxActive, now }: Deps): Promise<number> {
  let count = 0;
  for (const ownerId of await ownersWaiting(sql)) {
    const released = await releaseRuns(sql, ownerId, maxActive, RELEASE_AT_ONCE, now());
    for (const id of released) waker.wake('outbox', id);
    count += released.length;
  }
  if (count > 0) logger.info({ count }, 'queued runs let go');
  return count;
}

/** Rows that nobody has checked lately, marked as checked so that no other process takes them too. */
function takeStale({ sql, now, settleMs = SETTLE_MS }: Deps): Promise<OpenRow[]> {
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
      [checkedBefore, settledBefore, BATCH],
    );
    if (stale.length === 0) return [];
    // Not in one statement: where a row is updated by somebody else at that moment, PostgreSQL 18.4 evaluates the union
    // anew for it and crashes (seen on 2026-11-24, `npm run test:deployment`).
    return tx.query<OpenRow>(
      `update executions e set reconciled_at = $2 where e.id = any($1)
       returning e.id, e.execution_id, e.kind, e.status, e.generation, e.claimed_run_id, e.traceparent,
         exists (select 1 from outbox o where o.execution_id = e.id) as has_command`,
      [stale.map(({ id }) => id), now().toISOString()],
    );
  });
}

/** A row that is over is checked once only: that once must have been answered. */
async function uncheck({ sql }: Deps, rows: readonly OpenRow[]): Promise<void> {
  const ended = rows.filter((row) => isFinal(row.status)).map((row) => row.id);
  if (ended.length === 0) return;
  await sql.query("update executions set reconciled_at = 'epoch' where id = any($1)", [ended]);
}

async function repairSafely(deps: Deps, row: OpenRow): Promise<Repair | 'unknown'> {
  try {
    const temporal = await deps.runs.describe(workflowIdOf(row));
    const repair = isFinal(row.status)
      ? await stopLeftover(deps, row, temporal)
      : await repairOpen(deps, row, temporal);
    if (repair !== 'none') deps.logger.warn({ repair, temporal }, 'reconciled');
    return repair;
  } catch (error) {
    deps.logger.debug({ err: error }, 'could not reconcile yet');
    return 'unknown';
  }
}

/** The row is final: a workflow of it that is still open ends too. */
async function stopLeftover(deps: Deps, row: OpenRow, temporal: TemporalState): Promise<Repair> {
  if (temporal.kind !== 'open' || temporal.generation !== row.generation || row.has_command) return 'none';
  await deps.runs.cancel(workflowIdOf(row), temporal.runId);
  return 'stopped';
}

async function repairOpen(deps: Deps, row: OpenRow, temporal: TemporalState): Promise<Repair> {
  // Something is on its way to Temporal: that comes first.
  if (row.has_command) return 'none';
  if (row.claimed_run_id === null) {
    if (temporal.kind === 'open') return 'none';
    if (
      temporal.kind === 'closed' &&
      temporal.generation === row.generation &&
      temporal.status === 'TERMINATED'
    )
      return endAsClosed(deps, row, temporal);
    await startAgain(deps, row, row.generation);
    return 'started';
  }
  // Nobody is there to end it: what was asked for is done.
  if (row.status === 'cancelling' && temporal.kind !== 'open')
    return endAsClosed(deps, row, { runId: row.claimed_run_id, continues: null, status: 'CANCELLED' });
  switch (temporal.kind) {
    case 'absent':
      await startAgain(deps, row, row.generation + 1);
      return 'restarted';
    case 'open':
      return isHolder(row, temporal) ? 'none' : adopt(deps, row, temporal);
    case 'closed':
      return endAsClosed(deps, row, temporal);
  }
}

/** Whether this Temporal run has claimed the row, or is about to: it continues the one that has. */
const isHolder = (row: OpenRow, temporal: { runId: string; continues: string | null }): boolean =>
  temporal.runId === row.claimed_run_id || temporal.continues === row.claimed_run_id;

/** Puts a start into the outbox, for a generation nobody has claimed. */
async function startAgain(deps: Deps, row: OpenRow, generation: number): Promise<void> {
  const at = deps.now().toISOString();
  await deps.sql.query(
    `with run as (
       update executions set generation = $2, claimed_run_id = null, updated_at = $3
        where id = $1 and claimed_run_id is not distinct from $4 and generation = $5 and not queued
          and status not in ('completed', 'failed', 'cancelled')
        returning id, execution_id
     )
     insert into outbox (execution_id, execution_uuid, command, payload, due_at, created_at)
     select id, execution_id, 'start', jsonb_build_object('generation', $2::integer), $3, $3 from run`,
    [row.id, generation, at, row.claimed_run_id, row.generation],
  );
  deps.waker.wake('outbox', row.id);
}

/** An operator reset the run in the Web UI: a new Temporal run goes on for the one that was closed. */
async function adopt(deps: Deps, row: OpenRow, temporal: { runId: string }): Promise<Repair> {
  const rows = await deps.sql.query(
    `update executions set claimed_run_id = $3, updated_at = $4 where id = $1 and claimed_run_id = $2 returning id`,
    [row.id, row.claimed_run_id, temporal.runId, deps.now().toISOString()],
  );
  if (rows.length === 0) return 'none';
  // The word of the cancel went to the run that was closed.
  if (row.status === 'cancelling') await deps.runs.cancel(workflowIdOf(row), temporal.runId);
  return 'adopted';
}

/** What a closed workflow means for a row that still calls itself open. */
const ENDINGS: Record<string, { ending: RunEnding['status']; code: RunErrorCode; note: string }> = {
  TERMINATED: { ending: 'cancelled', code: 'TERMINATED', note: 'terminated in Temporal by an operator' },
  CANCELLED: { ending: 'cancelled', code: 'CANCELLED', note: 'cancelled in Temporal by an operator' },
  TIMED_OUT: { ending: 'failed', code: 'TIMEOUT', note: 'Temporal timed the workflow out' },
  FAILED: { ending: 'failed', code: 'INTERNAL', note: 'the workflow failed before it could say why' },
};

async function endAsClosed(
  deps: Deps,
  row: OpenRow,
  temporal: { runId: string; continues: string | null; status: string },
): Promise<Repair> {
  const known = ENDINGS[temporal.status];
  if (known === undefined || (row.claimed_run_id !== null && !isHolder(row, temporal))) {
    // It closed without a word to the database (or an older run did): start over where the tasks stand.
    await startAgain(deps, row, row.generation + 1);
    return 'restarted';
  }
  const ref = { id: row.id, ...tracedRun(row) };
  const { code, note } = known;
  const ending: RunEnding =
    known.ending === 'failed' ? { status: 'failed', code, taskKey: null } : { status: 'cancelled' };
  const { released, ended } = await finaliseRun(
    deps.sql,
    ref,
    { ...ending, code, note },
    deps.maxActive,
    deps.now(),
  );
  if (ended !== undefined) tellEnded(deps.tracing ?? noTracing, ref, ended);
  for (const id of released) deps.waker.wake('outbox', id);
  if (row.kind === 'flow') await cancelChildren(deps.sql, row.id, deps.maxActive, deps.now());
  deps.waker.wake('log', row.id);
  deps.waker.wake('control', row.id);
  return 'ended';
}
