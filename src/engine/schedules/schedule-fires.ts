import type { FireRef } from '../../contracts/scheduled-start.ts';
import { MusterError } from '../../domain/errors.ts';
import type { SqlPool } from '../../persistence/sql.ts';
import { commandRun } from '../commands/command-run.ts';

/** The times at which schedules have come due: each is one row, and starts one execution or none. */

/**
 * Writes that a time has come, once.
 * @param workflow the Temporal run that says so
 * @returns whether it was this run that said it first; false too when the schedule is gone
 */
export async function recordFire(
  sql: SqlPool,
  { scheduleId, nominalAt }: FireRef,
  workflow: { workflowId: string; runId: string },
  now: Date,
): Promise<{ isFirst: boolean }> {
  const inserted = await sql.query(
    `insert into schedule_fires (schedule_id, owner_id, nominal_at, workflow_id, run_id, status, due_at, created_at)
     select id, owner_id, $2, $3, $4, 'due', $5, $5 from schedules where id = $1 and deleted_at is null
     on conflict (schedule_id, nominal_at) do nothing returning 1`,
    [scheduleId, nominalAt, workflow.workflowId, workflow.runId, now.toISOString()],
  );
  if (inserted.length > 0) return { isFirst: true };
  const [row] = await sql.query<{ run_id: string }>(
    'select run_id from schedule_fires where schedule_id = $1 and nominal_at = $2',
    [scheduleId, nominalAt],
  );
  return { isFirst: row?.run_id === workflow.runId };
}

/** What was started at this time is cancelled; what was not started yet will not be. */
export async function cancelFire(
  sql: SqlPool,
  { scheduleId, nominalAt }: FireRef,
  maxActive: number,
  now: Date,
): Promise<number | null> {
  const refused = await sql.query(
    `update schedule_fires set status = 'refused', error = 'cancelled before it was started', due_at = $3
      where schedule_id = $1 and nominal_at = $2 and status = 'due' returning 1`,
    [scheduleId, nominalAt, now.toISOString()],
  );
  if (refused.length > 0) return null;
  const [row] = await sql.query<{ execution_id: number | null }>(
    'select execution_id from schedule_fires where schedule_id = $1 and nominal_at = $2',
    [scheduleId, nominalAt],
  );
  const executionId = row?.execution_id ?? null;
  if (executionId !== null) await cancelIfLive(sql, executionId, maxActive, now);
  return executionId;
}

/** Cancels an execution unless it is over. */
export async function cancelIfLive(sql: SqlPool, id: number, maxActive: number, now: Date): Promise<void> {
  try {
    await commandRun(sql, id, 'cancel', maxActive, now);
  } catch (error) {
    if (!(error instanceof MusterError) || error.code !== 'CONFLICT') throw error;
  }
}
