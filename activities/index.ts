import type { PerformStepInput, PerformTaskInput, TaskOutcome } from '../src/contracts/crew-run.ts';
import { createWorkerMetrics } from '../src/telemetry/metrics/worker-metrics.ts';
import { performTask } from './agent-task/perform-task.ts';
import { performStep } from './flow-step/perform-step.ts';
import type { DeliveryInput, DeliveryProgress } from '../src/contracts/delivery.ts';
import { deliverDue } from './delivery/deliver-due.ts';
import type { DeliveryDeps } from './delivery/delivery-deps.ts';
import type { FlowDeps } from './flow-step/step-deps.ts';
import { createRunRecordActivities } from './run-record.activities.ts';
import { createScheduledStartActivities } from './scheduled-start.activities.ts';

/**
 * Everything a worker can do, made from what it works with.
 * @param metrics what it counts; default: for nobody
 */
export function createActivities(given: FlowDeps & DeliveryDeps, metrics = createWorkerMetrics()) {
  const deps: FlowDeps & DeliveryDeps = { ...given, models: metrics.watched(given.models) };
  return {
    ...createRunRecordActivities(deps, metrics),
    ...createScheduledStartActivities(deps),
    /** One slice of one agent task. */
    performTask: (input: PerformTaskInput): Promise<TaskOutcome> =>
      metrics.handOut('task', () => performTask(deps, input)),
    /** One run of one step of a flow. */
    performStep: (input: PerformStepInput): Promise<TaskOutcome> =>
      metrics.handOut('step', () => performStep(deps, input)),
    /** Delivers what is due at one endpoint. On a queue of its own. */
    deliverDue: (input: DeliveryInput): Promise<DeliveryProgress> => deliverDue(deps, input),
  };
}

export type Activities = ReturnType<typeof createActivities>;
