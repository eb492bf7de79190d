import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Client } from 'pg';
import { readSettings } from '../../src/config.ts';
import { migrate } from '../../src/persistence/migrate.ts';
import { migrations } from '../../src/persistence/migrations/index.ts';
import { testServerUrl } from '../support/database.ts';

/** Replicas of a deployment boot at the same moment. */

const NAME = 'test_migrate_together';
const server = async (statement: string): Promise<void> => {
  const client = new Client({ connectionString: testServerUrl() });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
};

beforeAll(() => server(`create database ${NAME}`));
afterAll(() => server(`drop database if exists ${NAME} with (force)`));

describe('three replicas that migrate one empty database at once', () => {
  it('apply every migration once between them', async () => {
    const url = new URL(testServerUrl());
    url.pathname = `/${NAME}`;
    const settings = readSettings({ DATABASE_URL: url.href });
    const done = await Promise.all([migrate(settings), migrate(settings), migrate(settings)]);
    expect(done.map(({ applied }) => applied).sort((one, other) => one - other)).toEqual([
      0,
      0,
      migrations.length,
    ]);
    expect(await migrate(settings)).toEqual({ applied: 0 });
  });
});
