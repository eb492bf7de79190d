import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { CrewPlan } from '../../src/domain/plan/crew-plan.ts';
import { startPlan } from '../support/plan-runs.ts';
import { aPlan, aTask, anAgent } from '../support/plans.ts';
import { fails, says } from '../support/scripted-model.ts';
import { END, getEvents, startTestStack, waitForStatus, type TestStack } from '../support/test-stack.ts';

/** `respect_context_window`: what does not fit the model is summarised by it, and the turn goes on. */

let stack: TestStack;

beforeAll(async () => {
  stack = await startTestStack();
  await stack.startWorker();
});
afterEach(() => stack.model.assertDone());
afterAll(() => stack.close());

async function run(plan: CrewPlan) {
  const before = stack.model.requests.length;
  const executionId = await startPlan(stack, plan);
  const execution = await waitForStatus(stack, executionId, END);
  const requests = stack.model.requests.slice(before);
  const prompts = requests.map(({ body }) => body.messages.map(({ content }) => content ?? ''));
  return { execution, prompts, events: await getEvents(stack, executionId) };
}

const refusal = fails(400, {
  body: {
    error: { message: "This model's maximum context length is 512 tokens.", code: 'context_length_exceeded' },
  },
});
const long = 'The otter said something long. '.repeat(150);

describe('a conversation longer than the window', () => {
  it('of a model the catalogue knows is summarised before it is sent', async () => {
    const report = 'A fact of the report. '.repeat(2_000);
    stack.model.script([
      says(report),
      says('SUM-1'),
      says('SUM-2'),
      says('SUM-3'),
      says('SUM-4'),
      says('done'),
    ]);
    const { execution, prompts, events } = await run(
      aPlan({
        agents: [anAgent({ model: 'openai/gpt-4' })],
        tasks: [aTask(), aTask({ key: 'task-2', description: 'Judge the report', dependsOn: ['task-1'] })],
      }),
    );
    expect(execution).toMatchObject({ status: 'completed', result: { raw: 'done' } });
    const last = prompts.at(-1)?.join('\n') ?? '';
    expect(last).toContain('Judge the report');
    expect(last).toContain('SUM-1\n\nSUM-2\n\nSUM-3\n\nSUM-4');
    for (const prompt of prompts) expect(prompt.join('').length / 4).toBeLessThan(8_192 * 0.75);
    const calls = events.filter(({ type }) => type === 'llm_call_completed');
    expect(calls.map(({ data }) => data['purpose'])).toEqual([
      undefined,
      ...Array(4).fill('summary'),
      undefined,
    ]);
    // each was recorded and counted like any other
    expect(execution.token_usage.total_tokens).toBe(6 * 15);
  });

  it('that the server refuses as too long is summarised in pieces half as long, and the turn goes on', async () => {
    stack.model.script([refusal, ...Array.from({ length: 4 }, (_, at) => says(`part ${at}`)), says('done')]);
    const { execution, prompts, events } = await run(
      aPlan({ tasks: [aTask({ description: `Retell this. ${long}` })] }),
    );
    expect(execution).toMatchObject({ status: 'completed', result: { raw: 'done' } });
    expect(prompts.at(-1)?.join('\n')).toContain('Retell this.');
    expect(prompts.at(-1)?.join('\n')).toContain('part 0\n\npart 1');
    expect(events).toContainEqual(
      expect.objectContaining({
        type: 'task_retrying',
        data: expect.objectContaining({ error_code: 'MODEL_CONTEXT_EXCEEDED' }),
      }),
    );
  });

  it('fails with the reason where summaries are not wanted', async () => {
    stack.model.script([refusal]);
    const { execution } = await run(
      aPlan({ agents: [anAgent({ respectContextWindow: false })], tasks: [aTask({ description: long })] }),
    );
    expect(execution).toMatchObject({
      status: 'failed',
      error_code: 'MODEL_CONTEXT_EXCEEDED',
      error: expect.stringContaining('respect_context_window'),
    });
  });

  it('fails with the reason when not even a summary can fit', async () => {
    stack.model.script([refusal]);
    const { execution } = await run(aPlan());
    expect(execution).toMatchObject({
      status: 'failed',
      error_code: 'MODEL_CONTEXT_EXCEEDED',
      error: expect.stringContaining('not even summarised'),
    });
  });
});
