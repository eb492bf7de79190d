import { describe, expect, it } from '@jest/globals';
import { estimateCall, tokensOf } from '../../src/domain/run/estimate.ts';
import { crewResult } from '../../src/domain/run/result.ts';
import { retryDelayMs } from '../../src/domain/run/retry-delay.ts';
import { readyTasks } from '../../src/domain/run/schedule.ts';
import {
  commandRefusal,
  EXECUTION_STATUSES,
  type Command,
  type ExecutionStatus,
} from '../../src/domain/run/status.ts';

describe('the scheduler', () => {
  const tasks = [
    { key: 'a', dependsOn: [] },
    { key: 'b', dependsOn: ['a'] },
    { key: 'c', dependsOn: ['a'] },
    { key: 'd', dependsOn: ['b', 'c'] },
  ];
  it.each([
    [[], [], ['a']],
    [[], ['a'], []],
    [['a'], [], ['b', 'c']],
    [['a', 'b'], ['c'], []],
    [['a', 'b', 'c'], [], ['d']],
    [['a', 'b', 'c', 'd'], [], []],
  ])('with %j done and %j begun lets %j start', (done, begun, ready) => {
    expect(readyTasks(tasks, new Set(done), new Set(begun))).toEqual(ready);
  });
});

describe('a command', () => {
  const allowed: Record<Command, ExecutionStatus[]> = {
    pause: ['pending', 'running', 'waiting'],
    resume: ['paused'],
    cancel: ['pending', 'running', 'paused', 'waiting', 'cancelling'],
    retry: ['failed', 'cancelled'],
  };
  const commands: readonly Command[] = ['pause', 'resume', 'cancel', 'retry'];
  const cases = commands.flatMap((command) =>
    EXECUTION_STATUSES.map((status) => [command, status, allowed[command].includes(status)] as const),
  );
  it.each(cases)('%s of an execution that is %s is possible: %s', (command, status, possible) => {
    expect(commandRefusal(command, { status, pauseRequested: false }) === null).toBe(possible);
  });
  it('pause is refused while another pause is being carried out, and resume takes that one back', () => {
    expect(commandRefusal('pause', { status: 'running', pauseRequested: true })).toContain('being paused');
    expect(commandRefusal('resume', { status: 'running', pauseRequested: true })).toBeNull();
  });
});

describe('the delay before the next attempt', () => {
  it('doubles from half a second', () => {
    expect([1, 2, 3, 4].map((attempt) => retryDelayMs(attempt, undefined))).toEqual([
      500, 1_000, 2_000, 4_000,
    ]);
  });
  it('is what the server asked for, up to a quarter of an hour', () => {
    expect(retryDelayMs(1, 7_000)).toBe(7_000);
    expect(retryDelayMs(1, 86_400_000)).toBe(900_000);
    expect(retryDelayMs(1, -5)).toBe(0);
  });
});

describe('the result of a crew', () => {
  it('is the last output that says something', () => {
    expect(
      crewResult([{ raw: 'a', json_dict: null }, { raw: 'b', json_dict: null }, { raw: '' }]),
    ).toMatchObject({ raw: 'b' });
  });
  it('has an object in data whatever was said', () => {
    expect(crewResult([{ raw: '[1]' }])?.data).toEqual({});
    expect(crewResult([{ raw: '{"a":1}' }])?.data).toEqual({ a: 1 });
    expect(crewResult([{ raw: 'text', json_dict: { b: 2 } }])?.data).toEqual({ b: 2 });
  });
  it('is none when nothing was said', () => {
    expect(crewResult([])).toBeNull();
    expect(crewResult([{ raw: '' }, null])).toBeNull();
  });
});

describe('the estimate of a call', () => {
  it('is a quarter of the characters plus what the reply may cost', () => {
    expect(tokensOf('12345')).toBe(2);
    expect(estimateCall([{ role: 'user', content: 'x'.repeat(400) }], 50)).toEqual({
      promptTokens: 104,
      completionTokens: 50,
    });
    expect(estimateCall([], null)).toEqual({ promptTokens: 0, completionTokens: 1_024 });
  });
});
