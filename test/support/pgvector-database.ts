import { PGlite } from '@electric-sql/pglite';
import { vector } from '@electric-sql/pglite-pgvector';
import { createDatabase } from '../../src/persistence/database.ts';
import { migrations } from '../../src/persistence/migrations/index.ts';
import type { Sql } from '../../src/persistence/sql.ts';

/** A migrated database of a PostgreSQL that has pgvector, which the embedded one has not: the real ones, as WebAssembly. */
export interface PgvectorDatabase {
  /** One connection; each statement is a transaction of its own. */
  sql: Sql;
  close(): Promise<void>;
}

export async function openPgvectorDatabase(): Promise<PgvectorDatabase> {
  const postgres = await PGlite.create({ extensions: { vector } });
  for (const statement of await migrationStatements()) await postgres.exec(statement);
  return {
    sql: {
      async query<R extends object>(text: string, params?: readonly unknown[]): Promise<R[]> {
        return (await postgres.query<R>(text, params === undefined ? undefined : [...params])).rows;
      },
    },
    close: () => postgres.close(),
  };
}

/** What the migrations would run. Nothing is connected to. */
async function migrationStatements(): Promise<string[]> {
  const database = await createDatabase('postgres://nobody@127.0.0.1:1/nowhere');
  try {
    const statements: string[] = [];
    for (const { class: Migration } of migrations) {
      const migration = new Migration(database.orm.em.getDriver(), database.orm.config);
      migration.up();
      for (const query of migration.getQueries()) {
        if (typeof query !== 'string') throw new Error('a migration with more than texts of SQL');
        statements.push(query);
      }
    }
    return statements;
  } finally {
    await database.close();
  }
}
