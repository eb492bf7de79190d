import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import type { StartOptions } from '../../src/engine/starting/start-crew-run.ts';
import type { CrewPlan } from '../../src/domain/plan/crew-plan.ts';
import { startPlan } from '../support/plan-runs.ts';
import { anAgent, aPlan, aTask } from '../support/plans.ts';
import { says } from '../support/scripted-model.ts';
import {
  END,
  getEvents,
  startCrew,
  startTestStack,
  until,
  waitForStatus,
  type TestStack,
} from '../support/test-stack.ts';

/** Money and tokens: what runs cost, where they stop, and people who let them go on. */

let stack: TestStack;
const TWO = { crew: 'two-step', inputs: { topic: 'otters' } };
const USED = { usage: { promptTokens: 1_500, completionTokens: 400 } };
/** Of 1,500 and 400 tokens of openai/gpt-4o-mini. */
const COST = 0.000_465;

beforeAll(async () => {
  stack = await startTestStack();
  await stack.startWorker();
});
afterEach(() => stack.model.assertDone());
afterAll(() => stack.close());

const start = async (plan: CrewPlan, options: StartOptions): Promise<string> => {
  return startPlan(stack, plan, options);
};
const questionsSchema = z.array(z.looseObject({ id: z.uuid(), status: z.string(), kind: z.string() }));
const openQuestions = async (id: string) =>
  questionsSchema
    .parse((await stack.call('GET', `/api/v1/executions/${id}/questions`)).body)
    .filter(({ status }) => status === 'open');
const answer = async (id: string, given: unknown) => {
  const [question] = await openQuestions(id);
  return stack.call('POST', `/api/v1/executions/${id}/questions/${question?.id}/answer`, { answer: given });
};
const count = async (id: string, type: string): Promise<number> =>
  (await getEvents(stack, id)).filter((event) => event.type === type).length;

describe('money', () => {
  it('is counted for the execution, its tasks and its metrics', async () => {
    stack.model.script([says('a', USED), says('b', USED)]);
    const id = await startCrew(stack, { ...TWO, max_cost_usd: 1 });
    expect(await waitForStatus(stack, id, END)).toMatchObject({ status: 'completed', cost_usd: 2 * COST });
    const tasks = await stack.call('GET', `/api/v1/executions/${id}/tasks`);
    expect(tasks.body).toMatchObject([{ cost_usd: COST }, { cost_usd: COST }]);
    const metrics = await stack.call('GET', `/api/v1/executions/${id}/metrics`);
    expect(metrics.body).toMatchObject({ cost_usd: 2 * COST });
  });

  it('stops a run before the call that could exceed it', async () => {
    stack.model.script([says('a', USED)]);
    const id = await startCrew(stack, { ...TWO, max_cost_usd: 0.001 });
    expect(await waitForStatus(stack, id, END)).toMatchObject({
      status: 'failed',
      error_code: 'BUDGET_EXHAUSTED',
      error: expect.stringContaining('max_cost_usd'),
      cost_usd: COST,
    });
    expect(await count(id, 'budget_exhausted')).toBe(1);
  });

  it('stops one task at the limit of its own', async () => {
    const tasks = [aTask({ maxCostMicroUsd: 10 })];
    const id = await start(aPlan({ tasks }), {});
    expect(await waitForStatus(stack, id, END)).toMatchObject({
      error_code: 'BUDGET_EXHAUSTED',
      error: expect.stringContaining('max_cost_usd of this task'),
      cost_usd: 0,
    });
  });

  it('wants a price of every model at the start, and is unknown without', async () => {
    const plan = aPlan({ agents: [anAgent({ fallbackModels: ['openai/unheard-of'] })] });
    await expect(start(plan, { max_cost_usd: 1 })).rejects.toMatchObject({
      code: 'VALIDATION_FAILED',
      issues: [{ path: '/max_cost_usd', message: expect.stringContaining('MODEL_PRICES') }],
    });
    stack.model.script([says('a', USED)]);
    const id = await start(aPlan({ agents: [anAgent({ model: 'openai/unheard-of' })] }), {});
    expect(await waitForStatus(stack, id, END)).toMatchObject({ status: 'completed', cost_usd: null });
  });
});

describe('on_budget: ask', () => {
  it('asks once for all tasks at the limit, and an answer lets all of them go on', async () => {
    const tasks = ['a', 'b', 'c'].map((key) => aTask({ key, context: { kind: 'tasks', keys: [] } }));
    const plan = aPlan({ process: 'graph', tasks });
    const id = await start(plan, { max_tokens_total: 5, on_budget: 'ask' });
    await waitForStatus(stack, id, ['waiting']);
    expect(await openQuestions(id)).toMatchObject([{ kind: 'budget' }]);
    expect(await count(id, 'budget_exhausted')).toBe(1);
    expect(await answer(id, 'more')).toMatchObject({ status: 422 });
    expect(await answer(id, 1)).toMatchObject({ status: 202 });
    await until('the next question', async () => (await count(id, 'question_asked')) === 2);
    stack.model.script([says('a'), says('b'), says('c')]);
    expect(await answer(id, 10_000)).toMatchObject({ status: 202 });
    expect(await waitForStatus(stack, id, END)).toMatchObject({ status: 'completed' });
    expect(await count(id, 'question_asked')).toBe(2);
    expect(await count(id, 'budget_exhausted')).toBe(2);
  });

  it('stops the run when told so', async () => {
    stack.model.script([says('a', USED)]);
    const id = await startCrew(stack, { ...TWO, max_cost_usd: 0.001, on_budget: 'ask' });
    await waitForStatus(stack, id, ['waiting']);
    expect(await answer(id, 'stop')).toMatchObject({ status: 202 });
    expect(await waitForStatus(stack, id, END)).toMatchObject({
      status: 'failed',
      error_code: 'BUDGET_EXHAUSTED',
    });
    expect(await count(id, 'budget_exhausted')).toBe(1);
  });

  it('asks another task when the one that had asked is left out', async () => {
    const tasks = ['a', 'b'].map((key) => aTask({ key, context: { kind: 'tasks', keys: [] } }));
    const id = await start(aPlan({ process: 'graph', tasks }), { max_cost_usd: 0.000_001, on_budget: 'ask' });
    await waitForStatus(stack, id, ['waiting']);
    const [asked] = z.array(z.looseObject({ task_key: z.string() })).parse(await openQuestions(id));
    await stack.call('POST', `/api/v1/executions/${id}/tasks/${asked?.task_key}/skip`);
    await until('the other asks', async () => (await openQuestions(id)).length === 1);
    stack.model.script([says('done')]);
    await answer(id, 1);
    expect(await waitForStatus(stack, id, END)).toMatchObject({ status: 'completed' });
  });
});
