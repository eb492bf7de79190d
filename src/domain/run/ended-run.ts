import type { RunErrorCode } from '../errors.ts';
import type { FinalStatus } from './status.ts';

/** What is told of an execution when it has ended. Times in milliseconds since 1970, money in micro-USD. */
export interface EndedRun {
  ownerId: string;
  kind: string;
  name: string;
  status: FinalStatus;
  errorCode: RunErrorCode | null;
  startedAt: number;
  completedAt: number;
  promptTokens: number;
  completionTokens: number;
  /** Null where a model it has asked has no price. */
  costMicroUsd: number | null;
}
