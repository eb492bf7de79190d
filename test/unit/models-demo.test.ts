import { describe, expect, it } from '@jest/globals';
import type { ChatMessage } from '../../src/domain/agent/messages.ts';
import { systemPrompt, taskPrompt } from '../../src/domain/agent/prompts.ts';
import { createDemoModel } from '../../src/models/demo-model.ts';
import type { ModelReply } from '../../src/models/model.ts';
import { createToolRegistry } from '../../src/tools/registry.ts';
import { callTool } from '../../src/tools/run-tool-call.ts';

const registry = createToolRegistry();
const tools = registry.specs(registry.names());
const never = new AbortController().signal;

const conversation = (description: string, context = ''): ChatMessage[] => [
  { role: 'system', content: systemPrompt({ role: 'tester', goal: 'to test', backstory: '' }) },
  { role: 'user', content: taskPrompt({ description, expectedOutput: 'A short list of fruit' }, context) },
];

const ask = (
  messages: readonly ChatMessage[],
  offered = tools,
  onText?: (text: string) => void,
): Promise<ModelReply> =>
  createDemoModel('gpt-x').complete(
    { messages, tools: offered, temperature: null, topP: null, maxTokens: null },
    { signal: never, ...(onText === undefined ? {} : { onText }) },
  );

const callOf = async (description: string): Promise<[string, unknown] | undefined> => {
  const [call] = (await ask(conversation(description))).toolCalls;
  return call === undefined ? undefined : [call.name, JSON.parse(call.arguments)];
};

describe('the demo stand-in', () => {
  it('says what it is, what the task was and what was expected', async () => {
    const { text, toolCalls, usage } = await ask(conversation('Name three kinds of fruit.'));
    expect(text).toMatch(/demo\/gpt-x.*demo stand-in/);
    expect(text).toMatch(/Name three kinds of fruit\./);
    expect(text).toMatch(/A short list of fruit\./);
    expect(toolCalls).toEqual([]);
    expect(usage.estimated).toBe(true);
    expect(usage.totalTokens).toBe(usage.promptTokens + usage.completionTokens);
  });

  it('gives the same answer to the same conversation, in pieces that make up the whole', async () => {
    const heard: string[] = [];
    const first = await ask(conversation('Name three kinds of fruit: äöü 🌍.'), tools, (text) =>
      heard.push(text),
    );
    expect(await ask(conversation('Name three kinds of fruit: äöü 🌍.'))).toEqual(first);
    expect(heard.length).toBeGreaterThan(5);
    expect(heard.join('')).toBe(first.text);
  });

  it.each([
    ['Use the tool hello_world.', ['hello_world', {}]],
    ['Please use the tool hello_world with "Ada".', ['hello_world', { name: 'Ada' }]],
    ['Use hello world to greet.', ['hello_world', {}]],
    [
      'Use the calculator to work out 12 * (3 + 4), then tell.',
      ['calculator', { expression: '12 * (3 + 4)' }],
    ],
    ['Using the calculator tool, find "2 ^ 10".', ['calculator', { expression: '2 ^ 10' }]],
    ['use the calculator', ['calculator', { expression: '1 + 1' }]],
    ['Use the tool current_time for `Europe/Berlin`.', ['current_time', { timezone: 'Europe/Berlin' }]],
    ['Use the tool current_time. Then quote "To be or not to be".', ['current_time', {}]],
  ])('told "%s" it calls', async (description, expected) => {
    expect(await callOf(description)).toEqual(expected);
  });

  it.each(['Describe what a calculator is.', 'Reuse the calculators.', 'Use the tool teleport.'])(
    'told "%s" it calls nothing',
    async (description) => {
      expect(await callOf(description)).toBeUndefined();
    },
  );

  it('calls one tool after the other, each once, and then answers with what they said', async () => {
    const messages = conversation('Use the calculator on 6 * 7. Use the tool hello_world.');
    const called: string[] = [];
    for (let turn = 0; turn < 5; turn += 1) {
      const reply = await ask(messages);
      messages.push({ role: 'assistant', content: reply.text, toolCalls: reply.toolCalls });
      const [call] = reply.toolCalls;
      if (call === undefined) break;
      called.push(call.name);
      const context = { idempotencyKey: 'k', signal: never, now: () => new Date(0) };
      const outcome = await callTool(registry, call.name, call.arguments, context);
      expect(outcome.ok).toBe(true);
      const content = outcome.ok ? outcome.output : '';
      messages.push({ role: 'tool', toolCallId: call.id, toolName: call.name, content });
    }
    expect(called).toEqual(['calculator', 'hello_world']);
    expect(messages.at(-1)?.content).toMatch(/calculator answered: 42.*hello_world answered: Hello, world!/);
  });

  it('calls no tool because an earlier task’s material speaks of one, and none that is not offered', async () => {
    expect((await ask(conversation('Sum up.', 'Use the calculator.'))).toolCalls).toEqual([]);
    expect(
      (await ask(conversation('Use the calculator.'), registry.specs(['hello_world']))).toolCalls,
    ).toEqual([]);
  });

  it('makes arguments that fit a schema it has never seen', async () => {
    const parameters = {
      type: 'object',
      required: ['city', 'days', 'unit', 'tags', 'deep', 'sure', 'ratio'],
      properties: {
        city: { type: 'string' },
        days: { type: 'integer', minimum: 1, maximum: 7 },
        ratio: { type: 'number' },
        unit: { enum: ['metric', 'imperial'] },
        tags: { type: 'array', items: { type: 'string' }, minItems: 2 },
        deep: { type: 'object', required: ['x'], properties: { x: { type: 'boolean' } } },
        sure: { anyOf: [{ type: 'boolean' }, { type: 'null' }] },
      },
    };
    const offered = [{ name: 'weather', description: '', parameters }];
    const { toolCalls } = await ask(
      conversation('Use the tool weather for "Oslo" and "Rome" for 12 days.'),
      offered,
    );
    expect(JSON.parse(toolCalls[0]?.arguments ?? '')).toEqual({
      city: 'Oslo',
      days: 7,
      ratio: 1,
      unit: 'metric',
      tags: ['Rome', 'demo'],
      deep: { x: true },
      sure: true,
    });
  });

  it('named slow takes about two seconds for a turn', async () => {
    const started = Date.now();
    const heard: string[] = [];
    const reply = await createDemoModel('slow').complete(
      { messages: conversation('Go.'), tools: [], temperature: null, topP: null, maxTokens: null },
      { signal: never, onText: (text) => heard.push(text) },
    );
    expect(Date.now() - started).toBeGreaterThan(1_700);
    expect(heard.length).toBe(20);
    expect(heard.join('')).toBe(reply.text);
  });

  it('named slow stops at once when it is aborted, with the reason as it is', async () => {
    const reason = new Error('enough');
    const abort = new AbortController();
    const started = Date.now();
    const call = createDemoModel('slow').complete(
      { messages: conversation('Go.'), tools: [], temperature: null, topP: null, maxTokens: null },
      { signal: abort.signal, onText: () => abort.abort(reason) },
    );
    await expect(call).rejects.toBe(reason);
    expect(Date.now() - started).toBeLessThan(1_000);
  });
});
