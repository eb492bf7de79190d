import { randomUUID } from 'node:crypto';
import { WorkflowNotFoundError } from '@temporalio/client';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { RunRef } from '../../src/contracts/crew-run.ts';
import { readSettings } from '../../src/config.ts';
import { createWakeListener, type WakeListener } from '../../src/persistence/wake.ts';
import { createLogger } from '../../src/telemetry/logger.ts';
import { createTemporal, type Temporal } from '../../src/temporal/client.ts';
import { createDispatcher, type Dispatcher } from '../../src/engine/outbox/command-dispatcher.ts';
import { crewRunWorkflowId } from '../../src/temporal/names.ts';
import { createRuns, type Runs } from '../../src/temporal/runs.ts';
import { startTcpProxy, type TcpProxy } from '../support/tcp-proxy.ts';
import { testTemporalAddress, until } from '../support/test-stack.ts';
import { openEngineDatabase, type EngineDatabase } from './engine-database.ts';

/** From the outbox to a real Temporal server, on a queue that no worker serves. */

const logger = createLogger({ level: 'silent' });
const QUEUE = `outbox-test-${randomUUID()}`;
const NO_ATTRIBUTES = { accepted: false, close: () => undefined };

let engine: EngineDatabase;
let wire: TcpProxy;
let temporal: Temporal;
/** Through the wire, which a test may cut. */
let reached: Temporal;
/** Hears nothing: what is delivered here was looked for. */
let deaf: WakeListener;
const open: Dispatcher[] = [];
const started: string[] = [];

beforeAll(async () => {
  engine = await openEngineDatabase();
  const [host = '', port = ''] = testTemporalAddress().split(':');
  wire = await startTcpProxy(host, Number(port));
  temporal = await createTemporal(readSettings({ TEMPORAL_ADDRESS: testTemporalAddress() }));
  reached = await createTemporal(readSettings({ TEMPORAL_ADDRESS: `127.0.0.1:${wire.port}` }));
  deaf = createWakeListener(engine.url, logger, []);
});
afterEach(async () => {
  wire.mend();
  await Promise.all(open.splice(0).map((dispatcher) => dispatcher.close()));
  await engine.database.sql.query('delete from outbox');
  for (const id of started.splice(0)) await endWorkflow(id);
});
afterAll(async () => {
  await deaf.close();
  await reached.close();
  await temporal.close();
  await wire.close();
  await engine.close();
});

/** Nobody would ever close it: there is no worker. */
async function endWorkflow(executionId: string): Promise<void> {
  try {
    await temporal.client.workflow.getHandle(crewRunWorkflowId(executionId)).terminate('the test is over');
  } catch (error) {
    if (!(error instanceof WorkflowNotFoundError)) throw error;
  }
}

interface Watched extends Runs {
  /** Every call that was made, in order. */
  calls: string[];
}

/** The real door to Temporal, with a note of who went through it. */
function watched(through: Temporal = temporal): Watched {
  const runs = createRuns(through, QUEUE, NO_ATTRIBUTES);
  const calls: string[] = [];
  return {
    ...runs,
    calls,
    start: (run) => {
      calls.push(`start:${run.generation}`);
      return runs.start(run);
    },
    signal: (id, command, version) => {
      calls.push(command);
      return runs.signal(id, command, version);
    },
    cancel: (id) => {
      calls.push('cancel');
      return runs.cancel(id);
    },
  };
}

function dispatcher(runs: Runs, now: () => Date = () => new Date()): Dispatcher {
  const made = createDispatcher({ sql: engine.database.sql, runs, listener: deaf, logger, now });
  open.push(made);
  return made;
}

async function create(): Promise<RunRef> {
  const ref = await engine.create();
  started.push(ref.executionId);
  return ref;
}

const isEmpty = (ref: RunRef) => async (): Promise<boolean> => (await engine.outbox(ref)).length === 0;
const handleOf = (ref: RunRef) => temporal.client.workflow.getHandle(crewRunWorkflowId(ref.executionId));

/** Commands as the workflow's history has them. */
async function history(ref: RunRef): Promise<string[]> {
  const { events } = await handleOf(ref).fetchHistory();
  return (events ?? []).flatMap((event) => {
    if (event.workflowExecutionStartedEventAttributes) return ['start'];
    if (event.workflowExecutionCancelRequestedEventAttributes) return ['cancel'];
    const signal = event.workflowExecutionSignaledEventAttributes?.signalName;
    return typeof signal === 'string' ? [signal] : [];
  });
}

describe('the outbox', () => {
  it('delivers a start that a dead process had in hand, once its lease is over, and only once', async () => {
    const ref = await create();
    const lease = 15_000;
    // What a process leaves behind that died between taking the row and telling Temporal.
    await engine.database.sql.query('update outbox set attempts = 1, due_at = $2 where execution_id = $1', [
      ref.id,
      new Date(Date.now() + lease).toISOString(),
    ]);
    const early = watched();
    await dispatcher(early).deliverNow();
    expect(early.calls).toEqual([]);
    const [one, other] = [watched(), watched()];
    const later = (): Date => new Date(Date.now() + lease + 1);
    await Promise.all([dispatcher(one, later).deliverNow(), dispatcher(other, later).deliverNow()]);
    expect([...one.calls, ...other.calls]).toEqual(['start:1']);
    expect(await engine.outbox(ref)).toEqual([]);
    expect(await history(ref)).toEqual(['start']);
  });

  it('hands each of many starts to one of several processes', async () => {
    const refs = await Promise.all(Array.from({ length: 12 }, create));
    const doors = [watched(), watched(), watched()];
    await Promise.all(doors.map((runs) => dispatcher(runs).deliverNow()));
    await until('all are delivered', async () =>
      (await Promise.all(refs.map(async (ref) => isEmpty(ref)()))).every(Boolean),
    );
    expect(doors.flatMap(({ calls }) => calls)).toHaveLength(12);
    for (const ref of refs) expect(await history(ref)).toEqual(['start']);
  });

  it('delivers a start twice without harm', async () => {
    const ref = await create();
    await dispatcher(watched()).deliverNow();
    await engine.database.sql.query(
      `insert into outbox (execution_id, execution_uuid, command, payload, due_at, created_at)
       values ($1, $2, 'start', '{"generation": 1}', now(), now())`,
      [ref.id, ref.executionId],
    );
    await dispatcher(watched()).deliverNow();
    await until('it is gone', isEmpty(ref));
    expect(await history(ref)).toEqual(['start']);
  });

  it('carries out the commands of one run in the order in which they were given', async () => {
    const ref = await create();
    await engine.claim(ref);
    for (const command of ['pause', 'resume', 'pause', 'cancel'] as const) await engine.command(ref, command);
    const runs = watched();
    await dispatcher(runs).deliverNow();
    await until('all are delivered', isEmpty(ref));
    expect(runs.calls).toEqual(['start:1', 'pause', 'resume', 'pause', 'cancel']);
    expect(await history(ref)).toEqual(['start', 'pause', 'resume', 'pause', 'cancel']);
  });

  it('keeps everything while Temporal is away, and delivers it in order when it is back', async () => {
    const ref = await create();
    await engine.claim(ref);
    wire.cut();
    const runs = watched(reached);
    dispatcher(runs);
    await until('a start was tried', () => runs.calls.length > 0);
    for (const command of ['pause', 'cancel'] as const) await engine.command(ref, command);
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    expect((await engine.outbox(ref)).map(({ command }) => command)).toEqual(['start', 'pause', 'cancel']);
    wire.mend();
    await until('all are delivered', isEmpty(ref), 30_000);
    expect(await history(ref)).toEqual(['start', 'pause', 'cancel']);
  });

  it('lets a command wait for a start that is still on its way', async () => {
    const ref = await create();
    await engine.command(ref, 'pause');
    const inHand = new Date(Date.now() + 1_500).toISOString();
    await engine.database.sql.query(
      `update outbox set due_at = $2 where execution_id = $1 and command = 'start'`,
      [ref.id, inHand],
    );
    const runs = watched();
    await dispatcher(runs).deliverNow();
    expect(runs.calls).toEqual(['pause']);
    expect((await engine.outbox(ref)).map(({ command }) => command)).toEqual(['start', 'pause']);
    await until('both are delivered', isEmpty(ref));
    expect(await history(ref)).toEqual(['start', 'pause']);
  });

  it('drops what belongs to an older generation', async () => {
    const ref = await create();
    await engine.claim(ref);
    await engine.command(ref, 'pause');
    await engine.finalise(ref, { status: 'failed', code: 'MODEL_AUTH', taskKey: 'task-1' });
    await engine.command(ref, 'retry');
    const runs = watched();
    await dispatcher(runs).deliverNow();
    await until('nothing is left', isEmpty(ref));
    expect(runs.calls).toEqual(['start:2']);
  });

  it('starts a retry only when the workflow before it has closed', async () => {
    const ref = await create();
    await dispatcher(watched()).deliverNow();
    await engine.claim(ref);
    await engine.finalise(ref, { status: 'failed', code: 'MODEL_AUTH', taskKey: 'task-1' });
    await engine.command(ref, 'retry');
    const before = await handleOf(ref).describe();
    await until('it was tried', async () => ((await engine.outbox(ref))[0]?.attempts ?? 0) > 0);
    expect((await handleOf(ref).describe()).runId).toBe(before.runId);
    await handleOf(ref).terminate('closed at last');
    await until('it is delivered', isEmpty(ref));
    const after = await handleOf(ref).describe();
    expect(after.runId).not.toBe(before.runId);
    expect(after.memo).toEqual({ generation: 2 });
  });

  it('looks by itself, so that a lost wake-up call costs about a second', async () => {
    const runs = watched();
    dispatcher(runs);
    const ref = await create();
    const committedAt = Date.now();
    await until('it is delivered', isEmpty(ref));
    expect(Date.now() - committedAt).toBeLessThan(2_000);
    expect(runs.calls).toEqual(['start:1']);
  });
});
