import { MusterError, type Issue, type RequestErrorCode } from '../domain/errors.ts';
import type { JsonObject } from '../domain/json.ts';
import { StepFailure } from '../flows/step-work.ts';

/** Which limit a computation met: of one piece, or of all pieces of a step together. */
export type ComputationLimit = 'time' | 'memory' | 'step_time' | 'step_size';

/** Thrown when what a user supplied takes more time or memory to compute on than it may. It is not tried again. */
export class ComputationLimitExceeded extends Error {
  readonly limit: ComputationLimit;

  constructor(limit: ComputationLimit, message: string) {
    super(message);
    this.name = 'ComputationLimitExceeded';
    this.limit = limit;
  }
}

/** Thrown when the process of a computation was ended from outside; it can be tried again. */
export class ComputationInterrupted extends Error {
  constructor(options?: ErrorOptions) {
    super('the computation was cut off: try again', options);
    this.name = 'ComputationInterrupted';
  }
}

/** An error on its way from one process to another, where classes do not survive. */
export type SentError =
  | { kind: 'muster'; code: RequestErrorCode; message: string; details: JsonObject; issues: readonly Issue[] }
  | { kind: 'step_failure'; message: string }
  | { kind: 'bug'; message: string; stack: string };

/** For the computing process: what it sends instead of an error. */
export function toSentError(error: unknown): SentError {
  if (error instanceof MusterError) {
    const { code, message, details, issues } = error;
    return { kind: 'muster', code, message, details, issues };
  }
  if (error instanceof StepFailure) return { kind: 'step_failure', message: error.message };
  if (error instanceof Error) return { kind: 'bug', message: error.message, stack: error.stack ?? '' };
  return { kind: 'bug', message: String(error), stack: '' };
}

/** For the process that asked: the error again. */
export function fromSentError(sent: SentError): Error {
  switch (sent.kind) {
    case 'muster':
      return new MusterError(sent.code, sent.message, { details: sent.details, issues: sent.issues });
    case 'step_failure':
      return new StepFailure(sent.message);
    case 'bug': {
      const error = new Error(sent.message);
      error.stack = sent.stack;
      return error;
    }
  }
}
