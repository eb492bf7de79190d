import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { flowEnd, startFlow, stepsOf } from '../support/flow-runs.ts';
import { readableHistory } from '../support/readable-history.ts';
import { fails, says } from '../support/scripted-model.ts';
import {
  getEvents,
  startCrew,
  startTestStack,
  until,
  waitForStatus,
  type TestStack,
} from '../support/test-stack.ts';

/** The requests of seed 001, as it prints them, and what belongs around them. */

let stack: TestStack;

beforeAll(async () => {
  stack = await startTestStack();
  await stack.startWorker();
});
afterEach(() => stack.model.assertDone());
afterAll(() => stack.close());

describe('the poem flow', () => {
  it('is triggered, and its status polled to the result', async () => {
    stack.model.script([says('Roses are red. Crews are keen. All is well.')]);
    const triggered = await stack.call('POST', '/api/v1/poem-flow/execute', { sentence_count: 3 });
    expect(triggered.status).toBe(200);
    const { execution_id: id } = z.object({ execution_id: z.uuid() }).parse(triggered.body);
    expect(triggered.body).toEqual({
      execution_id: id,
      status: 'pending',
      message: `Poem flow execution initiated with ID: ${id}`,
    });
    const run = await flowEnd(stack, 'poem-flow', id);
    const utc = expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
    expect(run).toEqual({
      execution_id: id,
      flow_name: 'poem_flow',
      status: 'completed',
      created_at: utc,
      started_at: utc,
      completed_at: utc,
      result: { sentence_count: 3, poem: 'Roses are red. Crews are keen. All is well.' },
      error: null,
    });
    expect(JSON.stringify(stack.model.requests.at(-1)?.body.messages)).toContain('exactly 3 sentences');
  });

  it('picks a length by chance when none is given', async () => {
    stack.model.script([says('A poem.')]);
    const run = await flowEnd(stack, 'poem-flow', await startFlow(stack, 'poem-flow', {}));
    const { sentence_count: count } = z.object({ sentence_count: z.int() }).parse(run.result);
    expect(count).toBeGreaterThanOrEqual(1);
    expect(count).toBeLessThanOrEqual(5);
    expect(JSON.stringify(stack.model.requests.at(-1)?.body.messages)).toContain(`exactly ${count} sentence`);
  });

  it('is an execution like any other: steps, events without a gap, tokens, a workflow of its own', async () => {
    stack.model.script([says('A poem.')]);
    const id = await startFlow(stack, 'poem-flow', { sentence_count: 1 });
    await flowEnd(stack, 'poem-flow', id);
    const steps = await stepsOf(stack, id);
    expect(steps.map(({ key, status, attempts }) => [key, status, attempts])).toEqual([
      ['pick_sentence_count', 'completed', 1],
      ['write_poem', 'completed', 1],
      ['keep_poem', 'completed', 1],
    ]);
    const events = await getEvents(stack, id);
    expect(events.map(({ seq, type, task_key: step }) => [seq, type, step])).toEqual([
      [1, 'workflow_started', null],
      [2, 'task_started', 'pick_sentence_count'],
      [3, 'task_completed', 'pick_sentence_count'],
      [4, 'task_started', 'write_poem'],
      [5, 'llm_call_completed', 'write_poem'],
      [6, 'task_completed', 'write_poem'],
      [7, 'task_started', 'keep_poem'],
      [8, 'task_completed', 'keep_poem'],
      [9, 'workflow_completed', null],
    ]);
    const execution = (await stack.call('GET', `/api/v1/executions/${id}`)).body;
    expect(execution).toMatchObject({
      kind: 'flow',
      flow_name: 'poem_flow',
      crew_name: null,
      input_data: { sentence_count: 1 },
      temporal: { workflow_id: `flow-run/${id}` },
    });
    const handle = stack.temporal.client.workflow.getHandle(`flow-run/${id}`);
    await until('the workflow is closed', async () => (await handle.describe()).status.name === 'COMPLETED');
    const history = readableHistory(await handle.fetchHistory());
    for (const text of ['A poem.', 'CrewAI is awesome', 'sk-planted']) expect(history).not.toContain(text);
    expect(history).toContain('write_poem');
  });

  it('fails with the reason when its model does, and goes on from there when retried', async () => {
    stack.model.script([fails(401)]);
    const id = await startFlow(stack, 'poem-flow', { sentence_count: 2 });
    const run = await flowEnd(stack, 'poem-flow', id);
    expect(run).toMatchObject({ status: 'failed', result: null, error: expect.stringMatching(/write_poem/) });
    stack.model.script([says('Better. Now.')]);
    expect((await stack.call('POST', `/api/v1/executions/${id}/retry`)).status).toBe(202);
    await until(
      'it is over again',
      async () => (await flowEnd(stack, 'poem-flow', id)).status === 'completed',
    );
    const started = (await getEvents(stack, id)).filter((event) => event.type === 'task_started');
    expect(started.map((event) => event.task_key)).toEqual([
      'pick_sentence_count',
      'write_poem',
      'write_poem',
      'keep_poem',
    ]);
  });
});

describe('what does not fit', () => {
  const start = (body: unknown, query = '') => stack.call('POST', `/api/v1/poem-flow/execute${query}`, body);
  const issues = (path: string) => ({
    status: 422,
    body: {
      error: 'VALIDATION_FAILED',
      details: { issues: expect.arrayContaining([expect.objectContaining({ path })]) },
    },
  });

  it('is answered with what is wrong and where', async () => {
    for (const count of [0, 101, 2.5, '3', null]) {
      expect(await start({ sentence_count: count })).toMatchObject(issues('/sentence_count'));
    }
    expect(await start([])).toMatchObject(issues(''));
    expect(await start({}, '?priority=101&tags=')).toMatchObject(issues('?priority'));
    expect(await start({}, '?thread_id=7')).toMatchObject(issues('?thread_id'));
    expect(await start({}, '?thread_id=550e8400-e29b-41d4-a716-446655440000')).toMatchObject({ status: 404 });
  });

  it('is refused when it is too large', async () => {
    const review = { topic: 'x'.repeat(2_001) };
    expect(await stack.call('POST', '/api/v1/content-review-flow/execute', review)).toMatchObject(
      issues('/topic'),
    );
    expect(await start({ note: 'x'.repeat(2_000_000) })).toMatchObject({ status: 413 });
  });

  it('is 404: an unknown flow, no id at all, an id of nothing, of a crew, of another flow', async () => {
    expect(await stack.call('POST', '/api/v1/no-such-flow/execute', {})).toMatchObject({ status: 404 });
    expect(await stack.call('POST', '/api/v1/poem_flow/execute', {})).toMatchObject({ status: 404 });
    stack.model.script([says('A poem.')]);
    const poem = await startFlow(stack, 'poem-flow', { sentence_count: 1 });
    await flowEnd(stack, 'poem-flow', poem);
    stack.model.script([says('done')]);
    const crew = await startCrew(stack, { crew: 'one-task' });
    await waitForStatus(stack, crew, ['completed']);
    for (const id of ['x', '0', '550e8400-e29b-41d4-a716-446655440000', crew]) {
      const answer = await stack.call('GET', `/api/v1/poem-flow/execution/${id}`);
      expect([id, answer]).toMatchObject([id, { status: 404, body: { message: 'execution not found' } }]);
    }
    const other = `/api/v1/content-review-flow/execution/${poem}`;
    expect(await stack.call('GET', other)).toMatchObject({ status: 404 });
    expect(await stack.call('GET', `/crew/status/${poem}`)).toMatchObject({ status: 404 });
    const wrong = await stack.call('DELETE', `/api/v1/poem-flow/execution/${poem}`);
    expect(wrong).toMatchObject({ status: 405 });
    const edit = await stack.call('PATCH', `/api/v1/executions/${poem}/tasks/write_poem`, {
      description: 'x',
    });
    expect(edit).toMatchObject({ status: 409 });
  });
});

describe('the list of executions', () => {
  it('is filtered by flow, with _ or -, and by state', async () => {
    stack.model.script([says('A poem.'), fails(401)]);
    const done = await startFlow(stack, 'poem-flow', { sentence_count: 1 }, '?tags=listed,poems&priority=1');
    await flowEnd(stack, 'poem-flow', done);
    const failed = await startFlow(stack, 'poem-flow', { sentence_count: 1 });
    await flowEnd(stack, 'poem-flow', failed);
    const list = async (query: string) =>
      z
        .array(
          z.looseObject({ execution_id: z.string(), flow_name: z.string().nullable(), status: z.string() }),
        )
        .parse((await stack.call('GET', `/api/v1/executions${query}`)).body);
    for (const name of ['poem_flow', 'poem-flow']) {
      const runs = await list(`?flow_name=${name}`);
      expect(runs.slice(0, 2).map((run) => run.execution_id)).toEqual([failed, done]);
      expect(new Set(runs.map((run) => run.flow_name))).toEqual(new Set(['poem_flow']));
    }
    const both = await list('?flow_name=poem_flow&status=completed&limit=10');
    expect(both[0]).toMatchObject({ execution_id: done, tags: ['listed', 'poems'], priority: 1 });
    expect(new Set(both.map((run) => run.status))).toEqual(new Set(['completed']));
    expect(await list('?flow_name=no_such_flow')).toEqual([]);
  });

  it('and the flows are mentioned at the root', async () => {
    expect((await stack.call('GET', '/')).body).toMatchObject({ links: { flows: '/api/v1/flows' } });
  });
});

describe('a request that is repeated', () => {
  it('with the same Idempotency-Key starts one run', async () => {
    stack.model.script([says('A poem.')]);
    const send = () =>
      fetch(`${stack.api.url}/api/v1/poem-flow/execute`, {
        method: 'POST',
        headers: {
          authorization: `Bearer ${stack.api.admin.token}`,
          'content-type': 'application/json',
          'idempotency-key': 'one-poem',
        },
        body: JSON.stringify({ sentence_count: 1 }),
      }).then(async (response) => z.looseObject({ execution_id: z.uuid() }).parse(await response.json()));
    const [first, second] = [await send(), await send()];
    expect(second.execution_id).toBe(first.execution_id);
    await flowEnd(stack, 'poem-flow', first.execution_id);
  });
});

describe('a flow in a thread', () => {
  it('belongs to it', async () => {
    const thread = z
      .looseObject({ id: z.uuid() })
      .parse((await stack.call('POST', '/api/v1/threads', {})).body);
    stack.model.script([says('A poem.')]);
    const id = await startFlow(stack, 'poem-flow', { sentence_count: 1 }, `?thread_id=${thread.id}`);
    expect(await flowEnd(stack, 'poem-flow', id)).toMatchObject({ status: 'completed' });
    const messages = await stack.call('GET', `/api/v1/threads/${thread.id}/messages`);
    expect(messages.status).toBe(200);
    expect(JSON.stringify(messages.body)).toContain('A poem.');
  });
});
