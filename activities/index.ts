import { activityInfo, Context } from '@temporalio/activity';
import type { PerformStepInput, PerformTaskInput, TaskOutcome } from '../src/contracts/crew-run.ts';
import { createWorkerMetrics, type WorkerMetrics } from '../src/telemetry/metrics/worker-metrics.ts';
import { tracedModels, tracedTools } from '../src/telemetry/tracing/call-spans.ts';
import { underHandOut, type Handed } from '../src/telemetry/tracing/run-spans.ts';
import { noTracing } from '../src/telemetry/tracing/tracing.ts';
import { taskSeconds } from '../src/engine/claims/task-duration.ts';
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
  given: Omit<FlowDeps, 'setAside'> & DeliveryDeps,
  metrics = createWorkerMetrics(),
  tracing = noTracing,
) {
  const deps: FlowDeps & DeliveryDeps = {
    ...given,
    setAside: (kind) => metrics.setAside(kind),
    models: tracedModels(metrics.watched(given.models, given.prices), tracing),
    tools: tracedTools(given.tools, tracing),
  };
  /** Counts and tells what was handed out. */
  const worked = async (
    kind: 'task' | 'step',
    input: PerformTaskInput,
    work: () => Promise<TaskOutcome>,
  ): Promise<TaskOutcome> => {
    const outcome = await metrics.handOut(kind, () => underHandOut(tracing, input, kind, handed(), work));
    if (outcome.kind === 'completed' || outcome.kind === 'failed')
      await countEnd(deps, metrics, input, kind, outcome.kind);
    return outcome;
  };
  return {
    ...createRunRecordActivities(deps, metrics, tracing),
    ...createScheduledStartActivities(deps),
    /** One slice of one agent task. */
    performTask: (input: PerformTaskInput): Promise<TaskOutcome> =>
      worked('task', input, () => performTask(deps, input)),
    /** One run of one step of a flow. */
    performStep: (input: PerformStepInput): Promise<TaskOutcome> =>
      worked('step', input, () => performStep(deps, input)),
    /** Delivers what is due at one endpoint. On a queue of its own. */
    deliverDue: (input: DeliveryInput): Promise<DeliveryProgress> => deliverDue(deps, input),
  };
}

/** The task is over and written; that its time could not be read must not have it done again. */
async function countEnd(
  { sql, logger }: FlowDeps,
  metrics: WorkerMetrics,
  { id, taskKey }: PerformTaskInput,
  kind: 'task' | 'step',
  outcome: 'completed' | 'failed',
): Promise<void> {
  try {
    const seconds = await taskSeconds(sql, id, taskKey);
    if (seconds !== null) metrics.taskEnded(kind, outcome, seconds);
  } catch (error) {
    logger.debug({ err: error }, 'the time of a task is not counted');
  }
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
