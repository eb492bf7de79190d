import { proxyActivities, proxyLocalActivities } from '@temporalio/workflow';
import type { Activities } from '../../activities/index.ts';

/** One policy a kind of activity, with its reason. */

/**
 * Agent tasks and steps of flows: minutes long, so they heartbeat, and a dead worker is noticed after 5 s. Attempts are counted
 * a turn in Postgres, so Temporal's own are unlimited. A cancel waits for the task to let go, so that
 * `cancelled` is only written when nothing is in flight.
 */
export const { performTask, performStep } = proxyActivities<Activities>({
  startToCloseTimeout: '2 hours',
  heartbeatTimeout: '5s',
  cancellationType: 'WAIT_CANCELLATION_COMPLETED',
  retry: { initialInterval: '500ms', backoffCoefficient: 2, maximumInterval: '30s' },
});

/** Two quick tries inside the workflow task: the usual case costs no round trip through the server. */
const quick = proxyLocalActivities<Activities>({
  startToCloseTimeout: '3s',
  retry: { initialInterval: '100ms', maximumAttempts: 2 },
});

/** The same, for as long as it takes: a local activity that keeps failing would keep signals from being heard. */
const patient = proxyActivities<Activities>({
  startToCloseTimeout: '10s',
  retry: { initialInterval: '500ms', backoffCoefficient: 2, maximumInterval: '10s' },
});

type RunRecord = 'claimRun' | 'recordPaused' | 'recordWaiting' | 'recordCancelling' | 'finaliseRun';

/** Writes a step of the run's life: quickly if the database answers, else patiently. */
export const record: Pick<Activities, RunRecord> = {
  claimRun: (ref) =>
    quickThenPatient(
      () => quick.claimRun(ref),
      () => patient.claimRun(ref),
    ),
  recordPaused: (ref) =>
    quickThenPatient(
      () => quick.recordPaused(ref),
      () => patient.recordPaused(ref),
    ),
  recordWaiting: (ref) =>
    quickThenPatient(
      () => quick.recordWaiting(ref),
      () => patient.recordWaiting(ref),
    ),
  recordCancelling: (ref) =>
    quickThenPatient(
      () => quick.recordCancelling(ref),
      () => patient.recordCancelling(ref),
    ),
  finaliseRun: (ref, ending) =>
    quickThenPatient(
      () => quick.finaliseRun(ref, ending),
      () => patient.finaliseRun(ref, ending),
    ),
};

async function quickThenPatient<T>(first: () => Promise<T>, then: () => Promise<T>): Promise<T> {
  try {
    return await first();
  } catch {
    // Whatever it was, the patient form meets it again, retries it, and shows it in the Web UI.
    return then();
  }
}
