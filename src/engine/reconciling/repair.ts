import type { RunErrorCode } from '../../domain/errors.ts';
import type { RunEnding } from '../../contracts/crew-run.ts';
import { isFinal, type ExecutionKind, type ExecutionStatus } from '../../domain/run/status.ts';
import { cancelChildren } from '../commands/command-run.ts';
import { finaliseRun } from '../lifecycle/finish-run.ts';
import type { SqlPool } from '../../persistence/sql.ts';
import type { Waker } from '../../persistence/wake.ts';
import { tellEnded } from '../../telemetry/tracing/run-spans.ts';
import type { Tracing } from '../../telemetry/tracing/tracing.ts';
import { runWorkflowId } from '../../temporal/names.ts';
import type { Runs, TemporalState } from '../../temporal/runs.ts';

/** What Postgres and Temporal say of one run, what is wrong with that, and how it is mended. */

/** A row as it is compared with its workflow. */
export interface ComparedRow {
  id: number;
  execution_id: string;
  kind: ExecutionKind;
  status: ExecutionStatus;
  generation: number;
  claimed_run_id: string | null;
  traceparent: string | null;
  has_command: boolean;
}

/** SQL: a row of `executions e` as `ComparedRow`. */
export const COMPARED_ROW = `e.id, e.execution_id, e.kind, e.status, e.generation, e.claimed_run_id, e.traceparent,
  exists (select 1 from outbox o where o.execution_id = e.id) as has_command`;

export const workflowIdOf = ({ execution_id: executionId, kind }: ComparedRow): string =>
  runWorkflowId({ executionId, kind });

/** What tells its trace. */
export const tracedRun = ({ execution_id: executionId, generation, traceparent }: ComparedRow) => ({
  executionId,
  generation,
  ...(traceparent !== null && { traceparent }),
});

/** What was found out of step, by what is done about it. */
export type Repair = 'none' | 'started' | 'restarted' | 'ended' | 'adopted' | 'stopped' | 'released';

/** What is to be done. */
export type Verdict =
  | { repair: 'none' }
  /** Nobody has it: a start goes into the outbox, for a generation nobody has claimed. */
  | { repair: 'started' | 'restarted'; generation: number }
  /** Its workflow is over: the row says so too. */
  | { repair: 'ended'; closedAs: keyof typeof ENDINGS }
  /** An operator reset the run in the Web UI: a new Temporal run goes on for the one that was closed. */
  | { repair: 'adopted'; runId: string }
  /** The row is final: a workflow of it that is still open ends too. */
  | { repair: 'stopped'; runId: string };

const NONE: Verdict = { repair: 'none' };

/** What a closed workflow means for a row that still calls itself open. */
const ENDINGS = {
  TERMINATED: { ending: 'cancelled', code: 'TERMINATED', note: 'terminated in Temporal by an operator' },
  CANCELLED: { ending: 'cancelled', code: 'CANCELLED', note: 'cancelled in Temporal by an operator' },
  TIMED_OUT: { ending: 'failed', code: 'TIMEOUT', note: 'Temporal timed the workflow out' },
  FAILED: { ending: 'failed', code: 'INTERNAL', note: 'the workflow failed before it could say why' },
} as const satisfies Record<string, { ending: RunEnding['status']; code: RunErrorCode; note: string }>;

const isEnding = (status: string): status is keyof typeof ENDINGS => Object.hasOwn(ENDINGS, status);

/** Compares. Pure. */
export function verdictOn(row: ComparedRow, temporal: TemporalState): Verdict {
  // Something is on its way to Temporal: that comes first.
  if (row.has_command) return NONE;
  if (isFinal(row.status))
    return temporal.kind === 'open' && temporal.generation === row.generation
      ? { repair: 'stopped', runId: temporal.runId }
      : NONE;
  if (row.claimed_run_id === null) return onUnclaimed(row, temporal);
  // Nobody is there to end it: what was asked for is done.
  if (row.status === 'cancelling' && temporal.kind !== 'open')
    return { repair: 'ended', closedAs: 'CANCELLED' };
  switch (temporal.kind) {
    case 'absent':
      return { repair: 'restarted', generation: row.generation + 1 };
    case 'open':
      return isHolder(row, temporal) ? NONE : { repair: 'adopted', runId: temporal.runId };
    case 'closed':
      // It closed without a word to the database (or an older run did): start over where the tasks stand.
      return isEnding(temporal.status) && isHolder(row, temporal)
        ? { repair: 'ended', closedAs: temporal.status }
        : { repair: 'restarted', generation: row.generation + 1 };
  }
}

function onUnclaimed(row: ComparedRow, temporal: TemporalState): Verdict {
  if (temporal.kind === 'open') return NONE;
  const isTerminated =
    temporal.kind === 'closed' && temporal.generation === row.generation && temporal.status === 'TERMINATED';
  return isTerminated
    ? { repair: 'ended', closedAs: 'TERMINATED' }
    : { repair: 'started', generation: row.generation };
}

/** Whether this Temporal run has claimed the row, or is about to: it continues the one that has. */
const isHolder = (row: ComparedRow, temporal: { runId: string; continues: string | null }): boolean =>
  temporal.runId === row.claimed_run_id || temporal.continues === row.claimed_run_id;

export interface RepairDeps {
  sql: SqlPool;
  runs: Runs;
  waker: Waker;
  /** How many runs of one owner may be active; 0 for no limit. */
  maxActive: number;
  now: () => Date;
  /** Whom to tell of what is ended here. */
  tracing: Tracing;
}

/** Does it, unless the row has moved on meanwhile. @returns what was done */
export async function mend(deps: RepairDeps, row: ComparedRow, verdict: Verdict): Promise<Repair> {
  switch (verdict.repair) {
    case 'none':
      return 'none';
    case 'started':
    case 'restarted':
      return (await startAgain(deps, row, verdict.generation)) ? verdict.repair : 'none';
    case 'adopted':
      return adopt(deps, row, verdict.runId);
    case 'stopped':
      await deps.runs.cancel(workflowIdOf(row), verdict.runId);
      return 'stopped';
    case 'ended':
      await endAsClosed(deps, row, ENDINGS[verdict.closedAs]);
      return 'ended';
  }
}

/** Puts a start into the outbox, for a generation nobody has claimed. @returns false when the row has moved on meanwhile */
async function startAgain(deps: RepairDeps, row: ComparedRow, generation: number): Promise<boolean> {
  const at = deps.now().toISOString();
  const started = await deps.sql.query(
    `with run as (
       update executions set generation = $2, claimed_run_id = null, updated_at = $3
        where id = $1 and claimed_run_id is not distinct from $4 and generation = $5 and not queued
          and status not in ('completed', 'failed', 'cancelled')
        returning id, execution_id
     )
     insert into outbox (execution_id, execution_uuid, command, payload, due_at, created_at)
     select id, execution_id, 'start', jsonb_build_object('generation', $2::integer), $3, $3 from run returning 1`,
    [row.id, generation, at, row.claimed_run_id, row.generation],
  );
  if (started.length > 0) deps.waker.wake('outbox', row.id);
  return started.length > 0;
}

/** @returns `none` when somebody else was first */
async function adopt(deps: RepairDeps, row: ComparedRow, runId: string): Promise<Repair> {
  const rows = await deps.sql.query(
    `update executions set claimed_run_id = $3, updated_at = $4 where id = $1 and claimed_run_id = $2 returning id`,
    [row.id, row.claimed_run_id, runId, deps.now().toISOString()],
  );
  if (rows.length === 0) return 'none';
  // The word of the cancel went to the run that was closed.
  if (row.status === 'cancelling') await deps.runs.cancel(workflowIdOf(row), runId);
  return 'adopted';
}

async function endAsClosed(
  deps: RepairDeps,
  row: ComparedRow,
  { ending: status, code, note }: (typeof ENDINGS)[keyof typeof ENDINGS],
): Promise<void> {
  const { sql, waker, maxActive } = deps;
  const ref = { id: row.id, ...tracedRun(row) };
  const ending: RunEnding = status === 'failed' ? { status, code, taskKey: null } : { status };
  const { released, ended } = await finaliseRun(sql, ref, { ...ending, code, note }, maxActive, deps.now());
  if (ended !== undefined) tellEnded(deps.tracing, ref, ended);
  for (const id of released) waker.wake('outbox', id);
  if (row.kind === 'flow') await cancelChildren(sql, row.id, maxActive, deps.now());
  waker.wake('log', row.id);
  waker.wake('control', row.id);
}
