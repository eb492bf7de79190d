import type { Sql } from '../../persistence/sql.ts';

/**
 * Seeds a replay with what an earlier run has finished: outputs of the tasks that stand before one in the plan's
 * order. In the transaction that makes the new run. They are not run again, and cost nothing again.
 */
export async function takeOverTasks(
  sql: Sql,
  from: { id: number; beforePosition: number },
  into: { id: number },
  now: Date,
): Promise<void> {
  await sql.query(
    `update task_executions n set status = o.status, output = o.output, warnings = o.warnings, started_at = o.started_at,
       completed_at = o.completed_at, updated_at = $4
     from task_executions o
     where n.execution_id = $2 and o.execution_id = $1 and o.task_key = n.task_key and o.position < $3
       and o.status in ('completed', 'skipped') and n.status = 'pending' and n.lease_run_id is null`,
    [from.id, into.id, from.beforePosition, now.toISOString()],
  );
}
