import { isGrpcServiceError, ServiceError } from '@temporalio/client';
import type { ExecutionStatus } from '../../domain/run/status.ts';
import type { Logger } from '../../telemetry/logger.ts';
import { aboutRun } from '../../telemetry/tracing/ambient.ts';
import { executionIdOf } from '../../temporal/names.ts';
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
import type { OpenWorkflow, TemporalState } from '../../temporal/runs.ts';

/** Rows, or workflows, compared at one step. */
const BATCH = 200;
const AT_ONCE = 20;
/** Differences that are told one by one; all are counted, and mended. */
const MOST_TOLD = 1_000;

/** One thing on which Postgres and Temporal do not agree. */
export interface Difference {
  executionId: string | null;
  workflowId: string;
  /** What the row says; null where there is none. */
  status: ExecutionStatus | null;
  /** What Temporal says. */
  workflow: 'ABSENT' | 'RUNNING' | (string & {});
  /** `terminated`: a workflow of ours without a row, as after a restore of an older database. */
  repair: Exclude<Repair, 'none' | 'released'> | 'terminated';
  /** False in a dry run, and where the row had moved on by then. */
  mended: boolean;
}

/** What a comparison of everything open has found. */
export interface Comparison {
  dryRun: boolean;
  /** False when Temporal did not answer for some of it, which is told as well. */
  complete: boolean;
  /** Open executions, and open workflows of ours, that were compared. */
  executions: number;
  workflows: number;
  /** All of them, of which `differences` tells the first 1,000. */
  found: number;
  differences: Difference[];
  /** Queued runs that were let go. */
  released: number;
}

type Deps = RepairDeps & { logger: Logger; settleMs: number };

/**
 * Compares every open row with its workflow, then every open workflow with its row: after a restore, after somebody was at
 * work in Temporal or the database. What is fresh is left alone: its start or end is on its way.
 */
export async function compareAll(deps: Deps, { dryRun }: { dryRun: boolean }): Promise<Comparison> {
  const found: Comparison = {
    dryRun,
    complete: true,
    executions: 0,
    workflows: 0,
    found: 0,
    differences: [],
    released: 0,
  };
  await compareRows(deps, found);
  // Where Temporal does not answer there is nothing to list.
  if (!found.complete) return found;
  try {
    await compareWorkflows(deps, found);
  } catch (error) {
    if (!(error instanceof ServiceError) && !isGrpcServiceError(error)) throw error;
    deps.logger.warn({ err: error }, 'Temporal does not say what is open');
    found.complete = false;
  }
  return found;
}

async function compareRows(deps: Deps, found: Comparison): Promise<void> {
  const settledBefore = new Date(deps.now().getTime() - deps.settleMs).toISOString();
  let after = 0;
  for (;;) {
    const rows = await deps.sql.query<ComparedRow>(
      `select ${COMPARED_ROW} from executions e
        where e.status not in ('completed', 'failed', 'cancelled') and not e.queued and e.id > $1 and e.updated_at < $2
        order by e.id limit $3`,
      [after, settledBefore, BATCH],
    );
    await compareSome(deps, rows, found);
    found.executions += rows.length;
    const last = rows.at(-1);
    if (last === undefined || rows.length < BATCH || !found.complete) return;
    after = last.id;
  }
}

async function compareSome(deps: Deps, rows: readonly ComparedRow[], found: Comparison): Promise<void> {
  for (let start = 0; start < rows.length; start += AT_ONCE) {
    const some = rows.slice(start, start + AT_ONCE);
    await Promise.all(some.map((row) => aboutRun(tracedRun(row), () => compareRow(deps, row, found))));
  }
}

async function compareRow(deps: Deps, row: ComparedRow, found: Comparison): Promise<void> {
  let temporal: TemporalState;
  try {
    temporal = await deps.runs.describe(workflowIdOf(row));
  } catch (error) {
    deps.logger.warn({ err: error }, 'Temporal does not say how a run stands');
    found.complete = false;
    return;
  }
  const verdict = verdictOn(row, temporal);
  if (verdict.repair === 'none') return;
  const done = found.dryRun ? 'none' : await mend(deps, row, verdict);
  tell(deps, found, {
    executionId: row.execution_id,
    workflowId: workflowIdOf(row),
    status: row.status,
    workflow: stateOf(temporal),
    repair: verdict.repair,
    mended: done !== 'none',
  });
}

function tell(deps: Deps, found: Comparison, difference: Difference): void {
  found.found += 1;
  if (found.differences.length < MOST_TOLD) found.differences.push(difference);
  deps.logger.warn({ ...difference, dryRun: found.dryRun }, 'rows and workflows differ');
}

const stateOf = (temporal: TemporalState): string => {
  switch (temporal.kind) {
    case 'absent':
      return 'ABSENT';
    case 'open':
      return 'RUNNING';
    case 'closed':
      return temporal.status;
  }
};

/** Those whose row is open were compared with it; these are the others. */
async function compareWorkflows(deps: Deps, found: Comparison): Promise<void> {
  let batch: OpenWorkflow[] = [];
  for await (const workflow of deps.runs.openWorkflows()) {
    batch.push(workflow);
    if (batch.length < BATCH) continue;
    await compareListed(deps, batch, found);
    batch = [];
  }
  await compareListed(deps, batch, found);
}

async function compareListed(deps: Deps, listed: readonly OpenWorkflow[], found: Comparison): Promise<void> {
  found.workflows += listed.length;
  const named = listed.flatMap(({ workflowId }) => executionIdOf(workflowId) ?? []);
  if (named.length === 0) return;
  const rows = await deps.sql.query<ComparedRow & { settled: boolean }>(
    `select ${COMPARED_ROW}, coalesce(e.completed_at < $2, false) as settled from executions e
      where e.execution_id = any($1)`,
    [named, new Date(deps.now().getTime() - deps.settleMs).toISOString()],
  );
  await compareSome(
    deps,
    rows.filter(({ settled }) => settled),
    found,
  );
  const known = new Set(rows.map((row) => row.execution_id));
  for (const workflow of listed) await endOrphan(deps, workflow, known, found);
}

/** A start follows its row's commit: a workflow without a row has lost it. */
async function endOrphan(
  deps: Deps,
  { workflowId, runId }: OpenWorkflow,
  known: ReadonlySet<string>,
  found: Comparison,
): Promise<void> {
  const executionId = executionIdOf(workflowId);
  if (executionId === null || known.has(executionId)) return;
  // The list is a moment old.
  if ((await deps.runs.describe(workflowId)).kind !== 'open') return;
  if (!found.dryRun) await deps.runs.terminate(workflowId, runId, 'its execution is not in the database');
  tell(deps, found, {
    executionId,
    workflowId,
    status: null,
    workflow: 'RUNNING',
    repair: 'terminated',
    mended: !found.dryRun,
  });
}
