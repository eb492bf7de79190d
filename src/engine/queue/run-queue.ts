import type { Sql } from '../../persistence/sql.ts';

/**
 * Whose turn it is: an owner has at most MAX_ACTIVE_EXECUTIONS_PER_USER runs that are at work or about to be. One that is
 * paused or waits for a person holds no slot; when it goes on it takes one at once, also above the limit: nobody who has
 * answered waits for a turn. Until it is free again, nothing that is queued starts.
 * What comes above the limit is `pending` and `queued`, with no command to start it, until a run of the owner ends or stands
 * still. So is a run whose thread has a live one. All functions take the owner's lock until the end of the transaction: call them after the run's own row is
 * locked, and before events are appended.
 */

/** @returns whether one more run of this owner has to queue. @param maxActive 0 for no limit */
export async function mustQueue(sql: Sql, ownerId: string, maxActive: number): Promise<boolean> {
  const [row] = await sql.query<{ full: boolean }>('select take_run_slot($1, $2) as full', [
    ownerId,
    maxActive,
  ]);
  return row?.full === true;
}

/**
 * Whether a thread has a live run; from here to the end of the transaction nobody else starts one in it.
 * @param except the run that asks, which does not count
 */
export async function threadIsBusy(
  sql: Sql,
  thread: { id: string; ownerId: string },
  except: number | null,
): Promise<boolean> {
  const [row] = await sql.query<{ busy: boolean }>('select thread_is_busy($1, $2, $3) as busy', [
    thread.ownerId,
    thread.id,
    except,
  ]);
  return row?.busy === true;
}

/**
 * Lets queued runs of an owner go into the slots that are free, priority first, then age.
 * @param maxActive 0 for no limit
 * @param most how many at most; a run that ends makes room for one
 * @returns the ids of those released: their start is in the outbox, wake `outbox` after the commit.
 */
export async function releaseRuns(
  sql: Sql,
  ownerId: string,
  maxActive: number,
  most: number,
  now: Date,
): Promise<number[]> {
  const rows = await sql.query<{ id: number }>('select release_runs($1, $2, $3, $4) as id', [
    ownerId,
    maxActive,
    most,
    now.toISOString(),
  ]);
  return rows.map((row) => row.id);
}

/**
 * Some owners with runs that wait for a slot, in the order of their ids, each found by one look into the index of the queue.
 * @param after the last one of the page before; null for the first page
 */
export async function ownersWaiting(sql: Sql, after: string | null, limit: number): Promise<string[]> {
  const rows = await sql.query<{ owner_id: string }>(
    `with recursive waiting (owner_id, place) as (
       (select owner_id, 1 from executions where queued and status = 'pending' and owner_id > $1::uuid
         order by owner_id limit 1)
       union all
       select (select e.owner_id from executions e where e.queued and e.status = 'pending' and e.owner_id > w.owner_id
                order by e.owner_id limit 1), w.place + 1
         from waiting w where w.owner_id is not null and w.place < $2::integer
     )
     select owner_id from waiting where owner_id is not null`,
    [after ?? NIL, limit],
  );
  return rows.map((row) => row.owner_id);
}

/** Below the UUID of any owner. */
const NIL = '00000000-0000-0000-0000-000000000000';

/** How many runs an owner has that are not over, whether they work, queue, wait or are paused. @param most counts no further */
export async function openRunsOf(sql: Sql, ownerId: string, most: number): Promise<number> {
  const [row] = await sql.query<{ count: number }>(
    `select count(*)::integer as count from (
       select 1 from executions
        where owner_id = $1 and status not in ('completed', 'failed', 'cancelled') limit $2) as open`,
    [ownerId, most],
  );
  return row?.count ?? 0;
}
