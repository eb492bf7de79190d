import { activityInfo, Context } from '@temporalio/activity';
import type { PerformStepInput, PerformTaskInput, TaskOutcome } from '../src/contracts/crew-run.ts';
import { createWorkerMetrics } from '../src/telemetry/metrics/worker-metrics.ts';
import { tracedModels, tracedTools } from '../src/telemetry/tracing/call-spans.ts';
import { underHandOut, type Handed } from '../src/telemetry/tracing/run-spans.ts';
import { noTracing } from '../src/telemetry/tracing/tracing.ts';
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
 * @param tracing whom it tells what it does; default: nobody
 */
export function createActivities(
  given: FlowDeps & DeliveryDeps,
  metrics = createWorkerMetrics(),
  tracing = noTracing,
) {
  const deps: FlowDeps & DeliveryDeps = {
    ...given,
    models: tracedModels(metrics.watched(given.models), tracing),
    tools: tracedTools(given.tools, tracing),
  };
  return {
    ...createRunRecordActivities(deps, metrics, tracing),
    ...createScheduledStartActivities(deps),
    /** One slice of one agent task. */
    performTask: (input: PerformTaskInput): Promise<TaskOutcome> =>
      metrics.handOut('task', () =>
        underHandOut(tracing, input, 'task', handed(), () => performTask(deps, input)),
      ),
    /** One run of one step of a flow. */
    performStep: (input: PerformStepInput): Promise<TaskOutcome> =>
      metrics.handOut('step', () =>
        underHandOut(tracing, input, 'step', handed(), () => performStep(deps, input)),
      ),
    /** Delivers what is due at one endpoint. On a queue of its own. */
    deliverDue: (input: DeliveryInput): Promise<DeliveryProgress> => deliverDue(deps, input),
  };
}

/** What the SDK knows of the activity under way. */
function handed(): Handed {
  const current = Context.current();
  const { attempt, scheduledTimestampMs, workflowExecution } = activityInfo();
  return {
    attempt,
    scheduledAt: scheduledTimestampMs,
    workflowId: workflowExecution?.workflowId ?? '',
    runId: workflowExecution?.runId ?? '',
    isCancelled: () => current.cancellationDetails?.cancelRequested === true,
  };
}

export type Activities = ReturnType<typeof createActivities>;
