import {
  ScheduleAlreadyRunning,
  ScheduleNotFoundError,
  WorkflowNotFoundError,
  type ScheduleOverlapPolicy,
} from '@temporalio/client';
import { msToTs } from '@temporalio/common/lib/time.js';
import proto from '@temporalio/proto';
import { endedSignal } from '../../workflows/scheduled-start/messages.ts';
import type { Overlap } from '../domain/schedule.ts';
import type { Temporal } from './client.ts';
import { SCHEDULED_START_TYPE, scheduledStartWorkflowId, temporalScheduleId } from './names.ts';

/** What Temporal has to know of a schedule. */
export interface ScheduleShape {
  id: string;
  name: string;
  cron: string;
  timezone: string;
  overlap: Overlap;
  paused: boolean;
}

/**
 * What is asked of a schedule beside its times. Times in ISO 8601; `at` is the moment a trigger stands for, a whole second
 * that no other start of the schedule stands for (one that was kept before 2026-11-28 has none).
 */
export type ScheduleRequest =
  { kind: 'trigger'; at?: string } | { kind: 'backfill'; from: string; to: string; overlap: Overlap };

/** The door to Temporal's schedules. Every call may be repeated. */
export interface TemporalSchedules {
  /** Makes it, or makes it so. */
  put(schedule: ScheduleShape): Promise<void>;
  remove(id: string): Promise<void>;
  exists(id: string): Promise<boolean>;
  /**
   * Comes back when the schedule has taken it: it must not be asked for the next thing before.
   * @param requestId the same at a repeat: Temporal hears it once
   */
  request(
    schedule: { id: string; overlap: Overlap },
    request: ScheduleRequest,
    requestId: string,
  ): Promise<void>;
  /** Whether the workflow of one time was ended by force: by the policy `terminate_other`, or by an operator. */
  isTerminated(workflowId: string, runId: string): Promise<boolean>;
  /** Tells the workflow of one time that it is over. */
  ended(workflowId: string, runId: string): Promise<void>;
}

const CALL_MS = 5_000;
/** Times that were missed while Temporal was away are made up for if they are not older than this. */
const CATCH_UP = '1 hour';

const POLICIES: Record<Overlap, ScheduleOverlapPolicy> = {
  skip: 'SKIP',
  buffer_one: 'BUFFER_ONE',
  buffer_all: 'BUFFER_ALL',
  cancel_other: 'CANCEL_OTHER',
  terminate_other: 'TERMINATE_OTHER',
  allow_all: 'ALLOW_ALL',
};
const wireNames = proto.temporal.api.enums.v1.ScheduleOverlapPolicy;
/** The same as a raw call wants them. */
const WIRE: Record<Overlap, proto.temporal.api.enums.v1.ScheduleOverlapPolicy> = {
  skip: wireNames.SCHEDULE_OVERLAP_POLICY_SKIP,
  buffer_one: wireNames.SCHEDULE_OVERLAP_POLICY_BUFFER_ONE,
  buffer_all: wireNames.SCHEDULE_OVERLAP_POLICY_BUFFER_ALL,
  cancel_other: wireNames.SCHEDULE_OVERLAP_POLICY_CANCEL_OTHER,
  terminate_other: wireNames.SCHEDULE_OVERLAP_POLICY_TERMINATE_OTHER,
  allow_all: wireNames.SCHEDULE_OVERLAP_POLICY_ALLOW_ALL,
};

/** @param overlap the schedule's, which holds for a trigger */
function patchOf(request: ScheduleRequest, overlap: Overlap): proto.temporal.api.schedule.v1.ISchedulePatch {
  if (request.kind === 'trigger')
    return {
      triggerImmediately: {
        overlapPolicy: WIRE[overlap],
        ...(request.at !== undefined && { scheduledTime: msToTs(Date.parse(request.at)) }),
      },
    };
  // Temporal leaves out the very first moment.
  const startTime = msToTs(Date.parse(request.from) - 1);
  const endTime = msToTs(Date.parse(request.to));
  return { backfillRequest: [{ startTime, endTime, overlapPolicy: WIRE[request.overlap] }] };
}

export function createTemporalSchedules(
  { client }: Temporal,
  namespace: string,
  taskQueue: string,
): TemporalSchedules {
  const soon = <T>(call: () => Promise<T>): Promise<T> => client.withDeadline(Date.now() + CALL_MS, call);
  const handle = (id: string) => client.schedule.getHandle(temporalScheduleId(id));
  const optionsOf = (schedule: ScheduleShape) => ({
    spec: { cronExpressions: [schedule.cron], timezone: schedule.timezone },
    action: {
      type: 'startWorkflow' as const,
      workflowType: SCHEDULED_START_TYPE,
      workflowId: scheduledStartWorkflowId(schedule.id),
      taskQueue,
      args: [{ scheduleId: schedule.id }],
      workflowTaskTimeout: '5s' as const,
      staticSummary: schedule.name,
    },
    policies: { overlap: POLICIES[schedule.overlap], catchupWindow: CATCH_UP as '1 hour' },
    state: { paused: schedule.paused },
  });
  const unlessGone = async (call: () => Promise<unknown>): Promise<boolean> => {
    try {
      await soon(call);
      return true;
    } catch (error) {
      if (error instanceof ScheduleNotFoundError || error instanceof WorkflowNotFoundError) return false;
      throw error;
    }
  };
  return {
    async put(schedule) {
      const options = optionsOf(schedule);
      try {
        await soon(() => client.schedule.create({ scheduleId: temporalScheduleId(schedule.id), ...options }));
      } catch (error) {
        if (!(error instanceof ScheduleAlreadyRunning)) throw error;
        await soon(() => handle(schedule.id).update(() => options));
      }
    },
    async remove(id) {
      await unlessGone(() => handle(id).delete());
    },
    exists: (id) => unlessGone(() => handle(id).describe()),
    async request({ id, overlap }, request, requestId) {
      await soon(() =>
        client.connection.workflowService.patchSchedule({
          namespace,
          scheduleId: temporalScheduleId(id),
          patch: patchOf(request, overlap),
          requestId,
          identity: 'muster',
        }),
      );
      // Answered behind what came before.
      await soon(() => handle(id).describe());
    },
    async isTerminated(workflowId, runId) {
      const described = { status: '' };
      await unlessGone(async () => {
        described.status = (await client.workflow.getHandle(workflowId, runId).describe()).status.name;
      });
      return described.status === 'TERMINATED';
    },
    async ended(workflowId, runId) {
      await unlessGone(() => client.workflow.getHandle(workflowId, runId).signal(endedSignal));
    },
  };
}
