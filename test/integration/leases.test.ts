import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startAgent } from '../../src/domain/agent/step.ts';
import { settleCall, type OpenCall } from '../../src/engine/calls/record-call.ts';
import { saveProgress, takeLease, StaleLease, type Lease } from '../../src/engine/claims/task-lease.ts';
import {
  begin,
  begun,
  hold,
  HOLDER,
  leaseOf,
  openEngineDatabase,
  type EngineDatabase,
} from './engine-database.ts';

/** Who may write for a task, when workers die, come back from the dead, or are too late. */

let engine: EngineDatabase;
beforeAll(async () => {
  engine = await openEngineDatabase();
});
afterAll(() => engine.close());

const state = startAgent('writer', 'system', 'prompt');
const take = (lease: Lease) => engine.database.sql.transaction((sql) => takeLease(sql, lease, new Date()));
const save = (lease: Lease): Promise<void> =>
  engine.database.sql.transaction((sql) => saveProgress(sql, lease, { kind: 'going_on', state }, new Date()));
const settle = (lease: Lease, taskId: number, call: OpenCall): Promise<void> =>
  engine.database.sql.transaction((sql) =>
    settleCall(
      sql,
      lease,
      taskId,
      call,
      {
        status: 'completed',
        usage: { promptTokens: 10, completionTokens: 5, totalTokens: 15, estimated: false },
        costMicroUsd: 0,
        response: { text: 'hello' },
      },
      new Date(),
    ),
  );
const output = {
  name: 'Task 1',
  description: 'Write a letter',
  expected_output: 'A letter',
  summary: 'Write a letter...',
  raw: 'Dear reader',
  json_dict: null,
  agent: 'Writer',
  output_format: 'raw' as const,
};

describe('a lease', () => {
  it('is refused to whoever holds an older one, by attempt, dispatch and generation', async () => {
    const ref = await engine.createClaimed();
    await hold(engine, leaseOf(ref, { dispatch: 2, attempt: 3 }));
    for (const older of [
      { dispatch: 2, attempt: 2 },
      { dispatch: 2, attempt: 3 },
      { dispatch: 1, attempt: 9 },
      { generation: 0, dispatch: 9, attempt: 9 },
    ]) {
      expect(await take(leaseOf(ref, older))).toEqual({ kind: 'refused' });
    }
    for (const newer of [
      { dispatch: 2, attempt: 4 },
      { dispatch: 3, attempt: 1 },
    ]) {
      expect((await take(leaseOf(ref, newer))).kind).toBe('held');
    }
  });

  it('taken by a newer attempt makes every write of the older one void', async () => {
    const ref = await engine.createClaimed();
    await hold(engine, leaseOf(ref));
    await save(leaseOf(ref));
    await hold(engine, leaseOf(ref, { attempt: 2 }));
    await expect(save(leaseOf(ref))).rejects.toBeInstanceOf(StaleLease);
    await save(leaseOf(ref, { attempt: 2 }));
  });

  it('goes to one of many who ask at once, and the newest has it in the end', async () => {
    const ref = await engine.createClaimed();
    const attempts = Array.from({ length: 20 }, (_, index) => index + 1);
    await Promise.all(attempts.map((attempt) => take(leaseOf(ref, { attempt }))));
    for (const attempt of attempts.slice(0, -1)) {
      await expect(save(leaseOf(ref, { attempt }))).rejects.toBeInstanceOf(StaleLease);
    }
    await save(leaseOf(ref, { attempt: 20 }));
    const started = (await engine.tasks(ref)).map(({ status }) => status);
    expect(started).toEqual(['running']);
  });

  it('is refused to a Temporal run that does not hold the execution, and to an older generation', async () => {
    const ref = await engine.createClaimed();
    expect(await take(leaseOf(ref, { temporalRunId: 'somebody-else' }))).toEqual({ kind: 'refused' });
    await engine.finalise(ref, { status: 'failed', code: 'MODEL_AUTH', taskKey: 'task-1' });
    await engine.command(ref, 'retry');
    const retried = { ...ref, generation: 2 };
    expect(await take(leaseOf(ref))).toEqual({ kind: 'refused' });
    await engine.claim(retried, 'temporal-run-2');
    expect(await take(leaseOf(ref))).toEqual({ kind: 'refused' });
    expect((await take(leaseOf(retried, { temporalRunId: 'temporal-run-2' }))).kind).toBe('held');
  });

  it('counts from one again for a run that was reset, whatever the run before had reached', async () => {
    const ref = await engine.createClaimed();
    await hold(engine, leaseOf(ref, { dispatch: 7, attempt: 7 }));
    await engine.database.sql.query('update executions set claimed_run_id = $2 where id = $1', [
      ref.id,
      'after-reset',
    ]);
    await hold(engine, leaseOf(ref, { temporalRunId: 'after-reset' }));
    await expect(save(leaseOf(ref, { dispatch: 7, attempt: 7 }))).rejects.toBeInstanceOf(StaleLease);
    await save(leaseOf(ref, { temporalRunId: 'after-reset' }));
  });

  it('of a task that is over is answered with how it ended, and changes nothing', async () => {
    const ref = await engine.createClaimed();
    await hold(engine, leaseOf(ref));
    await engine.database.sql.transaction((sql) =>
      saveProgress(sql, leaseOf(ref), { kind: 'completed', state, output }, new Date()),
    );
    expect(await take(leaseOf(ref, { attempt: 2 }))).toEqual({
      kind: 'over',
      status: 'completed',
      code: null,
      policy: 'fail',
      controlVersion: 0,
    });
    expect(await engine.tasks(ref)).toMatchObject([{ status: 'completed' }]);

    const failed = await engine.createClaimed();
    await hold(engine, leaseOf(failed));
    await engine.database.sql.transaction((sql) =>
      saveProgress(sql, leaseOf(failed), { kind: 'failed', error: 'no', code: 'MODEL_AUTH' }, new Date()),
    );
    expect(await take(leaseOf(failed, { attempt: 2 }))).toEqual({
      kind: 'over',
      status: 'failed',
      code: 'MODEL_AUTH',
      policy: 'fail',
      controlVersion: 0,
    });
  });

  it('hands the next holder the state and the outputs before it', async () => {
    const ref = await engine.createClaimed({ tasks: 3 });
    for (const [index, raw] of ['one', 'two'].entries()) {
      const lease = leaseOf(ref, { taskKey: `task-${index + 1}` });
      await hold(engine, lease);
      await engine.database.sql.transaction((sql) =>
        saveProgress(sql, lease, { kind: 'completed', state, output: { ...output, raw } }, new Date()),
      );
    }
    const lease = leaseOf(ref, { taskKey: 'task-3' });
    expect(await hold(engine, lease)).toMatchObject({
      state: null,
      earlier: [
        { taskKey: 'task-1', raw: 'one' },
        { taskKey: 'task-2', raw: 'two' },
      ],
    });
    const further = { ...state, turns: 4 };
    await engine.database.sql.transaction((sql) =>
      saveProgress(sql, lease, { kind: 'going_on', state: further }, new Date()),
    );
    expect((await hold(engine, { ...lease, attempt: 2 })).state).toEqual(further);
  });
});

describe('calls of a dead holder', () => {
  it('become lost and are charged at their reserve when the next one takes over', async () => {
    const ref = await engine.createClaimed();
    const { taskId } = await hold(engine, leaseOf(ref));
    await begun(engine, ref, taskId, 'turn-1', 300);
    expect(await engine.row(ref)).toMatchObject({ total_tokens: 0, reserved_tokens: 300 });
    await hold(engine, leaseOf(ref, { attempt: 2 }));
    expect(await engine.calls(ref)).toEqual([
      { call_key: 'turn-1', status: 'lost', attempt: 1, reserved_tokens: 300, total_tokens: 300 },
    ]);
    expect(await engine.row(ref)).toMatchObject({ total_tokens: 300, reserved_tokens: 0 });
    expect(await engine.tasks(ref)).toMatchObject([{ total_tokens: 300 }]);
  });

  it('cannot be settled any more, and a repeated settling counts nothing twice', async () => {
    const ref = await engine.createClaimed();
    const { taskId } = await hold(engine, leaseOf(ref));
    const dead = await begun(engine, ref, taskId, 'turn-1', 300);
    await hold(engine, leaseOf(ref, { attempt: 2 }));
    await expect(settle(leaseOf(ref), taskId, dead)).rejects.toThrow('settled already');
    const living = await begun(engine, ref, taskId, 'turn-1', 300);
    expect(living.attempt).toBe(2);
    await settle(leaseOf(ref, { attempt: 2 }), taskId, living);
    await expect(settle(leaseOf(ref, { attempt: 2 }), taskId, living)).rejects.toThrow('settled already');
    expect(await engine.row(ref)).toMatchObject({ total_tokens: 315, reserved_tokens: 0 });
  });

  it('name the tools whose outcome nobody knows', async () => {
    const ref = await engine.createClaimed();
    const { taskId } = await hold(engine, leaseOf(ref));
    await engine.database.sql.query(
      `insert into calls (execution_id, task_execution_id, call_key, attempt, kind, name, status, started_at)
       values ($1, $2, 'turn-1:tool:a', 1, 'tool', 'send_mail', 'started', now())`,
      [ref.id, taskId],
    );
    expect((await hold(engine, leaseOf(ref, { attempt: 2 }))).lostTools).toEqual(['send_mail']);
    expect((await hold(engine, leaseOf(ref, { attempt: 3 }))).lostTools).toEqual([]);
  });

  it('of other tasks are left alone', async () => {
    const ref = await engine.createClaimed({ tasks: 2 });
    const one = await hold(engine, leaseOf(ref));
    const two = await hold(engine, leaseOf(ref, { taskKey: 'task-2' }));
    await begun(engine, ref, one.taskId, 'turn-1', 100);
    await begun(engine, ref, two.taskId, 'turn-1', 200);
    await hold(engine, leaseOf(ref, { attempt: 2 }));
    expect((await engine.calls(ref)).map(({ status }) => status)).toEqual(['lost', 'started']);
    expect(await engine.row(ref)).toMatchObject({ total_tokens: 100, reserved_tokens: 200 });
  });
});

describe('the end of a run', () => {
  it('closes every open call and fences off whoever still holds a task', async () => {
    const ref = await engine.createClaimed({ tasks: 2 });
    const { taskId } = await hold(engine, leaseOf(ref));
    const open = await begun(engine, ref, taskId, 'turn-1', 120);
    await engine.finalise(ref, { status: 'failed', code: 'TIMEOUT', taskKey: null });
    expect((await engine.calls(ref)).map(({ status }) => status)).toEqual(['lost']);
    expect(await engine.row(ref)).toMatchObject({ status: 'failed', total_tokens: 120, reserved_tokens: 0 });
    await expect(save(leaseOf(ref))).rejects.toBeInstanceOf(StaleLease);
    await expect(settle(leaseOf(ref), taskId, open)).rejects.toThrow('settled already');
    expect(await take(leaseOf(ref, { attempt: 2 }))).toMatchObject({
      kind: expect.not.stringMatching('held'),
    });
    expect(await begin(engine, ref, taskId, 'turn-2', 1)).toBe('stale');
  });

  it('does not keep a retry from taking the task up where it stood', async () => {
    const ref = await engine.createClaimed();
    await hold(engine, leaseOf(ref));
    const further = { ...state, turns: 2 };
    await engine.database.sql.transaction((sql) =>
      saveProgress(sql, leaseOf(ref), { kind: 'going_on', state: further }, new Date()),
    );
    await engine.finalise(ref, { status: 'failed', code: 'TIMEOUT', taskKey: null });
    await engine.command(ref, 'retry');
    const retried = { ...ref, generation: 2 };
    await engine.claim(retried, HOLDER);
    expect((await hold(engine, leaseOf(retried))).state).toEqual(further);
  });
});
