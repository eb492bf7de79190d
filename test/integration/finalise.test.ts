import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { RunEnding, RunRef } from '../../src/contracts/crew-run.ts';
import { startAgent } from '../../src/domain/agent/step.ts';
import { readHeads } from '../../src/persistence/event-log.ts';
import { saveProgress } from '../../src/engine/claims/task-lease.ts';
import { hold, leaseOf, openEngineDatabase, type EngineDatabase } from './engine-database.ts';

/** The end of a run is written once, and what was asked first wins. */

let engine: EngineDatabase;
beforeAll(async () => {
  engine = await openEngineDatabase();
});
afterAll(() => engine.close());

const ENDINGS: RunEnding[] = [
  { status: 'completed' },
  { status: 'failed', code: 'MODEL_AUTH', taskKey: 'task-1' },
  { status: 'cancelled' },
];
const FINAL = /^workflow_(completed|failed|cancelled)$/;
const finalEvents = async (ref: RunRef): Promise<string[]> =>
  (await engine.events(ref)).map(({ type }) => type).filter((type) => FINAL.test(type));
const isClosed = async (ref: RunRef): Promise<boolean | undefined> =>
  (await readHeads(engine.database.sql, [ref.id])).get(ref.id)?.closed;

/** A claimed run whose only task is done. */
async function finishedRun(raw = 'Dear reader'): Promise<RunRef> {
  const ref = await engine.createClaimed();
  await hold(engine, leaseOf(ref));
  const output = {
    name: 'Task 1',
    description: 'Write a letter',
    expected_output: 'A letter',
    summary: 'Write a letter...',
    raw,
    json_dict: null,
    agent: 'Writer',
    output_format: 'raw' as const,
  };
  const state = startAgent('writer', 'system', 'prompt');
  await engine.database.sql.transaction((sql) =>
    saveProgress(sql, leaseOf(ref), { kind: 'completed', state, output }, new Date()),
  );
  return ref;
}

describe('finaliseRun', () => {
  it('writes the end once, whoever comes with which end, and tells all of them the one that won', async () => {
    const ref = await finishedRun();
    const endings = Array.from({ length: 24 }, (_, index) => ENDINGS[index % ENDINGS.length]);
    const answers = await Promise.all(
      endings.map((ending) => engine.finalise(ref, ending ?? { status: 'completed' })),
    );
    const { status } = await engine.row(ref);
    expect(new Set(answers.map(({ state }) => state.status))).toEqual(new Set([status]));
    expect(await finalEvents(ref)).toEqual([`workflow_${status}`]);
    expect((await engine.events(ref)).at(-1)?.event_key).toBe('g1:final');
    expect(await isClosed(ref)).toBe(true);
  });

  it('lets a cancel that came first win over a completion', async () => {
    const ref = await finishedRun();
    await engine.command(ref, 'cancel');
    const { state } = await engine.finalise(ref, { status: 'completed' });
    expect(state).toEqual({ status: 'cancelled', code: 'CANCELLED' });
    expect(await engine.row(ref)).toMatchObject({
      status: 'cancelled',
      error: 'cancelled',
      error_code: 'CANCELLED',
    });
    expect(await finalEvents(ref)).toEqual(['workflow_cancelled']);
  });

  it('and a cancel at the same moment agree on one end, every time', async () => {
    for (let round = 0; round < 15; round += 1) {
      const ref = await finishedRun();
      const [ended, asked] = await Promise.allSettled([
        engine.finalise(ref, { status: 'completed' }),
        engine.command(ref, 'cancel'),
      ]);
      const { status } = await engine.row(ref);
      expect(ended.status).toBe('fulfilled');
      expect(status).toBe(asked.status === 'fulfilled' ? 'cancelled' : 'completed');
      expect(await finalEvents(ref)).toEqual([`workflow_${status}`]);
    }
  });

  it('of an older generation changes nothing in the one that runs', async () => {
    const ref = await engine.createClaimed();
    await engine.finalise(ref, { status: 'failed', code: 'MODEL_AUTH', taskKey: 'task-1' });
    await engine.command(ref, 'retry');
    await engine.finalise(ref, { status: 'cancelled' });
    expect(await engine.row(ref)).toMatchObject({ status: 'running', generation: 2, error: null });
    expect(await isClosed(ref)).toBe(false);
  });

  it('gives each attempt exactly one final event', async () => {
    const ref = await engine.createClaimed();
    for (const generation of [1, 2, 3]) {
      const attempt = { ...ref, generation };
      await engine.finalise(attempt, { status: 'failed', code: 'MODEL_AUTH', taskKey: 'task-1' });
      await engine.finalise(attempt, { status: 'failed', code: 'MODEL_AUTH', taskKey: 'task-1' });
      if (generation < 3) await engine.command(ref, 'retry');
    }
    expect((await engine.events(ref)).map(({ event_key: key }) => key)).toEqual([
      'g1:started',
      'g1:final',
      'g2:retried',
      'g2:final',
      'g3:retried',
      'g3:final',
    ]);
  });

  it('of a completed run keeps its result, takes JSON in it as data, and says no error', async () => {
    const ref = await finishedRun('{"letters": 3}');
    await engine.finalise(ref, { status: 'completed' });
    const [row] = await engine.database.sql.query<{ result: unknown }>(
      'select result from executions where id = $1',
      [ref.id],
    );
    expect(row?.result).toMatchObject({ raw: '{"letters": 3}', data: { letters: 3 }, tasks_output: [{}] });
    expect(await engine.row(ref)).toMatchObject({ status: 'completed', error: null, error_code: null });
  });

  it('of a completed run that said nothing is a failure with a reason', async () => {
    const ref = await finishedRun('');
    const { state } = await engine.finalise(ref, { status: 'completed' });
    expect(state).toEqual({ status: 'failed', code: 'NO_OUTPUT' });
    expect((await engine.row(ref)).error).toMatch(/task outputs/);
  });

  it('of a cancelled run ends the tasks that never finished and keeps the others', async () => {
    const ref = await engine.createClaimed({ tasks: 3 });
    await hold(engine, leaseOf(ref));
    await engine.database.sql.query(
      `update task_executions set status = 'completed' where execution_id = $1 and task_key = 'task-1'`,
      [ref.id],
    );
    await hold(engine, leaseOf(ref, { taskKey: 'task-2' }));
    await engine.command(ref, 'cancel');
    await engine.finalise(ref, { status: 'cancelled' });
    expect((await engine.tasks(ref)).map(({ status }) => status)).toEqual([
      'completed',
      'cancelled',
      'cancelled',
    ]);
  });
});

describe('a result', () => {
  it.each(['{"a": "\\u0000"}', '{"a": "\\ud83d"}', '{"\\u0000": 1}'])(
    'is written although its JSON %s names a character that cannot be kept',
    async (raw) => {
      const ref = await finishedRun(raw);
      expect(await engine.finalise(ref, { status: 'completed' })).toMatchObject({
        state: { status: 'completed' },
      });
    },
  );
});
