import { activityInfo, ApplicationFailure, Context } from '@temporalio/activity';
import type { PerformTaskInput, TaskOutcome } from '../../src/contracts/crew-run.ts';
import { isDatabaseAway } from '../../src/persistence/database-away.ts';
import { CallSettled } from '../../src/engine/calls/record-call.ts';
import { StaleLease, type Lease } from '../../src/engine/claims/task-lease.ts';
import { ModelFailure } from '../../src/models/model.ts';
import { retryDelayMs } from '../../src/domain/run/retry-delay.ts';
import { nameAgent } from '../../src/telemetry/tracing/run-spans.ts';
import { startHeartbeat } from '../heartbeat.ts';
import { endAlone, handBack } from '../calls/after-worker-deaths.ts';
import { callModel, embedTexts, useTool, type Returned } from './agent-calls.ts';
import { openTask } from './open-task.ts';
import {
  abandonCall,
  abandonForPause,
  recordFailure,
  recordReturn,
  recordTimeout,
  recordUnexpected,
  type Position,
} from './positions.ts';
import { RunStopped } from '../calls/running-tasks.ts';
import { readReply } from './read-reply.ts';
import { speaker, timeLeft } from './task-context.ts';
import type { TaskDeps } from '../calls/call-deps.ts';

/** A slice ends after so many turns or so long, so that no activity runs for hours. A call is never cut for it. */
const SLICE_TURNS = 8;
const SLICE_MS = 60_000;

/** Shorter delays are Temporal's retries, which cost nothing; longer ones the workflow waits for, and can be paused. */
const LONGEST_RETRY_MS = 2_000;

/**
 * Runs one agent task for one slice: model turn, tool calls, model turn … Every step is committed before the
 * next begins, so another worker can go on from any point. Runs in the worker, under heartbeat.
 *
 * @throws {ApplicationFailure} retryable, with the delay until the next attempt, when a call failed for a
 *   passing reason. Lasting failures are an outcome, not an exception: the workflow decides what they mean.
 */
export async function performTask(deps: TaskDeps, input: PerformTaskInput): Promise<TaskOutcome> {
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
  const heartbeat = startHeartbeat(Context.current(), { task: input.taskKey });
  const registration = deps.running.register(input.id);
  const signal = AbortSignal.any([Context.current().cancellationSignal, registration.signal]);
  try {
    const stops = { signal, paused: registration.paused };
    return await runSlice(deps, lease, stops, (phase, turn) => heartbeat.say({ phase, turn }));
  } catch (error) {
    await handBack(deps, lease);
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

type Say = (phase: string, turn: number) => void;

/** What ends a call early: the run is over, or the worker; and, for calls that may last long, a pause. */
interface Stops {
  signal: AbortSignal;
  paused: AbortSignal;
}

async function runSlice(deps: TaskDeps, lease: Lease, stops: Stops, say: Say): Promise<TaskOutcome> {
  const startedAt = deps.now().getTime();
  let position = await openTask(deps, lease, stops.signal);
  if (position.kind === 'call') nameAgent(speaker(position.material, position.material.task.agentKey).role);
  let turns = 0;
  while (position.kind === 'call') {
    if (position.action.kind === 'call_model') turns += 1;
    say(position.call.name, position.material.state.turns + 1);
    const sliceOver = (): boolean =>
      turns >= SLICE_TURNS || deps.now().getTime() - startedAt >= SLICE_MS || deps.draining();
    position = await makeCall(deps, lease, position, stops, sliceOver);
    await endAlone(deps, lease);
  }
  return position.outcome;
}

/** The longest a timer can wait; a slice is over long before. */
const LONGEST_TIMER_MS = 2_147_483_647;

type CallPosition = Extract<Position, { kind: 'call' }>;

async function makeCall(
  deps: TaskDeps,
  lease: Lease,
  position: CallPosition,
  { signal, paused }: Stops,
  sliceOver: () => boolean,
): Promise<Position> {
  let returned: Returned;
  const left = timeLeft(position.material);
  const timeout = left === null ? null : AbortSignal.timeout(Math.min(left, LONGEST_TIMER_MS));
  try {
    const ends = [
      signal,
      ...(timeout === null ? [] : [timeout]),
      ...(mayLast(deps, position) ? [paused] : []),
    ];
    returned = await callOutside(deps, lease, position, AbortSignal.any(ends));
    returned = await readReply(deps, position, returned, signal);
  } catch (error) {
    if (timeout?.aborted === true && !signal.aborted) return recordTimeout(deps, lease, position);
    if (signal.aborted) return abandon(deps, lease, position, signal);
    if (paused.aborted && mayLast(deps, position)) return abandonForPause(deps, lease, position);
    if (error instanceof ModelFailure) return fail(deps, lease, position, error);
    throw error;
  }
  return recordReturn(deps, lease, position, returned, sliceOver);
}

/** Calls of MCP servers may last an hour, and their servers can be told to stop. */
const mayLast = (deps: TaskDeps, { action }: CallPosition): boolean =>
  action.kind === 'call_tool' && deps.tools.find(action.call.name)?.server !== undefined;

function callOutside(
  deps: TaskDeps,
  lease: Lease,
  position: CallPosition,
  signal: AbortSignal,
): Promise<Returned> {
  const { action, material, model, call } = position;
  switch (action.kind) {
    case 'embed':
      if (!('embed' in model)) break;
      return embedTexts(deps, model, action, call, signal);
    case 'call_model':
      if (!('complete' in model)) break;
      return callModel(deps, lease, material, model, action, call, signal);
    case 'call_tool':
      return useTool(deps, material, action, call, signal);
  }
  throw new Error(`${model.name} cannot do ${action.kind}`);
}

/** The call was cut off by a cancel, a lost heartbeat or the end of the worker: charge it and let go. */
async function abandon(
  deps: TaskDeps,
  lease: Lease,
  position: CallPosition,
  signal: AbortSignal,
): Promise<Position> {
  await abandonCall(deps, lease, position.material.taskId, position.call.id);
  const reason: unknown = signal.reason;
  if (reason instanceof RunStopped) return { kind: 'outcome', outcome: { kind: 'cancelling' } };
  throw reason;
}

async function fail(
  deps: TaskDeps,
  lease: Lease,
  position: CallPosition,
  failure: ModelFailure,
): Promise<Position> {
  const verdict = await recordFailure(deps, lease, position, failure);
  if (verdict.kind === 'outcome') return verdict;
  if (verdict.kind === 'other_call') return { kind: 'outcome', outcome: { kind: 'sliced' } };
  const delayMs = retryDelayMs(verdict.attempt, failure.retryAfterMs);
  if (delayMs > LONGEST_RETRY_MS) return { kind: 'outcome', outcome: { kind: 'delayed', delayMs } };
  throw ApplicationFailure.create({
    type: failure.code,
    message: `${failure.code}, attempt ${verdict.attempt}`,
    nonRetryable: false,
    nextRetryDelay: delayMs,
  });
}
