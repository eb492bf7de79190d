import { describe, expect, it } from '@jest/globals';
import { duration, eventLine, harmless, oneLine, type LoggedEvent } from '../../src/cli/event-lines.ts';
import { EVENT_TYPES } from '../../src/contracts/events.ts';

const event = (
  type: string,
  data: Record<string, unknown> = {},
  task: string | null = 'write',
): LoggedEvent => ({
  seq: 1,
  type,
  task_key: task,
  timestamp: '2026-11-21T08:02:50.342Z',
  data,
});
const line = (type: string, data?: Record<string, unknown>): string =>
  eventLine(event(type, data), { taskWidth: 7, width: 120 }).slice(19);

describe('the line of an event', () => {
  it('begins with the time of this machine and the task, in columns', () => {
    const at = new Date('2026-11-21T08:02:50.342Z');
    const time = [at.getHours(), at.getMinutes(), at.getSeconds()]
      .map((part) => String(part).padStart(2, '0'))
      .join(':');
    expect(eventLine(event('task_started', { attempt: 1 }), { taskWidth: 7, width: 120 })).toBe(
      `${time}  write    started`,
    );
    expect(eventLine(event('workflow_started', {}, null), { taskWidth: 7, width: 120 })).toBe(
      `${time}           the run has started`,
    );
  });

  it('tells tokens, latency, attempts and the tools that are wanted', () => {
    const data = { model: 'openai/x', total_tokens: 42, latency_ms: 1234, attempt: 1, tool_calls: [] };
    expect(line('llm_call_completed', data)).toBe('openai/x: 42 tokens in 1.2 s');
    expect(
      line('llm_call_completed', { ...data, attempt: 2, tokens_estimated: true, tool_calls: ['a', 'b'] }),
    ).toBe('openai/x: about 42 tokens in 1.2 s (attempt 2), wants a, b');
    expect(line('llm_call_completed', { ...data, finish_reason: 'length' })).toBe(
      'openai/x: 42 tokens in 1.2 s, cut off',
    );
  });

  it('tells what a tool was asked and what it said', () => {
    expect(line('tool_started', { tool: 'calculator', arguments: { expression: '1+1' } })).toBe(
      '→ calculator {"expression":"1+1"}',
    );
    expect(line('tool_completed', { tool: 'calculator', latency_ms: 3, output: '2' })).toBe(
      '← calculator in 3 ms: 2',
    );
    expect(line('tool_failed', { tool: 'calculator', error: 'no' })).toBe('← calculator failed: no');
  });

  it('says when a passing failure is tried again', () => {
    expect(line('task_retrying', { error: 'rate limited', attempt: 1, delay_ms: 1500 })).toBe(
      'attempt 1 failed, again in 1.5 s: rate limited',
    );
  });

  it('says something about every type there is, and about those that are not there yet', () => {
    for (const type of [...EVENT_TYPES, 'something_new'])
      expect(line(type, { model: 'm' })).toMatch(/^[a-z←→]/);
    expect(line('workflow_paused')).toBe('the run: paused');
  });

  it('is one line, no longer than asked', () => {
    const shown = eventLine(event('task_completed', { raw: 'word\n'.repeat(200) }), {
      taskWidth: 7,
      width: 80,
    });
    expect(shown).toHaveLength(80);
    expect(shown).not.toContain('\n');
    expect(shown.endsWith('…')).toBe(true);
  });
});

describe('text from outside', () => {
  it('cannot steer the terminal', () => {
    expect(oneLine('a\u001B[2Jb\u0007\u009Bc', 80)).toBe('a[2Jbc');
    expect(harmless('a\u001B]0;title\u0007\n\tb\r')).toBe('a]0;title\n\tb');
  });
});

describe('a duration', () => {
  it.each([
    [999, '999 ms'],
    [1500, '1.5 s'],
    [83_000, '1 min 23 s'],
    [undefined, '?'],
  ])('of %s milliseconds reads %s', (ms, text) => expect(duration(ms)).toBe(text));
});
