import { aboveQuota, refuseAboveQuota } from '../../persistence/quotas.ts';
import type { CreatedRun } from './create-run.ts';
import type { Sql } from '../../persistence/sql.ts';
import { openRunsOf } from '../queue/run-queue.ts';
import type { CommandServices } from '../commands/command-services.ts';

/**
 * Called after runs were added, in their transaction: refuses them when their owner has more then that are not over, or that
 * wait for their turn, than may be. Starts that come at the same instant may each find the last place among the open ones:
 * that limit bounds what is kept, and nothing relies on the exact number.
 * @param made by this request, or found again by a repeat of it
 * @throws {MusterError} RATE_LIMITED with the name of the limit
 */
export async function refuseAboveRunLimits(
  { settings: { USER_LIMITS: limits } }: Pick<CommandServices, 'settings'>,
  sql: Sql,
  ownerId: string,
  made: readonly Pick<CreatedRun, 'outboxId'>[],
): Promise<void> {
  const queued = made.filter(({ outboxId }) => outboxId === null).length;
  if (queued > 0)
    await refuseAboveQuota(sql, ownerId, ['queued_executions'], limits, { queued_executions: queued });
  const most = limits.open_executions;
  if (most === 0) return;
  const open = await openRunsOf(sql, ownerId, most + made.length);
  if (open > most) throw aboveQuota('open_executions', most, open - made.length);
}

/**
 * Refuses a retry, which opens a run that is over, where no place is left; what the state of the run forbids is said by
 * the retry itself.
 * @throws {MusterError} RATE_LIMITED with the name of the limit
 */
export async function refuseRetryAboveOpenLimit(
  engine: Pick<CommandServices, 'settings' | 'system'>,
  executionId: number,
): Promise<void> {
  const most = engine.settings.USER_LIMITS.open_executions;
  if (most === 0) return;
  const [ended] = await engine.system.query<{ owner_id: string }>(
    `select owner_id from executions where id = $1 and status in ('failed', 'cancelled')`,
    [executionId],
  );
  if (ended === undefined) return;
  const open = await openRunsOf(engine.system, ended.owner_id, most);
  if (open >= most) throw aboveQuota('open_executions', most, open);
}
