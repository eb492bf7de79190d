import { MusterError } from '../domain/errors.ts';
import { openRunsOf } from '../persistence/runs/queue.ts';
import type { Engine } from './engine.ts';

/** When a refused start may be tried again: something has to end first. */
const RETRY_AFTER_SECONDS = 60;

/**
 * Refuses what would leave an owner with more runs that are not over than MAX_OPEN_EXECUTIONS_PER_USER. Starts that come at the
 * same instant may each find room: it bounds what is kept, and nothing relies on the exact number.
 * @param more how many are to be started
 * @throws {MusterError} RATE_LIMITED with the name of the limit
 */
export async function refuseAboveOpenLimit(engine: Engine, ownerId: string, more = 1): Promise<void> {
  const most = engine.settings.MAX_OPEN_EXECUTIONS_PER_USER;
  if (most === 0) return;
  const open = await openRunsOf(engine.system, ownerId, most);
  if (open + more <= most) return;
  const limit = 'MAX_OPEN_EXECUTIONS_PER_USER';
  throw new MusterError(
    'RATE_LIMITED',
    `${open} executions are open and ${more} more would be above ${most} (${limit}): answer, resume or cancel some first`,
    { details: { limit, most, open }, retryAfterSeconds: RETRY_AFTER_SECONDS },
  );
}

/**
 * The same for a retry, which opens a run that is over; what the state of the run forbids is said by the retry itself.
 * @throws {MusterError} RATE_LIMITED with the name of the limit
 */
export async function refuseRetryAboveOpenLimit(engine: Engine, executionId: number): Promise<void> {
  if (engine.settings.MAX_OPEN_EXECUTIONS_PER_USER === 0) return;
  const [ended] = await engine.system.query<{ owner_id: string }>(
    `select owner_id from executions where id = $1 and status in ('failed', 'cancelled')`,
    [executionId],
  );
  if (ended !== undefined) await refuseAboveOpenLimit(engine, ended.owner_id);
}
