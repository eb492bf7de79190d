import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { temporal as protocol } from '@temporalio/proto';
import { afterRestoreCommand } from '../../src/cli/after-restore.ts';
import { readSettings, type Settings } from '../../src/config.ts';
import type { RunRef } from '../../src/contracts/crew-run.ts';
import { createWakeListener, createWaker } from '../../src/persistence/wake.ts';
import { createLogger } from '../../src/telemetry/logger.ts';
import { createTemporal, type Temporal } from '../../src/temporal/client.ts';
import { createDispatcher } from '../../src/engine/outbox/command-dispatcher.ts';
import { crewRunWorkflowId } from '../../src/temporal/names.ts';
import { createReconciler } from '../../src/engine/reconciling/reconciler.ts';
import { createRuns, type Runs } from '../../src/temporal/runs.ts';
import { testTemporalAddress, until } from '../support/test-stack.ts';
import { openEngineDatabase, type EngineDatabase } from './engine-database.ts';

/**
 * Muster's database restored from a backup under a real Temporal that has gone on since. The rows are the backup; what
 * happened after it, happens in Temporal alone. No worker serves the queue.
 */

const logger = createLogger({ level: 'silent' });
const QUEUE = `restored-test-${randomUUID()}`;
const { CommandType } = protocol.api.enums.v1;
const NAMESPACE = 'default';

let engine: EngineDatabase;
let temporal: Temporal;
let settings: Settings;
let runs: Runs;

beforeAll(async () => {
  settings = readSettings({ TEMPORAL_ADDRESS: testTemporalAddress(), TEMPORAL_TASK_QUEUE: QUEUE });
  temporal = await createTemporal(settings);
  runs = createRuns(temporal, QUEUE, { accepted: false, close: () => undefined });
});
afterAll(() => temporal.close());
beforeEach(async () => {
  engine = await openEngineDatabase();
});
afterEach(async () => {
  for (const { workflowId, runId } of await openWorkflows())
    await runs.terminate(workflowId, runId, 'the test is over');
  await engine.close();
});

const handleOf = ({ executionId }: RunRef) =>
  temporal.client.workflow.getHandle(crewRunWorkflowId(executionId));
const inTemporal = async (ref: RunRef): Promise<string> => {
  const state = await runs.describe(crewRunWorkflowId(ref.executionId));
  return state.kind === 'absent'
    ? state.kind
    : `${state.kind === 'open' ? 'open' : state.status} in generation ${state.generation}`;
};

async function openWorkflows() {
  const found: { workflowId: string; runId: string }[] = [];
  for await (const { workflowId, runId } of runs.openWorkflows()) found.push({ workflowId, runId });
  return found;
}

const start = (ref: RunRef): Promise<string> =>
  runs.start({ ...ref, ownerId: engine.owner, crewName: 'letters', kind: 'crew', priority: 0 });

/** Its start was delivered long before. */
const emptyOutbox = (ref: RunRef) =>
  engine.database.sql.query('delete from outbox where execution_id = $1', [ref.id]);

/** A run as the backup has it: under way. */
async function running(): Promise<RunRef> {
  const ref = await engine.create({ tasks: 2 });
  await emptyOutbox(ref);
  await start(ref);
  await engine.claim(ref, (await handleOf(ref).describe()).runId);
  return ref;
}

/** Its workflow is completed, as a worker would have it. */
async function complete(ref: RunRef): Promise<void> {
  const { workflowService } = temporal.client;
  const asked = { namespace: NAMESPACE, taskQueue: { name: QUEUE }, identity: 'the test' };
  const task = await temporal.client.withDeadline(Date.now() + 10_000, () =>
    workflowService.pollWorkflowTaskQueue(asked),
  );
  expect(task.workflowExecution?.workflowId).toBe(crewRunWorkflowId(ref.executionId));
  await workflowService.respondWorkflowTaskCompleted({
    namespace: NAMESPACE,
    taskToken: task.taskToken,
    identity: 'the test',
    commands: [
      {
        commandType: CommandType.COMMAND_TYPE_COMPLETE_WORKFLOW_EXECUTION,
        completeWorkflowExecutionCommandAttributes: {},
      },
    ],
  });
}

async function deliver(): Promise<void> {
  const deaf = createWakeListener(engine.url, logger, []);
  const dispatcher = createDispatcher({
    sql: engine.database.sql,
    runs,
    listener: deaf,
    logger,
    now: () => new Date(Date.now() + 120_000),
  });
  await dispatcher.deliverNow();
  await dispatcher.close();
  await deaf.close();
}

/** A minute ahead, so that every row has settled. @returns what differs */
async function compare(dryRun: boolean): Promise<Record<string, string>> {
  const reconciler = createReconciler({
    sql: engine.database.sql,
    runs,
    waker: createWaker(engine.database.sql, logger),
    logger,
    maxActive: 0,
    now: () => new Date(Date.now() + 60_000),
    lookMs: 3_600_000,
  });
  const { complete, differences } = await reconciler.compareAll({ dryRun });
  await reconciler.close();
  expect(complete).toBe(true);
  return Object.fromEntries(differences.map(({ executionId, repair }) => [executionId, repair]));
}

/** What has become of five runs of the backup, and one that it does not know. */
async function goneOn() {
  // One after the other: tasks of the queue are polled in this order.
  const completed = await running();
  await complete(completed);
  // Temporal keeps what has ended for some days only.
  const forgotten = await engine.createClaimed({ tasks: 2 });
  await emptyOutbox(forgotten);
  const retried = await running();
  await handleOf(retried).terminate('it is retried');
  await start({ ...retried, generation: 2 });
  const same = await running();
  const over = await engine.createClaimed();
  await emptyOutbox(over);
  await engine.finalise(over, { status: 'cancelled' });
  const unknown = { id: over.id + 1, executionId: randomUUID(), generation: 1 };
  await start(unknown);
  await until('all open workflows are listed', async () => (await openWorkflows()).length === 3);
  return { completed, forgotten, retried, same, over, unknown };
}

describe('a database restored from before, under a newer Temporal', () => {
  it('has what was open in it started anew by after-restore, and nothing of what it does not know', async () => {
    const { completed, forgotten, retried, same, over, unknown } = await goneOn();
    const open = [completed, forgotten, retried, same];
    const said: string[] = [];
    const told = { ...settings, DATABASE_URL: engine.url };
    expect(await afterRestoreCommand(told, (line) => said.push(line))).toBe(0);
    expect(said).toEqual([
      '3 workflows ended in Temporal.',
      '4 executions start anew where their tasks stand; 0 schedules are told to Temporal again.',
    ]);
    expect(await inTemporal(unknown)).toBe('TERMINATED in generation 1');

    await deliver();
    for (const ref of open) {
      expect(await inTemporal(ref)).toBe('open in generation 2');
      expect(await engine.row(ref)).toMatchObject({ status: 'running', generation: 2, claimed_run_id: null });
      // A word of the world before the restore.
      await expect(engine.claim(ref, 'one-of-before')).rejects.toThrow('refused');
      await engine.claim({ ...ref, generation: 2 }, (await handleOf(ref).describe()).runId);
    }
    expect(await engine.row(over)).toMatchObject({ status: 'cancelled', generation: 1 });
    expect(await inTemporal(over)).toBe('absent');
    await until('all open workflows are listed', async () => (await openWorkflows()).length === open.length);
    expect(await compare(true)).toEqual({});
  });

  it('is brought back in step by the comparison too, where after-restore was forgotten', async () => {
    const { completed, forgotten, retried, same, over, unknown } = await goneOn();
    expect(await compare(false)).toEqual({
      [completed.executionId]: 'restarted',
      [forgotten.executionId]: 'restarted',
      [retried.executionId]: 'adopted',
      [unknown.executionId]: 'terminated',
    });
    await deliver();
    expect(await inTemporal(completed)).toBe('open in generation 2');
    expect(await inTemporal(forgotten)).toBe('open in generation 2');
    expect(await inTemporal(same)).toBe('open in generation 1');
    expect(await inTemporal(unknown)).toBe('TERMINATED in generation 1');
    expect(await engine.row(over)).toMatchObject({ status: 'cancelled', generation: 1 });
  });
});
