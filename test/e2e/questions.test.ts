import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { createInstanceWatch } from '../../src/engine/external-agents/agent-monitor.ts';
import type { CrewPlan } from '../../src/domain/plan/crew-plan.ts';
import { createLogger } from '../../src/telemetry/logger.ts';
import { peopleOf } from '../support/people.ts';
import { startPlan } from '../support/plan-runs.ts';
import { aPlan, aTask, anAgent } from '../support/plans.ts';
import { callsTool, says } from '../support/scripted-model.ts';
import {
  END,
  getEvents,
  startTestStack,
  until,
  waitForStatus,
  type TestStack,
} from '../support/test-stack.ts';
import { getDeliveries } from '../support/webhooks.ts';

/** Runs that ask people, and what comes of it. */

let stack: TestStack;
const questionsSchema = z.array(
  z.looseObject({ id: z.uuid(), status: z.string(), question: z.string(), kind: z.string() }),
);

beforeAll(async () => {
  stack = await startTestStack({ settings: { EGRESS_ALLOW_PRIVATE: 'true' } });
  await stack.startWorker();
});
afterEach(() => stack.model.assertDone());
afterAll(() => stack.close());

const asker = (): CrewPlan => aPlan({ agents: [anAgent({ tools: ['ask_human'] })] });
const start = (plan: CrewPlan): Promise<string> => startPlan(stack, plan);
const questions = async (id: string) =>
  questionsSchema.parse((await stack.call('GET', `/api/v1/executions/${id}/questions`)).body);
const answer = (id: string, question: string, given: unknown) =>
  stack.call('POST', `/api/v1/executions/${id}/questions/${question}/answer`, { answer: given });
const typesOf = async (id: string) => (await getEvents(stack, id)).map(({ type }) => type);
/** Starts a run that asks, and waits until it stands still. */
async function waiting(plan: CrewPlan, status = 'waiting'): Promise<{ id: string; question: string }> {
  const id = await start(plan);
  await waitForStatus(stack, id, [status]);
  const [first] = await questions(id);
  if (first === undefined) throw new Error('nothing was asked');
  return { id, question: first.id };
}

describe('an agent that asks a person', () => {
  it('waits, and goes on with the answer', async () => {
    stack.model.script([
      callsTool('ask_human', { question: 'Red or blue?', options: ['red', 'blue'] }),
      says('It shall be blue.'),
    ]);
    const { id, question } = await waiting(asker());
    const inbox = await stack.call('GET', '/api/v1/questions?status=open');
    expect(inbox.body).toContainEqual(
      expect.objectContaining({ id: question, question: 'Red or blue?', options: ['red', 'blue'] }),
    );
    expect(await answer(id, question, 'green')).toMatchObject({
      status: 422,
      body: { details: { issues: [{ path: '/answer' }] } },
    });
    expect(await answer(id, question, 'blue')).toMatchObject({
      status: 202,
      body: { status: 'answered', answer: 'blue' },
    });
    expect(await answer(id, question, 'red')).toMatchObject({ status: 409, body: { error: 'CONFLICT' } });
    const execution = await waitForStatus(stack, id, END);
    expect(execution).toMatchObject({ status: 'completed', result: { raw: 'It shall be blue.' } });
    expect(await typesOf(id)).toEqual([
      'workflow_started',
      'task_started',
      'llm_call_completed',
      'question_asked',
      'workflow_waiting',
      'question_answered',
      'llm_call_completed',
      'task_completed',
      'workflow_completed',
    ]);
    expect(JSON.stringify(stack.model.requests.at(-1))).toContain('blue');
  });

  it('goes on with the default, or with the news that nobody answered, when the time is up', async () => {
    stack.model.script([
      callsTool('ask_human', { question: 'How many?', timeout_seconds: 1, default: 7 }),
      callsTool('ask_human', { question: 'Sure?', timeout_seconds: 1 }),
      says('done'),
    ]);
    const id = await start(asker());
    expect(await waitForStatus(stack, id, END)).toMatchObject({ status: 'completed' });
    expect((await questions(id)).map(({ status }) => status)).toEqual(['expired', 'expired']);
    const last = JSON.stringify(stack.model.requests.at(-1));
    expect(last).toContain('Nobody answered in time.');
    expect(last).toContain('"7"');
  });

  it('takes an answer that fits its schema and no other', async () => {
    stack.model.script([
      callsTool('ask_human', {
        question: 'Where to?',
        schema: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
      }),
      says('Off we go.'),
    ]);
    const { id, question } = await waiting(asker());
    expect(await answer(id, question, { town: 'Rome' })).toMatchObject({ status: 422 });
    expect((await answer(id, question, { city: 'Rome' })).status).toBe(202);
    await waitForStatus(stack, id, END);
  });

  it('reads what is wrong with a question that cannot be asked', async () => {
    stack.model.script([callsTool('ask_human', { options: ['a', 'b'] }), says('never mind')]);
    const id = await start(asker());
    expect(await waitForStatus(stack, id, END)).toMatchObject({ status: 'completed' });
    expect(await questions(id)).toEqual([]);
  });

  it('does not hold up what can go on without the answer', async () => {
    stack.model.when(/Ask first/, [callsTool('ask_human', { question: 'Go?' }), says('asked')]);
    stack.model.when(/Work on/, [says('worked')]);
    const none = { kind: 'tasks' as const, keys: [] };
    const { id, question } = await waiting(
      aPlan({
        process: 'graph',
        agents: [anAgent({ tools: ['ask_human'] })],
        tasks: [
          aTask({ key: 'asks', description: 'Ask first', context: none }),
          aTask({ key: 'works', description: 'Work on', context: none }),
        ],
      }),
    );
    expect(await typesOf(id)).toContain('task_completed');
    await answer(id, question, 'go');
    expect(await waitForStatus(stack, id, END)).toMatchObject({ status: 'completed' });
  });

  it('can be paused, answered meanwhile, and resumed', async () => {
    stack.model.script([callsTool('ask_human', { question: 'Go?' }), says('went')]);
    const { id, question } = await waiting(asker());
    await stack.call('POST', `/api/v1/executions/${id}/pause`);
    await waitForStatus(stack, id, ['paused']);
    expect((await answer(id, question, 'yes')).status).toBe(202);
    expect(await waitForStatus(stack, id, ['paused'])).toBeDefined();
    await stack.call('POST', `/api/v1/executions/${id}/resume`);
    expect(await waitForStatus(stack, id, END)).toMatchObject({ status: 'completed' });
  });

  it('asks anew after a cancel and a retry; the old question takes no answer', async () => {
    stack.model.script([callsTool('ask_human', { question: 'Go?' }), says('went')]);
    const { id, question } = await waiting(asker());
    await stack.call('POST', `/api/v1/executions/${id}/cancel`);
    await waitForStatus(stack, id, ['cancelled']);
    expect(await answer(id, question, 'yes')).toMatchObject({ status: 409 });
    await stack.call('POST', `/api/v1/executions/${id}/retry`);
    await waitForStatus(stack, id, ['waiting']);
    const again = (await questions(id)).find(({ status }) => status === 'open');
    await answer(id, again?.id ?? '', 'yes');
    expect(await waitForStatus(stack, id, END)).toMatchObject({ status: 'completed' });
  });

  it('cannot be answered, or seen, by somebody else', async () => {
    stack.model.script([callsTool('ask_human', { question: 'Go?' }), says('went')]);
    const { id, question } = await waiting(asker());
    const people = peopleOf(() => stack.api);
    const bert = await people.register('bert@example.test');
    const path = `/executions/${id}/questions`;
    expect((await people.send('GET', path, bert.token)).status).toBe(404);
    const foreign = await people.send('POST', `${path}/${question}/answer`, bert.token, { answer: 'yes' });
    expect(foreign.status).toBe(404);
    await answer(id, question, 'yes');
    await waitForStatus(stack, id, END);
  });
});

describe('a question that stands open', () => {
  const messagesOf = async (id: string) =>
    z
      .array(z.looseObject({ kind: z.string(), content: z.string(), requires_user_input: z.boolean() }))
      .parse((await stack.call('GET', `/api/v1/agent-instances/${id}/messages?limit=100`)).body);
  /** One look of a watch whose clock is ahead. */
  async function lookLater(seconds: number): Promise<void> {
    const watch = createInstanceWatch({
      sql: stack.api.database.sql,
      waker: stack.engine.services.waker,
      logger: createLogger({ level: 'silent' }),
      now: () => new Date(Date.now() + seconds * 1_000),
    });
    await watch.look();
    await watch.close();
  }
  const reminders = async (id: string) =>
    (await getEvents(stack, id)).filter(({ type }) => type === 'question_reminded');

  it('reminds people once, in log, messages and webhooks, whoever looks how often, and is still answered', async () => {
    const hook = z.object({ id: z.uuid() }).parse(
      (
        await stack.call('POST', '/api/v1/webhooks', {
          url: 'http://127.0.0.1:9/reminders',
          events: ['question_reminded'],
        })
      ).body,
    );
    stack.model.script([
      callsTool('ask_human', {
        question: 'Red or blue?',
        options: ['red', 'blue'],
        remind_after_seconds: 60,
      }),
      says('It shall be blue.'),
    ]);
    const { id, question } = await waiting(asker());
    await lookLater(50);
    expect(await reminders(id)).toEqual([]);
    await Promise.all([lookLater(70), lookLater(70)]);
    await lookLater(600);
    expect(await reminders(id)).toMatchObject([
      {
        task_key: 'task-1',
        status: 'waiting',
        data: { question_id: question, question: 'Red or blue?', options: ['red', 'blue'] },
      },
    ]);
    expect((await messagesOf(id)).filter(({ kind }) => kind === 'reminder')).toMatchObject([
      { content: 'Red or blue?', requires_user_input: true, message_metadata: { question_id: question } },
    ]);
    expect((await getDeliveries(stack, hook.id)).map(({ event_type: type }) => type)).toEqual([
      'question_reminded',
    ]);
    await stack.call('DELETE', `/api/v1/webhooks/${hook.id}`);
    expect((await questions(id))[0]).toMatchObject({ status: 'open', reminded_at: expect.any(String) });
    expect(await answer(id, question, 'blue')).toMatchObject({ status: 202 });
    expect(await waitForStatus(stack, id, END)).toMatchObject({ status: 'completed' });
  });

  it('reminds of whatever a crew asks after the time the crew sets, and of nothing that is answered or late', async () => {
    stack.model.script([
      callsTool('ask_human', { question: 'Once?' }),
      callsTool('ask_human', { question: 'Soon over?', timeout_seconds: 20, default: 'no' }),
      says('a draft'),
    ]);
    const { id, question } = await waiting(
      aPlan({
        agents: [anAgent({ tools: ['ask_human'] })],
        tasks: [aTask({ humanInput: true })],
        remindAfterMs: 30_000,
      }),
    );
    await answer(id, question, 'yes');
    await until('it asks again', async () => (await questions(id)).length === 2);
    await lookLater(60);
    expect(await reminders(id)).toEqual([]);
    const [, second] = await questions(id);
    await answer(id, second?.id ?? '', 'yes');
    await until('its answer is looked at', async () => (await questions(id)).length === 3);
    const [, , review] = await questions(id);
    await lookLater(60);
    expect((await reminders(id)).map(({ data }) => data['question_id'])).toEqual([review?.id]);
    await answer(id, review?.id ?? '', '');
    expect(await waitForStatus(stack, id, END)).toMatchObject({ status: 'completed' });
  });
});

describe('a task with human_input', () => {
  it('has its answer looked at until nothing is to be said about it', async () => {
    stack.model.script([says('first draft'), says('second draft')]);
    const { id, question } = await waiting(aPlan({ tasks: [aTask({ humanInput: true })] }));
    expect((await questions(id))[0]).toMatchObject({ kind: 'human_input' });
    await answer(id, question, 'make it shorter');
    await until('it asks again', async () => (await questions(id)).length === 2);
    expect(JSON.stringify(stack.model.requests.at(-1))).toContain('make it shorter');
    const [, second] = await questions(id);
    await answer(id, second?.id ?? '', '');
    const execution = await waitForStatus(stack, id, END);
    expect(execution).toMatchObject({ status: 'completed', result: { raw: 'second draft' } });
  });
});

describe('an answer given while no worker is up', () => {
  it('is kept, and the run goes on with it when one is back', async () => {
    const own = await startTestStack();
    try {
      own.model.script([callsTool('ask_human', { question: 'Go?' }), says('went')]);
      const first = await own.startWorker();
      const id = await startPlan(own, asker());
      await waitForStatus(own, id, ['waiting']);
      await first.close();
      const [asked] = questionsSchema.parse(
        (await own.call('GET', `/api/v1/executions/${id}/questions`)).body,
      );
      const given = await own.call('POST', `/api/v1/executions/${id}/questions/${asked?.id ?? ''}/answer`, {
        answer: 'yes',
      });
      expect(given.status).toBe(202);
      await own.startWorker();
      expect(await waitForStatus(own, id, END)).toMatchObject({ status: 'completed' });
      own.model.assertDone();
    } finally {
      await own.close();
    }
  });
});
