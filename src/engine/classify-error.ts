import { ConnectionException } from '@mikro-orm/core';
import { ComputationInterrupted, ComputationLimitExceeded } from '../computing/computing-errors.ts';
import { QueueFull } from '../computing/fair-queue.ts';
import { MusterError } from '../domain/errors.ts';
import { isDatabaseAway as saysDatabaseAway } from '../persistence/database-away.ts';

/** Seconds a client is asked to wait when nothing better is known. */
export const RETRY_AFTER_SECONDS = 5;

/** Whether an error says that Postgres cannot be reached, be it in the driver's words or in the ORM's. */
export const isDatabaseAway = (error: unknown): boolean =>
  error instanceof ConnectionException || saysDatabaseAway(error);

/**
 * A thrown thing as an error with a code: its own, SERVICE_UNAVAILABLE for a database that is away, VALIDATION_FAILED for what
 * is too costly to compute. @returns undefined for what nobody foresaw
 */
export function classifyError(error: unknown): MusterError | undefined {
  if (error instanceof MusterError) return error;
  if (isDatabaseAway(error))
    return new MusterError('SERVICE_UNAVAILABLE', 'The database cannot be reached; try again shortly', {
      retryAfterSeconds: RETRY_AFTER_SECONDS,
      cause: error,
    });
  if (error instanceof ComputationLimitExceeded)
    return new MusterError('VALIDATION_FAILED', error.message, {
      details: { computation_limit: error.limit },
      cause: error,
    });
  if (error instanceof ComputationInterrupted)
    return new MusterError('SERVICE_UNAVAILABLE', error.message, { cause: error });
  if (error instanceof QueueFull) return new MusterError('RATE_LIMITED', error.message, { cause: error });
  return undefined;
}
