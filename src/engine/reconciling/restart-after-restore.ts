import type { SqlPool } from '../../persistence/sql.ts';

/**
 * For a database that was restored without Temporal, while no API and no worker runs: every open execution gets a new
 * generation, which no workflow of before may write for, and a start; every schedule is told to Temporal again, and the
 * times whose workflow nobody can tell any more count as told.
 */
export async function startAnew(
  database: SqlPool,
  now: Date,
): Promise<{ executions: number; schedules: number }> {
  const at = now.toISOString();
  return database.transaction(async (sql) => {
    // What was on its way is in the rows: a pause, a cancel, an answer. The new workflow reads it with its claim.
    await sql.query(
      `delete from outbox where execution_id in (
         select id from executions where status not in ('completed', 'failed', 'cancelled'))`,
      [],
    );
    const executions = await sql.query(
      `with anew as (
         update executions set generation = generation + 1, claimed_run_id = null, updated_at = $1
          where status not in ('completed', 'failed', 'cancelled')
          returning id, execution_id, generation, queued
       ), started as (
         insert into outbox (execution_id, execution_uuid, command, payload, due_at, created_at)
         select id, execution_id, 'start', jsonb_build_object('generation', generation), $1, $1 from anew where not queued
       )
       select 1 from anew`,
      [at],
    );
    const schedules = await sql.query('update schedules set synced_version = 0, due_at = $1 returning 1', [
      at,
    ]);
    await sql.query(`update schedule_fires set told = true where status = 'started' and not told`, []);
    return { executions: executions.length, schedules: schedules.length };
  });
}
