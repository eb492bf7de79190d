import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createChatCompletionsModel } from '../../src/models/chat-completions.ts';
import { delta, text, usage } from '../support/odd-replies.ts';
import { garbage, startScriptedModel, streams, type Reply } from '../support/scripted-model.ts';
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

const ask = (reply: Reply, tools = TOOLS) => {
  server.script([reply]);
  const model = createChatCompletionsModel({
    provider: 'openai',
    model: 'm',
    baseUrl: server.url,
    apiKey: undefined,
    idleMs: 20_000,
    maxReplyBytes: 8 * 1024 * 1024,
  });
  const messages = [{ role: 'user' as const, content: 'Go.' }];
  return model.complete({ messages, tools, temperature: null, topP: null, maxTokens: null }, { signal });
};
const json = (body: unknown): Reply => garbage(JSON.stringify(body), 'application/json');
describe('tool calls', () => {
  const called = async (...chunks: object[]) =>
    (await ask(streams([...chunks, delta({}, 'tool_calls'), usage]))).toolCalls.map(
      ({ name, arguments: given }) => [name, given],
    );
  const piece = (fields: object, index: number | null = 0) =>
    delta({ tool_calls: [{ ...(index !== null && { index }), ...fields }] });
  const SUM = '{"expression":"2+3"}';

  it('may have their arguments as the object itself', async () => {
    expect(
      await called(piece({ id: 'a', function: { name: 'calculator', arguments: { expression: '2+3' } } })),
    ).toEqual([['calculator', SUM]]);
  });

  it('keep integers of 64 bits exactly, as text and as an object', async () => {
    const given = '{"id":1234567890123456789}';
    const line = `data: {"choices":[{"delta":{"tool_calls":[{"index":0,"id":"a","function":{"name":"search","arguments":${given}}}]},"finish_reason":"tool_calls"}]}`;
    expect((await ask(streams([line]))).toolCalls).toMatchObject([{ arguments: given }]);
    expect(await called(piece({ id: 'a', function: { name: 'search', arguments: given } }))).toEqual([
      ['search', given],
    ]);
  });

  it('may have no index, an index as text, no id, or fields at the top', async () => {
    expect(
      await called(
        piece({ id: 'a', function: { name: 'calc', arguments: '' } }, null),
        piece({ id: 'a', function: { arguments: SUM } }, null),
      ),
    ).toEqual([['calc', SUM]]);
    expect(
      await called(
        delta({ tool_calls: [{ index: '0', id: 'a', function: { name: 'calc' } }] }),
        delta({ tool_calls: [{ index: 0, function: { arguments: SUM } }] }),
      ),
    ).toEqual([['calc', SUM]]);
    expect(
      await called(
        piece({ function: { name: 'calc', arguments: SUM } }, null),
        piece({ function: { name: 'search', arguments: '{}' } }, null),
      ),
    ).toEqual([
      ['calc', SUM],
      ['search', '{}'],
    ]);
    expect(await called(delta({ tool_calls: { name: 'calc', parameters: { expression: '2+3' } } }))).toEqual([
      ['calc', SUM],
    ]);
  });

  it('may have their names in pieces, or in every piece', async () => {
    expect(
      await called(
        piece({ id: 'a', function: { name: 'calcul', arguments: '' } }),
        piece({ function: { name: 'ator', arguments: SUM } }),
      ),
    ).toEqual([['calculator', SUM]]);
    expect(
      await called(
        piece({ id: 'a', function: { name: 'calculator', arguments: '{"expression":' } }),
        piece({ id: 'a', function: { name: 'calculator', arguments: '"2+3"}' } }),
      ),
    ).toEqual([['calculator', SUM]]);
  });

  it('that come whole under one index are several', async () => {
    const two = [
      piece({ id: 'a', function: { name: 'calc', arguments: SUM } }),
      piece({ id: 'b', function: { name: 'search', arguments: '{}' } }),
    ];
    expect(await called(...two)).toEqual([
      ['calc', SUM],
      ['search', '{}'],
    ]);
    const nameless = [
      piece({ id: '', function: { name: 'calc', arguments: SUM } }),
      piece({ id: '', function: { name: 'calc', arguments: '{"expression":"9"}' } }),
    ];
    expect(await called(...nameless)).toEqual([
      ['calc', SUM],
      ['calc', '{"expression":"9"}'],
    ]);
  });

  it('that say one id and the same once more run once; with other arguments they stay two', async () => {
    const again = (given: string, index: number) =>
      piece({ id: 'a', function: { name: 'calc', arguments: given } }, index);
    expect(await called(again(SUM, 0), again('{ "expression": "2+3" }', 1))).toEqual([['calc', SUM]]);
    expect(await called(again(SUM, 0), again(SUM, 0))).toEqual([['calc', SUM]]);
    expect(await called(again(SUM, 0), again('{"expression":"9"}', 1))).toHaveLength(2);
    const big = (digit: number) => `{"id":123456789012345678${digit}}`;
    expect(await called(again(big(1), 0), again(big(2), 1))).toEqual([
      ['calc', big(1)],
      ['calc', big(2)],
    ]);
  });

  it('that begin with empty arguments take those that are streamed behind them', async () => {
    for (const empty of ['{}', {}])
      expect(
        await called(
          piece({ id: 'a', function: { name: 'search', arguments: empty } }),
          piece({ function: { arguments: '{"q"' } }),
          piece({ function: { arguments: ':1}' } }),
        ),
      ).toEqual([['search', '{"q":1}']]);
  });

  it('may say their name in every one of very many pieces', async () => {
    const named = (given: string) => piece({ id: 'a', function: { name: 'calc', arguments: given } });
    const begun = `{"a":"${'x'.repeat(400_000)}"`;
    const open = Array.from({ length: 20_000 }, () => named('{ '));
    expect(await called(named(begun), ...open)).toEqual([['calc', begun + '{ '.repeat(20_000)]]);
    const closed = Array.from({ length: 20_000 }, () => named('{}'));
    expect(await called(named(begun), ...closed)).toEqual([['calc', begun + '{}'.repeat(20_000)]]);
  });

  it('without an id get one of their own, and never count as repeated', async () => {
    const { toolCalls } = await ask(
      streams([
        delta(
          {
            tool_calls: [
              { index: 0, function: { name: 'calc' } },
              { index: 1, function: { name: 'calc' } },
            ],
          },
          'tool_calls',
        ),
      ]),
    );
    expect(new Set(toolCalls.map(({ id }) => id)).size).toBe(2);
  });

  it('may come in the old form, streamed or whole', async () => {
    expect(
      await called(
        delta({ function_call: { name: 'calculator', arguments: '' } }),
        delta({ function_call: { arguments: SUM } }),
      ),
    ).toEqual([['calculator', SUM]]);
    const whole = json({
      choices: [
        {
          message: { content: null, function_call: { name: 'calculator', arguments: SUM } },
          finish_reason: 'function_call',
        },
      ],
    });
    expect(await ask(whole)).toMatchObject({
      finishReason: 'tool_calls',
      toolCalls: [{ name: 'calculator', arguments: SUM }],
    });
  });

  it.each([
    ['alone', '{"name":"calculator","arguments":{"expression":"2+3"}}'],
    ['with parameters', '{"type":"function","name":"calculator","parameters":{"expression":"2+3"}}'],
    ['in a fence', '```json\n{"name":"calculator","arguments":{"expression":"2+3"}}\n```'],
    ['after thinking', '<think>\nadd\n</think>\n\n{"name":"calculator","arguments":{"expression":"2+3"}}'],
    [
      'in Qwen’s tags',
      '<tool_call>\n{"name": "calculator", "arguments": {"expression":"2+3"}}\n</tool_call>',
    ],
    ['in Mistral’s form', '[TOOL_CALLS][{"name":"calculator","arguments":{"expression":"2+3"}}]'],
    ['in Llama’s form', '<|python_tag|>{"name":"calculator","parameters":{"expression":"2+3"}}'],
    ['with its arguments as text', '{"name":"calculator","arguments":"{\\"expression\\":\\"2+3\\"}"}'],
  ])('may be written as the text: %s', async (_form, written) => {
    const reply = await ask(streams(text(written, 'stop')));
    expect(reply).toMatchObject({ text: '', finishReason: 'tool_calls' });
    expect(reply.toolCalls.map(({ name, arguments: given }) => [name, given])).toEqual([['calculator', SUM]]);
  });

  it('may be several written as the text', async () => {
    const one = '<tool_call>{"name":"calc","arguments":{}}</tool_call>';
    expect((await ask(streams(text(`${one}\n${one}`, 'stop')))).toolCalls).toHaveLength(2);
  });

  it('may be a name alone in tags', async () => {
    const reply = await ask(streams(text('<tool_call>{"name":"search"}</tool_call>', 'stop')));
    expect(reply.toolCalls).toMatchObject([{ name: 'search', arguments: '{}' }]);
  });

  it.each([
    ['of a tool that was not offered', '{"name":"rm","arguments":{}}', TOOLS],
    ['when no tool was offered', '{"name":"calculator","arguments":{}}', []],
    ['with other fields', '{"name":"calculator","arguments":{},"price":3}', TOOLS],
    ['as a name alone', '{"name":"search"}', TOOLS],
    ['as names alone', '[{"name":"search"},{"name":"calc"}]', TOOLS],
    ['with arguments that are none', '{"name":"search","arguments":"x"}', TOOLS],
    ['behind very many empty lines', `\`\`\`json${'\n'.repeat(20_000)}{`, TOOLS],
    ['behind very much white space', `${' '.repeat(500_000)}x`, TOOLS],
    ['behind more on the line of the fence', '```{"a":1}\n{"name":"calc","arguments":{}}\n```', TOOLS],
    ['in the middle of prose', 'I would say {"name":"calculator","arguments":{}} here.', TOOLS],
  ])('are a text and no call %s', async (_why, written, tools) => {
    expect(await ask(streams(text(written, 'stop')), tools)).toMatchObject({ text: written, toolCalls: [] });
  });
});
