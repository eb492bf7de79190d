import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createChatCompletionsModel } from '../../src/models/chat-completions.ts';
import type { ChatEndpoint } from '../../src/models/chat-completions.ts';
import type { ModelRequest } from '../../src/models/model.ts';
import {
  callsTool,
  callsTools,
  cuts,
  empty,
  fails,
  garbage,
  hangs,
  says,
  slowly,
  startScriptedModel,
} from '../support/scripted-model.ts';
import type { ScriptedModel } from '../support/scripted-model.ts';

const request: ModelRequest = {
  messages: [
    { role: 'system', content: 'You are brief.' },
    { role: 'user', content: 'Say something.' },
  ],
  tools: [],
  temperature: null,
  topP: null,
  maxTokens: null,
};
const calculator = {
  name: 'calculator',
  description: 'adds',
  parameters: { type: 'object', properties: {} },
};

let server: ScriptedModel;
beforeEach(async () => {
  server = await startScriptedModel();
});
afterEach(() => server.close());

const model = (more: Partial<ChatEndpoint> = {}) =>
  createChatCompletionsModel({
    provider: 'openai_compatible',
    model: 'tiny',
    baseUrl: server.url,
    apiKey: 'k-1',
    idleMs: 5_000,
    maxReplyBytes: 8 * 1024 * 1024,
    ...more,
  });

const ask = (more: Partial<ChatEndpoint> = {}, asked: Partial<ModelRequest> = {}) => {
  const heard: string[] = [];
  const signal = new AbortController().signal;
  const reply = model(more).complete(
    { ...request, ...asked },
    { signal, onText: (text) => heard.push(text) },
  );
  return reply.then((whole) => ({ ...whole, heard }));
};

describe('a text', () => {
  it('streams in order and comes back whole with the tokens the server counted', async () => {
    server.script([says('one two three', { chunks: 3, usage: { promptTokens: 11, completionTokens: 3 } })]);
    const reply = await ask();
    expect(reply.text).toBe('one two three');
    expect(reply.heard.join('')).toBe('one two three');
    expect(reply.heard.length).toBe(3);
    expect(reply.toolCalls).toEqual([]);
    expect(reply.usage).toEqual({ promptTokens: 11, completionTokens: 3, totalTokens: 14, estimated: false });
    server.assertDone();
  });

  it('keeps its characters whole when writes cut them in two', async () => {
    server.script([says('Grüße, 世界 🌍!', { bytesPerWrite: 3 })]);
    expect((await ask()).text).toBe('Grüße, 世界 🌍!');
  });

  it('has estimated tokens when the server counts none', async () => {
    server.script([says('12345678', { usage: null })]);
    expect((await ask()).usage).toEqual({
      promptTokens: 7,
      completionTokens: 2,
      totalTokens: 9,
      estimated: true,
    });
  });
});

describe('what is sent', () => {
  it('is the conversation with the tools, the parameters and the key, as a stream with usage', async () => {
    server.script([says('ok')]);
    await ask(
      {},
      {
        tools: [calculator],
        temperature: 0.5,
        topP: 0.9,
        maxTokens: 77,
        messages: [
          ...request.messages,
          {
            role: 'assistant',
            content: '',
            toolCalls: [{ id: 'c1', name: 'calculator', arguments: '{"a":1}' }],
          },
          { role: 'tool', toolCallId: 'c1', toolName: 'calculator', content: '2' },
        ],
      },
    );
    const [sent] = server.requests;
    expect(sent?.headers.authorization).toBe('Bearer k-1');
    expect(sent?.body).toMatchObject({
      model: 'tiny',
      stream: true,
      stream_options: { include_usage: true },
      temperature: 0.5,
      top_p: 0.9,
      max_tokens: 77,
      tools: [{ type: 'function', function: { name: 'calculator', description: 'adds' } }],
      messages: [
        { role: 'system', content: 'You are brief.' },
        { role: 'user', content: 'Say something.' },
        {
          role: 'assistant',
          tool_calls: [{ id: 'c1', function: { name: 'calculator', arguments: '{"a":1}' } }],
        },
        { role: 'tool', tool_call_id: 'c1', content: '2' },
      ],
    });
  });

  it('holds no parameter that was not given, and no key when there is none', async () => {
    server.script([says('ok')]);
    await ask({ apiKey: undefined });
    expect(server.requests[0]?.headers.authorization).toBeUndefined();
    const sent = Object.keys(server.requests[0]?.body ?? {});
    for (const name of ['temperature', 'top_p', 'max_tokens']) expect(sent).not.toContain(name);
    expect(server.requests[0]?.body.tools).toEqual([]);
  });

  it('wraps malformed arguments of earlier calls, which servers would refuse', async () => {
    server.script([says('ok')]);
    const broken = {
      role: 'assistant' as const,
      content: '',
      toolCalls: [{ id: 'c1', name: 'x', arguments: '{"a"' }],
    };
    await ask(
      {},
      {
        messages: [
          ...request.messages,
          broken,
          { role: 'tool', toolCallId: 'c1', toolName: 'x', content: 'no' },
        ],
      },
    );
    expect(server.requests[0]?.body.messages[2]?.tool_calls?.[0]?.function.arguments).toBe(
      '{"malformed_arguments":"{\\"a\\""}',
    );
  });

  it('names the limit of tokens as OpenAI’s own address wants it', async () => {
    server.script([says('ok')]);
    const real = globalThis.fetch;
    // the one thing bent here is the address, so that no test speaks to the real one
    globalThis.fetch = (input, init) =>
      real(
        String(input instanceof Request ? input.url : input).replace('https://api.openai.com/v1', server.url),
        init,
      );
    try {
      await ask({ provider: 'openai', baseUrl: 'https://api.openai.com/v1' }, { maxTokens: 9 });
    } finally {
      globalThis.fetch = real;
    }
    expect(server.requests[0]?.body).toMatchObject({ max_completion_tokens: 9 });
    expect(server.requests[0]?.body).not.toHaveProperty('max_tokens');
  });

  it('goes to Azure with its own header and keeps the query of the address', async () => {
    server.script([says('ok')]);
    await ask({ provider: 'azure', baseUrl: `${server.url}?api-version=2026-01-01` });
    const [sent] = server.requests;
    expect(sent?.url).toBe('/v1/chat/completions?api-version=2026-01-01');
    expect(sent?.headers['api-key']).toBe('k-1');
    expect(sent?.headers.authorization).toBeUndefined();
  });
});

describe('tool calls', () => {
  it('are put together from their pieces', async () => {
    server.script([callsTool('calculator', { expression: '1 + "ü"' }, { chunks: 9, id: 'c7' })]);
    const reply = await ask({}, { tools: [calculator] });
    expect(reply).toMatchObject({
      text: '',
      toolCalls: [{ id: 'c7', name: 'calculator', arguments: '{"expression":"1 + \\"ü\\""}' }],
    });
  });

  it('come several in one turn, beside a text', async () => {
    server.script([
      callsTools(
        [
          { name: 'a', args: { x: 1 } },
          { name: 'b', args: { y: 2 } },
        ],
        { text: 'Let me see.' },
      ),
    ]);
    const reply = await ask({}, { tools: [calculator] });
    expect(reply.text).toBe('Let me see.');
    expect(reply.toolCalls.map((call) => [call.name, call.arguments])).toEqual([
      ['a', '{"x":1}'],
      ['b', '{"y":2}'],
    ]);
    expect(new Set(reply.toolCalls.map((call) => call.id)).size).toBe(2);
  });

  it('keep malformed arguments as they are, and take none for an empty object', async () => {
    server.script([callsTool('calculator', '{"expression": 1 +'), callsTool('calculator', '')]);
    expect((await ask()).toolCalls[0]?.arguments).toBe('{"expression": 1 +');
    expect((await ask()).toolCalls[0]?.arguments).toBe('{}');
  });
});

describe('a server that answers a streamed request with plain JSON', () => {
  let plain: ScriptedModel;
  beforeEach(async () => {
    plain = await startScriptedModel({ plainJson: true });
  });
  afterEach(() => plain.close());

  it('is understood: text, tool calls and tokens', async () => {
    plain.script([
      says('whole', { usage: { promptTokens: 4, completionTokens: 1 } }),
      callsTools([
        { name: 'a', args: { x: 1 } },
        { name: 'b', args: {} },
      ]),
    ]);
    expect(await ask({ baseUrl: plain.url })).toMatchObject({
      text: 'whole',
      heard: ['whole'],
      usage: { totalTokens: 5, estimated: false },
    });
    expect((await ask({ baseUrl: plain.url })).toolCalls.map((call) => call.name)).toEqual(['a', 'b']);
  });

  it.each([
    ['{"choices": [', /no chat completion: \{"choices": \[/],
    ['{"choices": []}', /nothing that is a chat completion/],
    ['"hello"', /no chat completion/],
  ])('is a bad reply when it is not a completion: %s', async (body, message) => {
    server.script([garbage(body, 'application/json')]);
    await expect(ask()).rejects.toMatchObject({ kind: 'bad_reply', message: expect.stringMatching(message) });
  });

  it('may put an error into a success', async () => {
    server.script([garbage('{"error": {"message": "too busy", "code": 429}}', 'application/json')]);
    await expect(ask()).rejects.toMatchObject({
      kind: 'rate_limit',
      message: expect.stringMatching(/too busy/),
    });
  });
});

describe('failures', () => {
  it('are classified by status and not tried again here', async () => {
    server.script([fails(429, { retryAfter: 2 }), fails(401), fails(404), fails(500), fails(400)]);
    await expect(ask()).rejects.toMatchObject({ kind: 'rate_limit', retryAfterMs: 2000 });
    await expect(ask()).rejects.toMatchObject({
      kind: 'auth',
      message: expect.stringMatching(/OPENAI_COMPATIBLE_API_KEY was refused/),
    });
    await expect(ask()).rejects.toMatchObject({
      kind: 'bad_request',
      message: expect.stringMatching(/"tiny".*BASE_URL/),
    });
    await expect(ask()).rejects.toMatchObject({ kind: 'unavailable' });
    await expect(ask()).rejects.toMatchObject({ kind: 'bad_request' });
    expect(server.requests.length).toBe(5);
    server.assertDone();
  });

  it.each([
    ['HTML', garbage()],
    [
      'a stream of nonsense',
      garbage('data: {"choices": [{"delta": 5}]}\n\ndata: not json\n\n', 'text/event-stream'),
    ],
    ['an empty body', garbage('', 'text/event-stream')],
    ['a proper end without a word', empty()],
    ['a text of blanks', says(' \n ')],
  ])('are bad replies when the answer is %s', async (_what, reply) => {
    server.script([reply]);
    await expect(ask()).rejects.toMatchObject({ kind: 'bad_reply' });
  });

  it('name the limit when it was used up before a word was said, and the filter when it held the reply back', async () => {
    server.script([empty({ finishReason: 'length' }), empty({ finishReason: 'content_filter' })]);
    await expect(ask()).rejects.toMatchObject({
      kind: 'bad_reply',
      message: expect.stringMatching(/max_tokens/),
    });
    await expect(ask()).rejects.toMatchObject({
      kind: 'bad_request',
      message: expect.stringMatching(/content filter/),
    });
  });

  it('are unavailability when the stream is cut, though its beginning was heard', async () => {
    server.script([cuts('half a sent')]);
    const heard: string[] = [];
    const signal = new AbortController().signal;
    const call = model().complete(request, { signal, onText: (text) => heard.push(text) });
    await expect(call).rejects.toMatchObject({
      kind: 'unavailable',
      message: expect.stringMatching(/in the middle/),
    });
    expect(heard).toEqual(['half a sent']);
  });

  it('are unavailability when a stream ends politely but too early', async () => {
    const half = JSON.stringify({ choices: [{ index: 0, delta: { content: 'half' } }] });
    server.script([garbage(`data: ${half}\n\n`, 'text/event-stream')]);
    await expect(ask()).rejects.toMatchObject({ kind: 'unavailable' });
  });

  it('are unavailability when nobody listens', async () => {
    const probe = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => probe.once('listening', resolve));
    const address = probe.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    await new Promise((resolve) => probe.close(resolve));
    await expect(ask({ baseUrl: `http://127.0.0.1:${port}/v1` })).rejects.toMatchObject({
      kind: 'unavailable',
      message: expect.stringMatching(/ECONNREFUSED.*OPENAI_COMPATIBLE_BASE_URL/),
    });
  });

  it('are the caller’s own when onText throws, and the rest of the reply is not waited for', async () => {
    server.script([slowly('hello again and again', { chunkMs: 40, chunks: 21 })]);
    const signal = new AbortController().signal;
    const bug = new Error('a bug of ours');
    const call = model().complete(request, {
      signal,
      onText: () => {
        throw bug;
      },
    });
    await expect(call).rejects.toBe(bug);
    await server.requests[0]?.ended;
    expect(server.requests[0]).toMatchObject({ aborted: true, completed: false });
  });
});

describe('silence', () => {
  it.each([
    ['before the answer', hangs()],
    ['in the middle of it', hangs({ after: 'well' })],
  ])('is a time-out %s, and closes the request', async (_when, reply) => {
    server.script([reply]);
    await expect(ask({ idleMs: 150 })).rejects.toMatchObject({
      kind: 'timeout',
      message: expect.stringMatching(/0\.15 s/),
    });
    await server.requests[0]?.ended;
    expect(server.requests[0]).toMatchObject({ aborted: true, completed: false });
  });

  it('is not what a slow server keeps that goes on speaking', async () => {
    server.script([slowly('a b c d e f', { chunkMs: 60, chunks: 6 })]);
    expect((await ask({ idleMs: 250 })).text).toBe('a b c d e f');
  });
});

describe('abort', () => {
  it.each([
    ['before the answer', hangs()],
    ['in the middle of it', slowly('a very long story', { chunkMs: 50, chunks: 17 })],
  ])('really ends the request %s, and rejects with the reason as it is', async (_when, reply) => {
    server.script([reply]);
    const reason = new Error('cancelled by its owner');
    const abort = new AbortController();
    const heard: string[] = [];
    const call = model().complete(request, { signal: abort.signal, onText: (text) => heard.push(text) });
    const outcome = call.catch((error: unknown) => error);
    const sent = await server.waitForRequest(1);
    await sleep(120);
    abort.abort(reason);
    expect(await outcome).toBe(reason);
    await sent.ended;
    expect(sent).toMatchObject({ aborted: true, completed: false });
    const heardThen = heard.length;
    await sleep(150);
    expect(heard.length).toBe(heardThen);
  });

  it('that came first asks nobody', async () => {
    const reason = new Error('too late');
    await expect(model().complete(request, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    expect(server.requests.length).toBe(0);
  });

  it('after the end changes nothing', async () => {
    server.script([says('done')]);
    const abort = new AbortController();
    const reply = await model().complete(request, { signal: abort.signal });
    abort.abort();
    expect(reply.text).toBe('done');
    await server.requests[0]?.ended;
    expect(server.requests[0]).toMatchObject({ aborted: false, completed: true });
  });
});
