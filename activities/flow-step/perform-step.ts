import { activityInfo, ApplicationFailure, Context } from '@temporalio/activity';
import { ComputationLimitExceeded } from '../../src/computing/computing-errors.ts';
import type { PerformStepInput, TaskOutcome } from '../../src/contracts/crew-run.ts';
import type { RunErrorCode } from '../../src/domain/errors.ts';
import { MAX_UNEXPECTED_ERRORS } from '../../src/domain/run/retry-delay.ts';
import type { PlainContext, Worked } from '../../src/flows/define-flow.ts';
import { StepFailure, TryAgain } from '../../src/flows/step-work.ts';
import { ModelFailure } from '../../src/models/model.ts';
import { isDatabaseAway } from '../../src/persistence/database-away.ts';
import { CallSettled } from '../../src/engine/calls/record-call.ts';
import { StaleLease, type Lease } from '../../src/engine/claims/task-lease.ts';
import { endAlone, handBack } from '../calls/after-worker-deaths.ts';
import { recordUnexpected } from '../agent-task/positions.ts';
import { RunStopped } from '../calls/running-tasks.ts';
import { startHeartbeat } from '../heartbeat.ts';
import { openStep, type ReadyStep } from './open-step.ts';
import { createStepCalls, type StepCalls } from './step-calls.ts';
import type { FlowDeps } from './step-deps.ts';
import { endStep, failStep, retryStep } from './step-record.ts';

/**
 * Runs one run of a step of a flow: finds out what it waits for, or does its work and writes what it leaves behind.
 * Runs in the worker, under heartbeat. Work that was cut off by a crash is done again from its beginning, but what it
 * had asked models and the outside by then is read back, not asked again.
 *
 * @throws {ApplicationFailure} retryable, with the delay until the next attempt
 */
export async function performStep(deps: FlowDeps, input: PerformStepInput): Promise<TaskOutcome> {
  const info = activityInfo();
  const lease: Lease = {
    id: input.id,
    generation: input.generation,
    temporalRunId: info.workflowExecution?.runId ?? '',
    taskKey: input.taskKey,
    dispatch: input.dispatch,
    attempt: info.attempt,
    workerId: deps.workerId,
  };
  const heartbeat = startHeartbeat(Context.current(), { step: input.taskKey });
  const registration = deps.running.register(input.id);
  const signal = AbortSignal.any([Context.current().cancellationSignal, registration.signal]);
  try {
    const opened = await openStep(deps, lease, input.place, signal);
    return opened.kind === 'outcome' ? opened.outcome : await work(deps, lease, opened, signal);
  } catch (error) {
    await handBack(deps, lease);
    if (signal.aborted && signal.reason instanceof RunStopped) return { kind: 'cancelling' };
    if (isForeseen(error, signal)) throw error;
    deps.logger.error({ err: error, execution_id: input.executionId, task_key: input.taskKey }, 'unexpected');
    const outcome = await recordUnexpected(deps, lease);
    if (outcome !== null) return outcome;
    throw error;
  } finally {
    await endAlone(deps, lease);
    registration.release();
    heartbeat.stop();
  }
}

/** Errors that a later attempt gets over, or that say that this one has nothing left to do. */
const isForeseen = (error: unknown, signal: AbortSignal): boolean =>
  signal.aborted ||
  error instanceof ApplicationFailure ||
  error instanceof StaleLease ||
  error instanceof CallSettled ||
  isDatabaseAway(error);

async function work(
  deps: FlowDeps,
  lease: Lease,
  ready: ReadyStep,
  signal: AbortSignal,
): Promise<TaskOutcome> {
  const calls = createStepCalls(deps, lease, ready, signal);
  const context: PlainContext = {
    ...ready.view,
    model: calls.model,
    fetch: calls.fetch,
    tool: calls.tool,
    expressions: ready.expressions,
    signal,
    now: deps.now,
  };
  let worked: Worked;
  try {
    worked = await untilAborted(ready.step.work(context, ready.given), signal);
  } catch (error) {
    return failed(deps, lease, ready, calls, error, signal);
  }
  // What stopped a call stops the step, whatever its code made of it.
  if (calls.interruption !== null) return interrupted(calls.interruption);
  const { labels } = ready.step.shape;
  if (worked.label !== null && !labels.includes(worked.label)) {
    const error = `it answered "${worked.label}", which is none of its labels (${labels.join(', ')})`;
    return failStep(deps, lease, ready.ids, { error, code: 'STEP_FAILED' });
  }
  return endStep(deps, lease, ready, worked);
}

/** Code of a flow that does not look at its signal is left behind; what it tries to record then is refused. */
function untilAborted<T>(working: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const stop = (): void => reject(signal.reason);
  if (signal.aborted) stop();
  else signal.addEventListener('abort', stop, { once: true });
  return Promise.race([working, aborted]).finally(() => signal.removeEventListener('abort', stop));
}

type Interruption = NonNullable<StepCalls['interruption']>;

function interrupted(interruption: Interruption): TaskOutcome {
  if (interruption.kind === 'outcome') return interruption.outcome;
  throw interruption.error;
}

async function failed(
  deps: FlowDeps,
  lease: Lease,
  { ids }: ReadyStep,
  calls: StepCalls,
  error: unknown,
  signal: AbortSignal,
): Promise<TaskOutcome> {
  if (signal.aborted) throw error;
  if (calls.interruption !== null) return interrupted(calls.interruption);
  if (isForeseen(error, signal)) throw error;
  if (error instanceof TryAgain) {
    const again = await retryStep(deps, lease, error);
    if (again !== null) return again;
  }
  return failStep(deps, lease, ids, reasonOf(error));
}

function reasonOf(error: unknown): { error: string; code: RunErrorCode } {
  if (error instanceof ModelFailure) return { error: error.message, code: error.code };
  if (error instanceof ComputationLimitExceeded) return { error: error.message, code: 'COMPUTATION_LIMIT' };
  const words = error instanceof Error ? error.message : String(error);
  if (error instanceof TryAgain)
    return { error: `${words} (tried ${MAX_UNEXPECTED_ERRORS} times)`, code: 'STEP_FAILED' };
  if (error instanceof StepFailure) return { error: words, code: 'STEP_FAILED' };
  return { error: error instanceof Error ? `${error.name}: ${words}` : words, code: 'STEP_FAILED' };
}
