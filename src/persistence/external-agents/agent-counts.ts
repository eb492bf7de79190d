import type { Sql } from '../sql.ts';

/**
 * How many instances stand how, in `agent_instance_counts`: a number is the sum of its rows. A trigger adds a row for each
 * change, in the transaction of the change and without a lock; here the rows of a number become one again.
 */

/** Changes one transaction folds. */
const BATCH = 5_000;

/** Folds what has changed; of several processes one does it. @returns how many changes */
export async function foldInstanceCounts(sql: Sql): Promise<number> {
  let folded = 0;
  for (let last = BATCH; last === BATCH; folded += last) {
    const [row] = await sql.query<{ count: number }>('select fold_agent_instance_counts($1) as count', [
      BATCH,
    ]);
    last = row?.count ?? 0;
  }
  return folded;
}
