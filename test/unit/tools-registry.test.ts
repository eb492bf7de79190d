import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { defineTool } from '../../src/tools/define-tool.ts';
import { createToolRegistry } from '../../src/tools/registry.ts';
import { MAX_TOOL_OUTPUT_BYTES, callTool } from '../../src/tools/run-tool-call.ts';
import type { ToolContext } from '../../src/tools/tool.ts';

const context = (signal: AbortSignal = new AbortController().signal): ToolContext => ({
  idempotencyKey: 'key-1',
  signal,
  now: () => new Date('2026-07-03T12:05:09Z'),
});

const custom = (execute: (input: { size: number }, context: ToolContext) => Promise<string>) =>
  createToolRegistry([
    defineTool({
      name: 'custom',
      description: 'd',
      input: z.object({ size: z.number().default(1) }),
      idempotent: true,
      execute,
    }),
  ]);

describe('the registry', () => {
  const registry = createToolRegistry();

  it('offers the built-in tools by name', () => {
    expect(registry.names()).toEqual([
      'ask_human',
      'calculator',
      'current_time',
      'hello_world',
      'http_request',
    ]);
    expect(registry.find('calculator')?.idempotent).toBe(true);
    expect(registry.find('nope')).toBeUndefined();
  });

  it('describes the tools asked for as models want it, each once, and leaves out what is unknown', () => {
    const specs = registry.specs(['calculator', 'nope', 'calculator']);
    expect(specs.map((spec) => spec.name)).toEqual(['calculator']);
    expect(specs[0]?.parameters).toMatchObject({ type: 'object', required: ['expression'] });
    expect(specs[0]?.parameters).not.toHaveProperty('$schema');
  });

  it('tells models that what has a default may be left out', () => {
    expect(custom(() => Promise.resolve('')).specs(['custom'])[0]?.parameters).not.toHaveProperty('required');
  });
});

describe('a tool call', () => {
  const registry = createToolRegistry();

  it('answers with the tool’s text', async () => {
    expect(await callTool(registry, 'hello_world', '{"name": "Ada"}', context())).toEqual({
      ok: true,
      output: 'Hello, Ada!',
    });
    expect(await callTool(registry, 'hello_world', ' ', context())).toEqual({
      ok: true,
      output: 'Hello, world!',
    });
  });

  it.each([
    ['{}', '2026-07-03T12:05:09+00:00 (Friday, UTC)'],
    ['{"timezone": "Europe/Berlin"}', '2026-07-03T14:05:09+02:00 (Friday, Europe/Berlin)'],
    ['{"timezone": "Asia/Kolkata"}', '2026-07-03T17:35:09+05:30 (Friday, Asia/Kolkata)'],
  ])('of current_time with %s tells %s', async (args, output) => {
    expect(await callTool(registry, 'current_time', args, context())).toEqual({ ok: true, output });
  });

  it.each([
    ['current_time', '{"timezone": "Mars/Base"}', /no time zone "Mars\/Base"/],
    ['nope', '{}', /no tool "nope".*calculator, current_time, hello_world, http_request/],
    ['calculator', '{"expression": ', /not valid JSON/],
    ['calculator', '[1]', /must be an object, not a list/],
    ['calculator', '{"expression": 5}', /must be a text, not a number[^]*at expression[^]*JSON schema/],
    ['calculator', '{}', /at expression/],
  ])('of %s with %s comes back as a text a model can act upon', async (name, args, error) => {
    expect(await callTool(registry, name, args, context())).toEqual({
      ok: false,
      ran: name === 'current_time',
      error: expect.stringMatching(error),
    });
  });

  it('hands over checked arguments with their defaults, and the idempotency key', async () => {
    const echo = custom((input, { idempotencyKey }) => Promise.resolve(`${input.size} ${idempotencyKey}`));
    expect(await callTool(echo, 'custom', '{"other": 1}', context())).toEqual({
      ok: true,
      output: '1 key-1',
    });
  });

  it('reports what the tool threw', async () => {
    const broken = custom(() => Promise.reject(new Error('the disk is full')));
    expect(await callTool(broken, 'custom', '', context())).toEqual({
      ok: false,
      ran: true,
      error: expect.stringMatching(/the disk is full/),
    });
  });

  it('cuts an output at 100 KB without cutting a character in two', async () => {
    const long = custom(({ size }) => Promise.resolve('€'.repeat(size)));
    const fits = Math.floor(MAX_TOOL_OUTPUT_BYTES / 3);
    expect(await callTool(long, 'custom', `{"size": ${fits}}`, context())).toEqual({
      ok: true,
      output: '€'.repeat(fits),
    });
    const cut = await callTool(long, 'custom', '{"size": 50000}', context());
    const output = cut.ok ? cut.output : '';
    expect(Buffer.byteLength(output)).toBeLessThanOrEqual(MAX_TOOL_OUTPUT_BYTES);
    expect(Buffer.byteLength(output)).toBeGreaterThan(MAX_TOOL_OUTPUT_BYTES - 4);
    expect(output).toMatch(/^€+\n… \[cut here: the whole output has 150000 bytes\]$/);
  });

  it('rethrows the reason of an abort, before and during the call', async () => {
    const reason = new Error('cancelled');
    await expect(callTool(registry, 'hello_world', '', context(AbortSignal.abort(reason)))).rejects.toBe(
      reason,
    );
    const abort = new AbortController();
    const stubborn = custom(() => {
      abort.abort(reason);
      return Promise.reject(new Error('interrupted'));
    });
    await expect(callTool(stubborn, 'custom', '', context(abort.signal))).rejects.toBe(reason);
  });
});
