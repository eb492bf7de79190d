import type { Pool, PoolClient } from 'pg';

/** A row as the driver gives it. Each statement's caller says what it selected. */
export type Row = Record<string, unknown>;

/** Something that runs SQL with `$1` parameters: the pool, or one transaction on it. */
export interface Sql {
  /** @returns the rows, typed by the caller, who wrote the select list. */
  query<R extends object = Row>(text: string, params?: readonly unknown[]): Promise<R[]>;
}

/** The pool itself: single statements, and transactions. */
export interface SqlPool extends Sql {
  /** Commits when `work` resolves, rolls back when it throws. READ COMMITTED. */
  transaction<T>(work: (sql: Sql) => Promise<T>): Promise<T>;
}

const on = (client: Pool | PoolClient): Sql => ({
  async query<R extends object>(text: string, params: readonly unknown[] = []): Promise<R[]> {
    return (await client.query<R>(text, [...params])).rows;
  },
});

/**
 * Raw SQL on the pool that MikroORM owns. The hot paths (event log, leases, commands) use it: they are
 * single statements and compare-and-sets that a unit of work would only slow down.
 */
export function createSqlPool(pool: Pool): SqlPool {
  return {
    ...on(pool),
    async transaction(work) {
      const client = await pool.connect();
      try {
        await client.query('begin');
        const result = await work(on(client));
        await client.query('commit');
        client.release();
        return result;
      } catch (error) {
        // A connection whose rollback fails is broken: it must not go back into the pool.
        const rollbackError: unknown = await client.query('rollback').then(
          () => undefined,
          (failure: unknown) => failure,
        );
        client.release(rollbackError === undefined ? undefined : true);
        throw error;
      }
    },
  };
}
