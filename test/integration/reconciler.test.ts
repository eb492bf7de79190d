import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { WorkflowNotFoundError } from '@temporalio/client';
import type { RunRef } from '../../src/contracts/crew-run.ts';
import { readSettings } from '../../src/config.ts';
import { createWakeListener, createWaker } from '../../src/persistence/wake.ts';
import { createLogger } from '../../src/telemetry/logger.ts';
import { createTemporal, type Temporal } from '../../src/temporal/client.ts';
import { createDispatcher } from '../../src/engine/outbox/command-dispatcher.ts';
import { crewRunWorkflowId } from '../../src/temporal/names.ts';
import { createReconciler, type Reconciler, type Repair } from '../../src/engine/reconciling/reconciler.ts';
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
function reconciler(options: { aheadMs?: number; runs?: Runs } = {}): Reconciler {
  const { aheadMs = 60_000 } = options;
  const made = createReconciler({
    sql: engine.database.sql,
    runs: options.runs ?? runs,
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

const openWorkflows = async (): Promise<string[]> => {
  const ids: string[] = [];
  for await (const { workflowId } of runs.openWorkflows()) ids.push(workflowId);
  return ids;
};

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

describe('a comparison of everything, as an operator asks for it', () => {
  it('says what differs without touching it, then mends it, and has nothing left to say', async () => {
    const terminated = await running();
    await handleOf(terminated.executionId).terminate('an operator');
    const lost = await engine.create();
    await emptyOutbox(lost);
    const over = await running();
    await engine.database.sql.query(
      `update executions set status = 'completed', completed_at = now(), reconciled_at = now() + interval '1 hour'
        where id = $1`,
      [over.id],
    );
    const orphan = randomUUID();
    await startWorkflow({ id: 9_999, executionId: orphan, generation: 1 });
    await running();
    await until('all open workflows are listed', async () => (await openWorkflows()).length === 3);
    const by = reconciler();
    const said = await by.compareAll({ dryRun: true });
    const of = ({ executionId }: RunRef) => said.differences.find((one) => one.executionId === executionId);
    expect(said).toMatchObject({ complete: true, executions: 3, workflows: 3, found: 4 });
    expect(of(terminated)).toMatchObject({
      status: 'running',
      workflow: 'TERMINATED',
      repair: 'ended',
      mended: false,
    });
    expect(of(lost)).toMatchObject({ status: 'pending', workflow: 'ABSENT', repair: 'started' });
    expect(of(over)).toMatchObject({ status: 'completed', workflow: 'RUNNING', repair: 'stopped' });
    expect(of({ id: 0, executionId: orphan, generation: 1 })).toMatchObject({
      status: null,
      repair: 'terminated',
    });
    expect(await outboxStarts(lost)).toEqual([]);
    expect((await handleOf(orphan).describe()).status.name).toBe('RUNNING');

    const done = await by.compareAll({ dryRun: false });
    expect(done.differences.map(({ mended }) => mended)).toEqual([true, true, true, true]);
    expect(await outboxStarts(lost)).toEqual([1]);
    expect(await cancelRequested(over)).toBe(true);
    expect((await handleOf(orphan).describe()).status.name).toBe('TERMINATED');
    // The one that was told to stop has no worker to hear it.
    expect((await by.compareAll({ dryRun: true })).differences.map((one) => one.repair)).toEqual(['stopped']);
  });

  it('says that it is not complete while Temporal does not answer, and touches nothing', async () => {
    await running();
    const mute: Runs = { ...runs, describe: () => Promise.reject(new Error('Temporal is away')) };
    const by = reconciler({ runs: mute });
    expect(await by.compareAll({ dryRun: false })).toMatchObject({ complete: false, found: 0 });
  });
});
