import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Client, Connection, WorkflowFailedError } from '@temporalio/client';
import { CancelledFailure } from '@temporalio/common';
import { NativeConnection, Worker } from '@temporalio/worker';
import type { Activities } from '../../activities/index.ts';
import type {
  Claim,
  FinalState,
  PerformTaskInput,
  RunEnding,
  TaskOutcome,
  TaskShape,
} from '../../src/contracts/crew-run.ts';
import { pauseSignal, resumeSignal, stateQuery } from '../../workflows/crew-run/messages.ts';
import { testBundle, testTemporalAddress, until } from '../support/test-stack.ts';

/** The workflow alone, on a real server: its activities follow a script and say what they were asked. */

let connection: Connection;
let native: NativeConnection;
let client: Client;

beforeAll(async () => {
  await testBundle();
  connection = await Connection.connect({ address: testTemporalAddress() });
  native = await NativeConnection.connect({ address: testTemporalAddress() });
  client = new Client({ connection });
});
afterAll(async () => {
  await connection.close();
  await native.close();
});

const task = (key: string, dependsOn: string[] = []): TaskShape => ({
  key,
  name: key,
  dependsOn,
  status: 'pending',
});
const claimed = (tasks: TaskShape[], more: Partial<Extract<Claim, { accepted: true }>> = {}): Claim => ({
  accepted: true,
  tasks,
  paused: false,
  cancelling: false,
  controlVersion: 0,
  timeoutMs: null,
  ...more,
});

interface Script {
  claim: Claim;
  perform: (input: PerformTaskInput) => Promise<TaskOutcome> | TaskOutcome;
  final?: FinalState;
}

/** Runs the workflow against a script. @returns its handle and what its activities were asked. */
async function play(script: Script) {
  const performed: string[] = [];
  const recorded: string[] = [];
  const endings: RunEnding[] = [];
  const activities: Activities = {
    claimRun: async () => script.claim,
    recordPaused: async () => void recorded.push('paused'),
    recordWaiting: async () => void recorded.push('waiting'),
    recordCancelling: async () => void recorded.push('cancelling'),
    finaliseRun: async (_ref, ending) => {
      endings.push(ending);
      return script.final ?? { status: ending.status, code: ending.status === 'failed' ? ending.code : null };
    },
    performTask: async (input) => {
      performed.push(`${input.taskKey}#${input.dispatch}`);
      return script.perform(input);
    },
    recordFire: async () => ({ isFirst: true }),
    cancelFire: async () => undefined,
    performStep: () => Promise.reject(new Error('a crew has no steps')),
    deliverDue: () => Promise.reject(new Error('a crew delivers nothing')),
  };
  const taskQueue = `workflow-test-${randomUUID()}`;
  const worker = await Worker.create({
    connection: native,
    taskQueue,
    activities,
    workflowBundle: await testBundle(),
  });
  const running = worker.run();
  const executionId = randomUUID();
  const handle = await client.workflow.start('crewRun', {
    taskQueue,
    workflowId: `test-run/${executionId}`,
    args: [{ id: 1, executionId, generation: 1, searchable: false }],
  });
  return {
    handle,
    performed,
    recorded,
    endings,
    /** Waits for the workflow, then stops the worker. */
    async end(): Promise<unknown> {
      try {
        return await handle.result();
      } finally {
        worker.shutdown();
        await running;
      }
    },
  };
}

describe('the crewRun workflow', () => {
  it('hands out a task when those it depends on are done, and side by side what does not wait', async () => {
    const gates = new Map<string, () => void>();
    const run = await play({
      claim: claimed([task('a'), task('b', ['a']), task('c', ['a']), task('d', ['b', 'c'])]),
      perform: ({ taskKey }) =>
        taskKey === 'b' || taskKey === 'c'
          ? new Promise((resolve) => gates.set(taskKey, () => resolve({ kind: 'completed' })))
          : { kind: 'completed' },
    });
    await until('b and c are out', () => gates.size === 2);
    gates.get('c')?.();
    gates.get('b')?.();
    expect(await run.end()).toEqual({ status: 'completed' });
    expect(run.performed.toSorted()).toEqual(['a#1', 'b#1', 'c#1', 'd#1']);
    expect(run.performed.at(-1)).toBe('d#1');
    expect(run.endings).toEqual([{ status: 'completed' }]);
  });

  it('hands out what has become ready although something else is still out', async () => {
    let letGo: () => void = () => undefined;
    const run = await play({
      claim: claimed([task('slow'), task('a'), task('b', ['a'])]),
      perform: ({ taskKey }) =>
        taskKey === 'slow'
          ? new Promise((resolve) => {
              letGo = () => resolve({ kind: 'completed' });
            })
          : { kind: 'completed' },
    });
    await until('b was handed out', () => run.performed.includes('b#1'));
    letGo();
    expect(await run.end()).toEqual({ status: 'completed' });
  });

  it('does not wait for a task that was put off when another has failed', async () => {
    const run = await play({
      claim: claimed([task('later'), task('broken')]),
      perform: async ({ taskKey }) => {
        if (taskKey === 'later') return { kind: 'delayed', delayMs: 600_000 };
        await new Promise((resolve) => setTimeout(resolve, 300));
        return { kind: 'failed', code: 'MODEL_AUTH' };
      },
    });
    await expect(run.end()).rejects.toThrow(WorkflowFailedError);
    expect(run.endings).toEqual([{ status: 'failed', code: 'MODEL_AUTH', taskKey: 'broken' }]);
    expect(run.performed.filter((one) => one.startsWith('later'))).toEqual(['later#1']);
  });

  it('ends silently when its claim is refused', async () => {
    const run = await play({ claim: { accepted: false }, perform: () => ({ kind: 'completed' }) });
    expect(await run.end()).toEqual({ status: 'refused' });
    expect(run.endings).toEqual([]);
  });

  it('waits to be adopted after a reset, however many of its tasks are refused side by side', async () => {
    const keys = Array.from({ length: 15 }, (_, index) => `t${index}`);
    const run = await play({
      claim: claimed(keys.map((key) => task(key))),
      perform: ({ dispatch }) => (dispatch < 3 ? { kind: 'refused' } : { kind: 'completed' }),
    });
    expect(await run.end()).toEqual({ status: 'completed' });
    expect(run.performed.filter((one) => one.endsWith('#3')).length).toBe(15);
  });

  it('leaves out what an earlier generation finished', async () => {
    const run = await play({
      claim: claimed([{ ...task('a'), status: 'completed' }, task('b', ['a'])]),
      perform: () => ({ kind: 'completed' }),
    });
    await run.end();
    expect(run.performed).toEqual(['b#1']);
  });

  it('hands a task out again, under a higher number, when its slice was over', async () => {
    const run = await play({
      claim: claimed([task('a')]),
      perform: ({ dispatch }) => (dispatch < 3 ? { kind: 'sliced' } : { kind: 'completed' }),
    });
    await run.end();
    expect(run.performed).toEqual(['a#1', 'a#2', 'a#3']);
  });

  it('waits as long as a task asks for, and not that long for a pause', async () => {
    const run = await play({
      claim: claimed([task('a')]),
      perform: ({ dispatch }) =>
        dispatch === 1 ? { kind: 'delayed', delayMs: 2_500 } : { kind: 'completed' },
    });
    const startedAt = Date.now();
    await until('it is out', () => run.performed.length === 1);
    await run.handle.signal(pauseSignal, { version: 1 });
    await until('it stands still', () => run.recorded.includes('paused'));
    expect(Date.now() - startedAt).toBeLessThan(2_000);
    await run.handle.signal(resumeSignal, { version: 2 });
    await run.end();
    expect(Date.now() - startedAt).toBeGreaterThanOrEqual(2_500);
    expect(run.performed.at(0)).toBe('a#1');
    expect(run.performed).toHaveLength(2);
  });

  it('cancels a task that waits for its next try at once', async () => {
    const run = await play({
      claim: claimed([task('a')]),
      perform: () => ({ kind: 'delayed', delayMs: 600_000 }),
      final: { status: 'cancelled', code: 'CANCELLED' },
    });
    await until('it is out', () => run.performed.length === 1);
    await run.handle.cancel();
    await expect(run.end()).rejects.toThrow(WorkflowFailedError);
    expect(run.endings).toEqual([{ status: 'cancelled' }]);
  });

  it('stands still when a task saw the pause before the signal came, and goes on after resume', async () => {
    const run = await play({
      claim: claimed([task('a')]),
      perform: ({ dispatch }) =>
        dispatch === 1 ? { kind: 'paused', controlVersion: 1 } : { kind: 'completed' },
    });
    await until('the pause is recorded', () => run.recorded.includes('paused'));
    expect(await run.handle.query(stateQuery)).toEqual({
      phase: 'paused',
      tasks: [{ key: 'a', status: 'pending' }],
    });
    await run.handle.signal(pauseSignal, { version: 1 });
    await run.handle.signal(resumeSignal, { version: 2 });
    await run.handle.signal(pauseSignal, { version: 1 });
    await run.end();
    expect(run.performed).toEqual(['a#1', 'a#2']);
    expect(run.recorded).toEqual(['paused']);
  });

  it('waits from the start when the claim says it is paused', async () => {
    const run = await play({
      claim: claimed([task('a')], { paused: true, controlVersion: 4 }),
      perform: () => ({ kind: 'completed' }),
    });
    await until('the pause is recorded', () => run.recorded.includes('paused'));
    expect(run.performed).toEqual([]);
    await run.handle.signal(resumeSignal, { version: 5 });
    expect(await run.end()).toEqual({ status: 'completed' });
  });

  it('closes as Failed with the code when a task failed, and hands out nothing more', async () => {
    const run = await play({
      claim: claimed([task('a'), task('b', ['a'])]),
      perform: () => ({ kind: 'failed', code: 'MODEL_AUTH' }),
    });
    await expect(run.end()).rejects.toMatchObject({ cause: { type: 'MODEL_AUTH' } });
    expect(run.performed).toEqual(['a#1']);
    expect(run.endings).toEqual([{ status: 'failed', code: 'MODEL_AUTH', taskKey: 'a' }]);
  });

  it('closes as Canceled after a cancel, once what was in flight has let go', async () => {
    let letGo: (() => void) | undefined;
    const run = await play({
      claim: claimed([task('a')]),
      perform: () => new Promise((resolve) => (letGo = () => resolve({ kind: 'cancelling' }))),
    });
    await until('the task is out', () => letGo !== undefined);
    await run.handle.cancel();
    await until('the cancel is recorded', () => run.recorded.includes('cancelling'));
    expect(run.endings).toEqual([]);
    letGo?.();
    const failure = await run.end().catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(WorkflowFailedError);
    expect(failure instanceof WorkflowFailedError ? failure.cause : null).toBeInstanceOf(CancelledFailure);
    expect(run.endings).toEqual([{ status: 'cancelled' }]);
    expect((await run.handle.describe()).status.name).toBe('CANCELLED');
  });

  it('closes as what was really written: a cancel that came first wins over the completion', async () => {
    const run = await play({
      claim: claimed([task('a')]),
      perform: () => ({ kind: 'completed' }),
      final: { status: 'cancelled', code: 'CANCELLED' },
    });
    await until('the end is written', () => run.endings.length === 1);
    await run.handle.cancel();
    await expect(run.end()).rejects.toBeInstanceOf(WorkflowFailedError);
    expect((await run.handle.describe()).status.name).toBe('CANCELLED');
  });

  it('ends as timed out when its time is up', async () => {
    const run = await play({
      claim: claimed([task('a', ['never']), task('never', ['a'])], { timeoutMs: 200 }),
      perform: () => ({ kind: 'completed' }),
    });
    await expect(run.end()).rejects.toMatchObject({ cause: { type: 'TIMEOUT' } });
    expect(run.endings).toEqual([{ status: 'failed', code: 'TIMEOUT', taskKey: null }]);
  });
});
