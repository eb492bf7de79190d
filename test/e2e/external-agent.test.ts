import { spawn, type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { createServer } from 'node:net';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { z } from 'zod';
import { errorEnvelopeSchema } from '../../src/api/errors.ts';
import { startApiProcess, type ApiProcess } from '../support/api-process.ts';
import { peopleOf } from '../support/people.ts';
import { startPlan } from '../support/plan-runs.ts';
import { aPlan, anAgent } from '../support/plans.ts';
import { readSse } from '../support/sse-reader.ts';
import { callsTool, says } from '../support/scripted-model.ts';
import { startTestStack, until, waitForStatus, type TestStack } from '../support/test-stack.ts';

/** Agents elsewhere as they come: a process that speaks HTTP, and the official MCP client; and runs beside them. */

const AGENT = fileURLToPath(new URL('../support/external-agent.ts', import.meta.url));

let stack: TestStack;
let key: string;
const people = peopleOf(() => stack.api);

beforeAll(async () => {
  stack = await startTestStack();
  key = (await people.makeKey(stack.api.admin.token, { name: 'agent', scopes: ['agent'] })).key;
});
afterAll(() => stack.close());

const entry = z.looseObject({ id: z.string(), seq: z.int(), kind: z.string(), content: z.string() });
const questionSchema = z.looseObject({ id: z.string(), question: z.string() });

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

const messagesOf = async (id: string) =>
  z.array(entry).parse((await stack.call('GET', `/api/v1/agent-instances/${id}/messages?limit=1000`)).body);
const openQuestions = async () =>
  z.array(questionSchema).parse((await stack.call('GET', '/api/v1/questions?status=open')).body);

const lineSchema = z.looseObject({
  step: z.int().optional(),
  heard: z.string().optional(),
  retry: z.string().optional(),
  ended: z.boolean().optional(),
});

describe('an agent that is a process elsewhere', () => {
  it('logs 100 steps and asks 3 times while the API is killed twice: every message once, in order', async () => {
    const port = await freePort();
    const id = randomUUID();
    let api: ApiProcess = await startApiProcess(stack, port);
    const lines: z.output<typeof lineSchema>[] = [];
    const agent: ChildProcess = spawn(process.execPath, [AGENT, api.url, key, id], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, NODE_OPTIONS: '' },
    });
    if (agent.stdout === null) throw new Error('the agent has no output');
    createInterface(agent.stdout).on('line', (line) => lines.push(lineSchema.parse(JSON.parse(line))));
    const reaches = (step: number) =>
      until(`the agent logs step ${step}`, () => lines.some((line) => line.step === step), 60_000);
    const killAndStart = async (): Promise<void> => {
      await api.kill();
      const before = lines.length;
      await until('the agent meets nobody', () =>
        lines.slice(before).some((line) => line.retry !== undefined),
      );
      api = await startApiProcess(stack, port);
    };
    const answerNext = async (): Promise<void> => {
      await until('a question is open', async () => (await openQuestions()).length > 0, 60_000);
      for (const { id: questionId } of await openQuestions())
        await stack.call('POST', `/api/v1/questions/${questionId}/answer`, { answer: 'yes' });
    };
    const feedback = (content: string) =>
      stack.call('POST', `/api/v1/agent-instances/${id}/messages`, { content, question_id: null });
    try {
      await reaches(10);
      await feedback('mind the fixtures');
      await killAndStart();
      await answerNext();
      await reaches(40);
      await feedback('and the docs');
      await until('the second question', async () => (await openQuestions()).length > 0, 60_000);
      await killAndStart();
      await answerNext();
      await reaches(60);
      await feedback('nearly there');
      await answerNext();
      await until('the session is over', () => lines.some((line) => line.ended === true), 60_000);
    } finally {
      agent.kill('SIGKILL');
      await api.stop();
    }
    const messages = await messagesOf(id);
    expect(messages.map(({ seq }) => seq)).toEqual(messages.map((_one, index) => index + 1));
    const steps = messages.filter(({ kind }) => kind === 'step').map(({ content }) => content);
    expect(steps).toEqual(Array.from({ length: 100 }, (_one, index) => `step ${index + 1}`));
    const ofKind = (kind: string) =>
      messages.filter((message) => message.kind === kind).map(({ content }) => content);
    expect(ofKind('question')).toEqual(['go on after 25?', 'go on after 50?', 'go on after 75?']);
    expect(ofKind('answer')).toEqual(['yes', 'yes', 'yes']);
    expect(ofKind('feedback')).toEqual(['mind the fixtures', 'and the docs', 'nearly there']);
    const heard = lines.flatMap((line) => (line.heard === undefined ? [] : [line.heard]));
    expect(heard.toSorted()).toEqual(
      ['mind the fixtures', 'and the docs', 'nearly there', 'yes', 'yes', 'yes'].toSorted(),
    );
    expect((await stack.call('GET', `/api/v1/agent-instances/${id}`)).body).toMatchObject({
      status: 'COMPLETED',
      chat_length: messages.length,
    });
  }, 180_000);
});

describe('the MCP server', () => {
  const connect = async (): Promise<Client> => {
    const client = new Client({ name: 'a coding agent', version: '1' });
    await client.connect(
      new StreamableHTTPClientTransport(new URL(`${stack.api.url}/mcp`), {
        requestInit: { headers: { authorization: `Bearer ${key}` } },
      }),
    );
    return client;
  };
  const resultSchema = z.object({
    isError: z.boolean().optional(),
    content: z.tuple([z.object({ text: z.string() })]),
  });
  const use = async (
    client: Client,
    name: string,
    args: Record<string, unknown>,
    onprogress?: () => void,
  ): Promise<Record<string, unknown>> => {
    const answer = await client.callTool({ name, arguments: args }, undefined, {
      ...(onprogress !== undefined && { onprogress }),
    });
    const { isError, content } = resultSchema.parse(answer);
    if (isError === true) throw new Error(content[0].text);
    return z.record(z.string(), z.unknown()).parse(JSON.parse(content[0].text));
  };

  it('says in the words of every error what it does not take', async () => {
    const send = async (body: unknown, headers: Record<string, string> = {}) => {
      const response = await fetch(`${stack.api.url}/mcp`, {
        method: 'POST',
        headers: {
          authorization: `Bearer ${key}`,
          'content-type': 'application/json',
          accept: 'application/json, text/event-stream',
          ...headers,
        },
        body: JSON.stringify(body),
      });
      const { error, details } = errorEnvelopeSchema.parse(await response.json());
      return [response.status, error, details.issues?.map(({ path }) => path)];
    };
    const list = { jsonrpc: '2.0', id: 1, method: 'tools/list' };
    const initialize = {
      jsonrpc: '2.0',
      id: 2,
      method: 'initialize',
      params: { protocolVersion: '2025-06-18', capabilities: {}, clientInfo: { name: 'a', version: '1' } },
    };
    expect(await send(list, { accept: 'text/html' })).toEqual([406, 'NOT_ACCEPTABLE', undefined]);
    expect(await send(list, { accept: 'application/json, text/event-stream;q=0' })).toEqual([
      406,
      'NOT_ACCEPTABLE',
      undefined,
    ]);
    const future = { 'mcp-protocol-version': '2999-01-01' };
    expect(await send(list, future)).toEqual([400, 'MALFORMED_REQUEST', undefined]);
    expect(await send({ id: 1 })).toEqual([422, 'VALIDATION_FAILED', ['']]);
    expect(await send([list, { id: 1 }])).toEqual([422, 'VALIDATION_FAILED', ['/1']]);
    expect(await send([list, initialize])).toEqual([422, 'VALIDATION_FAILED', ['']]);
    expect(await send(Array.from({ length: 101 }, () => list))).toEqual([422, 'VALIDATION_FAILED', ['']]);
  });

  it.each(['*/*', 'application/*, text/*;q=0.5', 'text/event-stream, application/json'])(
    'answers whoever accepts %s',
    async (accept) => {
      const response = await fetch(`${stack.api.url}/mcp`, {
        method: 'POST',
        headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json', accept },
        body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/list' }),
      });
      expect(response.status).toBe(200);
      expect(await response.text()).toContain('log_step');
    },
  );

  it('lets the official client log, ask with a wait or a poll, and end; a lost connection loses no question', async () => {
    const client = await connect();
    expect((await client.listTools()).tools.map(({ name }) => name)).toEqual([
      'log_step',
      'ask_question',
      'end_session',
    ]);
    const begun = await use(client, 'log_step', { agent_type: 'Coder', name: 'Tests', step: 'begun' });
    const id = String(begun['agent_instance_id']);
    let progress = 0;
    const waiting = use(
      client,
      'ask_question',
      { agent_instance_id: id, question: 'Push?', options: ['yes', 'no'], wait_seconds: 60 },
      () => (progress += 1),
    );
    await until('the question is open', async () => (await openQuestions()).length === 1);
    await until('the client hears that nobody has answered', () => progress > 0, 20_000);
    await stack.call('POST', `/api/v1/agent-instances/${id}/messages`, { content: 'yes' });
    expect(await waiting).toMatchObject({ status: 'answered', answer: 'yes' });

    const lost = await connect();
    const cut = use(lost, 'ask_question', { agent_instance_id: id, question: 'Which?', wait_seconds: 60 });
    await until('the second question is open', async () => (await openQuestions()).length === 1);
    await lost.close();
    await expect(cut).rejects.toThrow();
    const [open] = await openQuestions();
    const poll = { question_id: open?.id, wait_seconds: 0 };
    expect(await use(client, 'ask_question', poll)).toMatchObject({ status: 'open', answer: null });
    await stack.call('POST', `/api/v1/questions/${open?.id ?? ''}/answer`, { answer: 'the first' });
    expect(await use(client, 'ask_question', poll)).toMatchObject({
      status: 'answered',
      answer: 'the first',
    });
    const after = await use(client, 'log_step', { agent_instance_id: id, step: 'went on' });
    expect(after['queued_user_messages']).toMatchObject([{ content: 'the first' }]);
    await expect(use(client, 'ask_question', { agent_instance_id: id })).rejects.toThrow('question');
    expect(await use(client, 'end_session', { agent_instance_id: id })).toMatchObject({
      final_status: 'COMPLETED',
    });
    await client.close();
  });
});

describe('the run of a crew', () => {
  it('is an instance: it speaks, follows its execution, and is answered in its chat and in the inbox’s stream', async () => {
    const inbox = await readSse(`${stack.api.url}/api/v1/inbox/stream`, {
      authorization: `Bearer ${stack.api.admin.token}`,
    });
    await until('the stream is ready', () => inbox.events.some(({ event }) => event === 'ready'));
    stack.model.script([
      callsTool('ask_human', { question: 'Out today?', options: ['yes', 'no'] }),
      says('Published.'),
    ]);
    await stack.startWorker();
    const id = await startPlan(stack, aPlan({ agents: [anAgent({ tools: ['ask_human'] })] }));
    await waitForStatus(stack, id, ['waiting']);
    expect((await stack.call('GET', `/api/v1/agent-instances/${id}`)).body).toMatchObject({
      execution_id: id,
      status: 'AWAITING_INPUT',
      messages: [{ kind: 'question', content: 'Out today?', requires_user_input: true }],
    });
    const answer = await stack.call('POST', `/api/v1/agent-instances/${id}/messages`, { content: 'yes' });
    expect([answer.status, answer.body]).toMatchObject([201, { kind: 'answer', content: 'yes' }]);
    await waitForStatus(stack, id, ['completed']);
    expect((await stack.call('GET', `/api/v1/agent-instances/${id}`)).body).toMatchObject({
      status: 'COMPLETED',
      chat_length: 4,
      latest_message: 'Published.',
    });
    const kinds = (await messagesOf(id)).map(({ kind }) => kind);
    expect(kinds).toEqual(['question', 'answer', 'step', 'result']);
    const messageSchema = z.object({ kind: z.string(), agent_instance_id: z.string().nullable() });
    const seen = () =>
      inbox.events
        .filter(({ event }) => event === 'message_created')
        .map(({ data }) => messageSchema.parse(data))
        .filter((message) => message.agent_instance_id === id)
        .map(({ kind }) => kind);
    await until('the inbox has all of it', () => seen().length === 4);
    expect(seen()).toEqual(kinds);
    const cursor = inbox.events.find(({ event }) => event === 'message_created')?.id ?? '';
    inbox.leave();
    const again = await readSse(`${stack.api.url}/api/v1/inbox/stream`, {
      authorization: `Bearer ${stack.api.admin.token}`,
      'last-event-id': cursor,
    });
    await until('the rest comes again', () => again.events.length >= 4);
    expect(again.events.slice(1, 4).map(({ data }) => messageSchema.parse(data).kind)).toEqual(
      kinds.slice(1),
    );
    again.leave();
    stack.model.assertDone();
  });
});
