import { defineConfig, type Options } from '@mikro-orm/postgresql';
import type { ClientBase } from 'pg';
import { Migrator } from '@mikro-orm/migrations';
import { entities } from './entities/index.ts';
import { migrations } from './migrations/index.ts';

/** How MikroORM is set up: explicit entities, explicit migrations, nothing found by folder. */
export function databaseOptions(
  url: string,
  poolMax: number,
  onConnect: (client: ClientBase) => Promise<void>,
): Options {
  return defineConfig({
    clientUrl: url,
    entities,
    extensions: [Migrator],
    pool: { min: 0, max: poolMax },
    // Statements that do not need each other's answers travel together.
    driverOptions: { connectionTimeoutMillis: 5_000, application_name: 'muster', pipeline: true, onConnect },
    forceUtcTimezone: true,
    allowGlobalContext: false,
    // A database that is away is noticed by the first query, not at start.
    ensureDatabase: false,
    migrations: {
      migrationsList: migrations,
      transactional: true,
      allOrNothing: true,
      snapshot: false,
      silent: true,
    },
  });
}
