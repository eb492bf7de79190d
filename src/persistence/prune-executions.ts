import { together, type Sql, type SqlPool } from './sql.ts';

/** Throws away executions that ended long ago, with all that belongs to them alone. Statistics by day stay as they are. */

/** Executions one transaction deletes: short enough that nobody waits for it. */
const BATCH = 100;
const ENDED = "e.status in ('completed', 'failed', 'cancelled') and e.completed_at < $1";
/** What runs inside a run that goes on belongs to it; what is still to be delivered is waited for. */
const FREE = `
  not exists (select 1 from executions p where p.execution_id = e.parent_execution_id
                and p.status not in ('completed', 'failed', 'cancelled'))
  and not exists (select 1 from deliveries d where d.execution_id = e.id and d.status = 'pending')
  and not exists (select 1 from outbox o where o.execution_id = e.id)`;

export interface PruneOptions {
  /** Executions that ended before this moment. */
  endedBefore: Date;
  /** Only counts them. */
  dryRun: boolean;
  /** Called after every batch with how many are gone so far. */
  onProgress?: (count: number) => void;
}

/** Batch by batch, oldest id first; it may be interrupted and started again. @returns how many are (would be) gone */
export async function pruneExecutions(sql: SqlPool, options: PruneOptions): Promise<number> {
  const before = options.endedBefore.toISOString();
  if (options.dryRun) {
    const [row] = await sql.query<{ count: string }>(
      `select count(*) as count from executions e where ${ENDED} and ${FREE}`,
      [before],
    );
    return Number(row?.count ?? 0);
  }
  let count = 0;
  let after = 0;
  for (;;) {
    const ids = await sql.transaction(async (tx) => {
      const taken = await take(tx, before, after);
      if (taken.length > 0) await remove(tx, taken);
      return taken;
    });
    const last = ids.at(-1);
    if (last === undefined) return count;
    after = last;
    count += ids.length;
    options.onProgress?.(count);
  }
}

/** Locked, so that nobody retries one of them meanwhile. */
async function take(tx: Sql, before: string, after: number): Promise<number[]> {
  const rows = await tx.query<{ id: number }>(
    `select e.id from executions e where ${ENDED} and ${FREE} and e.id > $2
      order by e.id limit $3 for update of e`,
    [before, after, BATCH],
  );
  return rows.map(({ id }) => id);
}

/**
 * What people wrote and got in a thread stays in it, and so does what crews remember of their runs: both outlive the run.
 * Tasks, calls, questions and the instance go with the execution itself (foreign keys).
 */
async function remove(tx: Sql, ids: number[]): Promise<void> {
  const of = [ids];
  await together([
    tx.query(
      'update messages set execution_id = null where execution_id = any($1) and thread_id is not null',
      of,
    ),
    tx.query('update memories set execution_id = null where execution_id = any($1)', of),
    tx.query('delete from messages where execution_id = any($1)', of),
    tx.query('delete from deliveries where execution_id = any($1)', of),
    tx.query('delete from execution_events where execution_id = any($1)', of),
    tx.query('delete from execution_log_heads where execution_id = any($1)', of),
    tx.query('delete from executions where id = any($1)', of),
  ]);
}
