import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import type { CrewPlan } from '../../src/domain/plan/crew-plan.ts';
import { startPlan } from '../support/plan-runs.ts';
import { aPlan, aTask, anAgent } from '../support/plans.ts';
import { callsTool, fails, hangs, says, slowly } from '../support/scripted-model.ts';
import { END, getEvents, startTestStack, waitForStatus, type TestStack } from '../support/test-stack.ts';

/** Crews of every shape, run to their end on Temporal. */

let stack: TestStack;

beforeAll(async () => {
  stack = await startTestStack();
  await stack.startWorker();
});
afterEach(() => stack.model.assertDone());
afterAll(() => stack.close());

async function run(plan: CrewPlan, status = 'completed') {
  const executionId = await startPlan(stack, plan);
  const execution = await waitForStatus(stack, executionId, END);
  const events = await getEvents(stack, executionId);
  expect({ status: execution.status, error: execution.error }).toMatchObject({ status });
  return { execution, events, types: events.map(({ type }) => type) };
}

describe('a hierarchical crew', () => {
  it('lets its manager hand work to coworkers and answer for them', async () => {
    stack.model.when(/Find facts/, [says('otters hold hands')]);
    stack.model.when(/Have a report made/, [
      callsTool('delegate_work_to_coworker', {
        task: 'Find facts',
        context: 'about otters',
        coworker: 'researcher',
      }),
      says('A report: otters hold hands'),
    ]);
    const plan = aPlan({
      process: 'hierarchical',
      agents: [anAgent({ key: 'm', role: 'Crew Manager' }), anAgent({ key: 'r', role: 'Researcher' })],
      tasks: [aTask({ agentKey: 'm', coworkers: ['r'], description: 'Have a report made' })],
    });
    const { execution, types } = await run(plan);
    expect(execution.result).toMatchObject({
      raw: 'A report: otters hold hands',
      tasks_output: [{ agent: 'Crew Manager' }],
    });
    expect(types.filter((type) => /tool|llm/.test(type))).toEqual([
      'llm_call_completed',
      'tool_started',
      'llm_call_completed',
      'tool_completed',
      'llm_call_completed',
    ]);
  });
});

describe('a conditional task', () => {
  const plan = (text: string): CrewPlan =>
    aPlan({
      tasks: [
        aTask({ key: 'look', description: 'Look around' }),
        aTask({
          key: 'alarm',
          description: 'Sound the alarm',
          dependsOn: ['look'],
          condition: { taskKey: 'look', test: { kind: 'contains', text } },
        }),
        aTask({ key: 'tell', description: 'Tell what happened', dependsOn: ['alarm'] }),
      ],
    });

  it('is skipped with an empty output when its condition does not hold, and the rest runs', async () => {
    stack.model.script([says('all quiet'), says('nothing happened')]);
    const { execution, types } = await run(plan('fire'));
    expect(types).toContain('task_skipped');
    expect(execution.result?.tasks_output.map(({ raw }) => raw)).toEqual([
      'all quiet',
      '',
      'nothing happened',
    ]);
  });

  it('runs when it holds', async () => {
    stack.model.script([says('there is fire'), says('ringing'), says('it burnt')]);
    const { execution } = await run(plan('fire'));
    expect(execution.result?.tasks_output.map(({ raw }) => raw)).toEqual([
      'there is fire',
      'ringing',
      'it burnt',
    ]);
  });
});

describe('a guardrail', () => {
  it('sends an answer back until it passes, and says so in the log', async () => {
    stack.model.script([
      says('prose'),
      says('{"valid": false, "feedback": "it does not rhyme"}'),
      says('a rhyme in time'),
      says('{"valid": true}'),
    ]);
    const guardrail = { check: { kind: 'llm' as const, text: 'It rhymes.' }, maxRetries: 3 };
    const { execution, events } = await run(aPlan({ tasks: [aTask({ guardrail })] }));
    expect(execution.result?.raw).toBe('a rhyme in time');
    expect(events.filter(({ type }) => type === 'guardrail_failed')).toMatchObject([
      { data: { error: 'it does not rhyme', attempt: 1 } },
    ]);
  });

  it('that never passes fails the task with the last reason', async () => {
    stack.model.script([says('prose'), says('{"valid": false, "feedback": "no"}')]);
    const guardrail = { check: { kind: 'llm' as const, text: 'It rhymes.' }, maxRetries: 0 };
    const { execution } = await run(aPlan({ tasks: [aTask({ guardrail })] }), 'failed');
    expect(execution).toMatchObject({ error_code: 'GUARDRAIL_FAILED', error: expect.stringContaining('no') });
  });
});

describe('a task with an output schema', () => {
  const output = {
    format: 'json' as const,
    schema: { type: 'object', properties: { sum: { type: 'integer' } }, required: ['sum'] },
  };

  it('asks for JSON, has it repaired, and gives it back as data', async () => {
    stack.model.script([says('three'), says('{"sum": 3}')]);
    const { execution } = await run(aPlan({ tasks: [aTask({ output })] }));
    expect(execution.result).toMatchObject({
      data: { sum: 3 },
      tasks_output: [{ json_dict: { sum: 3 }, output_format: 'json' }],
    });
    expect(JSON.stringify(stack.model.requests.at(-2))).toContain('JSON schema');
  });
});

describe('a graph', () => {
  it('runs side by side what does not wait for each other', async () => {
    stack.model.when(/Left/, [slowly('left', { chunkMs: 200, chunks: 5 })]);
    stack.model.when(/Right/, [slowly('right', { chunkMs: 200, chunks: 5 })]);
    stack.model.when(/Join/, [says('both')]);
    const none = { kind: 'tasks' as const, keys: [] };
    const { execution, events } = await run(
      aPlan({
        process: 'graph',
        tasks: [
          aTask({ key: 'l', description: 'Left', context: none }),
          aTask({ key: 'r', description: 'Right', context: none }),
          aTask({
            key: 'j',
            description: 'Join',
            context: { kind: 'tasks', keys: ['l', 'r'] },
            dependsOn: ['l', 'r'],
          }),
        ],
      }),
    );
    expect(execution.result?.raw).toBe('both');
    const started = events
      .filter(({ type }) => type === 'task_started')
      .map((event) => String(event.task_key));
    expect(new Set(started.slice(0, 2))).toEqual(new Set(['l', 'r']));
    const firstEnd = events.findIndex(({ type }) => type === 'task_completed');
    expect(events.slice(0, firstEnd).filter(({ type }) => type === 'task_started')).toHaveLength(2);
  });
});

describe('an agent with fallback models', () => {
  it('asks the next when one has failed for good, and stays with it', async () => {
    stack.model.script([fails(401), callsTool('calculator', { expression: '1+1' }), says('two')]);
    const agent = anAgent({
      model: 'openai/broken',
      fallbackModels: ['openai/second', 'openai/third'],
      tools: ['calculator'],
    });
    const { execution, events } = await run(aPlan({ agents: [agent] }));
    expect(execution.result?.raw).toBe('two');
    const models = stack.model.requests
      .slice(-3)
      .map(({ body }) => z.looseObject({ model: z.string() }).parse(body).model);
    expect(models).toEqual(['broken', 'second', 'second']);
    expect(events).toContainEqual(
      expect.objectContaining({
        type: 'task_retrying',
        data: expect.objectContaining({ model: 'openai/broken', fallback_model: 'openai/second' }),
      }),
    );
  });

  it('fails with the last reason when none is left', async () => {
    stack.model.script([fails(401), fails(404)]);
    const agent = anAgent({ model: 'openai/broken', fallbackModels: ['openai/second'] });
    const { execution } = await run(aPlan({ agents: [agent] }), 'failed');
    expect(execution.error_code).toBe('MODEL_BAD_REQUEST');
  });
});

describe('max_execution_time', () => {
  it('cuts the call off and fails the task in CrewAI’s words', async () => {
    stack.model.script([hangs()]);
    const startedAt = Date.now();
    const agent = anAgent({ maxExecutionTimeMs: 1_000 });
    const { execution, events } = await run(aPlan({ agents: [agent] }), 'failed');
    expect(Date.now() - startedAt).toBeLessThan(8_000);
    expect(execution).toMatchObject({
      error_code: 'TIMEOUT',
      error: expect.stringContaining('timed out after 1 seconds'),
    });
    expect(events.map(({ type }) => type)).toContain('task_failed');
  });

  it('counts all calls of the task together', async () => {
    const slow = { chunkMs: 80, chunks: 8 };
    stack.model.script([
      callsTool('calculator', { expression: '1+1' }, slow),
      callsTool('calculator', { expression: '1+2' }, slow),
      hangs(),
    ]);
    const agent = anAgent({ maxExecutionTimeMs: 1_800, tools: ['calculator'] });
    const { execution } = await run(aPlan({ agents: [agent] }), 'failed');
    expect(execution.error_code).toBe('TIMEOUT');
  });
});
