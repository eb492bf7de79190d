import type { EventFrame } from '../../src/contracts/events.ts';

/** About as much as the events of a crew carry. */
export const DATA = { text: 'An otter holds hands with another while they sleep. '.repeat(3) };

/** An event as the log shows it, for those who write one without a log. */
export const eventOf = (execution: number, seq: number): EventFrame => ({
  seq,
  type: 'message_created',
  execution_id: '550e8400-e29b-41d4-a716-446655440000',
  id: execution,
  workflow_id: null,
  task_id: null,
  task_key: null,
  agent_id: null,
  status: null,
  timestamp: new Date().toISOString(),
  data: DATA,
});
