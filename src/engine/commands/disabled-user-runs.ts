import type { Sql } from '../../persistence/sql.ts';

/**
 * Runs of disabled users that a command would still change, oldest first: a flow comes before the crews it has out.
 * @param after the id of the run before them
 * @returns their ids
 */
export async function runsOfDisabledUsers(
  sql: Sql,
  command: 'cancel' | 'pause',
  limit: number,
  after = 0,
): Promise<number[]> {
  const rows = await sql.query<{ id: number }>(command === 'cancel' ? TO_CANCEL : TO_PAUSE, [limit, after]);
  return rows.map(({ id }) => id);
}

const TO_CANCEL = `
  select e.id from users u join executions e on e.owner_id = u.id
   where not u.is_active and e.id > $2 and e.status = any('{pending,running,waiting,paused}')
   order by e.id limit $1`;
const TO_PAUSE = `
  select e.id from users u join executions e on e.owner_id = u.id
   where not u.is_active and e.id > $2 and e.status = any('{pending,running,waiting}') and not e.pause_requested
   order by e.id limit $1`;
