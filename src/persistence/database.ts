import { MikroORM, type EntityManager } from '@mikro-orm/postgresql';
import { databaseOptions } from './mikro-orm.config.ts';
import { createSqlPool, type SqlPool } from './sql.ts';

/** One process's door to Postgres: one pool, used by MikroORM and by raw SQL alike. */
export interface Database {
  readonly orm: MikroORM;
  readonly sql: SqlPool;
  readonly url: string;
  /** A fresh unit of work; one a request or activity call. */
  em(): EntityManager;
  /** @throws the driver's error when Postgres does not answer. */
  ping(): Promise<void>;
  close(): Promise<void>;
}

/** Opens the pool lazily: a database that is away is noticed by the first query, not here. */
export async function createDatabase(url: string, options: { poolMax?: number } = {}): Promise<Database> {
  const orm = new MikroORM(databaseOptions(url, options.poolMax ?? 16));
  const pool = await orm.em.getDriver().getConnection().getNativeClient();
  const sql = createSqlPool(pool);
  return {
    orm,
    sql,
    url,
    em: () => orm.em.fork(),
    ping: async () => {
      await sql.query('select 1');
    },
    close: () => orm.close(true),
  };
}
