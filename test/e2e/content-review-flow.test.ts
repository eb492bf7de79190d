import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { answerOpen, flowEnd, startFlow, stepsOf } from '../support/flow-runs.ts';
import { fails, hangs, says } from '../support/scripted-model.ts';
import { getEvents, startTestStack, until, type TestStack } from '../support/test-stack.ts';
import { startWebhookReceiver, type WebhookReceiver } from '../support/webhook-receiver.ts';

/** A flow with a crew, a loop, branches, a person and a webhook. */

let stack: TestStack;
let receiver: WebhookReceiver;
const PATH = 'content-review-flow';

beforeAll(async () => {
  receiver = await startWebhookReceiver();
  stack = await startTestStack({ settings: { EGRESS_ALLOW_PRIVATE: 'true' } });
  await stack.startWorker();
});
afterEach(() => {
  stack.model.assertDone();
  receiver.received.splice(0);
});
afterAll(async () => {
  await stack.close();
  await receiver.close();
});

const DRAFT = [says('Five facts'), says('Otters swim.')];
const statusOf = async (id: string): Promise<string> =>
  z.looseObject({ status: z.string() }).parse((await stack.call('GET', `/api/v1/executions/${id}`)).body)
    .status;
const waiting = (id: string) => until('a person is asked', async () => (await statusOf(id)) === 'waiting');
const childrenOf = async (id: string) =>
  z
    .array(
      z.looseObject({
        execution_id: z.uuid(),
        parent_execution_id: z.string().nullable(),
        status: z.string(),
      }),
    )
    .parse((await stack.call('GET', '/api/v1/executions?kind=crew')).body)
    .filter((run) => run.parent_execution_id === id);

describe('the content review flow', () => {
  it('drafts with a crew, revises until the judge is content, asks a person and publishes', async () => {
    stack.model.script([...DRAFT, says('Say how they sleep.'), says('Otters hold hands.'), says('GOOD')]);
    const id = await startFlow(stack, PATH, { topic: 'otters', publish_url: receiver.url });
    await waiting(id);
    expect(await answerOpen(stack, id, 'approve')).toBe(202);
    expect(await flowEnd(stack, PATH, id)).toMatchObject({
      status: 'completed',
      result: {
        topic: 'otters',
        content: 'Otters hold hands.',
        revisions: 1,
        verdict: 'good',
        approved: true,
        published: true,
        publish_status: 204,
      },
    });
    expect((await stepsOf(stack, id)).map(({ key }) => key)).toEqual([
      'generate',
      'judge',
      'revise',
      'judge#2',
      'decide',
      'publish',
    ]);
    expect(receiver.received).toEqual([
      expect.objectContaining({
        path: '/hook',
        body: { topic: 'otters', content: 'Otters hold hands.' },
        idempotencyKey: expect.stringMatching(/^\d+:call-1$/),
      }),
    ]);
    const [child] = await childrenOf(id);
    expect(child).toMatchObject({ status: 'completed', crew_name: 'drafting' });
    const whole = z
      .looseObject({ token_usage: z.object({ total_tokens: z.int() }) })
      .parse((await stack.call('GET', `/api/v1/executions/${id}`)).body);
    const part = z.looseObject({ token_usage: z.object({ total_tokens: z.int() }) }).parse(child);
    expect(whole.token_usage.total_tokens).toBeGreaterThan(part.token_usage.total_tokens);
  });

  it('goes to the person all the same when no revision is left, and publishes nothing that is rejected', async () => {
    stack.model.script([...DRAFT, says('Bad.')]);
    const id = await startFlow(stack, PATH, { topic: 'otters', max_revisions: 0, publish_url: receiver.url });
    await waiting(id);
    expect(await answerOpen(stack, id, 'perhaps')).toBe(422);
    expect(await answerOpen(stack, id, 'reject')).toBe(202);
    expect(await flowEnd(stack, PATH, id)).toMatchObject({
      status: 'completed',
      result: { verdict: 'exhausted', approved: false, published: false },
    });
    expect(receiver.received).toEqual([]);
  });

  it('counts as rejected when nobody decides in time', async () => {
    stack.model.script([...DRAFT, says('GOOD')]);
    const id = await startFlow(stack, PATH, { topic: 'otters', decide_within_seconds: 1 });
    expect(await flowEnd(stack, PATH, id)).toMatchObject({ result: { approved: false } });
  });

  it('tries an address that answers 5xx again, with the same key', async () => {
    stack.model.script([...DRAFT, says('GOOD')]);
    receiver.answers.push(503);
    const id = await startFlow(stack, PATH, { topic: 'otters', publish_url: receiver.url });
    await waiting(id);
    await answerOpen(stack, id, 'approve');
    expect(await flowEnd(stack, PATH, id)).toMatchObject({ result: { published: true } });
    expect(receiver.received).toHaveLength(2);
    expect(new Set(receiver.received.map(({ idempotencyKey }) => idempotencyKey)).size).toBe(1);
    expect((await getEvents(stack, id)).map(({ type }) => type)).toContain('task_retrying');
  });

  it('fails with its crew, and tries that again when it is retried itself', async () => {
    stack.model.script([says('Five facts'), fails(401)]);
    const id = await startFlow(stack, PATH, { topic: 'otters' });
    expect(await flowEnd(stack, PATH, id)).toMatchObject({
      status: 'failed',
      error: expect.stringMatching(/generate/),
    });
    stack.model.script([says('Otters swim.'), says('GOOD')]);
    await stack.call('POST', `/api/v1/executions/${id}/retry`);
    await waiting(id);
    expect(await childrenOf(id)).toHaveLength(1);
    await answerOpen(stack, id, 'approve');
    expect(await flowEnd(stack, PATH, id)).toMatchObject({
      status: 'completed',
      result: { content: 'Otters swim.' },
    });
  });

  it('takes its crew along when it is cancelled, paused and resumed', async () => {
    stack.model.script([hangs()]);
    const before = stack.model.requests.length;
    const id = await startFlow(stack, PATH, { topic: 'otters' });
    await until('the crew works', () => stack.model.requests.length > before);
    expect((await stack.call('POST', `/api/v1/executions/${id}/cancel`)).status).toBe(202);
    await until('both are cancelled', async () => {
      const [child] = await childrenOf(id);
      return (await statusOf(id)) === 'cancelled' && child?.status === 'cancelled';
    });
    stack.model.script([...DRAFT, says('GOOD')]);
    await stack.call('POST', `/api/v1/executions/${id}/retry`);
    await waiting(id);
    await stack.call('POST', `/api/v1/executions/${id}/pause`);
    await until('it stands still', async () => (await statusOf(id)) === 'paused');
    await stack.call('POST', `/api/v1/executions/${id}/resume`);
    await waiting(id);
    await answerOpen(stack, id, 'approve');
    expect(await flowEnd(stack, PATH, id)).toMatchObject({ status: 'completed' });
  });

  it('terminated by an operator is shown as that, and takes its crew along', async () => {
    stack.model.script([hangs()]);
    const before = stack.model.requests.length;
    const id = await startFlow(stack, PATH, { topic: 'otters' });
    await until('the crew works', () => stack.model.requests.length > before);
    await stack.temporal.client.workflow.getHandle(`flow-run/${id}`).terminate('by hand');
    await until('both are over', async () => (await childrenOf(id))[0]?.status === 'cancelled', 40_000);
    expect((await stack.call('GET', `/api/v1/executions/${id}`)).body).toMatchObject({
      status: 'cancelled',
      error_code: 'TERMINATED',
    });
  });
});
