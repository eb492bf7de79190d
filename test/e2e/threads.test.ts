import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { createClient } from 'muster/client';
import { z } from 'zod';
import { aGraph } from '../support/graph-bodies.ts';
import { fails, says, slowly } from '../support/scripted-model.ts';
import { readSse } from '../support/sse-reader.ts';
import { END, startTestStack, until, waitForStatus, type TestStack } from '../support/test-stack.ts';

/** Threads whose runs speak: real Temporal, real worker, a model that says what the test wants. */

let stack: TestStack;
const madeSchema = z.looseObject({ id: z.string() });
const messageSchema = z.looseObject({
  seq: z.int(),
  kind: z.string(),
  content: z.string(),
  execution_id: z.string().nullable(),
});

/** Two tasks, one after the other; the first wants a topic. */
const TWO = aGraph({
  nodes: [
    ...aGraph().nodes.filter(({ type }) => type === 'agent'),
    { id: 'find', type: 'task', data: { description: 'Find out about {topic}', expected_output: 'Facts' } },
    { id: 'tell', type: 'task', data: { description: 'Tell it', expected_output: 'A story' } },
  ],
  edges: [
    { source: 'writer', target: 'find' },
    { source: 'writer', target: 'tell' },
    { source: 'find', target: 'tell' },
  ],
});

beforeAll(async () => {
  stack = await startTestStack();
  await stack.startWorker();
});
afterEach(() => stack.model.assertDone());
afterAll(() => stack.close());

const make = async (path: string, body: unknown): Promise<string> =>
  madeSchema.parse((await stack.call('POST', `/api/v1${path}`, body)).body).id;
const thread = async (fields: Record<string, unknown> = {}): Promise<string> =>
  make('/threads', { graph_id: await make('/graphs', TWO), ...fields });
const start = async (id: string, content: string): Promise<string> => {
  const { status, body } = await stack.call('POST', `/api/v1/threads/${id}/messages`, {
    content,
    execute: true,
  });
  expect(status).toBe(201);
  return messageSchema.parse(body).execution_id ?? '';
};
const messages = async (id: string): Promise<z.output<typeof messageSchema>[]> =>
  z.array(messageSchema).parse((await stack.call('GET', `/api/v1/threads/${id}/messages`)).body);
const linesOf = (list: readonly z.output<typeof messageSchema>[]): string[] =>
  list.map(({ kind, content }) => `${kind}: ${content}`);

describe('a run that a message has started', () => {
  it('gets the message as its input, and says its steps and its result in the thread, live', async () => {
    const id = await thread();
    const reader = await readSse(`${stack.api.url}/api/v1/threads/${id}/stream`, {
      authorization: `Bearer ${stack.api.admin.token}`,
    });
    stack.model.script([says('Otters hold hands.'), says('Once upon a time …')]);
    const execution = await start(id, 'otters');
    const ended = await waitForStatus(stack, execution, END);
    expect(ended).toMatchObject({
      status: 'completed',
      thread_id: id,
      input_data: { message: 'otters', topic: 'otters' },
    });
    const said = await messages(id);
    expect(linesOf(said)).toEqual([
      'user: otters',
      'step: Otters hold hands.',
      'step: Once upon a time …',
      'result: Once upon a time …',
    ]);
    expect(said.map(({ seq }) => seq)).toEqual([1, 2, 3, 4]);
    expect(new Set(said.map((message) => message.execution_id))).toEqual(new Set([execution]));
    expect(said[1]).toMatchObject({ message_metadata: { task_key: 'find', event_type: 'task_completed' } });
    await until('the stream has them all', () => reader.events.length === 4, 5_000);
    reader.leave();
    expect(reader.events.map(({ data }) => data)).toEqual(said);
  });

  it('is followed by muster/client as an agent instance, whose seqs are those of the thread with gaps', async () => {
    const id = await thread();
    stack.model.script([says('one'), says('two'), says('three'), says('four')]);
    const first = await start(id, 'otters');
    await waitForStatus(stack, first, ['completed']);
    const second = await start(id, 'seals');
    const client = createClient({ baseUrl: stack.api.url, token: stack.api.admin.token });
    const said: { seq: number; content: string }[] = [];
    const stop = AbortSignal.timeout(60_000);
    for await (const { seq, content, kind } of client.agentInstances.stream(second, { signal: stop })) {
      said.push({ seq, content });
      if (kind === 'result') break;
    }
    expect(said).toEqual([
      { seq: 6, content: 'three' },
      { seq: 7, content: 'four' },
      { seq: 8, content: 'four' },
    ]);
    const after: number[] = [];
    for await (const { seq } of client.agentInstances.stream(second, { after: 6, signal: stop })) {
      after.push(seq);
      if (seq === 8) break;
    }
    expect(after).toEqual([7, 8]);
  });

  it('says why it failed, once, and what came of a retry', async () => {
    const id = await thread();
    stack.model.script([fails(401)]);
    const execution = await start(id, 'otters');
    await waitForStatus(stack, execution, ['failed']);
    expect(await messages(id)).toMatchObject([
      { kind: 'user' },
      { kind: 'failure', sender_type: 'agent', message_metadata: { error_code: 'MODEL_AUTH' } },
    ]);
    stack.model.script([says('one'), says('two')]);
    await stack.call('POST', `/api/v1/executions/${execution}/retry`);
    await waitForStatus(stack, execution, ['completed']);
    expect(linesOf((await messages(id)).slice(2))).toEqual(['step: one', 'step: two', 'result: two']);
  });

  it('goes on speaking to nobody when its thread is gone', async () => {
    const id = await thread();
    stack.model.script([fails(401)]);
    const execution = await start(id, 'otters');
    await waitForStatus(stack, execution, ['failed']);
    expect((await stack.call('DELETE', `/api/v1/threads/${id}`)).status).toBe(200);
    stack.model.script([says('one'), says('two')]);
    await stack.call('POST', `/api/v1/executions/${execution}/retry`);
    await waitForStatus(stack, execution, ['completed']);
  });
});

describe('a message while a run is live', () => {
  it('starts its own when that has ended', async () => {
    const id = await thread();
    stack.model.script([
      slowly('first', { chunkMs: 100, chunks: 8 }),
      says('told'),
      says('second'),
      says('told too'),
    ]);
    const first = await start(id, 'otters');
    await until('the model is asked', () => stack.model.requests.length > 0);
    const second = await start(id, 'seals');
    expect((await stack.call('GET', `/api/v1/executions/${second}`)).body).toMatchObject({
      status: 'pending',
    });
    await waitForStatus(stack, second, ['completed']);
    expect(linesOf(await messages(id))).toEqual([
      'user: otters',
      'user: seals',
      'step: first',
      'step: told',
      'result: told',
      'step: second',
      'step: told too',
      'result: told too',
    ]);
    expect(await waitForStatus(stack, first, END)).toMatchObject({ status: 'completed' });
  });

  it('has it cancelled, and starts after it, where the thread says so', async () => {
    const id = await thread({ on_busy: 'cancel_and_start' });
    const before = stack.model.requests.length;
    stack.model.script([slowly('never said', { chunkMs: 500, chunks: 60 }), says('one'), says('two')]);
    const first = await start(id, 'otters');
    await until('the model is asked', () => stack.model.requests.length > before);
    const second = await start(id, 'seals');
    await waitForStatus(stack, second, ['completed']);
    expect(await waitForStatus(stack, first, END)).toMatchObject({ status: 'cancelled' });
    expect(linesOf(await messages(id))).toEqual([
      'user: otters',
      'user: seals',
      'failure: cancelled',
      'step: one',
      'step: two',
      'result: two',
    ]);
  });
});

describe('a run that asks a person', () => {
  it('says its question in the thread, and the answer after it', async () => {
    const asking = aGraph({
      nodes: aGraph().nodes.map((node) =>
        node.type === 'task' ? { ...node, data: { ...node.data, human_input: true } } : node,
      ),
    });
    const id = await make('/threads', { graph_id: await make('/graphs', asking) });
    stack.model.script([says('Dear reader')]);
    const execution = await start(id, 'write');
    await waitForStatus(stack, execution, ['waiting']);
    const asked = (await messages(id)).at(-1);
    expect(asked).toMatchObject({ kind: 'question', requires_user_input: true });
    expect(asked?.content).toContain('Dear reader');
    const { question_id: question } = z
      .looseObject({ question_id: z.string() })
      .parse(asked?.['message_metadata']);
    await stack.call('POST', `/api/v1/executions/${execution}/questions/${question}/answer`, { answer: '' });
    await waitForStatus(stack, execution, END);
    expect((await messages(id)).map(({ kind }) => kind)).toEqual([
      'user',
      'question',
      'answer',
      'step',
      'result',
    ]);
  });
});
