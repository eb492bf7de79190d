import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import type { CrewPlan } from '../../src/domain/plan/crew-plan.ts';
import { startPlan } from '../support/plan-runs.ts';
import { aPlan, aTask, anAgent } from '../support/plans.ts';
import { callsTool, says } from '../support/scripted-model.ts';
import {
  END,
  getEvents,
  getExecution,
  startTestStack,
  until,
  waitForStatus,
  type TestStack,
} from '../support/test-stack.ts';

/** Tools that may be used freely, by leave of a person, or not at all; and agents that may ask their model so often. */

let stack: TestStack;
const SUM = { expression: '1 + 1' };

beforeAll(async () => {
  stack = await startTestStack();
  await stack.startWorker();
});
afterEach(() => stack.model.assertDone());
afterAll(() => stack.close());

const start = async (plan: CrewPlan): Promise<string> => {
  return startPlan(stack, plan);
};
const calculating = (approval: 'ask' | 'deny', more: Partial<CrewPlan> = {}): CrewPlan =>
  aPlan({
    agents: [anAgent({ tools: ['calculator'], toolApprovals: { calculator: approval } })],
    ...more,
  });
const questionSchema = z.looseObject({
  id: z.uuid(),
  status: z.string(),
  kind: z.string(),
  question: z.string(),
});
const questions = async (id: string) =>
  z.array(questionSchema).parse((await stack.call('GET', `/api/v1/executions/${id}/questions`)).body);
const answer = async (id: string, given: unknown) => {
  const open = (await questions(id)).find(({ status }) => status === 'open');
  return stack.call('POST', `/api/v1/executions/${id}/questions/${open?.id}/answer`, { answer: given });
};
const count = async (id: string, type: string): Promise<number> =>
  (await getEvents(stack, id)).filter((event) => event.type === type).length;
const lastHeard = (): unknown => stack.model.requests.at(-1)?.body.messages.at(-1)?.content;

describe('a tool that is asked for', () => {
  it('is called once with the arguments that were approved; others are asked for again', async () => {
    stack.model.script([callsTool('calculator', SUM)]);
    const id = await start(calculating('ask'));
    await waitForStatus(stack, id, ['waiting']);
    const [question] = await questions(id);
    expect(question).toMatchObject({ kind: 'tool_approval', question: expect.stringContaining('1 + 1') });
    expect(await count(id, 'tool_started')).toBe(0);
    expect(await answer(id, 'yes')).toMatchObject({ status: 422 });
    stack.model.script([callsTool('calculator', { expression: '2 + 2' })]);
    expect(await answer(id, 'approve')).toMatchObject({ status: 202 });
    await waitForStatus(stack, id, ['waiting']);
    expect(lastHeard()).toContain('\n2\n');
    stack.model.script([says('four, perhaps')]);
    expect(await answer(id, { decision: 'deny', reason: 'use your head' })).toMatchObject({ status: 202 });
    expect(await waitForStatus(stack, id, END)).toMatchObject({ status: 'completed' });
    expect(lastHeard()).toMatch(/did not allow this call of calculator\. Their reason: use your head/);
    expect(await count(id, 'tool_started')).toBe(1);
    expect(await questions(id)).toHaveLength(2);
  });

  it('is denied when nobody answers in time', async () => {
    stack.model.script([callsTool('calculator', SUM), says('without')]);
    const id = await start(calculating('ask', { approvalTimeoutMs: 300 }));
    expect(await waitForStatus(stack, id, END)).toMatchObject({ status: 'completed' });
    expect(await count(id, 'tool_started')).toBe(0);
    expect(lastHeard()).toMatch(/did not allow/);
  });
});

describe('a tool that is denied', () => {
  it('in one task is still used in the others', async () => {
    stack.model.script([says('one'), callsTool('calculator', SUM), says('two')]);
    const id = await start(
      aPlan({
        agents: [anAgent({ tools: ['calculator'] })],
        tasks: [
          aTask({ key: 'a', toolApprovals: { calculator: 'deny' } }),
          aTask({ key: 'b', dependsOn: ['a'] }),
        ],
      }),
    );
    expect(await waitForStatus(stack, id, END)).toMatchObject({ status: 'completed' });
    const offered = stack.model.requests.slice(-3).map(({ body }) => body.tools?.length);
    expect(offered).toEqual([0, 1, 1]);
  });

  it('is not offered, and refused to a model that calls it all the same, as is one that nobody knows', async () => {
    stack.model.script([callsTool('calculator', SUM), callsTool('delete_everything', {}), says('done')]);
    const plan = calculating('deny');
    const id = await start({ ...plan, toolApprovals: { calculator: 'allow' } });
    expect(await waitForStatus(stack, id, END)).toMatchObject({ status: 'completed' });
    const asked = stack.model.requests.slice(-3);
    expect(asked.map(({ body }) => body.tools)).toEqual([[], [], []]);
    expect(asked.slice(1).map(({ body }) => body.messages.at(-1)?.content)).toEqual([
      expect.stringContaining('You have no tool named calculator'),
      expect.stringContaining('You have no tool named delete_everything'),
    ]);
  });
});

describe('max_rpm', () => {
  it('is shared by all runs of a crew, and who waits holds no worker', async () => {
    const plan = aPlan({ name: 'busy', maxRpm: 2 });
    stack.model.script([says('a'), says('b')]);
    const ids = await Promise.all([start(plan), start(plan), start(plan)]);
    const shown = () => Promise.all(ids.map((id) => getExecution(stack, id)));
    const ended = async (): Promise<number> =>
      (await shown()).filter(({ status }) => status === 'completed').length;
    await until('two runs are done', async () => (await ended()) === 2);
    const rates = await stack.engine.services.system.query<{ used: number }>(
      `select used from model_rates where scope like '%/crew:busy'`,
    );
    expect(rates).toEqual([{ used: 2 }]);
    // The third waits for the next minute: a timer of its workflow, which neither a pause nor a cancel waits for.
    const waiting = (await shown()).find(({ status }) => status === 'running');
    const id = String(waiting?.execution_id);
    await stack.call('POST', `/api/v1/executions/${id}/pause`);
    await waitForStatus(stack, id, ['paused']);
    await stack.call('POST', `/api/v1/executions/${id}/cancel`);
    expect(await waitForStatus(stack, id, END)).toMatchObject({ status: 'cancelled' });
  });
});
