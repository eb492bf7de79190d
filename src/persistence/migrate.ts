import type { Settings } from '../config.ts';
import { createDatabase, type Database } from './database.ts';
import { seedTemplates } from './shipped-templates.ts';
import { installVectorSearch } from './vector-search.ts';

/** Advisory lock that keeps two processes from migrating at once; any constant will do. */
const MIGRATION_LOCK = 7_305_001;

/** Brings the schema up to date, and the templates that ship with the program. Two processes may call it at once: one migrates, the other waits. */
export async function migrateDatabase(database: Database): Promise<{ applied: number }> {
  const { sql, orm } = database;
  await sql.query('select 1');
  return sql.transaction(async (holder) => {
    await holder.query('select pg_advisory_xact_lock($1)', [MIGRATION_LOCK]);
    const applied = await orm.migrator.up();
    await sql.transaction(installVectorSearch);
    await seedTemplates(holder, new Date());
    return { applied: applied.length };
  });
}

/** @returns how many migrations the code knows that the database has not had yet. */
export async function pendingMigrations(database: Database): Promise<number> {
  return (await database.orm.migrator.getPending()).length;
}

/** `npm run migrate`, and a step of every start. @throws when DATABASE_URL is missing. */
export async function migrate(settings: Settings): Promise<{ applied: number }> {
  if (settings.DATABASE_URL === undefined)
    throw new Error('DATABASE_URL is not set: there is nothing to migrate');
  const database = await createDatabase(settings.DATABASE_URL, { poolMax: 4, actsFor: 'schema' });
  try {
    return await migrateDatabase(database);
  } finally {
    await database.close();
  }
}
