import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { WorkflowNotFoundError } from '@temporalio/client';
import type { RunRef } from '../../src/contracts/crew-run.ts';
import { readSettings } from '../../src/config.ts';
import { createWakeListener, createWaker } from '../../src/persistence/wake.ts';
import { createLogger } from '../../src/telemetry/logger.ts';
import { createTemporal, type Temporal } from '../../src/temporal/client.ts';
import { createDispatcher } from '../../src/temporal/dispatcher.ts';
import { crewRunWorkflowId } from '../../src/temporal/names.ts';
import { createReconciler, type Reconciler, type Repair } from '../../src/temporal/reconciler.ts';
import { createRuns, type Runs } from '../../src/temporal/runs.ts';
import { testTemporalAddress, until } from '../support/test-stack.ts';
import { begun, hold, leaseOf, openEngineDatabase, type EngineDatabase } from './engine-database.ts';

/** Postgres and a real Temporal server out of step, and what brings them back. No worker serves the queue. */

const logger = createLogger({ level: 'silent' });
const QUEUE = `reconciler-test-${randomUUID()}`;
const NEVER_MS = 3_600_000;

let engine: EngineDatabase;
let temporal: Temporal;
let runs: Runs;
const open: Reconciler[] = [];
const started: string[] = [];

beforeAll(async () => {
  temporal = await createTemporal(readSettings({ TEMPORAL_ADDRESS: testTemporalAddress() }));
  runs = createRuns(temporal, QUEUE, { accepted: false, close: () => undefined });
});
afterAll(() => temporal.close());
beforeEach(async () => {
  engine = await openEngineDatabase();
});
afterEach(async () => {
  await Promise.all(open.splice(0).map((reconciler) => reconciler.close()));
  for (const id of started.splice(0)) await endWorkflow(id);
  await engine.close();
});

const handleOf = (executionId: string) => temporal.client.workflow.getHandle(crewRunWorkflowId(executionId));

async function endWorkflow(executionId: string): Promise<void> {
  try {
    await handleOf(executionId).terminate('the test is over');
  } catch (error) {
    if (!(error instanceof WorkflowNotFoundError)) throw error;
  }
}

/** One that looks when told to; a minute ahead, so that every row has settled. */
function reconciler(options: { aheadMs?: number } = {}): Reconciler {
  const { aheadMs = 60_000 } = options;
  const made = createReconciler({
    sql: engine.database.sql,
    runs,
    waker: createWaker(engine.database.sql, logger),
    logger,
    maxActive: 0,
    now: () => new Date(Date.now() + aheadMs),
    lookMs: NEVER_MS,
  });
  open.push(made);
  return made;
}

/** One look. @returns what was repaired, without what was well. */
async function look(by = reconciler()): Promise<Partial<Record<Repair, number>>> {
  const { none: _well, ...repairs } = Object.fromEntries(await by.look());
  return repairs;
}

/** As after a delivery. */
const emptyOutbox = (ref: RunRef) =>
  engine.database.sql.query('delete from outbox where execution_id = $1', [ref.id]);

/** Starts the workflow as the dispatcher does. @returns the id of the Temporal run. */
async function cancelRequested(ref: RunRef): Promise<boolean> {
  const { events } = await handleOf(ref.executionId).fetchHistory();
  return (events ?? []).some((event) => Boolean(event.workflowExecutionCancelRequestedEventAttributes));
}
async function startWorkflow(ref: RunRef): Promise<string> {
  started.push(ref.executionId);
  const { owner } = engine;
  expect(await runs.start({ ...ref, ownerId: owner, crewName: 'letters', kind: 'crew', priority: 0 })).toBe(
    'started',
  );
  return (await handleOf(ref.executionId).describe()).runId;
}

/** A run whose workflow has claimed it. */
async function running(): Promise<RunRef> {
  const ref = await engine.create();
  await emptyOutbox(ref);
  await engine.claim(ref, await startWorkflow(ref));
  return ref;
}

async function outboxStarts(ref: RunRef): Promise<number[]> {
  const rows = await engine.database.sql.query<{ generation: number }>(
    `select (payload->>'generation')::integer as generation from outbox
      where execution_id = $1 and command = 'start'`,
    [ref.id],
  );
  return rows.map(({ generation }) => generation);
}

describe('the reconciler', () => {
  it('starts a run that has no workflow once, even when two of them look at once', async () => {
    const ref = await engine.create();
    await emptyOutbox(ref);
    await Promise.all([look(), look(), look()]);
    expect(await outboxStarts(ref)).toEqual([1]);
    expect(await look()).toEqual({});
    expect(await outboxStarts(ref)).toEqual([1]);
  });

  it('starts a run whose workflow has vanished again, with a new generation, once', async () => {
    const ref = await engine.createClaimed();
    await emptyOutbox(ref);
    const repairs = await Promise.all([look(), look()]);
    expect(repairs).toContainEqual({ restarted: 1 });
    expect(await engine.row(ref)).toMatchObject({ status: 'running', generation: 2, claimed_run_id: null });
    expect(await outboxStarts(ref)).toEqual([2]);

    const deaf = createWakeListener(engine.url, logger, []);
    const dispatcher = createDispatcher({
      sql: engine.database.sql,
      runs,
      listener: deaf,
      logger,
      now: () => new Date(Date.now() + 120_000),
    });
    started.push(ref.executionId);
    await dispatcher.deliverNow();
    await dispatcher.close();
    await deaf.close();
    expect((await handleOf(ref.executionId).describe()).memo).toEqual({ generation: 2 });
    await expect(engine.claim(ref, 'the-vanished-one')).rejects.toThrow('refused');
    await engine.claim({ ...ref, generation: 2 }, 'the-new-one');
  });

  it('leaves what is in step alone', async () => {
    const ref = await running();
    expect(await look()).toEqual({});
    expect(await engine.row(ref)).toMatchObject({ status: 'running', generation: 1 });
    expect(await outboxStarts(ref)).toEqual([]);
  });

  it('leaves a run alone while a command for it is on its way, or while it is fresh', async () => {
    const onItsWay = await engine.createClaimed();
    expect(await look()).toEqual({});
    const fresh = await engine.createClaimed();
    await emptyOutbox(fresh);
    expect(await look(reconciler({ aheadMs: 0 }))).toEqual({});
    expect(await engine.row(onItsWay)).toMatchObject({ generation: 1 });
    expect(await engine.row(fresh)).toMatchObject({ generation: 1 });
  });

  it('adopts the run that goes on after a reset in the Web UI', async () => {
    const ref = await engine.create();
    await emptyOutbox(ref);
    const runId = await startWorkflow(ref);
    await engine.claim(ref, 'the-run-before-the-reset');
    expect(await look()).toEqual({ adopted: 1 });
    expect(await engine.row(ref)).toMatchObject({ generation: 1, claimed_run_id: runId, status: 'running' });
  });

  it('tells the run that goes on after a reset of the cancel that its forerunner had heard', async () => {
    const ref = await engine.create();
    await startWorkflow(ref);
    await engine.claim(ref, 'the-run-before-the-reset');
    await engine.command(ref, 'cancel');
    await emptyOutbox(ref);
    expect(await look()).toEqual({ adopted: 1 });
    await until('its cancel is requested', () => cancelRequested(ref));
  });

  it('looks at everything that is due, however much it is', async () => {
    const refs = await Promise.all(Array.from({ length: 230 }, () => engine.createClaimed()));
    await engine.database.sql.query('delete from outbox');
    expect(await look()).toEqual({ restarted: refs.length });
  });

  it('looks again at a run that is over when Temporal did not answer', async () => {
    const ref = await running();
    await engine.finalise(ref, { status: 'failed', code: 'TIMEOUT', taskKey: null });
    const mute: Runs = {
      ...runs,
      describe: () => Promise.reject(new Error('Temporal is away')),
    };
    const deaf = createReconciler({
      sql: engine.database.sql,
      runs: mute,
      waker: createWaker(engine.database.sql, logger),
      logger,
      maxActive: 0,
      now: () => new Date(Date.now() + 60_000),
      lookMs: NEVER_MS,
    });
    open.push(deaf);
    expect(Object.fromEntries(await deaf.look())).toEqual({});
    expect(await look()).toEqual({ stopped: 1 });
  });

  it('ends a run that an operator terminated as cancelled, and closes what was in flight', async () => {
    const ref = await running();
    const { claimed_run_id: temporalRunId } = await engine.row(ref);
    const { taskId } = await hold(engine, leaseOf(ref, { temporalRunId: temporalRunId ?? '' }));
    await begun(engine, ref, taskId, 'turn-1', 80);
    await handleOf(ref.executionId).terminate('by hand');
    const repairs = await Promise.all([look(), look()]);
    expect(repairs).toContainEqual({ ended: 1 });
    expect(await engine.row(ref)).toMatchObject({
      status: 'cancelled',
      error_code: 'TERMINATED',
      error: expect.stringMatching(/terminated/),
      total_tokens: 80,
      reserved_tokens: 0,
    });
    expect((await engine.calls(ref)).map(({ status }) => status)).toEqual(['lost']);
    const finals = (await engine.events(ref)).filter(({ event_key: key }) => key === 'g1:final');
    expect(finals).toHaveLength(1);
    expect((await engine.events(ref)).at(-1)?.type).toBe('workflow_cancelled');
  });

  it('ends a workflow that is still open although its run is over', async () => {
    const ref = await running();
    await engine.finalise(ref, { status: 'failed', code: 'TIMEOUT', taskKey: null });
    expect(await look()).toEqual({ stopped: 1 });
    await until('its cancel is requested', () => cancelRequested(ref));
    expect(await engine.row(ref)).toMatchObject({ status: 'failed', error_code: 'TIMEOUT' });
  });

  it('does not end the workflow of a retry for the sake of the run before it', async () => {
    const ref = await engine.createClaimed();
    await emptyOutbox(ref);
    await engine.finalise(ref, { status: 'failed', code: 'MODEL_AUTH', taskKey: 'task-1' });
    await startWorkflow({ ...ref, generation: 2 });
    expect(await look()).toEqual({});
    const { events } = await handleOf(ref.executionId).fetchHistory();
    expect(events).not.toContainEqual(
      expect.objectContaining({ workflowExecutionCancelRequestedEventAttributes: expect.anything() }),
    );
  });

  it('looks at a run that is over once, and at an open one again and again', async () => {
    const over = await running();
    await handleOf(over.executionId).terminate('closed');
    await engine.finalise(over, { status: 'failed', code: 'TIMEOUT', taskKey: null });
    const ref = await running();
    let described: string[] = [];
    const counting: Runs = {
      ...runs,
      describe: (id) => {
        described.push(id);
        return runs.describe(id);
      },
    };
    let ahead = 60_000;
    const watching = createReconciler({
      sql: engine.database.sql,
      runs: counting,
      waker: createWaker(engine.database.sql, logger),
      logger,
      maxActive: 0,
      now: () => new Date(Date.now() + ahead),
      lookMs: NEVER_MS,
    });
    open.push(watching);
    await watching.look();
    expect(described.toSorted()).toEqual(
      [over, ref].map((run) => crewRunWorkflowId(run.executionId)).toSorted(),
    );
    described = [];
    ahead += 30_000;
    await watching.look();
    expect(described).toEqual([crewRunWorkflowId(ref.executionId)]);
  });
});
