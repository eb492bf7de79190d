import type { Pool, PoolClient } from 'pg';
import { isStatementGone, StatementNames } from './statement-names.ts';

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
  /**
   * Commits when `work` resolves, rolls back when it throws. READ COMMITTED. Where Postgres has dropped a prepared
   * statement meanwhile, `work` is run a second time after the rollback: beyond `sql` it changes nothing that it does not set
   * anew.
   */
  transaction<T>(work: (sql: Sql) => Promise<T>): Promise<T>;
}

/** Runs one statement, prepared under its name where it has parameters and a name. */
async function run<R extends object>(
  client: Pool | PoolClient,
  text: string,
  params: readonly unknown[] | undefined,
  name: string | undefined,
): Promise<R[]> {
  if (params === undefined) return (await client.query<R>(text)).rows;
  const values = [...params];
  const query = name === undefined ? { text, values } : { name, text, values };
  return (await client.query<R>(query)).rows;
}

/** The pool: a statement that is prepared no more is prepared anew and run again. It did nothing the first time. */
const onPool = (pool: Pool, names: StatementNames): Sql => ({
  async query<R extends object>(text: string, params?: readonly unknown[]): Promise<R[]> {
    const name = names.of(text);
    try {
      return await run<R>(pool, text, params, name);
    } catch (error) {
      if (!isStatementGone(error)) throw error;
      names.renew(text, name);
      return run<R>(pool, text, params, undefined);
    }
  },
});

/** @param onGone hears that a statement is prepared no more: the transaction is lost, another one will do */
const onClient = (client: PoolClient, names: StatementNames, onGone: () => void): Sql => ({
  async query<R extends object>(text: string, params?: readonly unknown[]): Promise<R[]> {
    const name = names.of(text);
    try {
      return await run<R>(client, text, params, name);
    } catch (error) {
      if (isStatementGone(error)) {
        names.renew(text, name);
        onGone();
      }
      throw error;
    }
  },
});

/** So often is a transaction tried in all: a pool in front of Postgres may drop more than one of its statements. */
const MOST_TRIES = 4;

/**
 * Raw SQL on the pool that MikroORM owns. The hot paths (event log, leases, commands) use it: they are
 * single statements and compare-and-sets that a unit of work would only slow down.
 */
export function createSqlPool(pool: Pool): SqlPool {
  const names = new StatementNames();
  return {
    ...onPool(pool, names),
    async transaction(work) {
      for (let tries = 1; ; tries += 1) {
        let isGone = false;
        try {
          return await transact(pool, (client) => work(onClient(client, names, () => void (isGone = true))));
        } catch (error) {
          if (!isGone || tries === MOST_TRIES) throw error;
        }
      }
    },
  };
}

async function transact<T>(pool: Pool, work: (client: PoolClient) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  try {
    // Not waited for: the first statement travels with it, and finds out when it failed.
    const begun = client.query('begin');
    begun.catch(() => undefined);
    const result = await work(client);
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
}
