import type { EventSchema, ExecutionSchema, TaskRunSchema } from '../../../src/client/api-types.ts';

/**
 * A run as the page shows it: what was read of it once, and every event since folded in. Pure: the same events give the
 * same picture, whenever they come.
 */
export interface RunState {
  execution: ExecutionSchema;
  /** In the order of the plan. */
  tasks: readonly TaskRunSchema[];
  /** The seq of the last event that is in it. */
  lastSeq: number;
}

const STATUSES: ReadonlySet<string> = new Set([
  'pending',
  'running',
  'paused',
  'waiting',
  'cancelling',
  'completed',
  'failed',
  'cancelled',
]);
const isRunStatus = (status: string): status is ExecutionSchema['status'] => STATUSES.has(status);

const TASK_STATUSES: ReadonlySet<string> = new Set([
  'pending',
  'running',
  'waiting',
  'completed',
  'failed',
  'skipped',
  'cancelled',
]);
const isTaskStatus = (status: string): status is TaskRunSchema['status'] => TASK_STATUSES.has(status);

const numberOf = (value: unknown): number => (typeof value === 'number' ? value : 0);
const textOf = (value: unknown): string | null => (typeof value === 'string' ? value : null);

/** @returns the state after these events; those it has already change nothing */
export function withEvents(state: RunState, events: readonly EventSchema[]): RunState {
  const fresh = events.filter(({ seq }) => seq > state.lastSeq);
  const last = fresh.at(-1);
  if (last === undefined) return state;
  const changed = new Map<string, TaskRunSchema>();
  const tasks = new Map(state.tasks.map((task) => [task.key, task]));
  let execution = state.execution;
  for (const event of fresh) {
    execution = executionAfter(execution, event);
    const key = event.task_key;
    if (key === null) continue;
    changed.set(key, taskAfter(changed.get(key) ?? tasks.get(key) ?? newStep(key, event), event));
  }
  return { execution, tasks: merged(state.tasks, changed), lastSeq: last.seq };
}

/** The steps of a flow are known when they begin. */
const newStep = (key: string, { task_id: id, seq }: EventSchema): TaskRunSchema => ({
  id: id ?? -seq,
  key,
  name: key,
  status: 'pending',
  attempts: 0,
  agent: '',
  description: null,
  expected_output: null,
  depends_on: [],
  context: null,
  tools: [],
  output: null,
  error: null,
  error_code: null,
  warnings: [],
  token_usage: { prompt_tokens: 0, completion_tokens: 0, total_tokens: 0 },
  cost_usd: 0,
  started_at: null,
  completed_at: null,
});

function merged(
  tasks: readonly TaskRunSchema[],
  changed: Map<string, TaskRunSchema>,
): readonly TaskRunSchema[] {
  if (changed.size === 0) return tasks;
  const known = tasks.map((task) => {
    const now = changed.get(task.key);
    changed.delete(task.key);
    return now ?? task;
  });
  return [...known, ...changed.values()];
}

function executionAfter(run: ExecutionSchema, event: EventSchema): ExecutionSchema {
  const { type, data, status, timestamp } = event;
  if (type === 'llm_call_completed') return { ...run, ...spent(run, data) };
  if (type === 'question_answered' && run.status === 'waiting') return { ...run, status: 'running' };
  if (!type.startsWith('workflow_')) return run;
  const ended = type === 'workflow_completed' || type === 'workflow_failed' || type === 'workflow_cancelled';
  const error = textOf(data['error']);
  return {
    ...run,
    status: status !== null && isRunStatus(status) ? status : run.status,
    pause_requested:
      type === 'workflow_paused' || type === 'workflow_resumed' || ended ? false : run.pause_requested,
    started_at: type === 'workflow_started' ? timestamp : run.started_at,
    completed_at: ended ? timestamp : type === 'workflow_retried' ? null : run.completed_at,
    error: type === 'workflow_retried' ? null : (error ?? run.error),
    error_code: type === 'workflow_retried' ? null : (textOf(data['error_code']) ?? run.error_code),
  };
}

function taskAfter(task: TaskRunSchema, event: EventSchema): TaskRunSchema {
  const { type, data, status, timestamp } = event;
  const known = status !== null && isTaskStatus(status) ? status : task.status;
  if (type === 'llm_call_completed') return { ...task, ...spent(task, data) };
  if (type === 'task_started') {
    const attempts = numberOf(data['attempt']) || task.attempts;
    return { ...task, status: 'running', attempts, started_at: timestamp, completed_at: null, error: null };
  }
  if (type === 'task_completed')
    return { ...task, status: 'completed', completed_at: timestamp, output: outputOf(task, data) };
  if (type === 'task_skipped') return { ...task, status: 'skipped', completed_at: timestamp };
  if (type === 'task_failed') {
    const error = textOf(data['error']) ?? task.error;
    return {
      ...task,
      status: 'failed',
      completed_at: timestamp,
      error,
      error_code: textOf(data['error_code']),
    };
  }
  if (type === 'question_asked') return { ...task, status: 'waiting' };
  if (type === 'question_answered' && task.status === 'waiting') return { ...task, status: 'running' };
  return { ...task, status: known };
}

const outputOf = (task: TaskRunSchema, data: Record<string, unknown>): TaskRunSchema['output'] => ({
  name: task.name,
  description: task.description ?? '',
  expected_output: task.expected_output ?? '',
  summary: textOf(data['summary']) ?? '',
  raw: textOf(data['raw']) ?? '',
  json_dict: null,
  agent: textOf(data['agent']) ?? task.agent,
  output_format: 'raw',
});

/** After these the plan or the states of many tasks are others: the tasks are to be read again. */
export const changesPlan = (type: EventSchema['type']): boolean =>
  type === 'workflow_retried' || type === 'task_edited';

/** What a model call adds to a bill. A call without a price makes the sum unknown, as in the API. */
function spent(
  bill: Pick<TaskRunSchema, 'token_usage' | 'cost_usd'>,
  data: Record<string, unknown>,
): Pick<TaskRunSchema, 'token_usage' | 'cost_usd'> {
  const { prompt_tokens: prompt, completion_tokens: completion, total_tokens: total } = bill.token_usage;
  const cost = data['cost_usd'];
  return {
    token_usage: {
      prompt_tokens: prompt + numberOf(data['prompt_tokens']),
      completion_tokens: completion + numberOf(data['completion_tokens']),
      total_tokens: total + numberOf(data['total_tokens']),
    },
    cost_usd: bill.cost_usd === null || typeof cost !== 'number' ? null : bill.cost_usd + cost,
  };
}
