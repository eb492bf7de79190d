import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { KILLED, upload } from '../support/declared-flows.ts';
import { answerOpen, flowEnd, startFlow } from '../support/flow-runs.ts';
import { says } from '../support/scripted-model.ts';
import { makeStepGate, type StepGate } from '../support/step-gate.ts';
import { getEvents, startTestStack, until, type TestStack } from '../support/test-stack.ts';
import { startWebhookReceiver, type WebhookReceiver } from '../support/webhook-receiver.ts';
import { startWorkerProcess } from '../support/worker-process.ts';

/**
 * Workers killed with -9 at every boundary between steps: the same result, and no step run twice. In the suite the long
 * flow is killed at boundaries of each kind (a crew's end, a loop's second turn, a person, an effect outside), by
 * `npm run test:flows` at all of them.
 */
const EVERY = process.env['MUSTER_TEST_EVERY_BOUNDARY'] === 'true';

let stack: TestStack;
let receiver: WebhookReceiver;
let gate: StepGate;

beforeAll(async () => {
  receiver = await startWebhookReceiver();
  stack = await startTestStack();
  gate = await makeStepGate(stack.settings.DATABASE_URL);
});
afterEach(() => stack.model.assertDone());
afterAll(async () => {
  await gate.end();
  await stack.close();
  await receiver.close();
});

/** A step, and whether its row is being made or its end being written. */
type Place = readonly [step: string, at: 'begin' | 'end'];

const boundaries = (step: string): Place[] => [
  [step, 'begin'],
  [step, 'end'],
];

/** Runs a flow with a worker that is killed at each of the places in turn. */
async function killedAt(
  path: string,
  body: unknown,
  places: readonly Place[],
  meanwhile: Record<string, (id: string) => Promise<unknown>> = {},
): Promise<string> {
  const id = await startFlow(stack, path, body);
  for (const [step, at] of places) {
    await gate.close(step, at);
    const worker = await startWorkerProcess(stack.settings, { EGRESS_ALLOW_PRIVATE: 'true' });
    await meanwhile[`${step} ${at}`]?.(id);
    await gate.reached();
    await worker.kill();
    await gate.open();
  }
  const last = await startWorkerProcess(stack.settings, { EGRESS_ALLOW_PRIVATE: 'true' });
  await flowEnd(stack, path, id, 60_000);
  await last.stop();
  return id;
}

/** Answers the one question that is open, once it is. */
async function answerDecision(id: string, answer: string): Promise<void> {
  await until(
    'a person is asked',
    async () =>
      (await stack.call('GET', `/api/v1/questions?status=open`)).headers.get('x-total-count') === '1',
    30_000,
  );
  expect(await answerOpen(stack, id, answer)).toBe(202);
}

/** What each type of event was about, in the order of the log. */
async function keysOf(id: string, type: string): Promise<(string | null)[]> {
  return (await getEvents(stack, id)).filter((event) => event.type === type).map((event) => event.task_key);
}

describe('a worker killed at every boundary', () => {
  it('of the poem flow changes nothing: one poem, asked for once', async () => {
    stack.model.script([says('Roses are red.')]);
    const before = stack.model.requests.length;
    const steps = ['pick_sentence_count', 'write_poem', 'keep_poem'];
    const id = await killedAt('poem-flow', { sentence_count: 1 }, steps.flatMap(boundaries));
    expect(await flowEnd(stack, 'poem-flow', id)).toMatchObject({
      status: 'completed',
      result: { sentence_count: 1, poem: 'Roses are red.' },
    });
    expect(stack.model.requests.length).toBe(before + 1);
    expect(await keysOf(id, 'task_completed')).toEqual(steps);
    expect(await keysOf(id, 'llm_call_completed')).toEqual(['write_poem']);
  }, 180_000);

  it('of the content review flow changes nothing: one crew, each model asked once, one publication', async () => {
    stack.model.script([
      says('Facts'),
      says('Otters swim.'),
      says('More.'),
      says('Otters hold hands.'),
      says('GOOD'),
    ]);
    const before = stack.model.requests.length;
    const id = await killedAt(
      'content-review-flow',
      { topic: 'otters', publish_url: receiver.url },
      EVERY
        ? ['generate', 'judge', 'revise', 'judge#2', 'decide', 'publish'].flatMap(boundaries)
        : [['generate', 'end'], ['judge#2', 'begin'], ['decide', 'end'], ...boundaries('publish')],
      { 'decide end': (run) => answerDecision(run, 'approve') },
    );
    expect(await flowEnd(stack, 'content-review-flow', id)).toMatchObject({
      status: 'completed',
      result: { content: 'Otters hold hands.', revisions: 1, approved: true, publish_status: 204 },
    });
    expect(stack.model.requests.length).toBe(before + 5);
    const steps = ['generate', 'judge', 'revise', 'judge#2', 'decide', 'publish'];
    expect(await keysOf(id, 'task_completed')).toEqual(steps);
    expect(receiver.received).toHaveLength(1);
    const crews = z
      .array(z.looseObject({ parent_execution_id: z.string().nullable() }))
      .parse((await stack.call('GET', '/api/v1/executions?kind=crew')).body);
    expect(crews.filter((run) => run.parent_execution_id === id)).toHaveLength(1);
  }, 240_000);

  it('of the way that gives up revising changes nothing: the last text is refused by a person', async () => {
    stack.model.script([says('Facts'), says('Otters swim.'), says('More.')]);
    const before = stack.model.requests.length;
    const id = await killedAt(
      'content-review-flow',
      { topic: 'otters', max_revisions: 0 },
      [...boundaries('note_exhausted'), ['decide', 'end']],
      { 'decide end': (run) => answerDecision(run, 'reject') },
    );
    expect(await flowEnd(stack, 'content-review-flow', id)).toMatchObject({
      status: 'completed',
      result: { content: 'Otters swim.', revisions: 0, verdict: 'exhausted', approved: false },
    });
    expect(stack.model.requests.length).toBe(before + 3);
    expect(await keysOf(id, 'task_completed')).toEqual(['generate', 'judge', 'note_exhausted', 'decide']);
  }, 120_000);

  it('of a declarative flow changes nothing either: what was paid for is read back', async () => {
    expect((await upload(stack, KILLED)).status).toBe(201);
    stack.model.script([says('one'), says('two')]);
    const before = stack.model.requests.length;
    const id = await killedAt('killed-flow', {}, [
      ['each', 'end'],
      ['last', 'begin'],
    ]);
    expect(await flowEnd(stack, 'killed-flow', id)).toMatchObject({
      status: 'completed',
      result: { output: { all: ['one', 'two'] } },
    });
    expect(stack.model.requests.length).toBe(before + 2);
    expect(await keysOf(id, 'task_completed')).toEqual(['each', 'last']);
  }, 120_000);
});
