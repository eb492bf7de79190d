import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { flowEnd, startFlow, stepsOf } from '../support/flow-runs.ts';
import { fails, says } from '../support/scripted-model.ts';
import { getEvents, startTestStack, until, type TestStack } from '../support/test-stack.ts';

/** The requests of seed 001, as it prints them, and what belongs around them. */

let stack: TestStack;

beforeAll(async () => {
  stack = await startTestStack();
  await stack.startWorker();
});
afterEach(() => stack.model.assertDone());
afterAll(() => stack.close());

describe('the poem flow', () => {
  it('is triggered, and its status polled to the result', async () => {
    stack.model.script([says('Roses are red. Crews are keen. All is well.')]);
    const triggered = await stack.call('POST', '/api/v1/poem-flow/execute', { sentence_count: 3 });
    expect(triggered.status).toBe(200);
    const { execution_id: id } = z.object({ execution_id: z.uuid() }).parse(triggered.body);
    expect(triggered.body).toEqual({
      execution_id: id,
      status: 'pending',
      message: `Poem flow execution initiated with ID: ${id}`,
    });
    const run = await flowEnd(stack, 'poem-flow', id);
    const utc = expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
    expect(run).toEqual({
      execution_id: id,
      flow_name: 'poem_flow',
      status: 'completed',
      created_at: utc,
      started_at: utc,
      completed_at: utc,
      result: { sentence_count: 3, poem: 'Roses are red. Crews are keen. All is well.' },
      error: null,
    });
    expect(JSON.stringify(stack.model.requests.at(-1)?.body.messages)).toContain('exactly 3 sentences');
  });

  it('picks a length by chance when none is given', async () => {
    stack.model.script([says('A poem.')]);
    const run = await flowEnd(stack, 'poem-flow', await startFlow(stack, 'poem-flow', {}));
    const { sentence_count: count } = z.object({ sentence_count: z.int() }).parse(run.result);
    expect(count).toBeGreaterThanOrEqual(1);
    expect(count).toBeLessThanOrEqual(5);
    expect(JSON.stringify(stack.model.requests.at(-1)?.body.messages)).toContain(`exactly ${count} sentence`);
  });

  it('is an execution like any other: steps, events without a gap, tokens, a workflow of its own', async () => {
    stack.model.script([says('A poem.')]);
    const id = await startFlow(stack, 'poem-flow', { sentence_count: 1 });
    await flowEnd(stack, 'poem-flow', id);
    const steps = await stepsOf(stack, id);
    expect(steps.map(({ key, status, attempts }) => [key, status, attempts])).toEqual([
      ['pick_sentence_count', 'completed', 1],
      ['write_poem', 'completed', 1],
      ['keep_poem', 'completed', 1],
    ]);
    const events = await getEvents(stack, id);
    expect(events.map(({ seq, type, task_key: step }) => [seq, type, step])).toEqual([
      [1, 'workflow_started', null],
      [2, 'task_started', 'pick_sentence_count'],
      [3, 'task_completed', 'pick_sentence_count'],
      [4, 'task_started', 'write_poem'],
      [5, 'llm_call_completed', 'write_poem'],
      [6, 'task_completed', 'write_poem'],
      [7, 'task_started', 'keep_poem'],
      [8, 'task_completed', 'keep_poem'],
      [9, 'workflow_completed', null],
    ]);
    const execution = (await stack.call('GET', `/api/v1/executions/${id}`)).body;
    expect(execution).toMatchObject({
      kind: 'flow',
      flow_name: 'poem_flow',
      crew_name: null,
      input_data: { sentence_count: 1 },
      temporal: { workflow_id: `flow-run/${id}` },
    });
    const handle = stack.temporal.client.workflow.getHandle(`flow-run/${id}`);
    await until('the workflow is closed', async () => (await handle.describe()).status.name === 'COMPLETED');
  });

  it('fails with the reason when its model does, and goes on from there when retried', async () => {
    stack.model.script([fails(401)]);
    const id = await startFlow(stack, 'poem-flow', { sentence_count: 2 });
    const run = await flowEnd(stack, 'poem-flow', id);
    expect(run).toMatchObject({ status: 'failed', result: null, error: expect.stringMatching(/write_poem/) });
    stack.model.script([says('Better. Now.')]);
    expect((await stack.call('POST', `/api/v1/executions/${id}/retry`)).status).toBe(202);
    await until(
      'it is over again',
      async () => (await flowEnd(stack, 'poem-flow', id)).status === 'completed',
    );
    const started = (await getEvents(stack, id)).filter((event) => event.type === 'task_started');
    expect(started.map((event) => event.task_key)).toEqual([
      'pick_sentence_count',
      'write_poem',
      'write_poem',
      'keep_poem',
    ]);
  });
});
