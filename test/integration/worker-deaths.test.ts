import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { endAlone, handBack } from '../../activities/calls/after-worker-deaths.ts';
import { openTask } from '../../activities/agent-task/open-task.ts';
import type { Position } from '../../activities/agent-task/positions.ts';
import type { TaskDeps } from '../../activities/calls/call-deps.ts';
import type { RunRef } from '../../src/contracts/crew-run.ts';
import { settleCall } from '../../src/engine/calls/record-call.ts';
import { createWakeListener, type WakeListener } from '../../src/persistence/wake.ts';
import { GONE_AFTER_MS } from '../../src/persistence/workers.ts';
import { createLogger } from '../../src/telemetry/logger.ts';
import { leaseOf, openEngineDatabase, type EngineDatabase } from './engine-database.ts';
import { NEVER, workerDeps } from './engine-worker.ts';

/** What becomes of tasks whose workers die: who is charged with a death, and when a task is set aside. */

let engine: EngineDatabase;
let listener: WakeListener;
beforeAll(async () => {
  engine = await openEngineDatabase();
  listener = createWakeListener(engine.url, createLogger({ level: 'silent' }), ['control']);
});
// The dead of one test are none of another's business.
beforeEach(() => engine.database.sql.query('delete from workers'));
afterAll(async () => {
  await listener.close();
  await engine.close();
});

/** A worker that can be told to die: from then on it is not heard of. */
interface Worker {
  id: string;
  deps: TaskDeps;
  setAside: string[];
  /** As if it had not told for longer than a worker may be silent. */
  dies(): Promise<void>;
}

async function startWorker(): Promise<Worker> {
  const id = randomUUID();
  const { sql } = engine.database;
  await sql.query(
    `insert into workers (id, task_queue, host, pid, version, started_at, seen_at) values ($1, 'q', 'h', 1, '0', now(), now())`,
    [id],
  );
  const setAside: string[] = [];
  const deps: TaskDeps = {
    ...workerDeps(engine, listener),
    workerId: id,
    setAside: (kind) => setAside.push(kind),
  };
  return {
    id,
    deps,
    setAside,
    async dies() {
      await sql.query('update workers set seen_at = $2 where id = $1', [
        id,
        new Date(Date.now() - GONE_AFTER_MS - 1_000).toISOString(),
      ]);
    },
  };
}

const take = (worker: Worker, ref: RunRef, attempt: number, dispatch = 1): Promise<Position> =>
  openTask(worker.deps, leaseOf(ref, { dispatch, attempt, workerId: worker.id }), NEVER);

/** A new worker takes the task, which must be granted, and dies. */
async function diesIn(ref: RunRef, attempt: number, dispatch = 1): Promise<string> {
  const worker = await startWorker();
  expect((await take(worker, ref, attempt, dispatch)).kind).toBe('call');
  await worker.dies();
  return worker.id;
}

const listOf = async (ref: RunRef): Promise<string[]> => {
  const [row] = await engine.database.sql.query<{ died_in: string[] }>(
    'select died_in from task_executions where execution_id = $1 order by position limit 1',
    [ref.id],
  );
  return row?.died_in ?? [];
};

async function settle(position: Position): Promise<void> {
  if (position.kind !== 'call') throw new Error('no call was begun');
  const { call, material } = position;
  const end = { status: 'completed', usage: null, costMicroUsd: 0, response: {} } as const;
  const [row] = await engine.database.sql.query<{ id: number }>(
    'select execution_id as id from task_executions where id = $1',
    [material.taskId],
  );
  await engine.database.sql.transaction((sql) =>
    settleCall(sql, { id: row?.id ?? 0 }, material.taskId, call, end, new Date()),
  );
}

describe('a task in which three workers died', () => {
  it('is set aside with a code of its own, and nobody is handed it any more', async () => {
    const ref = await engine.createClaimed();
    const dead = [await diesIn(ref, 1), await diesIn(ref, 2), await diesIn(ref, 3)];
    const next = await startWorker();
    expect(await take(next, ref, 4)).toEqual({
      kind: 'outcome',
      outcome: { kind: 'failed', code: 'WORKER_DIED' },
    });
    expect(next.setAside).toEqual(['task']);
    expect(new Set(await listOf(ref))).toEqual(new Set(dead));
    const [task] = await engine.database.sql.query(
      'select status, error_code, error from task_executions where execution_id = $1',
      [ref.id],
    );
    expect(task).toMatchObject({
      status: 'failed',
      error_code: 'WORKER_DIED',
      error: expect.stringContaining('ended 3 times while it worked on this task'),
    });
    expect((await engine.calls(ref)).map(({ status }) => status)).toEqual(['lost', 'lost', 'lost']);
    expect((await engine.events(ref)).at(-1)?.type).toBe('task_failed');
  });

  it('is not, as long as the last of them may still live: it waits, and what lives does not count', async () => {
    const ref = await engine.createClaimed();
    await diesIn(ref, 1);
    await diesIn(ref, 2);
    const third = await startWorker();
    expect((await take(third, ref, 3)).kind).toBe('call');
    const next = await startWorker();
    const later = { kind: 'outcome', outcome: { kind: 'delayed', delayMs: GONE_AFTER_MS } };
    expect(await take(next, ref, 4)).toEqual(later);
    // It tells that it lives again: it was only slow. The task is tried on.
    expect((await take(next, ref, 1, 2)).kind).toBe('call');
    expect(await listOf(ref)).toHaveLength(2);
    await next.dies();
    await third.dies();
    expect(await take(await startWorker(), ref, 2, 2)).toMatchObject({ outcome: { kind: 'failed' } });
  });

  it('counts a worker that died before it could write that it had it', async () => {
    const ref = await engine.createClaimed();
    await diesIn(ref, 2);
    await diesIn(ref, 3);
    expect(await take(await startWorker(), ref, 4)).toMatchObject({
      outcome: { kind: 'failed', code: 'WORKER_DIED' },
    });
  });

  it('begins to count anew when it is tried again', async () => {
    const ref = await engine.createClaimed();
    for (const attempt of [1, 2, 3]) await diesIn(ref, attempt);
    await take(await startWorker(), ref, 4);
    await engine.finalise(ref, { status: 'failed', code: 'WORKER_DIED', taskKey: 'task-1' });
    expect(await engine.row(ref)).toMatchObject({ error_code: 'WORKER_DIED' });
    await engine.command(ref, 'retry');
    const retried = { ...ref, generation: 2 };
    await engine.claim(retried);
    expect(await listOf(ref)).toEqual([]);
    for (const attempt of [1, 2, 3]) await diesIn(retried, attempt);
    expect(await take(await startWorker(), retried, 4)).toMatchObject({ outcome: { kind: 'failed' } });
  });
});

describe('a death does not count', () => {
  it('when a call was settled since', async () => {
    const ref = await engine.createClaimed();
    await diesIn(ref, 1);
    await diesIn(ref, 2);
    const third = await startWorker();
    const position = await take(third, ref, 3);
    await settle(position);
    expect(await listOf(ref)).toEqual([]);
    await third.dies();
    await diesIn(ref, 4);
    expect((await take(await startWorker(), ref, 5)).kind).toBe('call');
    expect(await listOf(ref)).toHaveLength(2);
  });

  it('of a worker that handed the task back', async () => {
    const ref = await engine.createClaimed();
    for (const attempt of [1, 2, 3, 4]) {
      const worker = await startWorker();
      expect((await take(worker, ref, attempt)).kind).toBe('call');
      await handBack(worker.deps, leaseOf(ref, { attempt, workerId: worker.id }));
      await worker.dies();
    }
    expect(await listOf(ref)).toEqual([]);
  });

  it('of a worker that takes it again itself, however often', async () => {
    const ref = await engine.createClaimed();
    const worker = await startWorker();
    for (const attempt of [1, 2, 3, 4, 5]) expect((await take(worker, ref, attempt)).kind).toBe('call');
    expect(await listOf(ref)).toEqual([]);
  });

  it('of a hand-out that came back', async () => {
    const ref = await engine.createClaimed();
    for (const dispatch of [1, 2, 3, 4]) await diesIn(ref, 1, dispatch);
    expect(await listOf(ref)).toEqual([]);
  });
});

it('a task is tried once more for each worker that died elsewhere meanwhile: where all die, nothing is proved', async () => {
  const ref = await engine.createClaimed();
  await diesIn(ref, 1);
  await diesIn(ref, 2);
  await (await startWorker()).dies();
  await diesIn(ref, 3);
  await diesIn(ref, 4);
  const next = await startWorker();
  expect(await take(next, ref, 5)).toMatchObject({ outcome: { kind: 'failed', code: 'WORKER_DIED' } });
  const [task] = await engine.database.sql.query(
    'select error from task_executions where execution_id = $1',
    [ref.id],
  );
  expect(task).toMatchObject({ error: expect.stringContaining('ended 4 times') });
});

describe('the neighbours of a task that kills its workers', () => {
  it('are tried one at a time, are not charged with its last death, and are acquitted when it is found out', async () => {
    const guilty = await engine.createClaimed();
    const innocent = await engine.createClaimed();
    const both = [guilty, innocent];
    for (const attempt of [1, 2]) {
      const worker = await startWorker();
      for (const ref of both) expect((await take(worker, ref, attempt)).kind).toBe('call');
      await worker.dies();
    }
    const third = await startWorker();
    expect((await take(third, guilty, 3)).kind).toBe('call');
    // Only one of them at a time.
    expect(await take(third, innocent, 3)).toMatchObject({ outcome: { kind: 'delayed' } });
    await third.dies();
    const fourth = await startWorker();
    expect(await take(fourth, guilty, 4)).toMatchObject({ outcome: { kind: 'failed', code: 'WORKER_DIED' } });
    expect(await listOf(innocent)).toEqual([]);
    expect((await take(fourth, innocent, 1, 2)).kind).toBe('call');
  });

  it('that were in the hands of the worker while it tried another are not charged', async () => {
    const guilty = await engine.createClaimed();
    await diesIn(guilty, 1);
    await diesIn(guilty, 2);
    const worker = await startWorker();
    const innocent = await engine.createClaimed();
    expect((await take(worker, innocent, 1)).kind).toBe('call');
    expect((await take(worker, guilty, 3)).kind).toBe('call');
    await worker.dies();
    expect((await take(await startWorker(), innocent, 2)).kind).toBe('call');
    expect(await listOf(innocent)).toEqual([]);
  });

  it('get their turn when the one that is tried has come on', async () => {
    const one = await engine.createClaimed();
    const two = await engine.createClaimed();
    for (const attempt of [1, 2]) {
      const worker = await startWorker();
      for (const ref of [one, two]) await take(worker, ref, attempt);
      await worker.dies();
    }
    const third = await startWorker();
    const position = await take(third, one, 3);
    const lease = leaseOf(one, { attempt: 3, workerId: third.id });
    expect((await take(third, two, 3)).kind).toBe('outcome');
    await settle(position);
    // The same attempt, by its own lease object, as `performTask` does.
    const held = third.deps.running.tryAlone(lease);
    expect(held).toBe(false);
    await third.dies();
    const fourth = await startWorker();
    const again = leaseOf(two, { dispatch: 2, attempt: 1, workerId: fourth.id });
    expect((await openTask(fourth.deps, again, NEVER)).kind).toBe('call');
    expect(fourth.deps.running.isAlone(again)).toBe(true);
    await endAlone(fourth.deps, again);
    expect(fourth.deps.running.tryAlone(lease)).toBe(true);
  });
});

it('a cancelled run is not computed on once more where a worker has died in it', async () => {
  const ref = await engine.createClaimed();
  await diesIn(ref, 1);
  await engine.command(ref, 'cancel');
  const worker = await startWorker();
  expect(await take(worker, ref, 2)).toEqual({ kind: 'outcome', outcome: { kind: 'cancelling' } });
  expect((await engine.calls(ref)).map(({ status }) => status)).toEqual(['started']);
});
