import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Client } from 'pg';
import { readSettings } from '../../src/config.ts';
import { migrate } from '../../src/persistence/migrate.ts';
import { migrations } from '../../src/persistence/migrations/index.ts';
import { createTestDatabase, testServerUrl } from '../support/database.ts';

/** A deployment's database role is no superuser (temporal-config/databases.sql). */

const ROLE = 'test_plain_role';
const server = async (...statements: string[]): Promise<void> => {
  const client = new Client({ connectionString: testServerUrl() });
  await client.connect();
  try {
    for (const statement of statements) await client.query(statement);
  } finally {
    await client.end();
  }
};

beforeAll(async () => {
  // Whoever migrates first makes the role that all databases of a server share.
  const first = await createTestDatabase();
  await first.drop();
  await server(
    `create role ${ROLE} login createrole password 'plain'`,
    `grant muster_app to ${ROLE} with admin option`,
    `create database ${ROLE} owner ${ROLE}`,
  );
});
afterAll(() => server(`drop database if exists ${ROLE} with (force)`, `drop role if exists ${ROLE}`));

describe('a role that may make roles and is no superuser', () => {
  it('may bring its own database up to date', async () => {
    const url = new URL(testServerUrl());
    url.username = ROLE;
    url.password = 'plain';
    url.pathname = `/${ROLE}`;
    const { applied } = await migrate(readSettings({ DATABASE_URL: url.href }));
    expect(applied).toBe(migrations.length);
  });
});
