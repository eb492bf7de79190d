import { defineSearchAttributeKey } from '@temporalio/common';
import {
  CancellationScope,
  condition,
  isCancellation,
  proxyActivities,
  setCurrentDetails,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import type { Activities } from '../../activities/index.ts';
import type { ScheduledStartInput } from '../../src/contracts/scheduled-start.ts';
import { endedSignal } from './messages.ts';

const NOMINAL_TIME = defineSearchAttributeKey('TemporalScheduledStartTime', 'DATETIME');

/** For as long as it takes: a time that has come must not be lost because the database was away. */
const { recordFire, cancelFire } = proxyActivities<Activities>({
  startToCloseTimeout: '10s',
  retry: { initialInterval: '500ms', backoffCoefficient: 2, maximumInterval: '10s' },
});

/**
 * One nominal time of a schedule: says that it has come, and stays open until the run it started is over, so that the
 * schedule's overlap policy sees what really runs. Cancelling it cancels the run.
 */
export async function scheduledStart({ scheduleId }: ScheduledStartInput): Promise<{ started: boolean }> {
  let over = false;
  setHandler(endedSignal, () => {
    over = true;
  });
  const { typedSearchAttributes, startTime } = workflowInfo();
  const nominalAt = (typedSearchAttributes.get(NOMINAL_TIME) ?? startTime).toISOString();
  const ref = { scheduleId, nominalAt };
  setCurrentDetails(`due at ${nominalAt}`);
  const { isFirst } = await recordFire(ref);
  // Somebody else has this time, or the schedule is gone.
  if (!isFirst) return { started: false };
  try {
    await condition(() => over);
  } catch (error) {
    if (!isCancellation(error)) throw error;
    await CancellationScope.nonCancellable(async () => {
      await cancelFire(ref);
      await condition(() => over);
    });
    throw error;
  }
  return { started: true };
}
