import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { fails, hangs, says, slowly } from '../support/scripted-model.ts';
import {
  END,
  getEvents,
  getExecution,
  startCrew,
  startTestStack,
  until,
  waitForStatus,
  type TestStack,
} from '../support/test-stack.ts';

let stack: TestStack;
const TWO = { crew: 'two-step', inputs: { topic: 'otters' } };

beforeAll(async () => {
  stack = await startTestStack();
  await stack.startWorker();
});
afterEach(() => stack.model.assertDone());
afterAll(() => stack.close());

const command = async (id: string, name: string): Promise<{ status: number; body: unknown }> =>
  stack.call('POST', `/api/v1/executions/${id}/${name}`);
const typesOf = async (id: string): Promise<string[]> =>
  (await getEvents(stack, id)).map((event) => event.type);
const asked = (): number => stack.model.requests.length;
const untilAsked = (before: number): Promise<void> => until('the model is asked', () => asked() > before);

describe('pause', () => {
  it('lets the turn in flight end, starts no other, and goes on after resume', async () => {
    stack.model.script([slowly('first', { chunkMs: 100, chunks: 5 }), says('second')]);
    const before = asked();
    const id = await startCrew(stack, TWO);
    await untilAsked(before);
    expect((await command(id, 'pause')).status).toBe(202);
    const again = await command(id, 'pause');
    expect(again).toMatchObject({ status: 409, body: { error: 'CONFLICT' } });
    await waitForStatus(stack, id, ['paused']);
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(asked()).toBe(before + 1);
    expect((await command(id, 'resume')).status).toBe(202);
    const execution = await waitForStatus(stack, id, END);
    expect(execution).toMatchObject({ status: 'completed', result: { raw: 'second' } });
    expect(await typesOf(id)).toEqual([
      'workflow_started',
      'task_started',
      'llm_call_completed',
      'task_completed',
      'workflow_paused',
      'workflow_resumed',
      'task_started',
      'llm_call_completed',
      'task_completed',
      'workflow_completed',
    ]);
  });

  it('need not wait for a model that asked for patience, and the model gets it all the same', async () => {
    stack.model.script([fails(429, { retryAfter: 6 }), says('first'), says('second')]);
    const before = asked();
    const id = await startCrew(stack, TWO);
    await until('the log says it is tried again', async () => (await typesOf(id)).includes('task_retrying'));
    const refusedAt = Date.now();
    await command(id, 'pause');
    await waitForStatus(stack, id, ['paused']);
    expect(Date.now() - refusedAt).toBeLessThan(4_000);
    await command(id, 'resume');
    await until('the model is asked again', () => asked() > before + 1);
    expect(Date.now() - refusedAt).toBeGreaterThan(5_000);
    expect(await waitForStatus(stack, id, END)).toMatchObject({ status: 'completed' });
  });

  it('is taken back by a resume that comes while the turn is still in flight', async () => {
    stack.model.script([slowly('first', { chunkMs: 100, chunks: 4 }), says('second')]);
    const before = asked();
    const id = await startCrew(stack, TWO);
    await untilAsked(before);
    await command(id, 'pause');
    expect((await command(id, 'resume')).status).toBe(202);
    await waitForStatus(stack, id, ['completed']);
    expect(await typesOf(id)).not.toContain('workflow_paused');
  });

  it('cannot be asked of a finished execution, nor can resume of one that runs', async () => {
    stack.model.script([says('done')]);
    const id = await startCrew(stack, { crew: 'one-task' });
    expect((await command(id, 'resume')).status).toBe(409);
    await waitForStatus(stack, id, END);
    for (const name of ['pause', 'resume', 'cancel', 'retry'])
      expect((await command(id, name)).status).toBe(409);
  });
});

describe('cancel', () => {
  it('ends the model call in flight within seconds and starts nothing more', async () => {
    stack.model.script([hangs()]);
    const before = asked();
    const id = await startCrew(stack, TWO);
    await untilAsked(before);
    const cancelledAt = Date.now();
    expect((await command(id, 'cancel')).status).toBe(202);
    const execution = await waitForStatus(stack, id, ['cancelled']);
    expect(Date.now() - cancelledAt).toBeLessThan(4_000);
    expect(execution).toMatchObject({ error: 'cancelled', error_code: 'CANCELLED' });
    await until('the connection to the model is closed', () => stack.model.requests.at(-1)?.aborted === true);
    const handle = stack.temporal.client.workflow.getHandle(execution.temporal.workflow_id);
    await until(
      'the workflow is cancelled',
      async () => (await handle.describe()).status.name === 'CANCELLED',
    );
    expect((await typesOf(id)).slice(-2)).toEqual(['workflow_cancelling', 'workflow_cancelled']);
    expect(asked()).toBe(before + 1);
  });

  it('works while paused', async () => {
    stack.model.script([slowly('first', { chunkMs: 50, chunks: 4 })]);
    const before = asked();
    const id = await startCrew(stack, TWO);
    await untilAsked(before);
    await command(id, 'pause');
    await waitForStatus(stack, id, ['paused']);
    expect((await command(id, 'cancel')).status).toBe(202);
    await waitForStatus(stack, id, ['cancelled']);
  });

  it('works by the button of the Temporal Web UI', async () => {
    stack.model.script([hangs()]);
    const before = asked();
    const id = await startCrew(stack, TWO);
    await untilAsked(before);
    const { temporal } = await getExecution(stack, id);
    await stack.temporal.client.workflow.getHandle(temporal.workflow_id).cancel();
    await waitForStatus(stack, id, ['cancelled']);
    expect((await typesOf(id)).slice(-2)).toEqual(['workflow_cancelling', 'workflow_cancelled']);
  });
});

describe('retry', () => {
  it('runs a failed execution again, keeps what was finished and asks only for the rest', async () => {
    stack.model.script([says('facts'), fails(401, { body: '{"error":{"message":"no"}}' })]);
    const id = await startCrew(stack, TWO);
    const failed = await waitForStatus(stack, id, END);
    expect(failed).toMatchObject({ status: 'failed', error_code: 'MODEL_AUTH' });
    const before = asked();
    stack.model.script([says('a sentence')]);
    expect(await command(id, 'retry')).toMatchObject({
      status: 202,
      body: { status: 'running', error: null },
    });
    expect(await waitForStatus(stack, id, END)).toMatchObject({
      status: 'completed',
      result: { raw: 'a sentence' },
    });
    expect(asked()).toBe(before + 1);
    const types = await typesOf(id);
    expect(types.filter((type) => type === 'task_started')).toHaveLength(3);
    expect(types.slice(types.indexOf('workflow_failed'))).toEqual([
      'workflow_failed',
      'workflow_retried',
      'task_started',
      'llm_call_completed',
      'task_completed',
      'workflow_completed',
    ]);
    expect((await command(id, 'retry')).status).toBe(409);
  });

  it('runs a cancelled execution again', async () => {
    stack.model.script([hangs()]);
    const before = asked();
    const id = await startCrew(stack, { crew: 'one-task' });
    await untilAsked(before);
    await command(id, 'cancel');
    await waitForStatus(stack, id, ['cancelled']);
    stack.model.script([says('at last')]);
    expect((await command(id, 'retry')).status).toBe(202);
    expect(await waitForStatus(stack, id, ['completed'])).toMatchObject({ result: { raw: 'at last' } });
  });
});

describe('a deadline', () => {
  it('ends the execution as failed with TIMEOUT and stops the model', async () => {
    stack.model.script([hangs()]);
    const id = await startCrew(stack, { crew: 'one-task', timeout_seconds: 1 });
    const execution = await waitForStatus(stack, id, END);
    expect(execution).toMatchObject({ status: 'failed', error_code: 'TIMEOUT' });
    await until('the connection to the model is closed', () => stack.model.requests.at(-1)?.aborted === true);
  });
});

describe('a budget of tokens', () => {
  it('stops before the call that would exceed it', async () => {
    stack.model.script([says('a', { usage: { promptTokens: 1500, completionTokens: 400 } })]);
    const id = await startCrew(stack, { ...TWO, max_tokens_total: 2_000 });
    const execution = await waitForStatus(stack, id, END);
    expect(execution).toMatchObject({
      status: 'failed',
      error_code: 'BUDGET_EXHAUSTED',
      token_usage: { total_tokens: 1900 },
    });
    expect(await typesOf(id)).toContain('budget_exhausted');
  });
});
