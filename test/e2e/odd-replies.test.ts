import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { ODD_REPLIES, text } from '../support/odd-replies.ts';
import { says, streams, type ChatRequest, type Reply } from '../support/scripted-model.ts';
import {
  END,
  getEvents,
  startTestStack,
  until,
  waitForStatus,
  type TestStack,
} from '../support/test-stack.ts';

/** Runs whose model answers as people have met it; the model's name says how. */

let stack: TestStack;
/** Asked so far, by the model's name. */
const asked = new Map<string, number>();

const replyOf = (request: ChatRequest): Reply => {
  const { model } = request;
  const times = (asked.get(model) ?? 0) + 1;
  asked.set(model, times);
  if (model === 'half_then_error_reason' && times > 1) return says('whole');
  if (model === 'gpt-4o-mini') return streams(text('a cut poem', 'length'));
  return Object.entries(ODD_REPLIES).find(([name]) => name === model)?.[1](request) ?? says('done');
};

beforeAll(async () => {
  stack = await startTestStack();
  stack.model.always(replyOf);
  await stack.startWorker();
});
afterAll(() => stack.close());

const idOf = z.looseObject({ id: z.uuid() });
const startOf = z.looseObject({ execution_id: z.uuid() });
const statusOf = z.looseObject({ status: z.string() });
const tasksOf = z.array(z.looseObject({ warnings: z.array(z.looseObject({ code: z.string() })) }));
const logOf = z.array(z.looseObject({ level: z.string(), message: z.string() }));

async function get(path: string): Promise<unknown> {
  return (await stack.call('GET', path)).body;
}

/** A crew of one task whose agent has the calculator. */
async function run(model: string, task: object = {}) {
  asked.delete(model);
  const graph = await stack.call('POST', '/api/v1/graphs', {
    name: model,
    nodes: [
      {
        id: 'w',
        type: 'agent',
        data: { role: 'W', goal: 'g', backstory: 'b', llm: `openai/${model}`, max_tokens: 77 },
      },
      {
        id: 't',
        type: 'task',
        data: { description: 'Work.', expected_output: 'x', tools: ['calculator'], ...task },
      },
    ],
    edges: [{ source: 'w', target: 't' }],
  });
  const start = await stack.call('POST', `/api/v1/graphs/${idOf.parse(graph.body).id}/execute`, {
    inputs: {},
  });
  const id = startOf.parse(start.body).execution_id;
  const execution = await waitForStatus(stack, id, END, 60_000);
  const events = await getEvents(stack, id);
  return {
    id,
    execution,
    calls: asked.get(model),
    toolsUsed: events.filter(({ type }) => type === 'tool_completed').length,
    finishReasons: events
      .filter(({ type }) => type === 'llm_call_completed')
      .map(({ data }) => data['finish_reason']),
    retried: events.filter(({ type }) => type === 'task_retrying').map(({ data }) => String(data['error'])),
    warnings: tasksOf.parse(await get(`/api/v1/executions/${id}/tasks`)).flatMap(({ warnings }) => warnings),
    log: logOf.parse(await get(`/api/v1/executions/${id}/logs`)),
  };
}

describe('a run whose model', () => {
  it.each([
    'reasoning_must_return',
    'signature_must_return',
    'no_finish_reason_tool',
    'arguments_object',
    'repeated_at_end',
    'call_as_text',
    'legacy_function_call',
  ])(
    'calls a tool in its own way goes to its end in two calls, with the tool used once: %s',
    async (model) => {
      const ended = await run(model);
      expect(ended.execution).toMatchObject({ status: 'completed', error: null, result: { raw: 'done' } });
      expect(ended).toMatchObject({
        calls: 2,
        toolsUsed: 1,
        finishReasons: ['tool_calls', 'stop'],
        warnings: [],
      });
    },
  );

  it.each([
    ['plain', 'done'],
    ['created_string', 'done'],
    ['no_finish_reason', 'all of it'],
  ])('answers in its own way completes in one call: %s', async (model, raw) => {
    const ended = await run(model);
    expect(ended.execution).toMatchObject({ status: 'completed', result: { raw } });
    expect(ended).toMatchObject({ calls: 1, finishReasons: ['stop'], warnings: [] });
  });

  it('breaks off with an error is asked again, and half an answer never counts', async () => {
    const ended = await run('half_then_error_reason');
    expect(ended.execution).toMatchObject({ status: 'completed', result: { raw: 'whole' } });
    expect(ended.retried).toEqual([expect.stringContaining('finish reason "error"')]);
  });

  it.each(['json_with_prose', 'json_after_thinking'])(
    'wraps its JSON is understood at once: %s',
    async (model) => {
      const output_json = {
        type: 'object',
        properties: { title: { type: 'string' } },
        required: ['title'],
        additionalProperties: false,
      };
      const ended = await run(model, { output_json });
      expect(ended.execution).toMatchObject({ status: 'completed', result: { data: { title: 'Bees' } } });
      expect(ended.calls).toBe(1);
    },
  );

  it('is cut off completes, and event, task and log say so', async () => {
    const ended = await run('length');
    expect(ended.execution).toMatchObject({ status: 'completed', result: { raw: 'cut in the mid' } });
    expect(ended.finishReasons).toEqual(['length']);
    expect(ended.warnings).toEqual([
      {
        code: 'model_reply_cut',
        message: 'a reply of openai/length is cut off: it had used up its 77 tokens (max_tokens)',
      },
    ]);
    expect(ended.log.filter(({ level }) => level === 'warning')).toMatchObject([
      { message: expect.stringContaining('cut off') },
    ]);
  });

  it('is filtered completes, and event, task and log say so', async () => {
    const ended = await run('content_filter');
    expect(ended.execution.status).toBe('completed');
    expect(ended).toMatchObject({
      finishReasons: ['content_filter'],
      warnings: [{ code: 'model_reply_filtered' }],
    });
    expect(
      ended.log.some(({ level, message }) => level === 'warning' && message.includes('content filter')),
    ).toBe(true);
  });

  it('has no quota left fails at once, and the error names it', async () => {
    const ended = await run('quota');
    expect(ended.execution).toMatchObject({ status: 'failed', error_code: 'MODEL_QUOTA_EXHAUSTED' });
    expect(ended.execution.error).toMatch(/quota of openai is used up.*You exceeded your current quota/);
    expect(ended.calls).toBe(1);
  });
});

describe('a step of a flow whose model is cut off', () => {
  it('says so like a task', async () => {
    const start = await stack.call('POST', '/api/v1/poem-flow/execute', {});
    const { execution_id: id } = startOf.parse(start.body);
    const status = async () => statusOf.parse(await get(`/api/v1/executions/${id}`)).status;
    await until('the flow has ended', async () => END.includes(await status()), 60_000);
    const spoken = (await getEvents(stack, id)).find(({ type }) => type === 'llm_call_completed');
    expect(spoken?.data).toMatchObject({ finish_reason: 'length' });
    const tasks = tasksOf.parse(await get(`/api/v1/executions/${id}/tasks`));
    expect(tasks.flatMap(({ warnings }) => warnings.map(({ code }) => code))).toContain('model_reply_cut');
  });
});

describe('an input of 64 bits', () => {
  const BIG = '1234567890123456789';
  const start = async (id: string) => {
    const graph = await stack.call('POST', '/api/v1/graphs', {
      name: 'big',
      nodes: [
        { id: 'w', type: 'agent', data: { role: 'W', goal: 'g', backstory: 'b', llm: 'openai/plain' } },
        { id: 't', type: 'task', data: { description: 'Order {id}', expected_output: 'x' } },
      ],
      edges: [{ source: 'w', target: 't' }],
    });
    // As it is typed: JSON.stringify would have lost it already.
    const response = await fetch(`${stack.api.url}/api/v1/graphs/${idOf.parse(graph.body).id}/execute`, {
      method: 'POST',
      headers: { authorization: `Bearer ${stack.api.admin.token}`, 'content-type': 'application/json' },
      body: `{"inputs":{"id":${id}}}`,
    });
    const body: unknown = await response.json();
    return { status: response.status, body };
  };

  it('is refused with its place as a number, and reaches the prompt digit by digit as a text', async () => {
    expect(await start(BIG)).toMatchObject({
      status: 422,
      body: { error: 'VALIDATION_FAILED', details: { issues: [{ path: '/inputs/id' }] } },
    });
    const { body } = await start(`"${BIG}"`);
    await waitForStatus(stack, startOf.parse(body).execution_id, END, 60_000);
    expect(JSON.stringify(stack.model.requests.at(-1)?.body.messages)).toContain(`Order ${BIG}`);
  });
});
