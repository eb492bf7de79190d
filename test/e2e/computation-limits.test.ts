import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { z } from 'zod';
import {
  END,
  getEvents,
  startTestStack,
  until,
  waitForStatus,
  type TestStack,
} from '../support/test-stack.ts';
import { says } from '../support/scripted-model.ts';

/** What a user supplies may take so long and no longer, on threads nobody else needs. */

let stack: TestStack;
beforeAll(async () => {
  stack = await startTestStack();
  await stack.startWorker();
}, 120_000);
afterAll(() => stack.close());

const idSchema = z.looseObject({ id: z.string() });
const startedSchema = z.looseObject({ execution_id: z.string() });
const ENDLESS =
  'state.list.map(a, state.list.map(b, state.list.map(c, state.list.filter(d, a + b + c + d < 0)))).size()';

async function startFlow(name: string, methods: object): Promise<string> {
  const list = Array.from({ length: 300 }, (_, index) => index);
  await stack.call('POST', '/api/v1/flows', {
    definition: { schema: 'crewai.flow/v1', name, state: { type: 'dict', default: { list } }, methods },
  });
  const { body } = await stack.call('POST', `/api/v1/${name}/execute`, {});
  return startedSchema.parse(body).execution_id;
}

it('ends a step whose expression takes too long, by name and without another try', async () => {
  const id = await startFlow('endless', {
    one: { start: true, do: { call: 'expression', expr: ENDLESS } },
  });
  const run = await waitForStatus(stack, id, END, 60_000);
  expect(run).toMatchObject({
    status: 'failed',
    error_code: 'COMPUTATION_LIMIT',
    error: expect.stringContaining('an expression takes more than 5 s: make it smaller or simpler'),
  });
  const types = (await getEvents(stack, id)).map(({ type }) => type);
  expect(types.filter((type) => type === 'task_failed')).toHaveLength(1);
  expect(types).not.toContain('task_retrying');
}, 90_000);

it('stops computing when the run is cancelled', async () => {
  const id = await startFlow('each-of-many', {
    one: {
      start: true,
      do: {
        call: 'each',
        in: 'state.list.filter(a, a < 200)',
        do: [{ name: 's', action: { call: 'expression', expr: ENDLESS } }],
      },
    },
  });
  await until(
    'the step computes',
    async () => (await getEvents(stack, id)).some(({ type }) => type === 'task_started'),
    30_000,
  );
  expect((await stack.call('POST', `/api/v1/executions/${id}/cancel`)).status).toBe(202);
  const run = await waitForStatus(stack, id, END, 30_000);
  expect(run.status).toBe('cancelled');
}, 90_000);

it('ends a task whose condition takes too long', async () => {
  stack.model.script([says('a'.repeat(300_000))]);
  const graph = await stack.call('POST', '/api/v1/graphs', {
    name: 'slow condition',
    nodes: [
      { id: 'w', type: 'agent', data: { role: 'r', goal: 'g', backstory: 'b' } },
      { id: 'one', type: 'task', data: { description: 'd', expected_output: 'x', agent: 'w' } },
      {
        id: 'two',
        type: 'task',
        data: {
          description: 'd',
          expected_output: 'x',
          agent: 'w',
          condition: { matches: '(?:[a-z]{0,30}){0,30}[0-9]$' },
        },
      },
    ],
    edges: [{ source: 'one', target: 'two' }],
  });
  const { id } = idSchema.parse(graph.body);
  const { body } = await stack.call('POST', `/api/v1/graphs/${id}/execute`, { inputs: {} });
  const run = await waitForStatus(stack, startedSchema.parse(body).execution_id, END, 60_000);
  expect(run).toMatchObject({ status: 'failed', error_code: 'COMPUTATION_LIMIT' });
}, 90_000);

it('refuses inputs that would make a text of millions of characters, and says why', async () => {
  const graph = await stack.call('POST', '/api/v1/graphs', {
    name: 'long',
    nodes: [
      { id: 'w', type: 'agent', data: { role: 'r', goal: 'g', backstory: 'b' } },
      {
        id: 't',
        type: 'task',
        data: { description: '{a}'.repeat(50_000), expected_output: 'x', agent: 'w' },
      },
    ],
    edges: [],
  });
  const { id } = idSchema.parse(graph.body);
  const refused = await stack.call('POST', `/api/v1/graphs/${id}/execute`, {
    inputs: { a: 'x'.repeat(1_000) },
  });
  expect(refused).toMatchObject({
    status: 422,
    body: {
      details: { issues: [{ path: '/inputs', message: expect.stringContaining('give shorter inputs') }] },
    },
  });
});

it('answers a check that takes too long with 422 and the limit that was met', async () => {
  const refused = await stack.call('POST', '/api/v1/messages/agent', {
    agent_type: 'a',
    content: 'q',
    requires_user_input: true,
    message_metadata: {
      question: {
        schema: { type: 'string', pattern: '(?:[a-z]{0,30}){0,30}[0-9]$' },
        default: 'a'.repeat(300_000),
      },
    },
  });
  expect(refused).toMatchObject({
    status: 422,
    body: { error: 'VALIDATION_FAILED', details: { computation_limit: 'time' } },
  });
}, 60_000);
