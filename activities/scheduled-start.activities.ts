import { activityInfo } from '@temporalio/activity';
import type { FireRef } from '../src/contracts/scheduled-start.ts';
import { cancelFire, recordFire } from '../src/engine/schedules/schedule-fires.ts';
import type { TaskDeps } from './calls/call-deps.ts';

/** What the workflow of one nominal time of a schedule writes. The API starts the run. */
export function createScheduledStartActivities({ sql, waker, maxActive, now }: TaskDeps) {
  return {
    /** The time has come. */
    recordFire(ref: FireRef): Promise<{ isFirst: boolean }> {
      const { workflowId = '', runId = '' } = activityInfo().workflowExecution ?? {};
      return recordFire(sql, ref, { workflowId, runId }, now());
    },
    /** What this time started is to end. */
    async cancelFire(ref: FireRef): Promise<void> {
      const id = await cancelFire(sql, ref, maxActive, now());
      if (id === null) return;
      waker.wake('outbox', id);
      waker.wake('control', id);
      waker.wake('log', id);
    },
  };
}
