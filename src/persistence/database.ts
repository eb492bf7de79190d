import { MikroORM, type EntityManager } from '@mikro-orm/postgresql';
import { databaseOptions } from './mikro-orm.config.ts';
import { actAs, type ActsFor } from './row-security.ts';
import { createSqlPool, type SqlPool } from './sql.ts';

/** Whose rows a piece of work may touch. There is no way to reach owned rows without saying so. */
export type OwnerScope = { ownerId: string } | { everybody: true };

/** One process's door to Postgres: one pool, used by MikroORM and by raw SQL alike. */
export interface Database {
  readonly orm: MikroORM;
  readonly sql: SqlPool;
  readonly url: string;
  /** A fresh unit of work with the rights of the whole process; one a request or activity call. */
  em(): EntityManager;
  /**
   * One transaction in which Postgres itself shows nothing but the rows of this scope, whatever the queries
   * forget (row-security.ts).
   */
  as<T>(scope: OwnerScope, work: (em: EntityManager) => Promise<T>): Promise<T>;
  /** How full the pool of connections is. */
  poolUse(): { total: number; idle: number; waiting: number };
  /** @throws the driver's error when Postgres does not answer. */
  ping(): Promise<void>;
  close(): Promise<void>;
}

export interface DatabaseOptions {
  poolMax?: number;
  /** What this pool may see by itself. Default `system`. */
  actsFor?: ActsFor;
}

/** Opens the pool lazily: a database that is away is noticed by the first query, not here. */
export async function createDatabase(url: string, options: DatabaseOptions = {}): Promise<Database> {
  const { poolMax = 16, actsFor = 'system' } = options;
  const orm = new MikroORM(databaseOptions(url, poolMax, actAs(actsFor)));
  const pool = await orm.em.getDriver().getConnection().getNativeClient();
  const sql = createSqlPool(pool);
  return {
    orm,
    sql,
    url,
    em: () => orm.em.fork(),
    as: (scope, work) =>
      orm.em.fork().transactional(async (em) => {
        const [name, owner] = 'ownerId' in scope ? ['owner', scope.ownerId] : ['everybody', ''];
        await em.execute(`select set_config('muster.scope', ?, true), set_config('muster.owner', ?, true)`, [
          name,
          owner,
        ]);
        return work(em);
      }),
    poolUse: () => ({ total: pool.totalCount, idle: pool.idleCount, waiting: pool.waitingCount }),
    ping: async () => {
      await sql.query('select 1');
    },
    close: () => orm.close(true),
  };
}
