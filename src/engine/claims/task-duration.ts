import type { Sql } from '../../persistence/sql.ts';

/** Seconds from the first start of a task, or of a run of a step, to its end; null while it has none. */
export async function taskSeconds(sql: Sql, executionId: number, taskKey: string): Promise<number | null> {
  const [row] = await sql.query<{ seconds: number | null }>(
    `select extract(epoch from completed_at - started_at)::float8 as seconds from task_executions
      where execution_id = $1 and task_key = $2`,
    [executionId, taskKey],
  );
  return row?.seconds ?? null;
}
