import { describe, expect, it } from '@jest/globals';
import { callSpans } from '../../console/src/run/timeline/spans.ts';
import { withEvents, type RunState } from '../../console/src/run/run-state.ts';
import type { EventSchema } from '../../src/client/api-types.ts';
import { exampleExecution, exampleTask } from '../../src/api/resources/executions/examples.ts';
import { executionSchema, taskRunSchema } from '../../src/api/resources/executions/schema.ts';

/** What the console makes of a run's events. */

const event = (seq: number, type: EventSchema['type'], more: Partial<EventSchema> = {}): EventSchema => ({
  seq,
  type,
  execution_id: '550e8400-e29b-41d4-a716-446655440000',
  id: 1,
  workflow_id: null,
  task_id: null,
  task_key: null,
  agent_id: null,
  status: null,
  timestamp: new Date(Date.UTC(2026, 10, 20, 9, 30, seq)).toISOString(),
  data: {},
  ...more,
});

const start: RunState = {
  execution: executionSchema.parse({ ...exampleExecution, status: 'pending', completed_at: null }),
  tasks: [
    taskRunSchema.parse({ ...exampleTask, key: 'a', status: 'pending', attempts: 0, started_at: null }),
  ],
  lastSeq: 0,
};
const taskIs = (state: RunState, key: string): string | undefined =>
  state.tasks.find((task) => task.key === key)?.status;

describe('a run that is followed', () => {
  const events = [
    event(1, 'workflow_started', { status: 'running' }),
    event(2, 'task_started', { task_key: 'a', status: 'running', data: { attempt: 1 } }),
    event(3, 'llm_call_completed', {
      task_key: 'a',
      data: { total_tokens: 7, cost_usd: 0.5, latency_ms: 1_000 },
    }),
    event(4, 'task_completed', { task_key: 'a', status: 'completed', data: { raw: 'Done.' } }),
    event(5, 'workflow_completed', { status: 'completed' }),
  ];

  it('stands where its events have brought it', () => {
    const end = withEvents(start, events);
    expect(end.execution.status).toBe('completed');
    expect(end.execution.completed_at).toBe(events[4]?.timestamp);
    expect(end.tasks[0]).toMatchObject({ status: 'completed', output: { raw: 'Done.' } });
    expect(end.lastSeq).toBe(5);
  });

  it('comes to the same however the events are cut, and whatever comes twice', () => {
    const whole = withEvents(start, events);
    let state = start;
    for (const cut of [events.slice(0, 2), events.slice(0, 4), events.slice(2)])
      state = withEvents(state, cut);
    expect(state).toEqual(whole);
  });

  it('shows a step of a flow when it begins', () => {
    const state = withEvents(start, [
      event(1, 'task_started', { task_key: 'write/1', data: { attempt: 1 } }),
    ]);
    expect(taskIs(state, 'write/1')).toBe('running');
    expect(taskIs(state, 'a')).toBe('pending');
  });

  it('waits while somebody is asked, and goes on with the answer', () => {
    const asked = withEvents(start, [
      event(1, 'question_asked', { task_key: 'a' }),
      event(2, 'workflow_waiting', { status: 'waiting' }),
    ]);
    expect([asked.execution.status, taskIs(asked, 'a')]).toEqual(['waiting', 'waiting']);
    const answered = withEvents(asked, [event(3, 'question_answered', { task_key: 'a' })]);
    expect([answered.execution.status, taskIs(answered, 'a')]).toEqual(['running', 'running']);
  });
});

describe('the time within a task', () => {
  it('is that of its model calls, tool calls, questions and waits', () => {
    const spans = callSpans([
      event(10, 'llm_call_completed', { task_key: 'a', data: { model: 'm', latency_ms: 4_000 } }),
      event(11, 'tool_started', { task_key: 'a', data: { tool: 't', call_id: 'c' } }),
      event(13, 'tool_failed', { task_key: 'a', data: { tool: 't', call_id: 'c' } }),
      event(14, 'task_retrying', { task_key: 'a', data: { error: '429', delay_ms: 2_000 } }),
      event(20, 'question_asked', { task_key: 'a', data: { question_id: 'q', question: 'Well?' } }),
    ]);
    const seconds = (ms: number | null): number | null => (ms === null ? null : new Date(ms).getUTCSeconds());
    expect(spans.map(({ kind, from, to, failed }) => [kind, seconds(from), seconds(to), failed])).toEqual([
      ['model', 6, 10, false],
      ['tool', 11, 13, true],
      ['retry', 14, 16, true],
      ['question', 20, null, false],
    ]);
  });

  it('ends with its task, whatever was still open', () => {
    const spans = callSpans([
      event(1, 'tool_started', { task_key: 'a', data: { tool: 't', call_id: 'c' } }),
      event(2, 'task_failed', { task_key: 'a' }),
    ]);
    expect(spans[0]?.to).toBe(Date.UTC(2026, 10, 20, 9, 30, 2));
  });
});
