import { z } from 'zod';

/** Every type an execution's log may hold (contract §7). */
export const EVENT_TYPES = [
  'workflow_started',
  'workflow_retried',
  'task_edited',
  'workflow_paused',
  'workflow_resumed',
  'workflow_waiting',
  'workflow_cancelling',
  'workflow_completed',
  'workflow_failed',
  'workflow_cancelled',
  'task_started',
  'task_retrying',
  'task_completed',
  'task_failed',
  'task_skipped',
  'llm_call_completed',
  'tool_started',
  'tool_completed',
  'tool_failed',
  'guardrail_failed',
  'question_asked',
  'question_reminded',
  'question_answered',
  'message_created',
  'budget_exhausted',
] as const;
export type EventType = (typeof EVENT_TYPES)[number];

export const eventSchema = z
  .object({
    seq: z.int().describe('1…n without a gap within one execution'),
    type: z.enum(EVENT_TYPES),
    execution_id: z.uuid(),
    id: z.int().describe('the integer id of the execution'),
    workflow_id: z.int().nullable().describe('of the stored workflow it is a run of'),
    task_id: z.int().nullable().describe('of the stored task'),
    task_key: z.string().nullable(),
    agent_id: z.int().nullable().describe('of the stored agent'),
    status: z.string().nullable().describe('state of the execution or task after the event'),
    timestamp: z.iso.datetime(),
    data: z.record(z.string(), z.unknown()),
  })
  .meta({ id: 'Event', description: 'One entry of an execution’s append-only log.' });
export type EventFrame = z.output<typeof eventSchema>;
