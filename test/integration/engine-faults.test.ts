import { openTask } from '../../activities/agent-task/open-task.ts';
import { randomUUID } from 'node:crypto';
import { request } from 'node:http';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import {
  abandonCall,
  recordReturn,
  recordUnexpected,
  type Position,
} from '../../activities/agent-task/positions.ts';
import type { TaskDeps } from '../../activities/calls/call-deps.ts';
import { createLogHub } from '../../src/api/realtime/log-hub.ts';
import { readSettings } from '../../src/config.ts';
import type { RunRef } from '../../src/contracts/crew-run.ts';
import { isDatabaseAway } from '../../src/persistence/database-away.ts';
import type { Sql } from '../../src/persistence/sql.ts';
import { claimRun } from '../../src/engine/claims/claim-run.ts';
import { createWakeListener, createWaker, type WakeListener } from '../../src/persistence/wake.ts';
import { createLogger } from '../../src/telemetry/logger.ts';
import { createTemporal, type Temporal } from '../../src/temporal/client.ts';
import { crewRunWorkflowId } from '../../src/temporal/names.ts';
import { createReconciler } from '../../src/engine/reconciling/reconciler.ts';
import { createRuns, type Runs } from '../../src/temporal/runs.ts';
import { hangs, says } from '../support/scripted-model.ts';
import { readSse } from '../support/sse-reader.ts';
import {
  getExecution,
  startCrew,
  startTestStack,
  testTemporalAddress,
  until,
  waitForStatus,
  type TestStack,
} from '../support/test-stack.ts';
import { NEVER, workerDeps } from './engine-worker.ts';
import { leaseOf, openEngineDatabase, type EngineDatabase } from './engine-database.ts';

const logger = createLogger({ level: 'silent' });
let engine: EngineDatabase;
let listener: WakeListener;
let temporal: Temporal;
beforeAll(async () => {
  temporal = await createTemporal(readSettings({ TEMPORAL_ADDRESS: testTemporalAddress() }));
});
afterAll(() => temporal.close());
beforeEach(async () => {
  engine = await openEngineDatabase();
  listener = createWakeListener(engine.url, logger, []);
});
afterEach(async () => {
  await listener.close();
  await engine.close();
});

const worker = (): TaskDeps => workerDeps(engine, listener);

type CallPosition = Extract<Position, { kind: 'call' }>;

async function openCall(ref: RunRef, attempt = 1): Promise<CallPosition> {
  const position = await openTask(worker(), leaseOf(ref, { attempt }), NEVER);
  if (position.kind !== 'call') throw new Error('no call was begun');
  return position;
}

/** The model has answered. */
const answered = (ref: RunRef, position: CallPosition, text: string, attempt = 1): Promise<Position> =>
  recordReturn(
    worker(),
    leaseOf(ref, { attempt }),
    position,
    {
      end: {
        status: 'completed',
        usage: { promptTokens: 10, completionTokens: 5, totalTokens: 15, estimated: false },

        costMicroUsd: 0,
        response: { text },
      },
      input: { kind: 'model_replied', text, toolCalls: [] },
      events: [],
    },
    () => false,
  );

describe('a task', () => {
  it('is not robbed of its call by an older holder who lets go late', async () => {
    const ref = await engine.createClaimed();
    const older = await openCall(ref);
    const newer = await openCall(ref, 2);
    await abandonCall(worker(), leaseOf(ref), older.material.taskId, older.call.id);
    expect((await engine.calls(ref)).map(({ status }) => status)).toEqual(['lost', 'started']);
    expect(await answered(ref, newer, 'Dear reader', 2)).toEqual({
      kind: 'outcome',
      outcome: { kind: 'completed' },
    });
  });

  it.each([
    ['a NUL character', 'before\u0000after'],
    ['half of a surrogate pair', 'before \ud83d after'],
  ])('keeps a paid reply that holds %s', async (_what, text) => {
    const ref = await engine.createClaimed();
    const position = await openCall(ref);
    expect(await answered(ref, position, text)).toMatchObject({ outcome: { kind: 'completed' } });
    expect(await engine.tasks(ref)).toMatchObject([{ status: 'completed' }]);
  });

  it('is not left running by a run that has failed', async () => {
    const ref = await engine.createClaimed();
    await openCall(ref);
    await engine.finalise(ref, { status: 'failed', code: 'TIMEOUT', taskKey: null });
    expect(await engine.tasks(ref)).not.toMatchObject([{ status: 'running' }]);
  });

  it('of a cancelled run takes no late reply, even when the cancel came between two workflows', async () => {
    const ref = await engine.createClaimed();
    const position = await openCall(ref);
    // As the reconciler leaves a run whose workflow has vanished.
    await engine.database.sql.query(
      'update executions set generation = 2, claimed_run_id = null where id = $1',
      [ref.id],
    );
    await engine.command(ref, 'cancel');
    expect(await engine.row(ref)).toMatchObject({ status: 'cancelled', reserved_tokens: 0 });
    await answered(ref, position, 'too late').catch((error: unknown) => expect(error).toBeInstanceOf(Error));
    expect(await engine.tasks(ref)).toMatchObject([{ status: 'cancelled' }]);
  });
});

describe('a bug', () => {
  it('that strikes after each reply ends the task, and with it the paying', async () => {
    const ref = await engine.createClaimed();
    for (let attempt = 1; attempt < 5; attempt += 1) {
      await openCall(ref, attempt);
      expect(await recordUnexpected(worker(), leaseOf(ref, { attempt }))).toBeNull();
    }
    await openCall(ref, 5);
    expect(await recordUnexpected(worker(), leaseOf(ref, { attempt: 5 }))).toEqual({
      kind: 'failed',
      code: 'INTERNAL',
    });
    expect(await engine.tasks(ref)).toMatchObject([{ status: 'failed' }]);
    expect((await engine.calls(ref)).map(({ status }) => status)).toEqual(Array(5).fill('lost'));
    expect((await engine.events(ref)).at(-1)?.type).toBe('task_failed');
  });

  it('that strikes before the task has begun ends it as well', async () => {
    const ref = await engine.createClaimed();
    await engine.database.sql.query(`update executions set plan = plan || '{"agents": []}' where id = $1`, [
      ref.id,
    ]);
    for (let attempt = 1; attempt <= 5; attempt += 1) {
      await expect(openTask(worker(), leaseOf(ref, { attempt }), NEVER)).rejects.toThrow(
        'the plan has no agent',
      );
      const outcome = await recordUnexpected(worker(), leaseOf(ref, { attempt }));
      expect(outcome).toEqual(attempt < 5 ? null : { kind: 'failed', code: 'INTERNAL' });
    }
  });

  it('is not counted by a holder whom a newer one has replaced', async () => {
    const ref = await engine.createClaimed();
    await openCall(ref);
    await openCall(ref, 2);
    for (let count = 0; count < 6; count += 1)
      expect(await recordUnexpected(worker(), leaseOf(ref))).toBeNull();
    expect(await engine.tasks(ref)).toMatchObject([{ status: 'running' }]);
  });

  it('that kills the worker with each reply ends the task as well', async () => {
    const ref = await engine.createClaimed();
    for (let attempt = 1; attempt <= 10; attempt += 1) await openCall(ref, attempt);
    expect(await openTask(worker(), leaseOf(ref, { attempt: 11 }), NEVER)).toEqual({
      kind: 'outcome',
      outcome: { kind: 'failed', code: 'WORKER_DIED' },
    });
    expect(await engine.calls(ref)).toHaveLength(10);
    await engine.finalise(ref, { status: 'failed', code: 'INTERNAL', taskKey: 'task-1' });
    // A retry is a person's word: the call may be tried anew.
    await engine.command(ref, 'retry');
    await claimRun(engine.database.sql, { ...ref, generation: 2 }, 'two', new Date());
    const again = await openTask(
      worker(),
      leaseOf({ ...ref, generation: 2 }, { temporalRunId: 'two' }),
      NEVER,
    );
    expect(again.kind).toBe('call');
  });
});

describe('a row that somebody holds for ever', () => {
  it('costs whoever wants it five seconds, not a connection', async () => {
    const ref = await engine.createClaimed();
    const { sql } = engine.database;
    let release: () => void = () => undefined;
    const frozen = sql.transaction(async (tx) => {
      await tx.query('select 1 from executions where id = $1 for update', [ref.id]);
      await new Promise<void>((resolve) => {
        release = resolve;
      });
    });
    const startedAt = Date.now();
    const waiting = await Promise.allSettled(Array.from({ length: 3 }, () => engine.command(ref, 'cancel')));
    expect(Date.now() - startedAt).toBeLessThan(12_000);
    for (const one of waiting) {
      expect(one.status).toBe('rejected');
      expect(one.status === 'rejected' && isDatabaseAway(one.reason)).toBe(true);
    }
    release();
    await frozen;
    await engine.command(ref, 'cancel');
    expect(await engine.row(ref)).toMatchObject({ status: 'cancelling' });
  });
});

describe('a retry', () => {
  it('of a run that reached its deadline has the whole time again', async () => {
    const ref = await engine.create();
    const hourAgo = new Date(Date.now() - 3_600_000);
    const { sql } = engine.database;
    await sql.query('update executions set timeout_seconds = 60 where id = $1', [ref.id]);
    await claimRun(sql, ref, 'one', hourAgo);
    await engine.finalise(ref, { status: 'failed', code: 'TIMEOUT', taskKey: null });
    await engine.command(ref, 'retry');
    const claim = await claimRun(sql, { ...ref, generation: 2 }, 'two', new Date());
    expect(claim).toMatchObject({ accepted: true, timeoutMs: expect.any(Number) });
    expect(claim.accepted ? claim.timeoutMs : 0).toBeGreaterThan(50_000);
  });
});

describe('the reconciler', () => {
  let runs: Runs;
  beforeEach(() => {
    runs = createRuns(temporal, `faults-${randomUUID()}`, { accepted: false, close: () => undefined });
  });
  const look = async (): Promise<void> => {
    const reconciler = createReconciler({
      sql: engine.database.sql,
      runs,
      waker: createWaker(engine.database.sql, logger),
      logger,
      maxActive: 0,
      now: () => new Date(Date.now() + 60_000),
      lookMs: 3_600_000,
    });
    await reconciler.look();
    await reconciler.close();
  };

  it('ends a run as cancelled whose workflow has vanished while it was being cancelled', async () => {
    const ref = await engine.createClaimed();
    await engine.command(ref, 'cancel');
    await engine.database.sql.query('delete from outbox');
    await look();
    expect(await engine.row(ref)).toMatchObject({ status: 'cancelled' });
  });

  it('ends a run as cancelled that an operator terminated before any worker had claimed it', async () => {
    const ref = await engine.create();
    await engine.database.sql.query('delete from outbox');
    await runs.start({ ...ref, ownerId: engine.owner, crewName: 'letters', kind: 'crew', priority: 0 });
    await temporal.client.workflow.getHandle(crewRunWorkflowId(ref.executionId)).terminate('by hand');
    await look();
    expect(await engine.row(ref)).toMatchObject({ status: 'cancelled', error_code: 'TERMINATED' });
  });

  it('never lowers a generation, however old its knowledge is', async () => {
    const ref = await engine.create();
    await engine.database.sql.query('delete from outbox');
    const really = runs.describe.bind(runs);
    runs = {
      ...runs,
      describe: async (id) => {
        // All of this happened while Temporal was asked.
        await engine.claim(ref);
        await engine.finalise(ref, { status: 'failed', code: 'MODEL_AUTH', taskKey: 'task-1' });
        await engine.command(ref, 'retry');
        return really(id);
      },
    };
    await look();
    expect(await engine.row(ref)).toMatchObject({ generation: 2 });
  });
});

describe('a stream', () => {
  it('that asks for more than there is does not make its neighbours read without end', async () => {
    const ref = await engine.createClaimed();
    let reads = 0;
    const counting: Sql = {
      query: (text, params) => {
        reads += 1;
        return engine.database.sql.query(text, params);
      },
    };
    const hub = createLogHub({ sql: counting, listener, logger });
    const reader = {
      event: () => undefined,
      ready: () => Promise.resolve(),
      token: () => undefined,
      end: () => undefined,
    };
    hub.follow(ref.id, 999_999, reader);
    await new Promise((resolve) => setTimeout(resolve, 500));
    reads = 0;
    hub.follow(ref.id, 0, reader);
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    hub.close();
    expect(reads).toBeLessThan(20);
  });

  it('ends although the database was away at the very end of its log', async () => {
    const ref = await engine.createClaimed();
    let isAway = false;
    const flaky: Sql = {
      query: (text, params) =>
        isAway && text.includes('execution_log_heads')
          ? Promise.reject(new Error('Connection terminated'))
          : engine.database.sql.query(text, params),
    };
    const handlers: ((ids: number[]) => void)[] = [];
    const woken: WakeListener = { ...listener, on: (_channel, handler) => void handlers.push(handler) };
    const hub = createLogHub({ sql: flaky, listener: woken, logger });
    let [events, isEnded] = [0, false];
    hub.follow(ref.id, 0, {
      event: () => {
        events += 1;
      },
      ready: () => Promise.resolve(),
      token: () => undefined,
      end: () => {
        isEnded = true;
      },
    });
    await until('it has caught up', () => events === 1);
    await engine.finalise(ref, { status: 'cancelled' });
    isAway = true;
    for (const wake of handlers) wake([ref.id]);
    await until('the final event is out', () => events === 2);
    isAway = false;
    await new Promise((resolve) => setTimeout(resolve, 2_500));
    const seen = { events, isEnded };
    hub.close();
    expect(seen).toEqual({ events: 2, isEnded: true });
  });
});

describe('over HTTP, a stream', () => {
  let stack: TestStack;
  beforeAll(async () => {
    stack = await startTestStack();
    await stack.startWorker();
  });
  afterAll(() => stack.close());

  it('whose reader went away before it began leaves nothing behind', async () => {
    stack.model.script([hangs()]);
    const id = await startCrew(stack, { crew: 'one-task' });
    await waitForStatus(stack, id, ['running']);
    for (let patienceMs = 0; patienceMs < 20; patienceMs += 1) {
      const asking = request(`${stack.api.url}/api/v1/executions/${id}/stream`, {
        headers: { authorization: `Bearer ${stack.api.admin.token}` },
      });
      asking.on('error', () => undefined);
      asking.end();
      await new Promise((resolve) => setTimeout(resolve, patienceMs));
      asking.destroy();
    }
    await new Promise((resolve) => setTimeout(resolve, 2_000));
    const left = stack.engine.services.hub.readers();
    await stack.call('POST', `/api/v1/executions/${id}/cancel`);
    await waitForStatus(stack, id, ['cancelled']);
    expect(left).toBe(0);
  });

  it('of a run with long outputs can be read to its end', async () => {
    stack.model.script([says('b'.repeat(2_000_000))]);
    const id = await startCrew(stack, { crew: 'one-task' });
    await waitForStatus(stack, id, ['completed']);
    const stream = await readSse(`${stack.api.url}/api/v1/executions/${id}/stream`, {
      authorization: `Bearer ${stack.api.admin.token}`,
    });
    await stream.ended;
    expect(stream.events.map(({ event }) => event)).toEqual([
      'snapshot',
      'workflow_started',
      'task_started',
      'llm_call_completed',
      'task_completed',
      'workflow_completed',
    ]);
  });

  it('of a run whose reply has an emoji where the log cuts it off goes on', async () => {
    stack.model.always(() => says(`${'a'.repeat(3_999)}😀 and more`));
    const before = stack.model.requests.length;
    const id = await startCrew(stack, { crew: 'one-task' });
    await new Promise((resolve) => setTimeout(resolve, 4_000));
    const asked = stack.model.requests.length - before;
    const { status } = await getExecution(stack, id);
    if (status !== 'completed') await stack.call('POST', `/api/v1/executions/${id}/cancel`);
    expect({ status, asked }).toEqual({ status: 'completed', asked: 1 });
  });
});

describe('a worker', () => {
  it('ends a run at once that was being cancelled before it could claim it', async () => {
    const stack = await startTestStack();
    try {
      const id = await startCrew(stack, { crew: 'one-task' });
      await stack.api.database.sql.query(
        `update executions set status = 'cancelling' where execution_id = $1`,
        [id],
      );
      await stack.startWorker();
      const execution = await waitForStatus(stack, id, ['cancelled', 'failed', 'completed'], 20_000);
      expect(execution).toMatchObject({ status: 'cancelled' });
    } finally {
      await stack.close();
    }
  });
});
