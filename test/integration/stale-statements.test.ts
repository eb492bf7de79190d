import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { createDatabase, type Database } from '../../src/persistence/database.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { openEngineDatabase } from './engine-database.ts';

/** Prepared statements that Postgres drops under a pool that lives on: through a migration, or a pool in between. */

const CONNECTIONS = 4;
let testDatabase: TestDatabase;
let database: Database;
let migrating: Database;
let table: string;

beforeAll(async () => {
  testDatabase = await createTestDatabase();
  database = await createDatabase(testDatabase.url, { poolMax: CONNECTIONS });
  migrating = await createDatabase(testDatabase.url, { poolMax: 1, actsFor: 'schema' });
});
afterAll(async () => {
  await Promise.all([database.close(), migrating.close()]);
  await testDatabase.drop();
});
beforeEach(async () => {
  table = `things_${randomUUID().replaceAll('-', '')}`;
  await migrating.sql.query(`create table ${table} (id integer primary key, name text not null)`);
  await migrating.sql.query(`grant all on ${table} to muster_app`);
});

/** As many transactions side by side as there are connections, so that each has one. @returns what each was told */
async function onEach<T>(work: Parameters<typeof database.sql.transaction<T>>[0]): Promise<T[]> {
  let arrived = 0;
  let open: () => void = () => undefined;
  const all = new Promise<void>((resolve) => (open = resolve));
  const each = Array.from({ length: CONNECTIONS }, () =>
    database.sql.transaction(async (sql) => {
      await sql.query('select 1');
      arrived += 1;
      if (arrived === CONNECTIONS) open();
      await all;
      return work(sql);
    }),
  );
  return Promise.all(each);
}

const insert = (): string =>
  `insert into ${table} (id, name) values ((select coalesce(max(id), 0) + 1 from ${table}), $1) returning *`;
const look = (): string => `select * from ${table} where name = $1`;

describe('a migration that changes what a statement answers with', () => {
  it('is not noticed by who asks outside a transaction, on any connection', async () => {
    await onEach((sql) => sql.query(look(), ['one']));
    await migrating.sql.query(`alter table ${table} add column colour text default 'red'`);
    await migrating.sql.query(`insert into ${table} (id, name) values (1, 'one')`);
    const asked = Array.from({ length: CONNECTIONS * 2 }, () => database.sql.query(look(), ['one']));
    for (const rows of await Promise.all(asked))
      expect(rows).toEqual([{ id: 1, name: 'one', colour: 'red' }]);
  });

  it('is not noticed in transactions, whose work is done once', async () => {
    await onEach((sql) => sql.query(look(), ['one']));
    await database.sql.transaction((sql) => sql.query(insert(), ['one']));
    await migrating.sql.query(`alter table ${table} add column colour text default 'red'`);
    const seen = await onEach((sql) => sql.query(look(), ['one']));
    expect(seen).toEqual(Array.from({ length: CONNECTIONS }, () => [{ id: 1, name: 'one', colour: 'red' }]));
    await database.sql.transaction(async (sql) => {
      await sql.query(`update ${table} set name = $1 where id = $2`, ['first', 1]);
      await sql.query(insert(), ['two']);
    });
    expect(await database.sql.query(`select id, name from ${table} order by id`)).toEqual([
      { id: 1, name: 'first' },
      { id: 2, name: 'two' },
    ]);
  });

  it('is told apart from other things that Postgres does not do', async () => {
    const unsupported = database.sql.query(
      `select count(distinct name) over () from ${table} where id > $1`,
      [0],
    );
    await expect(unsupported).rejects.toMatchObject({ code: '0A000' });
  });
});

describe('statements that vanish', () => {
  it('are prepared anew, outside transactions and in them', async () => {
    await onEach((sql) => sql.query(look(), ['one']));
    await onEach((sql) => sql.query('deallocate all'));
    expect(await database.sql.query(look(), ['one'])).toEqual([]);
    await onEach((sql) => sql.query('deallocate all'));
    expect(await onEach((sql) => sql.query(look(), ['one']))).toEqual([[], [], [], []]);
  });

  it('again and again are not prepared any more, and go on working', async () => {
    const single = await createDatabase(testDatabase.url, { poolMax: 1 });
    const names = new Set<string>();
    for (let round = 0; round < 20; round += 1) {
      await single.sql.transaction((sql) => sql.query(look(), ['one']));
      const prepared = await single.sql.query<{ name: string }>(
        `select name from pg_prepared_statements where statement like '%${table}%'`,
      );
      for (const { name } of prepared) names.add(name);
      await single.sql.query('deallocate all');
    }
    await single.close();
    expect(names.size).toBe(6);
  });
});

it('the engine goes on while every table is given a column, twice', async () => {
  const engine = await openEngineDatabase();
  const schema = await createDatabase(engine.url, { poolMax: 1, actsFor: 'schema' });
  const tables = await schema.sql.query<{ name: string }>(
    `select c.oid::regclass::text as name from pg_class c where c.relkind = 'r' and c.relnamespace = 'public'::regnamespace`,
  );
  const live = async (): Promise<string> => {
    const ref = await engine.createClaimed();
    await engine.command(ref, 'pause');
    await engine.command(ref, 'resume');
    await engine.finalise(ref, { status: 'failed', code: 'TIMEOUT', taskKey: null });
    return (await engine.row(ref)).status;
  };
  expect(await live()).toBe('failed');
  for (const column of ['one_more', 'another']) {
    for (const { name } of tables) await schema.sql.query(`alter table ${name} add column ${column} text`);
    expect(await live()).toBe('failed');
  }
  await schema.close();
  await engine.close();
});
