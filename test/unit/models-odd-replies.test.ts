import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createChatCompletionsModel } from '../../src/models/chat-completions.ts';
import type { ChatMessage } from '../../src/domain/agent/messages.ts';
import { call, calls, delta, ODD_REPLIES, text, usage } from '../support/odd-replies.ts';
import { fails, garbage, says, startScriptedModel, streams, type Reply } from '../support/scripted-model.ts';
import type { ScriptedModel } from '../support/scripted-model.ts';

let server: ScriptedModel;
beforeEach(async () => {
  server = await startScriptedModel();
});
afterEach(() => server.close());

const TOOLS = ['calculator', 'calc', 'search', 'search_web'].map((name) => ({
  name,
  description: name,
  parameters: { type: 'object', properties: {} },
}));
const signal = new AbortController().signal;

const ask = (reply: Reply, tools = TOOLS, maxReplyBytes = 8 * 1024 * 1024, messages: ChatMessage[] = []) => {
  server.script([reply]);
  const endpoint = { provider: 'openai', model: 'm', baseUrl: server.url, apiKey: undefined } as const;
  return createChatCompletionsModel({ ...endpoint, idleMs: 20_000, maxReplyBytes }).complete(
    {
      messages: [{ role: 'user', content: 'Go.' }, ...messages],
      tools,
      temperature: null,
      topP: null,
      maxTokens: null,
    },
    { signal },
  );
};
const json = (body: unknown): Reply => garbage(JSON.stringify(body), 'application/json');
const HALF = delta({ role: 'assistant', content: 'The first half of' });

describe('an error inside of a 200', () => {
  const overloaded = { message: 'the pool is drained' };
  it.each<[string, Reply]>([
    ['a field of a chunk', streams([HALF, { error: overloaded }])],
    [
      'a field of a chunk that is whole',
      streams([HALF, delta({ content: '' }, 'stop', { error: overloaded })]),
    ],
    ['a text in that field', streams([HALF, { error: 'the pool is drained' }])],
    ['a list in that field', streams([HALF, { errors: [overloaded] }])],
    [
      'a field of a choice',
      streams([HALF, { choices: [{ delta: {}, error: overloaded, finish_reason: 'stop' }] }]),
    ],
    ['a field of a delta', streams([HALF, delta({ error: overloaded }, 'stop')])],
    ['an event of that name', streams([HALF, 'event: error\ndata: {"message":"the pool is drained"}'])],
    [
      'an event of that name with unknown fields',
      streams([HALF, 'event: error\ndata: {"info":"the pool is drained"}']),
    ],
    ['an event of that name with a text', streams([HALF, 'event: error\ndata: the pool is drained'])],
    ['an object of that kind', streams([HALF, { object: 'error', ...overloaded, code: 50001 }])],
    ['Anthropic’s form', streams([HALF, { type: 'error', error: { type: 'x', ...overloaded } }])],
    ['FastAPI’s form', streams([HALF, { detail: 'the pool is drained' }])],
    [
      'MiniMax’s form',
      streams([HALF, { choices: null, base_resp: { status_code: 1000, status_msg: 'the pool is drained' } }]),
    ],
    [
      'OpenRouter’s form',
      streams([
        HALF,
        {
          error: { code: 502, message: 'Provider returned error', metadata: { raw: 'the pool is drained' } },
        },
      ]),
    ],
    ['a line of text', streams([HALF, 'data: the pool is drained'])],
    ['a list as the body', json([{ error: overloaded }])],
    ['an object as the body', json({ error: { message: { detail: 'the pool is drained' } } })],
    [
      'the choice of a whole completion',
      json({ choices: [{ message: { content: 'x' }, error: overloaded }] }),
    ],
    ['a text as the body', garbage('the pool is drained', 'text/plain')],
    ['a text as the body of a stream', garbage('the pool is drained', 'text/event-stream')],
    ['JSON as the body of a stream', garbage(JSON.stringify({ error: overloaded }), 'text/event-stream')],
    ['a page', garbage('<html><head><title>the pool is drained</title></head></html>', 'text/html')],
  ])('is an error that passes, and its words are shown: %s', async (_form, reply) => {
    await expect(ask(reply)).rejects.toMatchObject({
      retryable: true,
      message: expect.stringContaining('the pool is drained'),
    });
  });

  it.each(['error', 'network_error', 'abort', 'insufficient_system_resource', 'MALFORMED_FUNCTION_CALL'])(
    'is told by the finish reason %s',
    async (reason) => {
      await expect(ask(streams(text('half', reason)))).rejects.toMatchObject({
        kind: 'unavailable',
        message: expect.stringContaining(reason),
      });
    },
  );

  it.each<[string, unknown, string]>([
    ['a status', { message: 'x', code: 429 }, 'rate_limit'],
    ['a status as text', { message: 'x', code: '401' }, 'auth'],
    ['a code', { message: 'x', code: 'insufficient_quota' }, 'quota'],
    ['a type', { message: 'x', type: 'invalid_request_error' }, 'bad_request'],
    ['its words', 'Too Many Requests', 'rate_limit'],
    [
      'its length',
      { message: 'maximum context length is 8192 tokens', type: 'invalid_request_error' },
      'context_length',
    ],
  ])('is classified by %s', async (_by, error, kind) => {
    await expect(ask(streams([HALF, { error }]))).rejects.toMatchObject({ kind });
  });

  it('is none where the field says so', async () => {
    for (const error of [null, false, '', 'None', 'NULL', {}, { code: 0, message: 'success' }])
      expect(
        await ask(streams([delta({ content: 'well' }, 'stop', { error, base_resp: { status_code: 0 } })])),
      ).toMatchObject({ text: 'well' });
  });
});

describe('words beside a good answer', () => {
  const words = [
    { message: 'still working' },
    { object: 'chat.completion.chunk', description: 'x' },
    { detail: 'queued' },
  ];
  it.each(words)('are no error before it or in its middle: %j', async (chunk) => {
    const reply = streams([chunk, delta({ content: 'we' }), chunk, ...text('ll', 'stop'), chunk]);
    expect(await ask(reply)).toMatchObject({ text: 'well', finishReason: 'stop' });
  });

  it.each(words)('are an error alone, and behind half of an answer: %j', async (chunk) => {
    const said = Object.values(chunk).at(-1);
    for (const reply of [
      streams([chunk]),
      streams([HALF, chunk]),
      streams([HALF, chunk], 'nothing'),
      json(chunk),
    ])
      await expect(ask(reply)).rejects.toMatchObject({
        kind: 'unavailable',
        message: expect.stringContaining(String(said)),
      });
  });

  it.each<[string, object | string]>([
    ['an event', 'event: error\ndata: {"message":"the pool is drained"}'],
    ['a field', { error: { message: 'the pool is drained' } }],
    ['a line of text', 'data: the pool is drained'],
  ])('cost no answer that was whole: %s', async (_form, error) => {
    expect(await ask(streams([...text('well', 'stop'), error]))).toMatchObject({
      text: 'well',
      finishReason: 'stop',
    });
    expect(await ask(streams([...calls([call()]), error]))).toMatchObject({ toolCalls: [{ id: 'call_a' }] });
  });
});

describe('a status that is no success', () => {
  it.each<[string, unknown]>([
    ['a list', [{ error: { message: 'no such knob' } }]],
    ['a text', 'no such knob'],
    ['FastAPI’s list', { detail: [{ loc: ['body'], msg: 'no such knob' }] }],
    ['a page', '<!doctype html><title>no such knob</title>'],
  ])('shows the words of %s', async (_form, body) => {
    await expect(ask(fails(400, { body }))).rejects.toMatchObject({
      kind: 'bad_request',
      message: expect.stringContaining('no such knob'),
    });
  });
});

describe('the end of a stream', () => {
  it('may be [DONE] alone', async () => {
    expect(await ask(ODD_REPLIES.no_finish_reason())).toMatchObject({
      text: 'all of it',
      finishReason: 'stop',
    });
    expect(await ask(streams(calls([call()], null)))).toMatchObject({
      finishReason: 'tool_calls',
      toolCalls: [{ id: 'call_a' }],
    });
  });

  it('may be a finish reason alone', async () => {
    expect(await ask(streams(text('all', 'stop'), 'nothing'))).toMatchObject({ text: 'all' });
  });

  it('is neither: broken', async () => {
    await expect(ask(streams(text('half', null), 'nothing'))).rejects.toMatchObject({ kind: 'unavailable' });
    await expect(ask(streams(calls([call()], null), 'nothing'))).rejects.toMatchObject({
      kind: 'unavailable',
    });
  });

  it('may lack its empty line', async () => {
    expect(
      await ask(garbage(`data: ${JSON.stringify(delta({ content: 'all' }, 'stop'))}`, 'text/event-stream')),
    ).toMatchObject({ text: 'all' });
  });

  it.each([
    ['length', 'length'],
    ['MAX_TOKENS', 'length'],
    ['content_filter', 'content_filter'],
    ['SAFETY', 'content_filter'],
    ['end_turn', 'stop'],
    ['eos_token', 'stop'],
    ['something_new', 'something_new'],
  ])('is told on as it is meant: %s', async (said, finishReason) => {
    expect(await ask(streams(text('so far', said)))).toMatchObject({ text: 'so far', finishReason });
  });
});

describe('what is beside the answer', () => {
  it.each<[string, object]>([
    ['a time as text', { created: '1700000000' }],
    ['a number as id', { id: 17 }],
    ['no model', { model: null }],
    ['a usage of texts', { usage: { prompt_tokens: '3', completion_tokens: 'many' } }],
    ['a usage that is a list', { usage: [] }],
    ['fields nobody knows', { object: 5, system_fingerprint: {}, service_tier: [] }],
  ])('costs no answer: %s', async (_what, more) => {
    expect(await ask(streams([delta({ role: 'assistant', content: 'well' }, 'stop', more)]))).toMatchObject({
      text: 'well',
    });
    expect(
      await ask(json({ choices: [{ message: { content: 'well' }, finish_reason: 'stop' }], ...more })),
    ).toMatchObject({ text: 'well' });
  });

  it.each<[string, object]>([
    ['a role nobody knows', { role: 'model', content: 'well' }],
    [
      'nulls',
      {
        role: null,
        content: 'well',
        tool_calls: null,
        function_call: null,
        refusal: null,
        reasoning_content: null,
      },
    ],
    ['a refusal that is no text', { content: 'well', refusal: false }],
    [
      'parts',
      {
        content: [
          { type: 'text', text: 'we' },
          { type: 'thinking', thinking: [] },
          { type: 'text', text: 'll' },
        ],
      },
    ],
    [
      'parts of unknown kinds among others',
      {
        content: [
          { type: 'output_text', text: 'well', extra: 1 },
          { type: 'image_url', image_url: {} },
        ],
      },
    ],
    [
      'a refusal and thoughts as parts',
      {
        content: [
          { type: 'reasoning.text', text: 'Hm.' },
          { type: 'refusal', refusal: 'well' },
        ],
      },
    ],
    ['one part', { content: { type: 'text', text: 'well' } }],
  ])('is no matter in a delta: %s', async (_what, fields) => {
    expect(await ask(streams([delta(fields, 'stop')]))).toMatchObject({ text: 'well', toolCalls: [] });
  });

  it('may be the JSON that was asked for, read already', async () => {
    for (const content of [
      { title: 'Bees' },
      { type: 'animal', name: 'x' },
      { type: 'animal', name: 'x', text: 'Meow.' },
      [{ type: 'animal', name: 'x' }],
      [{ type: 'animal' }, 'x'],
      { type: 'text', value: 1 },
    ])
      expect(await ask(json({ choices: [{ message: { content } }] }))).toMatchObject({
        text: JSON.stringify(content),
      });
  });

  it('may be the whole message once more at the end', async () => {
    const again = {
      choices: [{ index: 0, message: { role: 'assistant', content: 'well' }, finish_reason: 'stop' }],
    };
    expect(await ask(streams([delta({ content: 'well' }), again]))).toMatchObject({ text: 'well' });
  });

  it('may come without [DONE], without names of events, with signs of life', async () => {
    const reply = streams(
      [': waiting', 'event: ping\ndata: {}', { object: 'ping' }, ...text('well', 'stop')],
      'nothing',
    );
    expect(await ask(reply)).toMatchObject({ text: 'well' });
  });
});

describe('what a provider wants back', () => {
  const SIGNED = { extra_content: { google: { thought_signature: 'c2ln' } } };
  const first = streams([
    ...calls([call('{}', SIGNED)], 'tool_calls', {
      reasoning_content: 'Hm.',
      reasoning_details: [{ type: 'x', data: 'y' }],
    }),
    usage,
  ]);

  it('is sent to it with the calls it came with', async () => {
    const { toolCalls, providerData, text: said } = await ask(first);
    const turn: ChatMessage = {
      role: 'assistant',
      content: said,
      toolCalls,
      ...(providerData && { providerData }),
    };
    await ask(says('ok'), TOOLS, undefined, [
      turn,
      { role: 'tool', toolCallId: 'call_a', toolName: 'calculator', content: '5' },
    ]);
    expect(server.requests.at(-1)?.body.messages[1]).toMatchObject({
      reasoning_content: 'Hm.',
      reasoning_details: [{ type: 'x', data: 'y' }],
      tool_calls: [{ id: 'call_a', ...SIGNED }],
    });
  });

  it('is not sent to another, and not without calls', async () => {
    const { toolCalls, providerData } = await ask(first);
    const groq = { provider: 'groq', fields: providerData?.fields ?? {} };
    const others = toolCalls.map((one) => ({ ...one, providerData: groq }));
    await ask(says('ok'), TOOLS, undefined, [
      { role: 'assistant', content: '', toolCalls: others, providerData: groq },
      { role: 'tool', toolCallId: 'call_a', toolName: 'calculator', content: '5' },
      { role: 'assistant', content: 'Five.', toolCalls: [], ...(providerData && { providerData }) },
    ]);
    const sent = JSON.stringify(server.requests.at(-1)?.body.messages);
    expect(sent).not.toMatch(/reasoning|extra_content/);
  });

  it('is asked for beside calls only', async () => {
    expect(
      await ask(streams([delta({ reasoning_content: 'Hm.' }), ...text('Five.', 'stop')])),
    ).not.toHaveProperty('providerData');
  });
});

describe('a reply without end', () => {
  it('is given up at its limit, by name, and not asked for again', async () => {
    const endless = streams([delta({ content: 'x'.repeat(20_000) }), ...text('y', 'stop')]);
    await expect(ask(endless, TOOLS, 10_000)).rejects.toMatchObject({
      code: 'MODEL_REPLY_TOO_LARGE',
      retryable: false,
      message: expect.stringMatching(/longer than 10000 bytes/),
    });
  });

  it.each<[string, Reply, RegExp]>([
    [
      'of tool calls',
      streams(calls(Array.from({ length: 200 }, (_, index) => call('{}', { index, id: `c${index}` })))),
      /more than 128 tool calls/,
    ],
    [
      'of arguments',
      streams(
        Array.from({ length: 12 }, () =>
          delta({ tool_calls: [{ index: 0, function: { name: 'calc', arguments: ' '.repeat(100_000) } }] }),
        ),
      ),
      /arguments/,
    ],
  ])('is given up %s', async (_what, reply, words) => {
    await expect(ask(reply)).rejects.toMatchObject({
      kind: 'reply_too_large',
      message: expect.stringMatching(words),
    });
  });
});
