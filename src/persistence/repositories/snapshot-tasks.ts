import type { TaskStatus } from '../../domain/run/status.ts';
import type { Sql } from '../sql.ts';
import { parseTimestamp } from '../timestamp.ts';

/** A task as the snapshot of a stream shows it: what is short whatever its agent has written. */
export interface SnapshotTask {
  key: string;
  name: string;
  status: TaskStatus;
  attempts: number;
  agent: string;
  error: string | null;
  error_code: string | null;
  started_at: string | null;
  completed_at: string | null;
}

/** Of an error so many characters. */
const ERROR_CHARACTERS = 500;

/** The tasks of an execution in plan order. */
export async function readSnapshotTasks(sql: Sql, executionId: number): Promise<SnapshotTask[]> {
  const rows = await sql.query<SnapshotTask>(
    `select task_key as key, left(name, 200) as name, status, attempts, left(agent, 200) as agent,
            case when length(error) > ${ERROR_CHARACTERS} then left(error, ${ERROR_CHARACTERS}) || ' … (cut: see /tasks)'
                 else error end as error,
            error_code, started_at, completed_at
       from task_executions where execution_id = $1 order by position`,
    [executionId],
  );
  return rows.map((row) => ({
    ...row,
    started_at: iso(row.started_at),
    completed_at: iso(row.completed_at),
  }));
}

const iso = (at: string | null): string | null => (at === null ? null : parseTimestamp(at).toISOString());
