import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { engineResources } from '../../src/api/resources/index.ts';
import { loadFlows } from '../../src/flows/flow-catalogue.ts';
import { answerOpen, flowEnd, startFlow, stepsOf } from '../support/flow-runs.ts';
import { makeFlowsDir, trailFlow } from '../support/own-flows.ts';
import { callsTool, hangs, says } from '../support/scripted-model.ts';
import { getEvents, startTestStack, until, waitForStatus, type TestStack } from '../support/test-stack.ts';

/** Flows of an operator's own folder: adding the folder is all it takes. */

const FLOWS = {
  two_roads: trailFlow(`{
    begin: start({ run({ state }) { state.trail.push('begin'); return { road: 'both' }; } }),
    left: listen('begin', { async run({ state, input }) {
      state.left = 'left ' + input.road;
      await new Promise((resolve) => setTimeout(resolve, 300));
    } }),
    right: listen('begin', { async run({ state }) {
      state.right = 'right';
      await new Promise((resolve) => setTimeout(resolve, 300));
    } }),
    join: listen(and_('left', 'right'), { run({ state }) { state.trail.push(state.left, state.right); } }),
    either: listen(or_('left', 'right'), { run: () => undefined }),
  }`),
  looping: trailFlow(`{
    count: start({ run({ state }) { state.trail.push('count'); } }),
    check: router(or_('count', 'again'), ['more', 'enough'], {
      run: ({ state, request, iteration }) => (iteration <= request.n ? 'more' : 'enough'),
    }),
    again: listen('more', { run({ state, iteration }) { state.trail.push('again ' + iteration); } }),
    done: listen('enough', { run({ state }) { state.trail.push('done'); } }),
  }`),
  lone_agent: trailFlow(`{
    work: start({
      crew: ({ request: { n } }) => ({
        plan: agentCrew('sums', {
          role: 'Accountant', goal: 'Add', tools: ['calculator'],
          description: 'Add 1 to {n}.', expected_output: 'The sum.',
        }),
        inputs: { n },
      }),
      run({ state }, { raw }) { state.trail.push(raw); },
    }),
  }`),
  sleeping: trailFlow(`{
    nap: start({ wait: ({ request }) => request.n * 1000, run({ state }) { state.trail.push('awake'); } }),
  }`),
  asking: trailFlow(`{
    ask: start({ ask: () => ({ question: 'Your name?' }), run({ state }, answer) { state.trail.push(String(answer)); } }),
  }`),
  unfit: trailFlow(`{
    fill: start({ run({ state }) { state.trail = Array.from({ length: 60 }, () => 'x'); } }),
  }`),
  broken: trailFlow(`{
    break: start({ run() { throw new TypeError('this cannot be'); } }),
  }`),
  stubborn: trailFlow(`{
    sit: start({ run: () => new Promise(() => undefined) }),
  }`),
  speaking: trailFlow(`{
    twice: start({ async run({ state, model }) {
      state.trail.push(await model('first'), await model('second'));
    } }),
  }`),
};

let stack: TestStack;
let folder: Awaited<ReturnType<typeof makeFlowsDir>>;

beforeAll(async () => {
  folder = await makeFlowsDir(FLOWS);
  stack = await startTestStack({ settings: { FLOWS_DIR: folder.path } });
  await stack.startWorker();
});
afterEach(() => stack.model.assertDone());
afterAll(async () => {
  await stack.close();
  await folder.remove();
});

const trailOf = async (path: string, body: unknown = {}, query = '') =>
  (await flowEnd(stack, path, await startFlow(stack, path, body, query))).result?.['trail'];
const statusOf = async (id: string): Promise<string> =>
  z.looseObject({ status: z.string() }).parse((await stack.call('GET', `/api/v1/executions/${id}`)).body)
    .status;

describe('a folder with a flow', () => {
  it('has its routes, its section of the documentation and its validation', async () => {
    const { paths } = z
      .object({
        paths: z.record(z.string(), z.record(z.string(), z.looseObject({ tags: z.array(z.string()) }))),
      })
      .parse((await stack.call('GET', '/openapi.json')).body);
    expect(paths['/api/v1/two-roads/execute']?.['post']).toMatchObject({
      operationId: 'executeTwoRoads',
      tags: ['two-roads'],
      summary: 'Leaves a trail',
    });
    expect(paths['/api/v1/two-roads/execution/{execution_id}']?.['get']?.tags).toEqual(['two-roads']);
    const refused = await stack.call('POST', '/api/v1/two-roads/execute?timeout_seconds=0', { n: 'many' });
    expect(refused).toMatchObject({
      status: 422,
      body: { details: { issues: [{ path: '?timeout_seconds' }, { path: '/n' }] } },
    });
  });

  it('is listed with its steps', async () => {
    const { body, headers } = await stack.call('GET', '/api/v1/flows?limit=1000');
    const flows = z.array(z.looseObject({ name: z.string() })).parse(body);
    expect(flows.map(({ name }) => name)).toEqual(
      [...Object.keys(FLOWS), 'poem_flow', 'content_review_flow'].toSorted(),
    );
    expect(headers.get('x-total-count')).toBe(String(flows.length));
    expect(flows.find(({ name }) => name === 'looping')).toMatchObject({
      path: 'looping',
      execute_url: '/api/v1/looping/execute',
      steps: expect.arrayContaining([
        {
          name: 'check',
          kind: 'router',
          listens_to: { kind: 'any', of: ['count', 'again'] },
          labels: ['more', 'enough'],
        },
      ]),
    });
  });
});

describe('every flow', () => {
  it('has examples that fit its schemas, whatever they are taken through', () => {
    for (const { name, flow } of stack.engine.services.flows.list()) {
      expect([name, flow.request.safeParse(flow.example.request).error]).toEqual([name, undefined]);
      const result = flow.result.safeParse(flow.example.result);
      expect([name, result.error]).toEqual([name, undefined]);
      expect(flow.result.parse(result.data)).toEqual(result.data);
    }
  });
});

describe('the steps of a flow', () => {
  it('run side by side and join, and do not undo each other’s changes', async () => {
    const id = await startFlow(stack, 'two-roads', {});
    const run = await flowEnd(stack, 'two-roads', id);
    expect(run.result).toEqual({ trail: ['begin', 'left both', 'right'] });
    const keys = (await stepsOf(stack, id)).map(({ key }) => key).toSorted();
    expect(keys).toEqual(['begin', 'either', 'either#2', 'join', 'left', 'right']);
    const types = (await getEvents(stack, id)).map(({ type, task_key: step }) => `${type} ${step}`);
    expect(types.indexOf('task_started right')).toBeLessThan(types.indexOf('task_completed left'));
  });

  it('go round in a loop as often as its router says, each time with a number of its own', async () => {
    const id = await startFlow(stack, 'looping', { n: 3 });
    const run = await flowEnd(stack, 'looping', id);
    expect(run.result).toEqual({ trail: ['count', 'again 1', 'again 2', 'again 3', 'done'] });
    expect((await stepsOf(stack, id)).map(({ key }) => key)).toContain('again#3');
  });

  it('may be done by an agent with its tools', async () => {
    stack.model.script([callsTool('calculator', { expression: '6+1' }), says('7')]);
    expect(await trailOf('lone-agent', { n: 6 })).toEqual(['7']);
    expect(JSON.stringify(stack.model.requests.at(-1)?.body.messages)).toContain('Add 1 to 6.');
  });

  it('wait for a time without a worker', async () => {
    const before = Date.now();
    expect(await trailOf('sleeping', { n: 2 })).toEqual(['awake']);
    expect(Date.now() - before).toBeGreaterThanOrEqual(2_000);
  });

  it('ask a person, and wait', async () => {
    const id = await startFlow(stack, 'asking', {});
    await until('it waits', async () => (await statusOf(id)) === 'waiting');
    await answerOpen(stack, id, 'Anna');
    expect((await flowEnd(stack, 'asking', id)).result).toEqual({ trail: ['Anna'] });
  });

  it('may be skipped by a person, and the flow goes on', async () => {
    const id = await startFlow(stack, 'asking', {});
    await until('it waits', async () => (await statusOf(id)) === 'waiting');
    expect((await stack.call('POST', `/api/v1/executions/${id}/tasks/ask/skip`)).status).toBe(202);
    expect((await flowEnd(stack, 'asking', id)).result).toEqual({ trail: [] });
  });

  it('stop when the flow is cancelled, even one that does not listen', async () => {
    const id = await startFlow(stack, 'stubborn', {});
    await until('it sits', async () =>
      (await getEvents(stack, id)).some(({ type }) => type === 'task_started'),
    );
    await stack.call('POST', `/api/v1/executions/${id}/cancel`);
    await until('it is cancelled', async () => (await statusOf(id)) === 'cancelled');
    expect(await flowEnd(stack, 'stubborn', id)).toMatchObject({ status: 'failed', error: 'cancelled' });
  });

  it('stop at the flow’s timeout_seconds', async () => {
    stack.model.script([hangs()]);
    const id = await startFlow(stack, 'speaking', {}, '?timeout_seconds=1');
    expect(await flowEnd(stack, 'speaking', id)).toMatchObject({
      status: 'failed',
      error: 'the execution reached its timeout_seconds',
    });
  });

  it('ask a person for more where the start wants that', async () => {
    const id = await startFlow(stack, 'speaking', {}, '?max_tokens_total=5&max_cost_usd=0.5&on_budget=ask');
    await waitForStatus(stack, id, ['waiting']);
    stack.model.script([says('one'), says('two')]);
    expect(await answerOpen(stack, id, 5_000)).toBe(202);
    expect(await flowEnd(stack, 'speaking', id)).toMatchObject({ status: 'completed' });
  });

  it('speak to no model beyond the budget', async () => {
    stack.model.script([says('one')]);
    const id = await startFlow(stack, 'speaking', {}, '?max_tokens_total=1040');
    expect(await flowEnd(stack, 'speaking', id)).toMatchObject({
      status: 'failed',
      error: expect.stringMatching(/max_tokens_total/),
    });
  });
});

describe('a flow', () => {
  it('whose result does not fit its schema fails with the reason', async () => {
    const id = await startFlow(stack, 'unfit', {});
    const run = await flowEnd(stack, 'unfit', id);
    expect(run).toMatchObject({ status: 'failed', result: null });
    expect(run.error).toMatch(/does not fit its schema: \/trail: /);
  });

  it('whose step breaks fails with its words', async () => {
    const id = await startFlow(stack, 'broken', {});
    expect((await flowEnd(stack, 'broken', id)).error).toBe('task "break" failed: TypeError: this cannot be');
  });

  it('is parked for a failed step when it shall be, and goes on when that is skipped', async () => {
    const id = await startFlow(stack, 'broken', {}, '?on_task_failure=pause');
    await until('it is parked', async () => (await statusOf(id)) === 'paused');
    await stack.call('POST', `/api/v1/executions/${id}/tasks/break/skip`);
    expect(await flowEnd(stack, 'broken', id)).toMatchObject({ status: 'completed' });
  });

  it('is replayed from its start, with other inputs', async () => {
    const id = await startFlow(stack, 'looping', { n: 1 });
    await flowEnd(stack, 'looping', id);
    const path = `/api/v1/executions/${id}/replay`;
    expect(await stack.call('POST', path, { from_task: 'check' })).toMatchObject({ status: 422 });
    expect(await stack.call('POST', path, { inputs: { n: 1000 } })).toMatchObject({ status: 422 });
    const answer = await stack.call('POST', path, { inputs: { n: 0 } });
    const { execution_id: again } = z.looseObject({ execution_id: z.uuid() }).parse(answer.body);
    expect(answer).toMatchObject({ status: 202, body: { parent_execution_id: id, kind: 'flow' } });
    expect((await flowEnd(stack, 'looping', again)).result).toEqual({ trail: ['count', 'done'] });
  });
});

describe('what is no flow', () => {
  it.each([
    [
      'that has the name of another',
      { 'poem-flow': trailFlow(`{ a: start({ run: () => 1 }) }`) },
      /two flows are called poem_flow/,
    ],
    ['that exports none', { nothing: 'export const x = 1;' }, /exports no `flow`/],
    ['that cannot be read', { torn: 'export const = ;' }, /cannot be loaded/],
    ['with a name that cannot be a path', { 'Not A Name': 'export {};' }, /needs a name/],
    [
      'without a start',
      { lost: trailFlow(`{ a: listen('b', { run: () => 1 }) }`) },
      /no step is a start; step "a" waits for "b"/,
    ],
  ])('is refused: one %s', async (_what, flows, words) => {
    const wrong = await makeFlowsDir(flows);
    await expect(loadFlows(wrong.path)).rejects.toThrow(words);
    await wrong.remove();
  });

  it('is refused when its name is a path already, whichever', async () => {
    const found = stack.engine.services.flows.find('poem-flow');
    if (found === undefined) throw new Error('there is no poem flow');
    const { paths } = z
      .object({ paths: z.record(z.string(), z.unknown()) })
      .parse((await stack.call('GET', '/openapi.json')).body);
    const own = new Set(
      [...Object.keys(FLOWS), 'poem-flow', 'content-review-flow'].map((name) => name.replaceAll('_', '-')),
    );
    const segments = new Set(
      Object.keys(paths).flatMap((path) => /^\/api\/v1\/([^/{]+)/.exec(path)?.[1] ?? []),
    );
    const { services: engine } = stack.engine;
    for (const segment of [...segments].filter((name) => !own.has(name))) {
      const flow = { name: segment.replaceAll('-', '_'), path: segment, flow: found.flow };
      const flows = { list: () => [flow], find: () => flow };
      expect(() => engineResources({ ...engine, flows })).toThrow(/is a path already/);
    }
  });
});
