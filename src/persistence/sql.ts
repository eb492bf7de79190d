import type { Pool, PoolClient } from 'pg';

/** A row as the driver gives it. Each statement's caller says what it selected. */
export type Row = Record<string, unknown>;

/** Something that runs SQL with `$1` parameters: the pool, or one transaction on it. */
export interface Sql {
  /** @returns the rows, typed by the caller, who wrote the select list. */
  query<R extends object = Row>(text: string, params?: readonly unknown[]): Promise<R[]>;
}

/**
 * Statements of one transaction that do not need each other's answers: they travel together and run in the order
 * they are given. Waits for all of them, so that none is on its way when the transaction ends.
 * @throws the first failure, in their order.
 */
export async function together<T extends readonly unknown[] | []>(
  statements: T,
): Promise<{ -readonly [K in keyof T]: Awaited<T[K]> }> {
  await Promise.allSettled(statements);
  return Promise.all(statements);
}

/** The pool itself: single statements, and transactions. */
export interface SqlPool extends Sql {
  /** Commits when `work` resolves, rolls back when it throws. READ COMMITTED. */
  transaction<T>(work: (sql: Sql) => Promise<T>): Promise<T>;
}

/** Statement texts by the name they are prepared under; texts are constants of the code, so this stays small. */
type StatementNames = Map<string, string>;

/** Statements with parameters are prepared once a connection: parsing and planning cost more than running them. */
function on(client: Pool | PoolClient, names: StatementNames): Sql {
  return {
    async query<R extends object>(text: string, params?: readonly unknown[]): Promise<R[]> {
      if (params === undefined) return (await client.query<R>(text)).rows;
      const name = names.get(text) ?? `muster_${names.size + 1}`;
      names.set(text, name);
      return (await client.query<R>({ name, text, values: [...params] })).rows;
    },
  };
}

/**
 * Raw SQL on the pool that MikroORM owns. The hot paths (event log, leases, commands) use it: they are
 * single statements and compare-and-sets that a unit of work would only slow down.
 */
export function createSqlPool(pool: Pool): SqlPool {
  const names: StatementNames = new Map();
  return {
    ...on(pool, names),
    async transaction(work) {
      const client = await pool.connect();
      try {
        // Not waited for: the first statement travels with it, and finds out when it failed.
        const begun = client.query('begin');
        begun.catch(() => undefined);
        const result = await work(on(client, names));
        await begun;
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
