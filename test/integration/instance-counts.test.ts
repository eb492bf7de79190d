import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { INSTANCE_STATUSES } from '../../src/domain/instance/instance-status.ts';
import { createDatabase, type Database } from '../../src/persistence/database.ts';
import { foldInstanceCounts } from '../../src/persistence/external-agents/agent-counts.ts';
import { openInstance } from '../../src/persistence/external-agents/agent-row.ts';
import { deleteInstance, setInstanceStatus } from '../../src/engine/external-agents/user-messages.ts';
import {
  listAgentTypes,
  listInstances,
  summariseAgents,
} from '../../src/persistence/repositories/agent-instances.repository.ts';
import { createRun } from '../../src/engine/starting/create-run.ts';
import { createRandom } from '../crewai/random.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { aPlan } from '../support/plans.ts';

/** The numbers beside the lists are those of the rows, at every moment. */

let testDatabase: TestDatabase;
let system: Database;
let owners: Database;
let ownerId: string;

beforeAll(async () => {
  testDatabase = await createTestDatabase();
  system = await createDatabase(testDatabase.url, { poolMax: 6 });
  owners = await createDatabase(testDatabase.url, { poolMax: 2, actsFor: 'owners' });
});
beforeEach(async () => {
  ownerId = await makeOwner();
});
afterAll(async () => {
  await owners.close();
  await system.close();
  await testDatabase.drop();
});

async function makeOwner(): Promise<string> {
  const id = randomUUID();
  await system.sql.query(
    `insert into users (id, email, created_at, updated_at) values ($1, $2, now(), now())`,
    [id, `${id}@example.test`],
  );
  return id;
}

async function open(agentType: string): Promise<string> {
  const id = randomUUID();
  await system.sql.transaction((sql) =>
    openInstance(sql, { ownerId, id, agentType, name: null }, new Date()),
  );
  return id;
}

const startRun = () =>
  createRun(
    system.sql,
    { ownerId, kind: 'crew', crewName: 'crew', plan: aPlan(), inputs: {}, model: null },
    0,
    new Date(),
  );

const rows = () => system.sql.query('select 1 from agent_instance_counts where owner_id = $1', [ownerId]);

/** What the program says, and what the rows say. */
async function bothCounts() {
  const scope = { ownerId };
  const page = { skip: 0, limit: 1_000 };
  return owners.as(scope, async (em) => {
    const [all, total] = await listInstances(em, scope, {}, page);
    const ofRows = (key: (one: (typeof all)[number]) => string) =>
      Object.fromEntries([...Map.groupBy(all, key)].map(([name, some]) => [name, some.length]));
    const { counts, types } = await summariseAgents(em, scope, new Date());
    const [shown] = await listAgentTypes(em, scope, page, 0);
    const totals: Record<string, number> = {};
    for (const source of ['run', 'external'] as const) {
      const [, count] = await listInstances(em, scope, { source, statuses: ['ACTIVE', 'FAILED'] }, page);
      totals[source] = count;
    }
    const isCounted = ({ status }: { status: string }) => status === 'ACTIVE' || status === 'FAILED';
    return {
      counted: {
        total,
        counts,
        types: Object.fromEntries(types.map(({ name, counts: its }) => [name, its.total])),
        shown: Object.fromEntries(
          shown.filter(({ counts: its }) => its.total > 0).map(({ name, counts: its }) => [name, its.total]),
        ),
        totals,
      },
      seen: {
        total: all.length,
        counts: { total: all.length, ...ofRows(({ status }) => status) },
        types: ofRows(({ agentTypeName }) => agentTypeName),
        shown: ofRows(({ agentTypeName }) => agentTypeName),
        totals: {
          run: all.filter((one) => one.executionId !== null && isCounted(one)).length,
          external: all.filter((one) => one.executionId === null && isCounted(one)).length,
        },
      },
    };
  });
}

describe('the counts of agent instances', () => {
  it('follow 300 random changes, while they are folded by two at once', async () => {
    const random = createRandom(8);
    const ids: string[] = [];
    const over = new AbortController();
    const fold = async () => {
      while (!over.signal.aborted) await foldInstanceCounts(system.sql);
    };
    const folding = [fold(), fold()];
    for (let change = 0; change < 300; change += 1) {
      const id = ids[random.below(ids.length)];
      if (id === undefined || random.chance(0.3)) {
        ids.push(await open(random.pick(['Claude Code', 'cursor', 'claude code'])));
      } else if (random.chance(0.15)) {
        await deleteInstance(system.sql, { ownerId, id });
        ids.splice(ids.indexOf(id), 1);
      } else {
        await setInstanceStatus(
          system.sql,
          { ownerId, id, status: random.pick(INSTANCE_STATUSES) },
          new Date(),
        );
      }
      if (change % 50 === 0) await startRun();
      if (change % 20 === 0) {
        const { counted, seen } = await bothCounts();
        expect(counted).toEqual(seen);
      }
    }
    over.abort();
    await Promise.all(folding);
    const { counted, seen } = await bothCounts();
    expect(counted).toEqual(seen);
    expect(seen.total).toBeGreaterThan(30);
  });

  it('are a row for each number once they are folded, and none for what is gone', async () => {
    const ids = [await open('one'), await open('one'), await open('two')];
    await setInstanceStatus(system.sql, { ownerId, id: ids[0] ?? '', status: 'COMPLETED' }, new Date());
    expect(await rows()).toHaveLength(5);
    await foldInstanceCounts(system.sql);
    expect(await rows()).toHaveLength(3);
    for (const id of ids) await deleteInstance(system.sql, { ownerId, id });
    await foldInstanceCounts(system.sql);
    expect(await rows()).toEqual([]);
  });

  it('go with the account, whoever deletes it', async () => {
    await open('one');
    await foldInstanceCounts(system.sql);
    await owners.sql.query('delete from users where id = $1', [ownerId]);
    await foldInstanceCounts(system.sql);
    expect(await rows()).toEqual([]);
  });

  it('are taken back with a change that is taken back', async () => {
    const id = await open('one');
    const taken = system.sql.transaction(async (sql) => {
      await sql.query(`update agent_instances set status = 'KILLED' where id = $1`, [id]);
      throw new Error('not after all');
    });
    await expect(taken).rejects.toThrow('not after all');
    const { counted, seen } = await bothCounts();
    expect(counted).toEqual(seen);
    expect(counted.counts).toEqual({ total: 1, ACTIVE: 1 });
  });

  it('can be counted anew', async () => {
    await open('one');
    await startRun();
    await system.sql.query('delete from agent_instance_counts');
    await system.sql.query('update agent_instances set status = status');
    const schema = await createDatabase(testDatabase.url, { poolMax: 1, actsFor: 'schema' });
    await schema.sql.query('select rebuild_agent_instance_counts()');
    await schema.close();
    const { counted, seen } = await bothCounts();
    expect(counted).toEqual(seen);
    expect(seen.total).toBe(2);
  });
});
