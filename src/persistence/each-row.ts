/** So many failures one after the other are not about their rows: nobody gets through. */
const MOST_IN_A_ROW = 10;

/**
 * Does the work of a sweep, row by row. One that fails is told to `failed`, and keeps no other from its turn.
 * @throws the last error, after ten failures in a row
 */
export async function eachRow<Row>(
  rows: readonly Row[],
  work: (row: Row) => Promise<void>,
  failed: (error: unknown, row: Row) => Promise<void> | void,
): Promise<void> {
  let inARow = 0;
  for (const row of rows) {
    try {
      await work(row);
      inARow = 0;
    } catch (error) {
      inARow += 1;
      await failed(error, row);
      if (inARow >= MOST_IN_A_ROW) throw error;
    }
  }
}
