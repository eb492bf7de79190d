import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { callsTool, hangs, says } from '../support/scripted-model.ts';
import { flowEnd, startFlow, stepsOf } from '../support/flow-runs.ts';
import { makeStepGate } from '../support/step-gate.ts';
import {
  END,
  getEvents,
  startCrew,
  startTestStack,
  until,
  waitForStatus,
  type TestStack,
} from '../support/test-stack.ts';
import { startWorkerProcess, type WorkerProcess } from '../support/worker-process.ts';

/** Real worker processes, killed with -9 in the same task again and again. */

let stack: TestStack;
const processes: WorkerProcess[] = [];
const start = async (): Promise<WorkerProcess> => {
  const worker = await startWorkerProcess(stack.settings);
  processes.push(worker);
  return worker;
};
const asked = (): number => stack.model.requests.length;
/** How often a model was asked about something. */
const askedAbout = (topic: string): number =>
  stack.model.requests.filter((request) => JSON.stringify(request.body.messages).includes(topic)).length;

beforeAll(async () => {
  stack = await startTestStack();
});
afterEach(async () => {
  await Promise.all(processes.splice(0).map((worker) => worker.kill()));
  stack.model.assertDone();
});
afterAll(() => stack.close());

const PATIENCE_MS = 90_000;

/** A worker at a time takes the task up, asks the model, and is killed before it has the answer. */
async function diesAsking(topic: string, times: number): Promise<void> {
  for (let time = 0; time < times; time += 1) {
    const before = askedAbout(topic);
    const worker = await start();
    await until(`a worker asks about ${topic}`, () => askedAbout(topic) > before, PATIENCE_MS);
    await worker.kill();
  }
}

const retry = (id: string): Promise<{ status: number }> =>
  stack.call('POST', `/api/v1/executions/${id}/retry`);

describe('a worker killed in the same task', () => {
  it('three times is the last that is lost to it: the run fails with WORKER_DIED, and a retry counts anew', async () => {
    stack.model.when(/otters/, [hangs(), hangs(), hangs()]);
    const id = await startCrew(stack, { crew: 'two-step', inputs: { topic: 'otters' } });
    await diesAsking('otters', 3);
    const last = await start();
    const execution = await waitForStatus(stack, id, END, PATIENCE_MS);
    expect(execution).toMatchObject({
      status: 'failed',
      error_code: 'WORKER_DIED',
      error: expect.stringContaining('ended 3 times while it worked on this task'),
    });
    expect(askedAbout('otters')).toBe(3);
    expect(last.said()).toContain('a task is set aside: workers have died in it');
    const events = await getEvents(stack, id);
    expect(events.find(({ type }) => type === 'task_failed')?.data).toMatchObject({
      error_code: 'WORKER_DIED',
    });

    stack.model.when(/otters/, [hangs(), says('Facts'), says('Otters swim.')]);
    expect((await retry(id)).status).toBe(202);
    await until('the task is tried again', () => askedAbout('otters') === 4, PATIENCE_MS);
    await last.kill();
    await start();
    expect(await waitForStatus(stack, id, END, PATIENCE_MS)).toMatchObject({ status: 'completed' });
  }, 300_000);

  it('four times, with a call that was finished in between, costs the run nothing but time', async () => {
    stack.model.script([
      hangs(),
      hangs(),
      callsTool('calculator', { expression: '6*7' }),
      hangs(),
      hangs(),
      says('42'),
    ]);
    const id = await startCrew(stack, { crew: 'tools' });
    const begin = asked();
    for (const requests of [1, 2, 4, 5]) {
      const worker = await start();
      await until(`${requests} requests`, () => asked() === begin + requests, PATIENCE_MS);
      await worker.kill();
    }
    await start();
    expect(await waitForStatus(stack, id, END, PATIENCE_MS)).toMatchObject({
      status: 'completed',
      result: { raw: '42' },
    });
  }, 300_000);

  it('takes no neighbour with it, and takes nothing more once its run is cancelled', async () => {
    stack.model.when(/otters/, [hangs(), hangs(), hangs()]);
    stack.model.when(/beavers/, [hangs(), hangs(), says('Facts'), says('Beavers gnaw.')]);
    const guilty = await startCrew(stack, { crew: 'two-step', inputs: { topic: 'otters' } });
    const innocent = await startCrew(stack, { crew: 'two-step', inputs: { topic: 'beavers' } });
    const base = { otters: askedAbout('otters'), beavers: askedAbout('beavers') };
    for (const time of [1, 2]) {
      const worker = await start();
      await until(
        'both are in its hands',
        () => askedAbout('otters') === base.otters + time && askedAbout('beavers') === base.beavers + time,
        PATIENCE_MS,
      );
      await worker.kill();
    }
    // From here on one at a time. The one that comes first ends, or hangs.
    const third = await start();
    await until('the third try', () => askedAbout('otters') === base.otters + 3, PATIENCE_MS);
    const cancel = await stack.call('POST', `/api/v1/executions/${guilty}/cancel`);
    expect(cancel.status).toBe(202);
    await third.kill();
    await start();
    expect(await waitForStatus(stack, guilty, END, PATIENCE_MS)).toMatchObject({ status: 'cancelled' });
    expect(await waitForStatus(stack, innocent, END, PATIENCE_MS)).toMatchObject({
      status: 'completed',
      result: { raw: 'Beavers gnaw.' },
    });
    expect(askedAbout('otters')).toBe(base.otters + 3);
  }, 300_000);
});

it('a step of a flow in which three workers died is set aside', async () => {
  const gate = await makeStepGate(stack.settings.DATABASE_URL);
  try {
    const id = await startFlow(stack, 'poem-flow', { sentence_count: 1 });
    for (let time = 0; time < 3; time += 1) {
      await gate.close('keep_poem', 'end');
      if (time === 0) stack.model.script([says('Roses are red.')]);
      const worker = await start();
      await gate.reached();
      await worker.kill();
      await gate.open();
    }
    await start();
    expect(await waitForStatus(stack, id, END, PATIENCE_MS)).toMatchObject({
      status: 'failed',
      error_code: 'WORKER_DIED',
      error: expect.stringContaining('ended 3 times while it worked on this step'),
    });
    expect((await stepsOf(stack, id)).at(-1)).toMatchObject({ key: 'keep_poem', status: 'failed' });
    expect((await retry(id)).status).toBe(202);
    expect(await flowEnd(stack, 'poem-flow', id, PATIENCE_MS)).toMatchObject({
      status: 'completed',
      result: { poem: 'Roses are red.' },
    });
  } finally {
    await gate.end();
  }
}, 300_000);
