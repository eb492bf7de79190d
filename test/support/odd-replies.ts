import { fails, streams, type ChatRequest, type Reply } from './scripted-model.ts';

/** Replies of models as people have met them, by a name for each: what servers make of the chat-completions protocol. */

interface Choice {
  index?: number;
  delta: object;
  finish_reason: string | null;
}

const chunk = (choices: Choice[], more: object = {}): object => ({
  id: 'c1',
  object: 'chat.completion.chunk',
  created: 1,
  model: 'm',
  choices,
  ...more,
});

/** A delta in a chunk of its own. */
export const delta = (fields: object, finish: string | null = null, more: object = {}): object =>
  chunk([{ index: 0, delta: fields, finish_reason: finish }], more);

export const usage = chunk([], { usage: { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 } });

/** A text, and how it ends; null for a stream that does not say. */
export const text = (content: string, finish: string | null): object[] => [
  delta({ role: 'assistant', content }),
  ...(finish === null ? [] : [delta({}, finish)]),
];

const EXPRESSION = '{"expression":"2+3"}';

export const call = (given: unknown = EXPRESSION, more: object = {}): object => ({
  index: 0,
  id: 'call_a',
  type: 'function',
  function: { name: 'calculator', arguments: given },
  ...more,
});

export const calls = (
  toolCalls: unknown,
  finish: string | null = 'tool_calls',
  more: object = {},
): object[] => [
  delta({ role: 'assistant', content: null, tool_calls: toolCalls, ...more }),
  ...(finish === null ? [] : [delta({}, finish)]),
];

const toolWasUsed = ({ messages }: ChatRequest): boolean => messages.some(({ role }) => role === 'tool');
const lastCalls = ({ messages }: ChatRequest): object => messages.find((message) => message.tool_calls) ?? {};

const done = streams([...text('done', 'stop'), usage]);
/** First a call of the calculator, then the answer. */
const calling =
  (chunks: object[]) =>
  (request: ChatRequest): Reply =>
    toolWasUsed(request) ? done : streams([...chunks, usage]);

/** What the server answers to a request, by the name of the case. */
export const ODD_REPLIES = {
  plain: () => done,
  reasoning_must_return: (request) => {
    if (!toolWasUsed(request))
      return streams([...calls([call()], 'tool_calls', { reasoning_content: 'I must add.' }), usage]);
    return 'reasoning_content' in lastCalls(request)
      ? done
      : fails(400, {
          body: { error: { message: 'The reasoning_content of the last turn must be passed back' } },
        });
  },
  signature_must_return: (request) => {
    const signed = call(EXPRESSION, { extra_content: { google: { thought_signature: 'c2ln' } } });
    if (!toolWasUsed(request)) return streams([...calls([signed]), usage]);
    return JSON.stringify(lastCalls(request)).includes('"thought_signature":"c2ln"')
      ? done
      : fails(400, {
          body: [{ error: { code: 400, message: 'Function call is missing a thought_signature' } }],
        });
  },
  half_then_error_reason: () => streams(text('The first half of', 'error')),
  no_finish_reason: () => streams([...text('all of it', null), usage]),
  no_finish_reason_tool: calling(calls([call()], null)),
  arguments_object: calling(calls([call({ expression: '2+3' })])),
  created_string: () =>
    streams([...text('done', 'stop'), usage].map((one) => ({ ...one, created: '1700000000' }))),
  repeated_at_end: calling([
    delta({ role: 'assistant', tool_calls: [call('')] }),
    delta({ tool_calls: [{ index: 0, function: { arguments: EXPRESSION } }] }),
    delta({ tool_calls: [call(EXPRESSION, { index: 1 })] }, 'tool_calls'),
  ]),
  json_with_prose: () =>
    streams([
      ...text('Here is the result:\n```json\n{"title":"Bees"}\n```\nTell me if you need more.', 'stop'),
      usage,
    ]),
  json_after_thinking: () =>
    streams([...text('<think>Maybe {"title":"Wasps"}?</think>\n{"title":"Bees"}', 'stop'), usage]),
  call_as_text: calling(text('```json\n{"name":"calculator","arguments":{"expression":"2+3"}}\n```', 'stop')),
  legacy_function_call: calling([
    delta({ role: 'assistant', content: null, function_call: { name: 'calculator', arguments: '' } }),
    delta({ function_call: { arguments: EXPRESSION } }),
    delta({}, 'function_call'),
  ]),
  length: () => streams([...text('cut in the mid', 'length'), usage]),
  content_filter: () => streams([...text('so far so', 'content_filter'), usage]),
  quota: () =>
    fails(429, {
      body: {
        error: {
          message: 'You exceeded your current quota',
          type: 'insufficient_quota',
          code: 'insufficient_quota',
        },
      },
    }),
} satisfies Record<string, (request: ChatRequest) => Reply>;
