import { aboveQuota } from '../persistence/quotas.ts';
import { openRunsOf } from '../persistence/runs/queue.ts';
import type { Engine } from './engine.ts';

/**
 * Refuses what would leave an owner with more runs that are not over than the limit `open_executions`. Starts that come at the
 * same instant may each find room: it bounds what is kept, and nothing relies on the exact number.
 * @param more how many are to be started
 * @throws {MusterError} RATE_LIMITED with the name of the limit
 */
export async function refuseAboveOpenLimit(engine: Engine, ownerId: string, more = 1): Promise<void> {
  const most = engine.settings.USER_LIMITS.open_executions;
  if (most === 0) return;
  const open = await openRunsOf(engine.system, ownerId, most);
  if (open + more > most) throw aboveQuota('open_executions', most, open);
}

/**
 * The same for a retry, which opens a run that is over; what the state of the run forbids is said by the retry itself.
 * @throws {MusterError} RATE_LIMITED with the name of the limit
 */
export async function refuseRetryAboveOpenLimit(engine: Engine, executionId: number): Promise<void> {
  if (engine.settings.USER_LIMITS.open_executions === 0) return;
  const [ended] = await engine.system.query<{ owner_id: string }>(
    `select owner_id from executions where id = $1 and status in ('failed', 'cancelled')`,
    [executionId],
  );
  if (ended !== undefined) await refuseAboveOpenLimit(engine, ended.owner_id);
}
