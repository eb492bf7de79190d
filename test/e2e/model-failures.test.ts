import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { cuts, empty, fails, garbage, says } from '../support/scripted-model.ts';
import {
  END,
  getEvents,
  startCrew,
  startTestStack,
  waitForStatus,
  type TestStack,
} from '../support/test-stack.ts';

let stack: TestStack;

beforeAll(async () => {
  stack = await startTestStack();
  await stack.startWorker();
});
afterEach(() => stack.model.assertDone());
afterAll(() => stack.close());

const runOneTask = async () => {
  const id = await startCrew(stack, { crew: 'one-task' });
  return { id, execution: await waitForStatus(stack, id, END) };
};

describe('a model that answers', () => {
  it('401 fails the run at once, naming the setting to mend', async () => {
    stack.model.script([fails(401)]);
    const { id, execution } = await runOneTask();
    expect(execution).toMatchObject({ status: 'failed', error_code: 'MODEL_AUTH' });
    expect(execution.error).toContain('OPENAI_API_KEY');
    expect(execution.error).not.toContain('sk-planted');
    expect((await getEvents(stack, id)).map((event) => event.type)).not.toContain('task_retrying');
  });

  it('429 with Retry-After is asked again after that time, and no sooner', async () => {
    const before = stack.model.requests.length;
    stack.model.script([fails(429, { retryAfter: '2' }), says('patience')]);
    const { id, execution } = await runOneTask();
    expect(execution).toMatchObject({ status: 'completed', result: { raw: 'patience' } });
    const [first, second] = stack.model.requests.slice(before);
    expect((second?.at ?? 0) - (first?.at ?? 0)).toBeGreaterThanOrEqual(1_950);
    const retrying = (await getEvents(stack, id)).find((event) => event.type === 'task_retrying');
    expect(retrying?.data).toMatchObject({ error_code: 'MODEL_RATE_LIMITED', delay_ms: 2_000, attempt: 1 });
  });

  it.each([
    ['500', fails(500)],
    ['with a cut stream', cuts()],
    ['with garbage', garbage()],
    ['with nothing', empty()],
  ])('%s once is asked again', async (_name, reply) => {
    stack.model.script([reply, says('well')]);
    const { execution } = await runOneTask();
    expect(execution).toMatchObject({ status: 'completed', result: { raw: 'well' } });
  });

  it('500 for ever fails the run after five attempts', async () => {
    stack.model.script([fails(500), fails(500), fails(500), fails(500), fails(500)]);
    const { execution } = await runOneTask();
    expect(execution).toMatchObject({ status: 'failed', error_code: 'MODEL_UNAVAILABLE' });
    expect(execution.error).toContain('tried 5 times');
  });
});

describe('a bad start', () => {
  it('of an unknown crew is 404 and names the crews there are', async () => {
    const answer = await stack.call('POST', '/crew/start', { crew: 'nobody' });
    expect(answer).toMatchObject({
      status: 404,
      body: { error: 'NOT_FOUND', details: { crews: ['one-task', 'tools', 'two-step'] } },
    });
  });

  it('without an input variable is 422 and names it', async () => {
    const answer = await stack.call('POST', '/crew/start', { crew: 'two-step' });
    expect(answer).toMatchObject({
      status: 422,
      body: { error: 'VALIDATION_FAILED', details: { issues: [{ path: '/inputs/topic' }] } },
    });
  });
});
