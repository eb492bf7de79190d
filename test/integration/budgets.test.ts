import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { settleCall, type OpenCall } from '../../src/engine/calls/record-call.ts';
import { begin, begun, hold, leaseOf, openEngineDatabase, type EngineDatabase } from './engine-database.ts';

/** Limits of tokens and money: what is settled plus what is in flight never exceeds them. */

let engine: EngineDatabase;
beforeAll(async () => {
  engine = await openEngineDatabase();
});
afterAll(() => engine.close());

const settle = (
  run: { id: number },
  taskId: number,
  call: OpenCall,
  totalTokens: number,
  costMicroUsd: number | null = 0,
): Promise<void> =>
  engine.database.sql.transaction((sql) =>
    settleCall(
      sql,
      run,
      taskId,
      call,
      {
        status: 'completed',
        usage: { promptTokens: totalTokens, completionTokens: 0, totalTokens, estimated: false },
        costMicroUsd,
        response: {},
      },
      new Date(),
    ),
  );

describe('max_tokens_total', () => {
  it('is never exceeded by calls that begin at the same time', async () => {
    const ref = await engine.createClaimed({ maxTokensTotal: 1_000 });
    const { taskId } = await hold(engine, leaseOf(ref));
    const answers = await Promise.all(
      Array.from({ length: 40 }, (_, index) => begin(engine, ref, taskId, `turn-${index}`, 90)),
    );
    expect(answers.filter((answer) => typeof answer !== 'string')).toHaveLength(11);
    expect(answers.filter((answer) => answer === 'budget')).toHaveLength(29);
    expect(await engine.row(ref)).toMatchObject({ reserved_tokens: 990 });
    expect(await engine.calls(ref)).toHaveLength(11);
  });

  it('holds while calls of several tasks begin and end side by side', async () => {
    const ref = await engine.createClaimed({ tasks: 4, maxTokensTotal: 2_000 });
    const tasks = await Promise.all(
      [1, 2, 3, 4].map((number) => hold(engine, leaseOf(ref, { taskKey: `task-${number}` }))),
    );
    let highest = 0;
    const work = async ({ taskId }: { taskId: number }): Promise<number> => {
      for (let turn = 1; ; turn += 1) {
        const call = await begin(engine, ref, taskId, `turn-${turn}`, 100);
        if (typeof call === 'string') return turn - 1;
        const { total_tokens: total, reserved_tokens: reserved } = await engine.row(ref);
        highest = Math.max(highest, total + reserved);
        await settle(ref, taskId, call, 60);
      }
    };
    const turns = await Promise.all(tasks.map(work));
    const spent = turns.reduce((sum, count) => sum + count, 0) * 60;
    const row = await engine.row(ref);
    expect(highest).toBeLessThanOrEqual(2_000);
    expect(row).toMatchObject({ total_tokens: spent, reserved_tokens: 0 });
    expect(spent).toBeGreaterThan(1_900);
    const byTask = (await engine.tasks(ref)).reduce((sum, task) => sum + task.total_tokens, 0);
    expect(byTask).toBe(spent);
  });

  it('gives back what was reserved and not used, and counts what was used', async () => {
    const ref = await engine.createClaimed({ maxTokensTotal: 1_000 });
    const { taskId } = await hold(engine, leaseOf(ref));
    const first = await begun(engine, ref, taskId, 'turn-1', 900);
    expect(await begin(engine, ref, taskId, 'turn-2', 200)).toBe('budget');
    await settle(ref, taskId, first, 100);
    await begun(engine, ref, taskId, 'turn-2', 900);
    expect(await engine.row(ref)).toMatchObject({ total_tokens: 100, reserved_tokens: 900 });
  });

  it('gives back the reserve of a call that failed', async () => {
    const ref = await engine.createClaimed({ maxTokensTotal: 1_000 });
    const { taskId } = await hold(engine, leaseOf(ref));
    const call = await begun(engine, ref, taskId, 'turn-1', 900);
    await engine.database.sql.transaction((sql) =>
      settleCall(sql, ref, taskId, call, { status: 'failed', error: '503' }, new Date()),
    );
    expect(await engine.row(ref)).toMatchObject({ total_tokens: 0, reserved_tokens: 0 });
  });

  it('counts a call that died with its worker at its reserve, so that a crash buys nothing', async () => {
    const ref = await engine.createClaimed({ maxTokensTotal: 1_000 });
    for (const attempt of [1, 2, 3]) {
      const { taskId } = await hold(engine, leaseOf(ref, { attempt }));
      await begun(engine, ref, taskId, 'turn-1', 300);
    }
    const { taskId } = await hold(engine, leaseOf(ref, { attempt: 4 }));
    expect(await engine.row(ref)).toMatchObject({ total_tokens: 900, reserved_tokens: 0 });
    expect(await begin(engine, ref, taskId, 'turn-1', 300)).toBe('budget');
    expect((await begun(engine, ref, taskId, 'turn-1', 100)).attempt).toBe(4);
  });

  it('is no limit when none was given', async () => {
    const ref = await engine.createClaimed();
    const { taskId } = await hold(engine, leaseOf(ref));
    await begun(engine, ref, taskId, 'turn-1', 1_000_000_000);
  });
});

describe('max_cost_usd', () => {
  const COST = { tokens: 1, costMicroUsd: 300 };

  it('holds while calls of several tasks begin and end side by side, to the micro-dollar', async () => {
    const ref = await engine.createClaimed({ tasks: 4, maxCostMicroUsd: 10_000 });
    const tasks = await Promise.all(
      [1, 2, 3, 4].map((number) => hold(engine, leaseOf(ref, { taskKey: `task-${number}` }))),
    );
    let highest = 0;
    const work = async ({ taskId }: { taskId: number }): Promise<number> => {
      for (let turn = 1; ; turn += 1) {
        const call = await begin(engine, ref, taskId, `turn-${turn}`, COST);
        if (typeof call === 'string') return turn - 1;
        const { cost_micro_usd: spent, reserved_cost_micro_usd: reserved } = await engine.row(ref);
        highest = Math.max(highest, (spent ?? 0) + reserved);
        await settle(ref, taskId, call, 1, 170);
      }
    };
    const turns = await Promise.all(tasks.map(work));
    const spent = turns.reduce((sum, count) => sum + count, 0) * 170;
    expect(highest).toBeLessThanOrEqual(10_000);
    expect(spent).toBeGreaterThan(9_000);
    expect(await engine.row(ref)).toMatchObject({ cost_micro_usd: spent, reserved_cost_micro_usd: 0 });
    const byTask = (await engine.tasks(ref)).reduce((sum, task) => sum + (task.cost_micro_usd ?? 0), 0);
    expect(byTask).toBe(spent);
  });

  it('charges a call that died with its worker at its reserve, and gives back that of one that failed', async () => {
    const ref = await engine.createClaimed({ maxCostMicroUsd: 1_000 });
    const { taskId } = await hold(engine, leaseOf(ref));
    await begun(engine, ref, taskId, 'turn-1', COST);
    await hold(engine, leaseOf(ref, { attempt: 2 }));
    expect(await engine.row(ref)).toMatchObject({ cost_micro_usd: 300, reserved_cost_micro_usd: 0 });
    const call = await begun(engine, ref, taskId, 'turn-1', COST);
    await engine.database.sql.transaction((sql) =>
      settleCall(sql, ref, taskId, call, { status: 'failed', error: '503' }, new Date()),
    );
    expect(await engine.row(ref)).toMatchObject({ cost_micro_usd: 300, reserved_cost_micro_usd: 0 });
  });

  it('lets no call begin whose model has no price; without a limit the cost is unknown from then on', async () => {
    const unpriced = { tokens: 1, costMicroUsd: null };
    const limited = await engine.createClaimed({ maxCostMicroUsd: 1_000 });
    const held = await hold(engine, leaseOf(limited));
    expect(await begin(engine, limited, held.taskId, 'turn-1', unpriced)).toBe('budget');
    const free = await engine.createClaimed();
    const { taskId } = await hold(engine, leaseOf(free));
    await settle(free, taskId, await begun(engine, free, taskId, 'turn-1', unpriced), 1, null);
    await settle(free, taskId, await begun(engine, free, taskId, 'turn-2', COST), 1, 170);
    expect(await engine.row(free)).toMatchObject({ cost_micro_usd: null, reserved_cost_micro_usd: 0 });
  });
});

describe('a limit of one task', () => {
  it('holds for its calls alone', async () => {
    const ref = await engine.createClaimed({
      tasks: 2,
      task: { maxTokensTotal: 500, maxCostMicroUsd: 1_000 },
    });
    const first = await hold(engine, leaseOf(ref));
    const second = await hold(engine, leaseOf(ref, { taskKey: 'task-2' }));
    expect(await begin(engine, ref, first.taskId, 'turn-1', 600)).toBe('budget');
    expect(await begin(engine, ref, first.taskId, 'turn-1', { tokens: 1, costMicroUsd: 1_001 })).toBe(
      'budget',
    );
    await settle(ref, first.taskId, await begun(engine, ref, first.taskId, 'turn-1', 400), 400);
    expect(await begin(engine, ref, first.taskId, 'turn-2', 101)).toBe('budget');
    await begun(engine, ref, second.taskId, 'turn-1', 400);
  });
});

describe('a call', () => {
  it('does not begin while its run is paused, ends, or belongs to another generation', async () => {
    const ref = await engine.createClaimed();
    const { taskId } = await hold(engine, leaseOf(ref));
    await engine.command(ref, 'pause');
    expect(await begin(engine, ref, taskId, 'turn-1', 1)).toBe('paused');
    await engine.command(ref, 'resume');
    expect(await begin(engine, { ...ref, generation: 2 }, taskId, 'turn-1', 1)).toBe('stale');
    await begun(engine, ref, taskId, 'turn-1', 1);
    await engine.command(ref, 'cancel');
    expect(await begin(engine, ref, taskId, 'turn-2', 1)).toBe('cancelling');
    await engine.finalise(ref, { status: 'cancelled' });
    expect(await begin(engine, ref, taskId, 'turn-2', 1)).toBe('stale');
    expect((await engine.row(ref)).reserved_tokens).toBe(0);
  });
});
