/** How an agent instance stands (contract §8). */

export const INSTANCE_STATUSES = [
  'ACTIVE',
  'AWAITING_INPUT',
  'PAUSED',
  'COMPLETED',
  'FAILED',
  'KILLED',
  'STALE',
] as const;
export type InstanceStatus = (typeof INSTANCE_STATUSES)[number];

export const ENDED_STATUSES = ['COMPLETED', 'FAILED', 'KILLED'] as const satisfies readonly InstanceStatus[];
export type EndedStatus = (typeof ENDED_STATUSES)[number];

/** Nothing is taken from its agent any more, until a person sets it to ACTIVE. */
export function isEnded(status: InstanceStatus): status is EndedStatus {
  return status === 'COMPLETED' || status === 'FAILED' || status === 'KILLED';
}

/** How an instance stands once its agent has said something. What a person has paused stays so. */
export function statusAfterAgent(status: InstanceStatus, requiresUserInput: boolean): InstanceStatus {
  if (requiresUserInput) return 'AWAITING_INPUT';
  return status === 'PAUSED' ? 'PAUSED' : 'ACTIVE';
}

/** How it stands once it has read: a sign of life, and nothing more. */
export const statusAfterReading = (status: InstanceStatus): InstanceStatus =>
  status === 'STALE' ? 'ACTIVE' : status;
