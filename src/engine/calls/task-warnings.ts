import type { TaskWarning } from '../../domain/run/task-warning.ts';
import { toJsonb } from '../../persistence/jsonb.ts';
import type { Sql } from '../../persistence/sql.ts';

/** Warnings of one task that are kept. */
const MOST_WARNINGS = 20;

/** Adds a warning to a task's, once. Under the task's lease, as what it is written with. */
export async function addWarning(sql: Sql, taskId: number, warning: TaskWarning): Promise<void> {
  await sql.query(
    `update task_executions set warnings = warnings || $2::jsonb
      where id = $1 and not warnings @> $2::jsonb and jsonb_array_length(warnings) < $3`,
    [taskId, toJsonb([warning]), MOST_WARNINGS],
  );
}
