import type { Sql } from '../../persistence/sql.ts';

/** Calls of one scope that may be made in a minute, whichever worker makes them. */
export interface ModelRate {
  /** Whose calls are counted together. */
  scope: string;
  most: number;
}

/** Takes one call of each scope, or of none. @returns milliseconds to wait; 0 when the call may be made. */
export async function takeModelRate(sql: Sql, rates: readonly ModelRate[], now: Date): Promise<number> {
  if (rates.length === 0) return 0;
  const [row] = await sql.query<{ wait: number }>('select take_model_rate($1, $2, $3) as wait', [
    rates.map(({ scope }) => scope),
    rates.map(({ most }) => most),
    now.toISOString(),
  ]);
  return row?.wait ?? 0;
}

/** Forgets scopes that nobody has called from for long. */
export async function pruneModelRates(sql: Sql, now: Date, limit: number): Promise<number> {
  const before = new Date(now.getTime() - 3_600_000).toISOString();
  const rows = await sql.query(
    `delete from model_rates where scope in (select scope from model_rates where window_start < $1 limit $2)
       and window_start < $1 returning scope`,
    [before, limit],
  );
  return rows.length;
}
