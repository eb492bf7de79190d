import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createDatabase, type Database } from '../../src/persistence/database.ts';
import { createRun } from '../../src/engine/starting/create-run.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { aPlan } from '../support/plans.ts';

/** The second wall, tried with bare SQL: what Postgres itself lets through when a query names no owner. */

let testDatabase: TestDatabase;
let system: Database;
let owners: Database;
const ANNA = randomUUID();
const BERT = randomUUID();
/** Kept by MikroORM itself; holds nothing of anybody. */
const WITHOUT_OWNER = ['mikro_orm_migrations'];
const OWNED_TABLES = [
  'executions',
  'task_executions',
  'calls',
  'execution_events',
  'execution_log_heads',
  'graphs',
  'graph_versions',
  'conversation_heads',
  'threads',
  'messages',
  'agents',
  'workflows',
  'tasks',
  'execution_days',
  'execution_day_errors',
  'agent_types',
  'agent_instances',
  'agent_instance_counts',
  'delivery_endpoints',
  'deliveries',
  'flows',
];
/** A run of a crew and a thread each have a conversation. */
const rowsEach = (table: string): number => (table === 'conversation_heads' ? 2 : 1);

const plan = aPlan();

beforeAll(async () => {
  testDatabase = await createTestDatabase();
  system = await createDatabase(testDatabase.url, { poolMax: 4 });
  owners = await createDatabase(testDatabase.url, { poolMax: 2, actsFor: 'owners' });
  for (const [id, email] of [
    [ANNA, 'anna@example.test'],
    [BERT, 'bert@example.test'],
  ]) {
    await system.sql.query(
      `insert into users (id, email, created_at, updated_at) values ($1, $2, now(), now())`,
      [id, email],
    );
    const run = await createRun(
      system.sql,
      { ownerId: String(id), kind: 'crew', crewName: 'c', plan, inputs: {}, model: null },
      0,
      new Date(),
    );
    await system.sql.query(
      `insert into execution_events (execution_id, seq, type, event_key, data, created_at) values ($1, 1, 'x', 'x', '{}', now())`,
      [run.id],
    );
    await system.sql.query(
      `with graph as (
         insert into graphs (id, owner_id, name, description, document, version, created_at, updated_at)
         values (gen_random_uuid(), $1, 'g', '', '{}', 1, now(), now()) returning id
       ), version as (
         insert into graph_versions (graph_id, version, document, created_at, created_by)
         select id, 1, '{}', now(), $1 from graph
       ), head as (
         insert into conversation_heads (owner_id) values ($1) returning id
       ), thread as (
         insert into threads (id, owner_id, conversation_id, title, on_busy, created_at, updated_at)
         select gen_random_uuid(), $1, id, 't', 'queue', now(), now() from head returning id, conversation_id
       )
       insert into messages (id, owner_id, conversation_id, seq, sender_type, kind, content, created_at)
       select gen_random_uuid(), $1, conversation_id, 1, 'user', 'user', 'secret', now() from thread`,
      [id],
    );
    await system.sql.query(
      `with agent as (
         insert into agents (owner_id, name, role, goal, backstory, model, temperature, max_tokens, top_p, is_active,
           capabilities, tools, created_at, updated_at)
         values ($1, 'a', 'r', 'g', '', 'm', '0', 1, '1', true, '{}', '{}', now(), now()) returning id
       ), workflow as (
         insert into workflows (owner_id, name, description, workflow_type, is_active, created_at, updated_at)
         values ($1, 'w', '', 'linear', true, now(), now()) returning id
       ), day as (
         insert into execution_days (owner_id, day, workflow_id, slot) values ($1, now(), 0, 0)
       ), error as (
         insert into execution_day_errors (owner_id, day, workflow_id, error_code, slot) values ($1, now(), 0, 'X', 0)
       )
       insert into tasks (owner_id, workflow_id, agent_id, name, description, task_type, priority, "order",
         dependencies, is_active, created_at, updated_at)
       select $1, workflow.id, agent.id, 't', 'd', 'ai_task', 0, 0, '{}', true, now(), now() from agent, workflow`,
      [id],
    );
    await system.sql.query(
      `with endpoint as (
         insert into delivery_endpoints (id, owner_id, kind, url, created_at, updated_at)
         values (gen_random_uuid(), $1, 'webhook', 'https://example.test', now(), now()) returning id
       )
       insert into deliveries (id, endpoint_id, owner_id, event_type, status, created_at)
       select gen_random_uuid(), id, $1, 'x', 'failed', now() from endpoint`,
      [id],
    );
    await system.sql.query(
      `insert into flows (id, owner_id, name, source, definition, created_at, updated_at)
       values (gen_random_uuid(), $1, 'f', '', '{}', now(), now())`,
      [id],
    );
    await system.sql.query(
      `insert into calls (execution_id, task_execution_id, call_key, attempt, kind, name, status, started_at)
       select execution_id, id, 'k', 1, 'model', 'm', 'started', now() from task_executions where execution_id = $1`,
      [run.id],
    );
  }
});
afterAll(async () => {
  await system.close();
  await owners.close();
  await testDatabase.drop();
});

const count = async (rows: Promise<unknown>): Promise<number> => {
  const result = await rows;
  return Array.isArray(result) ? result.length : -1;
};

describe('row-level security', () => {
  it('is on for every table, and every table has a policy', async () => {
    const tables = await system.sql.query<{ name: string; secured: boolean; policies: number }>(
      `select c.relname as name, c.relrowsecurity as secured,
         (select count(*)::integer from pg_policy p where p.polrelid = c.oid) as policies
       from pg_class c where c.relkind in ('r', 'p') and c.relnamespace = 'public'::regnamespace`,
    );
    expect(tables.length).toBeGreaterThan(7);
    const open = tables.filter(({ secured, policies }) => !secured || policies === 0).map(({ name }) => name);
    expect(open).toEqual(WITHOUT_OWNER);
  });

  it('binds the program, which works under a role that owns nothing', async () => {
    for (const database of [system, owners]) {
      const [row] = await database.sql.query<{ role: string; super: boolean; owned: number }>(
        `select current_user as role, (select rolsuper from pg_roles where rolname = current_user) as super,
           (select count(*)::integer from pg_class where relowner = current_user::regrole) as owned`,
      );
      expect(row).toEqual({ role: 'muster_app', super: false, owned: 0 });
    }
  });

  it.each(OWNED_TABLES)('shows nothing of %s to a query that says nobody’s name', async (table) => {
    expect(await count(owners.sql.query(`select 1 from ${table}`))).toBe(0);
    expect(await count(system.sql.query(`select 1 from ${table}`))).toBe(2 * rowsEach(table));
  });

  it.each(OWNED_TABLES)(
    'shows of %s what belongs to the owner, and everything to everybody’s scope',
    async (table) => {
      expect(await count(owners.as({ ownerId: ANNA }, (em) => em.execute(`select 1 from ${table}`)))).toBe(
        rowsEach(table),
      );
      expect(
        await count(owners.as({ ownerId: randomUUID() }, (em) => em.execute(`select 1 from ${table}`))),
      ).toBe(0);
      expect(await count(owners.as({ everybody: true }, (em) => em.execute(`select 1 from ${table}`)))).toBe(
        2 * rowsEach(table),
      );
    },
  );

  it('falls back to nothing after the transaction, on the same connection', async () => {
    for (let round = 0; round < 20; round += 1) {
      await owners.as({ ownerId: ANNA }, (em) => em.execute('select 1 from executions'));
      expect(await count(owners.sql.query('select 1 from executions'))).toBe(0);
    }
  });

  it('changes and deletes nothing of somebody else’s, and lets nobody write in another’s name', async () => {
    const mine = { ownerId: ANNA };
    await owners.as(mine, (em) => em.execute(`update executions set tags = '{touched}'`));
    await owners.as(mine, (em) => em.execute(`delete from execution_events`));
    const touched = await system.sql.query<{ owner_id: string }>(
      `select owner_id from executions where tags = '{touched}'`,
    );
    expect(touched).toEqual([{ owner_id: ANNA }]);
    expect(await count(system.sql.query('select 1 from execution_events'))).toBe(1);
    await expect(
      owners.as(mine, (em) =>
        em.execute(`update executions set owner_id = ? where owner_id = ?`, [BERT, ANNA]),
      ),
    ).rejects.toThrow(/row-level security/);
  });

  it('keeps two owners apart on a pool of two connections', async () => {
    const seen = await Promise.all(
      Array.from({ length: 400 }, (_unused, index) => {
        const ownerId = index % 2 === 0 ? ANNA : BERT;
        return owners.as({ ownerId }, async (em) => {
          const rows = await em.execute<{ owner_id: string }[]>('select owner_id from executions');
          return rows.every((row) => row.owner_id === ownerId) && rows.length === 1;
        });
      }),
    );
    expect(seen.filter((own) => !own)).toEqual([]);
  });
});
