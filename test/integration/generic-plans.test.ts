import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createDatabase } from '../../src/persistence/database.ts';
import { readBusyExecutions, readOpenExecutions } from '../../src/persistence/execution-facts.ts';
import {
  findExecutionIds,
  type BulkFilter,
} from '../../src/persistence/repositories/executions.repository.ts';
import { openRunsOf, ownersWaiting } from '../../src/engine/queue/run-queue.ts';
import type { Sql, SqlPool } from '../../src/persistence/sql.ts';
import { openEngineDatabase, type EngineDatabase } from './engine-database.ts';

/**
 * How statements are planned that look for some runs among many, as our connections plan them: without their parameters. A
 * condition of a partial index that stands in a parameter makes it useless.
 */

const AT_REST = 30_000;
let engine: EngineDatabase;

beforeAll(async () => {
  engine = await openEngineDatabase();
  const { sql } = engine.database;
  const ref = await engine.create();
  await sql.query(
    `insert into executions (execution_id, owner_id, kind, crew_name, status, plan, input_data, created_at, updated_at,
       completed_at, reconciled_at)
     select gen_random_uuid(), owner_id, (array['crew', 'flow', 'task'])[1 + n % 3], 'crew ' || n % 500,
       (array['completed', 'failed', 'cancelled'])[1 + n % 3], '{}', '{}', now() - n * interval '1 minute', now(), now(), now()
       from executions, generate_series(1, ${AT_REST}) n where id = ${ref.id}`,
  );
  // Nobody but the owner of a table may analyze it.
  const schema = await createDatabase(engine.url, { poolMax: 1, actsFor: 'schema' });
  await schema.sql.query('analyze');
  await schema.close();
});
afterAll(() => engine.close());

/** The plan of the one statement that this sends, in Postgres' words. */
async function planOf(ask: (sql: Sql) => Promise<unknown>): Promise<string> {
  const texts: string[] = [];
  await ask({
    query(text) {
      texts.push(text);
      return Promise.resolve([]);
    },
  });
  expect(texts).toHaveLength(1);
  const rows = await engine.database.sql.query<{ 'QUERY PLAN': string }>(
    `explain (generic_plan) ${texts[0]}`,
  );
  return rows.map((row) => row['QUERY PLAN']).join('\n');
}

/** It reads no more of the executions than an index finds. */
function expectIndexes(plan: string, ...indexes: string[]): void {
  expect(plan).not.toMatch(/Seq Scan on executions/);
  for (const index of indexes) expect(plan).toContain(index);
}

describe('what is read again and again', () => {
  it('by WebSockets that follow a workflow or an agent is what is at work', async () => {
    const plan = await planOf((sql) => readBusyExecutions(sql, 1_000_000));
    // The second of them is one of two partial indexes, whichever is the smaller one.
    expectIndexes(plan, 'using executions_pkey', 'executions_1 ');
  });

  it('when one begins to follow is what is open, of its owner and workflow', async () => {
    expectIndexes(await planOf((sql) => readOpenExecutions(sql)), 'executions_open');
    expectIndexes(
      await planOf((sql) => readOpenExecutions(sql, { ownerId: engine.owner })),
      'executions_open',
    );
    expectIndexes(await planOf((sql) => readOpenExecutions(sql, { workflowId: 1 })));
  });

  it('by the reconciler are the owners in the queue, one after the other', async () => {
    expectIndexes(await planOf((sql) => ownersWaiting(sql, null, 200)), 'executions_queue');
  });

  it('at a start is what its owner has open', async () => {
    expectIndexes(await planOf((sql) => openRunsOf(sql, engine.owner, 1_000)), 'executions_open_of_owner');
  });
});

describe('the filter of a bulk action', () => {
  const filters: [BulkFilter, string][] = [
    [{ execution_ids: [randomUUID()] }, 'executions_execution_id_key'],
    [{ status: ['running', 'pending'] }, 'executions_open'],
    [{ kind: 'agent_test' }, 'executions_kind'],
    [{ crew_name: 'crew 7' }, 'executions_crew'],
    [{ owner_id: randomUUID() }, 'executions_owner'],
    [{ created_after: new Date(Date.now() - 600_000).toISOString() }, 'executions_created'],
    [{ status: ['paused'], crew_name: 'crew 7' }, 'executions_'],
  ];
  it.each(filters)('finds %j by an index', async (filter, index) => {
    const { sql } = engine.database;
    let plan = '';
    const explaining: SqlPool = {
      ...sql,
      transaction: (work) =>
        sql.transaction((tx) =>
          work({
            async query<R extends object>(text: string, params?: readonly unknown[]): Promise<R[]> {
              if (params === undefined) return tx.query<R>(text);
              const [mode] = await tx.query<{ plan_cache_mode: string }>('show plan_cache_mode');
              expect(mode?.plan_cache_mode).toBe('force_custom_plan');
              const rows = await tx.query<{ 'QUERY PLAN': string }>(`explain ${text}`, params);
              plan = rows.map((row) => row['QUERY PLAN']).join('\n');
              return tx.query<R>(text, params);
            },
          }),
        ),
    };
    await findExecutionIds(explaining, filter, 1_000);
    expectIndexes(plan, index);
  });

  it('finds what it found before', async () => {
    const { sql } = engine.database;
    const all = await findExecutionIds(sql, { owner_id: engine.owner }, 5);
    expect(all.map(({ id }) => id)).toEqual([1, 2, 3, 4, 5]);
    const some = await findExecutionIds(sql, { status: ['failed', 'cancelled'], kind: 'flow' }, 3);
    const same = await sql.query(
      `select id, execution_id from executions where status in ('failed', 'cancelled') and kind = 'flow' order by id limit 3`,
    );
    expect(some).toEqual(same);
    expect(some).toHaveLength(3);
    const between = { created_after: '2020-01-01T00:00:00Z', created_before: '2020-01-02T00:00:00Z' };
    expect(await findExecutionIds(sql, between, 3)).toEqual([]);
  });
});
