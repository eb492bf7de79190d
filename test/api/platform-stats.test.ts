import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { commandRun } from '../../src/engine/commands/command-run.ts';
import { createRun } from '../../src/engine/starting/create-run.ts';
import { claimRun } from '../../src/engine/claims/claim-run.ts';
import { finaliseRun } from '../../src/engine/lifecycle/finish-run.ts';
import { peopleOf, type Person } from '../support/people.ts';
import { aPlan } from '../support/plans.ts';
import { startTestStack, type TestStack } from '../support/test-stack.ts';

/** How executions went: counted in the transaction that ends them, whoever ends them. */

let stack: TestStack;
let owner: Person;
const { send, register } = peopleOf(() => stack.api);
const NOW = Date.now();
const daysAgo = (days: number): Date => new Date(NOW - days * 86_400_000);
const dayOf = (date: Date): string => date.toISOString().slice(0, 10);

beforeAll(async () => {
  stack = await startTestStack();
});
afterAll(() => stack.close());

async function statsOf(query = '', who = owner): Promise<Record<string, unknown>> {
  const response = await send('GET', `/executions/stats${query}`, who.token);
  expect(response.status).toBe(200);
  return z.record(z.string(), z.unknown()).parse(await response.json());
}

interface Life {
  createdAt?: Date;
  workflowId?: number;
  end?: 'completed' | 'failed' | 'cancelled';
  seconds?: number;
  tokens?: number;
  microUsd?: number;
}

/** A run with a life as the engine would write it. */
async function live(life: Life, who = owner): Promise<{ id: number; executionId: string }> {
  const { sql } = stack.api.database;
  const createdAt = life.createdAt ?? new Date(NOW);
  const row = {
    ownerId: who.id,
    kind: 'crew' as const,
    crewName: 'c',
    plan: aPlan(),
    inputs: {},
    model: null,
  };
  const { id, executionId } = await createRun(sql, { ...row, workflowId: life.workflowId }, 0, createdAt);
  const ref = { id, generation: 1, executionId };
  await claimRun(sql, ref, `run-${randomUUID()}`, createdAt);
  await sql.query('update executions set total_tokens = $2, cost_micro_usd = $3 where id = $1', [
    id,
    life.tokens ?? 0,
    life.microUsd ?? null,
  ]);
  const endedAt = new Date(createdAt.getTime() + (life.seconds ?? 1) * 1_000);
  if (life.end === 'completed') {
    await sql.query(
      `update task_executions set status = 'completed', output = '{"raw": "x", "json_dict": null}' where execution_id = $1`,
      [id],
    );
    await finaliseRun(sql, ref, { status: 'completed' }, 0, endedAt);
  }
  if (life.end === 'failed')
    await finaliseRun(sql, ref, { status: 'failed', code: 'MODEL_AUTH', taskKey: 'task-1' }, 0, endedAt);
  if (life.end === 'cancelled') await finaliseRun(sql, ref, { status: 'cancelled' }, 0, endedAt);
  return { id, executionId };
}

/** What a day of the answer says beside its ends. */
const took = (started: number, seconds: number, tokens: number, usd: number) => ({
  started,
  execution_time: seconds,
  tokens,
  cost_usd: usd,
});

describe('statistics', () => {
  it('are nothing but zeros before the first execution', async () => {
    owner = await register('nobody@example.com');
    expect(await statsOf()).toEqual({
      total_executions: 0,
      successful_executions: 0,
      failed_executions: 0,
      running_executions: 0,
      success_rate: 0,
      average_execution_time: 0,
      total_tokens_used: 0,
      total_cost_usd: 0,
      executions_by_day: [],
      top_workflows: [],
      error_breakdown: [],
    });
  });

  it('count what has ended by day, workflow and error, and what runs beside it', async () => {
    owner = await register('anna@example.com');
    await live({ end: 'completed', workflowId: 7, seconds: 3, tokens: 100, microUsd: 750_000 });
    await live({ end: 'completed', workflowId: 7, seconds: 2, tokens: 50, createdAt: daysAgo(2) });
    await live({ end: 'failed', workflowId: 8, seconds: 1, tokens: 5 });
    await live({ end: 'cancelled', seconds: 4 });
    await live({});
    await live({ end: 'completed', seconds: 1, createdAt: daysAgo(40) });
    expect(await statsOf()).toEqual({
      total_executions: 4,
      successful_executions: 2,
      failed_executions: 2,
      running_executions: 1,
      success_rate: 50,
      average_execution_time: 2.5,
      total_tokens_used: 155,
      total_cost_usd: 0.75,
      executions_by_day: [
        { date: dayOf(daysAgo(2)), count: 1, successful: 1, failed: 0, ...took(1, 2, 50, 0) },
        { date: dayOf(daysAgo(0)), count: 3, successful: 1, failed: 2, ...took(3, 8, 105, 0.75) },
      ],
      top_workflows: [
        { workflow_id: 7, count: 2, successful: 2, failed: 0 },
        { workflow_id: 8, count: 1, successful: 0, failed: 1 },
      ],
      error_breakdown: [
        { error: 'CANCELLED', count: 1 },
        { error: 'MODEL_AUTH', count: 1 },
      ],
    });
    expect(await statsOf('?days=41')).toMatchObject({ total_executions: 5, success_rate: 60 });
    expect(await statsOf('/?days=1')).toMatchObject({ total_executions: 3, success_rate: 33.3 });
    expect(await statsOf('?workflow_id=8')).toMatchObject({
      total_executions: 1,
      running_executions: 0,
      top_workflows: [{ workflow_id: 8 }],
      error_breakdown: [{ error: 'MODEL_AUTH', count: 1 }],
    });
  });

  it('are of the caller alone; an admin may ask for everybody’s', async () => {
    const other = await register('other@example.com');
    await live({ end: 'completed' }, other);
    expect(await statsOf('', other)).toMatchObject({ total_executions: 1 });
    const all = await send('GET', '/executions/stats?scope=all', stack.api.admin.token);
    expect(
      z.looseObject({ total_executions: z.int() }).parse(await all.json()).total_executions,
    ).toBeGreaterThan(4);
  });

  it('take an execution back when it is retried, and count how it ends then', async () => {
    owner = await register('again@example.com');
    const { id } = await live({ end: 'failed', tokens: 10, seconds: 5 });
    expect(await statsOf()).toMatchObject({ failed_executions: 1, total_tokens_used: 10 });
    await commandRun(stack.api.database.sql, id, 'retry', 0, new Date());
    expect(await statsOf()).toMatchObject({
      total_executions: 0,
      running_executions: 1,
      total_tokens_used: 0,
      executions_by_day: [],
      error_breakdown: [],
    });
    await commandRun(stack.api.database.sql, id, 'cancel', 0, new Date());
    expect(await statsOf()).toMatchObject({
      failed_executions: 1,
      error_breakdown: [{ error: 'CANCELLED' }],
    });
  });

  it('lose nothing when many runs of one owner end and are retried at once', async () => {
    owner = await register('many@example.com');
    const runs = await Promise.all(Array.from({ length: 24 }, () => live({ workflowId: 9 })));
    const { sql } = stack.api.database;
    await Promise.all(
      runs.map(async ({ id, executionId }) => {
        await finaliseRun(sql, { id, generation: 1, executionId }, { status: 'cancelled' }, 2, new Date());
        if (id % 2 === 0) await commandRun(sql, id, 'retry', 2, new Date());
      }),
    );
    const odd = runs.filter(({ id }) => id % 2 === 1).length;
    expect(await statsOf()).toMatchObject({ total_executions: odd, failed_executions: odd });
  });

  it('agree with a count over all rows', async () => {
    const { sql } = stack.api.database;
    const counted = await sql.query<Record<string, unknown>>(
      `select owner_id, sum(successful)::integer as good, sum(failed)::integer as bad, sum(tokens)::integer as tokens,
         sum(cost_micro_usd)::integer as cost from execution_days group by 1 having sum(successful) + sum(failed) > 0 order by 1`,
    );
    const real = await sql.query<Record<string, unknown>>(
      `select owner_id, count(*) filter (where status = 'completed')::integer as good,
         count(*) filter (where status <> 'completed')::integer as bad, sum(total_tokens)::integer as tokens,
         coalesce(sum(cost_micro_usd), 0)::integer as cost from executions where status in ('completed', 'failed', 'cancelled') group by 1 order by 1`,
    );
    expect(real.length).toBeGreaterThan(3);
    expect(counted).toEqual(real);
  });
});
