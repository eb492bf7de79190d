import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { MusterError } from '../../src/domain/errors.ts';
import type { Command } from '../../src/domain/run/status.ts';
import { createDatabase, type Database } from '../../src/persistence/database.ts';
import { commandRun } from '../../src/engine/commands/command-run.ts';
import { createRun, type CreatedRun } from '../../src/engine/starting/create-run.ts';
import { claimRun } from '../../src/engine/claims/claim-run.ts';
import { finaliseRun, markPaused, markWaiting } from '../../src/engine/lifecycle/finish-run.ts';
import { createReconciler } from '../../src/engine/reconciling/reconciler.ts';
import type { Runs } from '../../src/temporal/runs.ts';
import { createLogger } from '../../src/telemetry/logger.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { aPlan } from '../support/plans.ts';

/** The queue above MAX_ACTIVE_EXECUTIONS_PER_USER as Postgres sees it: no Temporal, no worker. */

const LIMIT = 2;
const plan = aPlan({ name: 'queue', agents: [], tasks: [] });
const now = (): Date => new Date();

let testDatabase: TestDatabase;
let database: Database;
let ownerId: string;

beforeAll(async () => {
  testDatabase = await createTestDatabase();
  database = await createDatabase(testDatabase.url, { poolMax: 12 });
});
afterAll(async () => {
  await database.close();
  await testDatabase.drop();
});
beforeEach(async () => {
  ownerId = await newOwner();
});

async function newOwner(): Promise<string> {
  const id = randomUUID();
  await database.sql.query(
    `insert into users (id, email, role, created_at, updated_at) values ($1, $2, 'user', now(), now())`,
    [id, `${id}@example.com`],
  );
  return id;
}

const create = (priority = 0, owner = ownerId, limit = LIMIT): Promise<CreatedRun> =>
  createRun(
    database.sql,
    { ownerId: owner, kind: 'crew', crewName: 'queue', plan, inputs: {}, priority, model: null },
    limit,
    now(),
  );
const command = (run: CreatedRun, name: Command, limit = LIMIT): Promise<void> =>
  commandRun(database.sql, run.id, name, limit, now());

interface Shown {
  id: number;
  status: string;
  queued: boolean;
  generation: number;
  starts: number;
}
async function show(run: CreatedRun): Promise<Shown> {
  const [row] = await database.sql.query<Shown>(
    `select id, status, queued, generation,
       (select count(*)::int from outbox o where o.execution_id = e.id and o.command = 'start'
         and (o.payload->>'generation')::int = e.generation) as starts
       from executions e where id = $1`,
    [run.id],
  );
  if (row === undefined) throw new Error('gone');
  return row;
}
const queuedOf = async (runs: CreatedRun[]): Promise<boolean[]> =>
  (await Promise.all(runs.map(show))).map((row) => row.queued);

/** As its workflow would: claims and ends. */
async function runToEnd(run: CreatedRun, limit = LIMIT): Promise<number[]> {
  const { generation } = await show(run);
  const ref = { id: run.id, executionId: run.executionId, generation };
  expect((await claimRun(database.sql, ref, `temporal-${run.id}-${generation}`, now())).accepted).toBe(true);
  const ending = { status: 'failed', code: 'INTERNAL', taskKey: null } as const;
  return (await finaliseRun(database.sql, ref, ending, limit, now())).released;
}

describe('above the limit', () => {
  it('a run is pending and queued, has no start in the outbox and cannot be claimed', async () => {
    const runs = [await create(), await create(), await create()];
    expect(await queuedOf(runs)).toEqual([false, false, true]);
    const [, , third] = runs;
    if (third === undefined) throw new Error('no third run');
    expect(await show(third)).toMatchObject({ status: 'pending', starts: 0 });
    const ref = { id: third.id, executionId: third.executionId, generation: 1 };
    expect(await claimRun(database.sql, ref, 'stray', now())).toEqual({ accepted: false });
  });

  it('each owner has a count of their own, and 0 is no limit', async () => {
    await create();
    await create();
    const other = await newOwner();
    expect(await queuedOf([await create(), await create(0, other), await create(0, ownerId, 0)])).toEqual([
      true,
      false,
      false,
    ]);
  });

  it('as many as the limit get through when all come at once', async () => {
    const runs = await Promise.all(Array.from({ length: 60 }, () => create()));
    expect((await queuedOf(runs)).filter((queued) => !queued)).toHaveLength(LIMIT);
  });

  it('an end lets the next go in the same transaction: priority first, then age', async () => {
    const [one, two] = [await create(), await create()];
    const [old, young, urgent] = [await create(), await create(), await create(5)];
    expect(await runToEnd(one)).toEqual([urgent.id]);
    expect(await show(urgent)).toMatchObject({ queued: false, starts: 1 });
    expect(await runToEnd(two)).toEqual([old.id]);
    expect(await runToEnd(old)).toEqual([young.id]);
    expect(await runToEnd(young)).toEqual([]);
  });

  it('a second word about the same end releases nobody', async () => {
    const [one] = [await create(), await create(), await create(), await create()];
    const ref = { id: one.id, executionId: one.executionId, generation: 1 };
    await claimRun(database.sql, ref, 'r', now());
    const end = () => finaliseRun(database.sql, ref, { status: 'cancelled' }, LIMIT, now());
    const released = await Promise.all([end(), end(), end()]);
    expect(released.flatMap((finalised) => finalised.released)).toHaveLength(1);
  });

  it('a lowered limit is honoured: ends release nobody until there is room', async () => {
    const runs = await Promise.all(Array.from({ length: 4 }, () => create(0, ownerId, 4)));
    const waiting = await create(0, ownerId, 4);
    const [one, two, three] = runs;
    if (one === undefined || two === undefined || three === undefined) throw new Error('too few runs');
    expect(await runToEnd(one, LIMIT)).toEqual([]);
    expect(await runToEnd(two, LIMIT)).toEqual([]);
    expect(await runToEnd(three, LIMIT)).toEqual([waiting.id]);
  });
});

describe('commands', () => {
  it('cancel ends a queued run at once; Temporal hears nothing of it', async () => {
    const [, , third, fourth] = [await create(), await create(), await create(), await create()];
    await command(third, 'cancel');
    expect(await show(third)).toMatchObject({ status: 'cancelled', queued: false });
    expect(await show(fourth)).toMatchObject({ queued: true });
    const told = await database.sql.query('select 1 from outbox where execution_id = $1', [third.id]);
    expect(told).toEqual([]);
  });

  it('cancel of a run that has a slot and was not claimed lets the next go', async () => {
    const [one, , third] = [await create(), await create(), await create()];
    await command(one, 'cancel');
    expect(await show(third)).toMatchObject({ queued: false, starts: 1 });
  });

  it('pause takes a queued run out of the queue, resume puts it back', async () => {
    const [one, , third, fourth] = [await create(), await create(), await create(), await create()];
    await command(third, 'pause');
    expect(await show(third)).toMatchObject({ status: 'paused', queued: true });
    expect(await runToEnd(one)).toEqual([fourth.id]);
    await command(third, 'resume');
    expect(await show(third)).toMatchObject({ status: 'pending', queued: true, starts: 0 });
  });

  it('resume of a queued run starts it when there is a slot', async () => {
    const [one, , third] = [await create(), await create(), await create()];
    await command(third, 'pause');
    await runToEnd(one);
    await command(third, 'resume');
    expect(await show(third)).toMatchObject({ status: 'pending', queued: false, starts: 1 });
  });

  it('retry queues above the limit and goes on from there, pause and all', async () => {
    const failed = await create();
    await runToEnd(failed);
    const [one] = [await create(), await create()];
    await command(failed, 'retry');
    expect(await show(failed)).toMatchObject({ status: 'pending', queued: true, generation: 2, starts: 0 });
    await command(failed, 'pause');
    await command(failed, 'resume');
    expect(await show(failed)).toMatchObject({ status: 'pending', queued: true });
    expect(await runToEnd(one)).toEqual([failed.id]);
    expect(await show(failed)).toMatchObject({ queued: false, starts: 1 });
    await runToEnd(failed);
    await command(failed, 'retry');
    expect(await show(failed)).toMatchObject({ status: 'running', queued: false, generation: 3, starts: 1 });
  });
});

describe('the reconciler', () => {
  const started: string[] = [];
  const unreachable = () => Promise.reject(new Error('Temporal is not asked here'));
  const runs: Runs = {
    start: unreachable,
    signal: unreachable,
    answer: unreachable,
    cancel: unreachable,
    liveState: unreachable,
    terminate: unreachable,
    openWorkflows: () => ({ [Symbol.asyncIterator]: () => ({ next: unreachable }) }),
    describe: async (executionId) => {
      started.push(executionId);
      return { kind: 'absent' };
    },
  };
  const waker = {
    wake: () => undefined,
    token: () => undefined,
    flush: async () => undefined,
    close: async () => undefined,
  };
  /** A minute ahead, so that every row has settled; it looks when it is told to. */
  const quiet = (maxActive: number) => ({
    sql: database.sql,
    runs,
    waker,
    logger: createLogger({ level: 'silent' }),
    maxActive,
    now: () => new Date(Date.now() + 60_000),
    lookMs: 3_600_000,
  });
  const look = async (maxActive: number): Promise<Map<string, number>> => {
    const reconciler = createReconciler(quiet(maxActive));
    const counts = await reconciler.look();
    await reconciler.close();
    return counts;
  };

  it('lets the queued runs of all owners go in the end, those of some at each look', async () => {
    await database.sql.query('delete from outbox');
    await database.sql.query('delete from executions');
    const waiting: CreatedRun[] = [];
    for (let index = 0; index < 7; index += 1) {
      const owner = await newOwner();
      const first = await create(0, owner, 1);
      waiting.push(await create(0, owner, 1));
      await database.sql.query("update executions set status = 'completed' where id = $1", [first.id]);
    }
    const reconciler = createReconciler({ ...quiet(1), ownersAtOneLook: 3 });
    const released: (number | undefined)[] = [];
    for (let index = 0; index < 3; index += 1) released.push((await reconciler.look()).get('released'));
    await reconciler.close();
    expect(released).toEqual([3, 3, 1]);
    expect((await queuedOf(waiting)).includes(true)).toBe(false);
  });

  it('passes over an owner whose runs cannot go yet, and comes back to those before', async () => {
    await database.sql.query('delete from executions');
    const owners = (await Promise.all(Array.from({ length: 4 }, newOwner))).toSorted();
    const [first = '', , third = ''] = owners;
    for (const owner of owners) await Promise.all([create(0, owner, 1), create(0, owner, 1)]);
    const reconciler = createReconciler({ ...quiet(1), ownersAtOneLook: 2 });
    expect((await reconciler.look()).get('released')).toBeUndefined();
    await database.sql.query(
      "update executions set status = 'completed' where owner_id = $1 and not queued",
      [third],
    );
    expect((await reconciler.look()).get('released')).toBe(1);
    await database.sql.query(
      "update executions set status = 'completed' where owner_id = $1 and not queued",
      [first],
    );
    const counts = [await reconciler.look(), await reconciler.look()];
    expect(counts.reduce((sum, count) => sum + (count.get('released') ?? 0), 0)).toBe(1);
    await reconciler.close();
  });

  it('asks Temporal about so many runs at one look, those first that were not looked at for longest', async () => {
    await database.sql.query('delete from outbox');
    await database.sql.query('delete from executions');
    const all = await Promise.all(Array.from({ length: 7 }, () => create(0, ownerId, 0)));
    await database.sql.query('delete from outbox');
    started.length = 0;
    const reconciler = createReconciler({ ...quiet(0), mostAtOneLook: 3 });
    const asked: number[] = [];
    for (let index = 0; index < 3; index += 1) {
      await reconciler.look();
      asked.push(started.length);
    }
    await reconciler.close();
    expect(asked).toEqual([3, 6, 7]);
    expect(new Set(started).size).toBe(all.length);
  });

  it('never starts a queued run itself, and lets stragglers go up to the limit', async () => {
    await database.sql.query('delete from outbox');
    await database.sql.query('delete from executions');
    const [one, two, third, fourth, fifth] = await Promise.all(
      Array.from({ length: 5 }, () => create(0, ownerId, 1)),
    );
    const all = [one, two, third, fourth, fifth].filter((run) => run !== undefined);
    started.length = 0;
    expect((await look(1)).get('released')).toBeUndefined();
    const waiting = await Promise.all(all.map(show));
    const queued = waiting.filter((row) => row.queued);
    expect(queued).toHaveLength(4);
    expect(queued.every((row) => row.starts === 0)).toBe(true);
    const queuedIds = new Set(queued.map((row) => row.id));
    expect(all.filter((run) => queuedIds.has(run.id)).some((run) => started.includes(run.executionId))).toBe(
      false,
    );
    // The limit was raised: two more have a slot.
    expect((await look(3)).get('released')).toBe(2);
    expect((await queuedOf(all)).filter((isQueued) => isQueued)).toHaveLength(2);
  });
});

describe('a storm of commands', () => {
  it('never has more active runs than the limit, never deadlocks, and leaves no slot empty', async () => {
    const limit = 3;
    const runs = await Promise.all(
      Array.from({ length: 40 }, (_none, index) => create(index % 3, ownerId, limit)),
    );
    const active = async (): Promise<number> => {
      const [row] = await database.sql.query<{ n: number }>(
        `select count(*)::int as n from executions where owner_id = $1 and not queued
           and status not in ('completed', 'failed', 'cancelled')`,
        [ownerId],
      );
      return row?.n ?? 0;
    };
    const names: Command[] = ['pause', 'resume', 'cancel', 'retry', 'resume'];
    let seed = 7;
    const random = (below: number): number => {
      seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
      return seed % below;
    };
    const counts: number[] = [];
    const one = async (): Promise<void> => {
      for (let turn = 0; turn < 60; turn += 1) {
        const run = runs[random(runs.length)];
        if (run === undefined) continue;
        const { generation, queued, status } = await show(run);
        const ref = { id: run.id, executionId: run.executionId, generation };
        try {
          if (!queued && status === 'pending' && random(2) === 0) {
            await claimRun(database.sql, ref, `t-${run.id}-${generation}`, now());
          } else if (!queued && random(3) === 0) {
            await finaliseRun(database.sql, ref, { status: 'cancelled' }, limit, now());
          } else {
            await command(run, names[random(names.length)] ?? 'cancel', limit);
          }
        } catch (error) {
          if (!(error instanceof MusterError) || error.code !== 'CONFLICT') throw error;
        }
        counts.push(await active());
      }
    };
    await Promise.all(Array.from({ length: 8 }, one));
    expect(Math.max(...counts)).toBeLessThanOrEqual(limit);
    const [left] = await database.sql.query<{ waiting: number }>(
      `select count(*)::int as waiting from executions where owner_id = $1 and queued and status = 'pending'`,
      [ownerId],
    );
    // A slot may wait for the reconciler only when the row at the head was in somebody's hands just then.
    expect(left?.waiting === 0 || (await active()) >= limit - 1).toBe(true);
    const wrong = await database.sql.query(
      `select id from executions where owner_id = $1 and queued and status in ('completed', 'failed', 'cancelled', 'running')`,
      [ownerId],
    );
    expect(wrong).toEqual([]);
  });
});

describe('a run that stands still', () => {
  /** Claimed, and asked for a pause that is complete, or for an answer. */
  async function stand(run: CreatedRun, how: 'paused' | 'waiting', limit = LIMIT): Promise<number[]> {
    const ref = { id: run.id, executionId: run.executionId, generation: 1 };
    await claimRun(database.sql, ref, `temporal-${run.id}`, now());
    await database.sql.query(
      `insert into task_executions (execution_id, task_key, position, name, agent, updated_at)
       values ($1, 'ask', 0, 'Ask', 'Writer', now())`,
      [run.id],
    );
    if (how === 'paused') {
      await command(run, 'pause', limit);
      return markPaused(database.sql, ref, limit, now());
    }
    await database.sql.query(
      `insert into questions (id, owner_id, execution_id, task_execution_id, task_key, question_key, generation, kind,
         question, has_default, status, asked_at)
       select gen_random_uuid(), $2, $1, id, task_key, 'q', 1, 'ask_human', 'Shall I?', false, 'open', now()
         from task_executions where execution_id = $1`,
      [run.id, ownerId],
    );
    return markWaiting(database.sql, ref, limit, now());
  }

  it.each(['paused', 'waiting'] as const)('and is %s holds no slot: the next goes at once', async (how) => {
    const [one, two, three] = [await create(), await create(), await create()];
    expect(await stand(one, how)).toEqual([three.id]);
    expect((await show(one)).status).toBe(how);
    expect(await show(three)).toMatchObject({ queued: false, starts: 1 });
    expect(await queuedOf([await create(), two])).toEqual([true, false]);
    expect(await stand(two, how)).toHaveLength(1);
    for (let index = 0; index < 5; index += 1) await stand(await create(0, ownerId, 0), how, 0);
    await runToEnd(three);
    expect(await queuedOf([await create(), await create()])).toEqual([false, true]);
  });

  it('before it has begun lets the next go, too', async () => {
    const [one, , three] = [await create(), await create(), await create()];
    await command(one, 'pause');
    expect(await show(three)).toMatchObject({ queued: false, starts: 1 });
  });

  it('goes on at once when it is told to, also above the limit, and what queues waits until there is room', async () => {
    const [one, two, three] = [await create(), await create(), await create()];
    await stand(one, 'paused');
    await command(one, 'resume');
    expect(await show(one)).toMatchObject({ status: 'running', queued: false });
    const four = await create();
    expect(await runToEnd(three)).toEqual([]);
    expect((await show(four)).queued).toBe(true);
    expect(await runToEnd(two)).toEqual([four.id]);
  });
});
