import type { Sql } from '../sql.ts';

/**
 * Whose turn it is: an owner has at most MAX_ACTIVE_EXECUTIONS_PER_USER runs that are neither final nor queued.
 * What comes above that is `pending` and `queued`, with no command to start it, until a run of the owner ends. So is a run whose
 * thread has a live one. All functions take the owner's lock until the end of the transaction: call them after the run's own row is
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

/** Owners with runs that wait for a slot. */
export async function ownersWaiting(sql: Sql): Promise<string[]> {
  const rows = await sql.query<{ owner_id: string }>(
    `select distinct owner_id from executions where queued and status = 'pending' limit 1000`,
  );
  return rows.map((row) => row.owner_id);
}
