/** States of an execution and of a task, and which of them are the end (contract §6). */

export const EXECUTION_KINDS = ['crew', 'flow', 'task', 'agent_test'] as const;
export type ExecutionKind = (typeof EXECUTION_KINDS)[number];

export const EXECUTION_STATUSES = [
  'pending',
  'running',
  'paused',
  'waiting',
  'cancelling',
  'completed',
  'failed',
  'cancelled',
] as const;
export type ExecutionStatus = (typeof EXECUTION_STATUSES)[number];

export const FINAL_STATUSES = [
  'completed',
  'failed',
  'cancelled',
] as const satisfies readonly ExecutionStatus[];
export type FinalStatus = (typeof FINAL_STATUSES)[number];

export const TASK_STATUSES = [
  'pending',
  'running',
  'waiting',
  'completed',
  'failed',
  'skipped',
  'cancelled',
] as const;
export type TaskStatus = (typeof TASK_STATUSES)[number];

/** What becomes of a run when one of its tasks fails (contract §6). */
export const ON_TASK_FAILURE = ['fail', 'pause', 'continue'] as const;
export type OnTaskFailure = (typeof ON_TASK_FAILURE)[number];

/** Nothing more happens in a final state, until somebody retries. */
export function isFinal(status: ExecutionStatus): status is FinalStatus {
  return status === 'completed' || status === 'failed' || status === 'cancelled';
}

/** A task that will not run again in this generation. */
export function isTaskFinal(status: TaskStatus): boolean {
  return status === 'completed' || status === 'failed' || status === 'skipped' || status === 'cancelled';
}

/** What a person may ask of a run. */
export type Command = 'pause' | 'resume' | 'cancel' | 'retry';

/** Why a command is not possible now, or null when it is. The database repeats the check in its compare-and-set. */
export function commandRefusal(
  command: Command,
  run: { status: ExecutionStatus; pauseRequested: boolean },
): string | null {
  const { status, pauseRequested } = run;
  switch (command) {
    case 'pause':
      if (status === 'paused') return 'it is paused already';
      if (status !== 'pending' && status !== 'running' && status !== 'waiting') return `it is ${status}`;
      return pauseRequested ? 'it is being paused already' : null;
    case 'resume':
      return status === 'paused' || (pauseRequested && !isFinal(status) && status !== 'cancelling')
        ? null
        : `it is ${status}, not paused`;
    case 'cancel':
      return isFinal(status) ? `it is ${status}` : null;
    case 'retry':
      return status === 'failed' || status === 'cancelled'
        ? null
        : `it is ${status}; only a failed or cancelled execution can be retried`;
  }
}
