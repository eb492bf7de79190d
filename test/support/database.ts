import { randomBytes } from 'node:crypto';
import { Client } from 'pg';
import { createDatabase } from '../../src/persistence/database.ts';
import { migrateDatabase } from '../../src/persistence/migrate.ts';

/** A database of a test's own. */
export interface TestDatabase {
  url: string;
  drop(): Promise<void>;
}

/** The server that the suite's set-up started. */
export function testServerUrl(): string {
  const url = process.env['MUSTER_TEST_DATABASE_URL'];
  if (url === undefined)
    throw new Error('MUSTER_TEST_DATABASE_URL is not set: run the tests through npm test or jest');
  return url;
}

async function onServer(statement: string): Promise<void> {
  const client = new Client({ connectionString: testServerUrl() });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}

/** A fresh, migrated database. */
export async function createTestDatabase(): Promise<TestDatabase> {
  const name = `test_${randomBytes(6).toString('hex')}`;
  await onServer(`create database ${name}`);
  const url = new URL(testServerUrl());
  url.pathname = `/${name}`;
  const database = await createDatabase(url.href, { poolMax: 4, actsFor: 'schema' });
  try {
    await migrateDatabase(database);
  } finally {
    await database.close();
  }
  return { url: url.href, drop: () => onServer(`drop database if exists ${name} with (force)`) };
}
