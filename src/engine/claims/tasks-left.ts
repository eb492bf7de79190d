import type { Sql } from '../../persistence/sql.ts';

/** Which tasks of a run are still to be done. */

/** SQL: a task `t` of execution $1 is neither done nor left out. A failed one whose run goes on without it is as good as done. */
export const LEFT = `t.status not in ('completed', 'skipped')
  and not (t.status = 'failed' and (select on_task_failure = 'continue' from executions where id = $1))`;

/**
 * SQL of a recursive query: the keys of the tasks of execution $1 for whose ends others wait. A task that a person has left
 * out is over, but counts for its followers when its turn would have come: until then it holds them back.
 */
export const KEYS_LEFT = `left_out as materialized (
    select t.task_key, d.key as waits_for
      from task_executions t, jsonb_array_elements_text(t.spec->'dependsOn') d(key)
     where t.execution_id = $1 and t.status = 'skipped'
  ), keys_left as (
    select t.task_key from task_executions t where t.execution_id = $1 and ${LEFT}
    union
    select o.task_key from keys_left k join left_out o on o.waits_for = k.task_key
  )`;

/** Whether every task of a run is over, so that nothing of it can be paused. */
export async function isNothingLeft(sql: Sql, id: number): Promise<boolean> {
  const rows = await sql.query(
    `select 1 from task_executions t where t.execution_id = $1 and ${LEFT} limit 1`,
    [id],
  );
  return rows.length === 0;
}
