import { describe, expect, it } from '@jest/globals';
import type { LoggedEvent } from '../../src/cli/event-lines.ts';
import { createProgress, type RunProgress } from '../../src/cli/run-progress.ts';

const BEGUN = '2026-11-28T10:00:00.000Z';
const at = (seconds: number): number => Date.parse(BEGUN) + seconds * 1_000;
let seq = 0;
const event = (
  type: string,
  task: string | null,
  status: string,
  data: Record<string, unknown> = {},
): LoggedEvent => ({ seq: (seq += 1), type, task_key: task, status, timestamp: BEGUN, data });

/** A run of three tasks of which nothing is known but the plan. */
function planned(keys: readonly string[] = ['find', 'write', 'check']): RunProgress {
  seq = 0;
  const progress = createProgress();
  progress.snapshot({
    as_of_seq: 0,
    execution: { status: 'pending', created_at: BEGUN },
    tasks: keys.map((key) => ({ key, status: 'pending' })),
  });
  return progress;
}

describe('the line of a run', () => {
  it('follows the events: state, tasks, time, tokens, money, what is in hand', () => {
    const progress = planned();
    expect(progress.line(at(0), 80)).toBe('pending · 0 of 3 tasks · 0:00 · 0 tokens');
    progress.event(event('workflow_started', null, 'running'));
    progress.event(event('task_started', 'find', 'running', { attempt: 1 }));
    progress.event(event('llm_call_completed', 'find', 'running', { total_tokens: 40, cost_usd: 0.0021 }));
    expect(progress.line(at(65), 80)).toBe(
      'running · 0 of 3 tasks · 1:05 · 40 tokens · $0.0021 · 1 in hand: find',
    );
    progress.event(event('task_completed', 'find', 'completed'));
    progress.event(event('task_started', 'write', 'running', { attempt: 1 }));
    progress.event(event('question_asked', 'write', 'waiting'));
    progress.event(event('workflow_waiting', null, 'waiting'));
    progress.event(event('task_failed', 'check', 'failed'));
    expect(progress.line(at(3_725), 90)).toBe(
      'waiting · 2 of 3 tasks · 1 failed · 1:02:05 · 40 tokens · $0.0021 · 1 in hand: write',
    );
    progress.event(event('workflow_retried', null, 'pending'));
    expect(progress.line(at(-9), 80)).toBe('pending · 1 of 3 tasks · 0:00 · 40 tokens · $0.0021');
  });

  it('names no sum once a call has no price', () => {
    const progress = planned();
    progress.event(event('llm_call_completed', 'find', 'running', { total_tokens: 1, cost_usd: 0.5 }));
    progress.event(event('llm_call_completed', 'find', 'running', { total_tokens: 1, cost_usd: null }));
    expect(progress.line(at(0), 80)).not.toContain('$');
  });

  it('stands where a snapshot says; older events change the bill and nothing else', () => {
    const progress = planned();
    const events = [
      event('task_started', 'find', 'running'),
      event('llm_call_completed', 'find', 'running', { total_tokens: 7, cost_usd: 0 }),
    ];
    progress.snapshot({
      as_of_seq: 3,
      execution: { status: 'paused', created_at: BEGUN },
      tasks: [{ key: 'find', status: 'completed' }],
    });
    for (const one of events) progress.event(one);
    expect(progress.line(at(1), 80)).toBe('paused · 1 of 3 tasks · 0:01 · 7 tokens · $0.0000');
  });

  it('is never wider than it may be, whatever tasks are called, and steers no terminal', () => {
    const progress = planned(['海獺'.repeat(30), `a\u001B[2J\n${'b'.repeat(90)}`]);
    progress.event(event('task_started', '海獺'.repeat(30), 'running'));
    progress.event(event('task_started', `a\u001B[2J\n${'b'.repeat(90)}`, 'running'));
    for (const columns of [0, 1, 7, 40, 61, 80, 200]) {
      const line = progress.line(at(0), columns);
      const wide = Array.from(line).filter((one) => /\p{Script=Han}/u.test(one)).length;
      expect(Array.from(line).length + wide).toBeLessThanOrEqual(columns);
      expect(line).not.toMatch(/\p{Cc}/u);
    }
    expect(progress.line(at(0), 61)).toMatch(/in hand: (海獺)+海?…$/);
  });
});
