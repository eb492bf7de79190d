import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { aGraph, agentNode, crewNode, taskNode } from '../support/graphs.ts';
import { hangs, says } from '../support/scripted-model.ts';
import {
  END,
  getEvents,
  getExecution,
  startTestStack,
  until,
  waitForStatus,
  type TestStack,
} from '../support/test-stack.ts';
import { startWorkerProcess, type WorkerProcess } from '../support/worker-process.ts';

/** `planning` of a crew: one call before everything else, whose plans stand in the tasks' prompts. */

let stack: TestStack;
const processes: WorkerProcess[] = [];

beforeAll(async () => {
  stack = await startTestStack();
});
afterEach(() => stack.model.assertDone());
afterAll(async () => {
  await Promise.all(processes.map((worker) => worker.kill()));
  await stack.close();
});

const crew = aGraph([
  crewNode({ planning: true, planning_llm: 'openai/planner' }),
  agentNode('writer', { role: 'Writer of {topic}' }),
  taskNode('find', { description: 'Find facts about {topic}' }),
  taskNode('tell', { description: 'Tell them' }),
]);

async function start(): Promise<string> {
  const made = z.object({ id: z.uuid() }).parse((await stack.call('POST', '/api/v1/graphs', crew)).body);
  const { status, body } = await stack.call('POST', `/api/v1/graphs/${made.id}/execute`, {
    inputs: { topic: 'otters' },
  });
  expect(status).toBeLessThan(300);
  return z.looseObject({ execution_id: z.uuid() }).parse(body).execution_id;
}

const plans = (...entries: [string, string][]) =>
  says(JSON.stringify({ plans: entries.map(([task, plan]) => ({ task, plan })) }));
const promptOf = (at: number): string =>
  stack.model.requests.at(at)?.body.messages.find(({ role }) => role === 'user')?.content ?? '';

describe('a crew that plans', () => {
  it('has every task planned in one call, with a repair if need be, paid once over kill -9', async () => {
    const validation = await stack.call('POST', '/api/v1/graphs/validate', crew);
    expect(validation.body).toMatchObject({ valid: true, warnings: [] });

    const first = await startWorkerProcess(stack.settings);
    processes.push(first);
    stack.model.script([
      says('first I would look around'),
      plans(['find', 'look under stones'], ['tell', 'in rhymes']),
      hangs(),
    ]);
    const id = await start();
    await until('the first task is under way', () => stack.model.requests.length === 3);
    await first.kill();
    stack.model.script([says('they hold hands'), says('otters hold hands')]);
    await stack.startWorker();
    const execution = await waitForStatus(stack, id, END);

    expect(execution).toMatchObject({ status: 'completed', result: { raw: 'otters hold hands' } });
    // the plan is no output of the crew, and no context of its tasks
    expect(execution.result?.tasks_output).toHaveLength(2);
    expect(stack.model.requests).toHaveLength(5);
    expect(stack.model.requests.map(({ body }) => body.model)).toEqual([
      'planner',
      'planner',
      'gpt-4o-mini',
      'gpt-4o-mini',
      'gpt-4o-mini',
    ]);
    expect(promptOf(0)).toContain('Find facts about otters');
    expect(promptOf(0)).toContain('Writer of otters');
    expect(promptOf(3)).toContain('Find facts about otters\n\nThe plan for this task:\nlook under stones');
    expect(promptOf(4)).toContain('The plan for this task:\nin rhymes');
    expect(promptOf(4)).not.toContain('look under stones');
    // four answers of 15 tokens, and the reserve of the call that was lost
    const lost = await stack.api.database.sql.query<{ total_tokens: string }>(
      `select c.total_tokens from calls c join executions e on e.id = c.execution_id
        where e.execution_id = $1 and c.status = 'lost'`,
      [id],
    );
    expect(execution.token_usage.total_tokens).toBe(4 * 15 + Number(lost[0]?.total_tokens));
    const events = await getEvents(stack, id);
    expect(events.filter(({ task_key }) => task_key === 'crew_planning').map(({ type }) => type)).toEqual([
      'task_started',
      'llm_call_completed',
      'llm_call_completed',
      'task_completed',
    ]);
  }, 120_000);

  it('fails with the reason when the planner cannot be made to answer', async () => {
    stack.model.script([says('no'), says('still no')]);
    const id = await start();
    await waitForStatus(stack, id, END);
    expect(await getExecution(stack, id)).toMatchObject({
      status: 'failed',
      error_code: 'OUTPUT_INVALID',
      error: expect.stringContaining('after 1 repair'),
    });
  });
});
