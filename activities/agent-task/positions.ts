import type { TaskOutcome } from '../../src/contracts/crew-run.ts';
import type { Note } from '../../src/domain/agent/agent-state.ts';
import { recalledText } from '../../src/domain/agent/memory.ts';
import { nextAction, step, withoutAside } from '../../src/domain/agent/step.ts';
import type { JsonObject } from '../../src/domain/json.ts';
import { assertNever } from '../../src/domain/errors.ts';
import {
  MAX_CALL_STARTS,
  MAX_TURN_ATTEMPTS,
  MAX_UNEXPECTED_ERRORS,
  retryDelayMs,
} from '../../src/domain/run/retry-delay.ts';
import { ModelFailure, type Embedder, type Model } from '../../src/models/model.ts';
import {
  beginCall,
  failedAttempts,
  lockRun,
  loseOpenCalls,
  settleCall,
  type BeginRefusal,
  type NewCall,
  type OpenCall,
} from '../../src/engine/calls/record-call.ts';
import { recall } from '../../src/persistence/memory-search.ts';
import { takeModelRate, type ModelRate } from '../../src/engine/calls/model-rates.ts';
import {
  saveProgress,
  countUnexpected,
  type Lease,
  type LeaseAnswer,
} from '../../src/engine/claims/task-lease.ts';
import { addWarning } from '../../src/engine/calls/task-warnings.ts';
import { together, type Sql } from '../../src/persistence/sql.ts';
import { ask, type Asked } from './human-input.ts';
import { meetLimit } from '../calls/budget-limit.ts';
import { begunEvents, describeCall, type OutsideAction, type Returned } from './agent-calls.ts';
import { fit, shorterAfter } from './context-window.ts';
import { shownTexts } from '../calls/shown-text.ts';
import { persistently } from '../calls/retry-while-database-unavailable.ts';
import type { TaskDeps } from '../calls/call-deps.ts';
import {
  append,
  completeTask,
  failTask,
  failureOutcome,
  type BareEvent,
  type Ended,
} from '../calls/task-record.ts';
import { fallBack, modelName, speaker, timeLeft, type TaskMaterial } from './task-context.ts';

/**
 * Where a task stands between two calls. Each function here is one transaction that settles the call just
 * made and begins the next one, so that what was paid for is never lost and nothing begins unseen.
 */
export type Position =
  | { kind: 'outcome'; outcome: TaskOutcome }
  | { kind: 'call'; action: OutsideAction; call: OpenCall; model: Model | Embedder; material: TaskMaterial };

/** What happened inside a step, as events of this generation. */
const noteEvents = (notes: readonly Note[], lease: Lease): BareEvent[] =>
  notes.map(({ type, key, data }) => ({ type, key: `g${lease.generation}:${key}`, data: shownTexts(data) }));

/** What the workflow is told of a task whose lease was not given. */
export function outcomeOf(answer: Exclude<LeaseAnswer, { kind: 'held' | 'suspect' }>): TaskOutcome {
  if (answer.kind === 'refused') return { kind: 'refused' };
  if (answer.status === 'completed' || answer.status === 'skipped') return { kind: 'completed' };
  if (answer.status === 'cancelled') return { kind: 'cancelling' };
  return failureOutcome(answer, answer.code ?? 'INTERNAL');
}

/** Settles a call that was answered, and goes on: to the next call, to the end, or back to the workflow. */
export async function recordReturn(
  deps: TaskDeps,
  lease: Lease,
  position: Extract<Position, { kind: 'call' }>,
  returned: Returned,
  sliceOver: () => boolean,
): Promise<Position> {
  const now = deps.now();
  const { state, notes } = step(position.material.state, returned.input, position.material.rules);
  const material = worked({ ...position, material: { ...position.material, state } }, now);
  const events = [...returned.events, ...noteEvents(notes, lease)];
  const handBack = state.end === null && sliceOver();
  // The reply is paid for: a database that is away for a moment must not cost it.
  const next = await persistently(deps, () =>
    deps.sql.transaction(async (sql) => {
      const { warning = null } = returned;
      const [, , reached] = await together([
        settleCall(sql, lease, material.taskId, position.call, returned.end, now),
        warning === null ? undefined : addWarning(sql, material.taskId, warning),
        handBack
          ? interrupt(sql, lease, material, events, now)
          : proceed(deps, sql, lease, material, events, now),
      ]);
      return reached;
    }),
  );
  deps.waker.wake('log', lease.id);
  return next;
}

/** The task with the time of its last call counted. */
function worked({ material, call }: Extract<Position, { kind: 'call' }>, now: Date): TaskMaterial {
  const workedMs = material.state.workedMs + Math.max(now.getTime() - call.startedAt.getTime(), 0);
  return { ...material, state: { ...material.state, workedMs } };
}

/** The slice is over: what the agent reached is kept, and the task handed back. */
async function interrupt(
  sql: Sql,
  lease: Lease,
  material: TaskMaterial,
  events: BareEvent[],
  now: Date,
): Promise<Position> {
  await together([
    saveProgress(sql, lease, { kind: 'going_on', state: material.state }, now),
    append(sql, lease, material.ids, events, now),
  ]);
  return { kind: 'outcome', outcome: { kind: 'sliced' } };
}

/** Does what the state asks for: finish the task, or begin the next call. Events are written last. */
export async function proceed(
  deps: TaskDeps,
  sql: Sql,
  lease: Lease,
  material: TaskMaterial,
  events: BareEvent[],
  now: Date,
): Promise<Position> {
  if (material.state.frames.length === 0 && material.state.embed === undefined)
    return proceed(deps, sql, lease, await begun(sql, lease, material), events, now);
  const action = nextAction(material.state, material.rules);
  if (action.kind === 'done') return completeTask(sql, lease, material, action, events, now);
  if (action.kind === 'failed') return failTask(sql, lease, material.ids, action, events, now);
  const asked = await ask(deps, sql, lease, material, action, now);
  if (asked.kind === 'waiting') return standWaiting(sql, lease, material, asked, events, now);
  if (asked.kind === 'input') {
    const { state, notes } = step(material.state, asked.input, material.rules);
    return proceed(deps, sql, lease, { ...material, state }, [...events, ...noteEvents(notes, lease)], now);
  }
  if (action.kind === 'review') throw new Error('a review is asked for or answered');
  const aside = withoutAside(material.state, material.rules);
  const without = aside === null ? null : { ...material, state: aside };
  if (timeLeft(material) === 0) {
    if (without !== null) return proceed(deps, sql, lease, without, events, now);
    return failTask(sql, lease, material.ids, outOfTime(material), events, now);
  }
  let model: Model | Embedder;
  try {
    model = modelFor(deps, material, action);
  } catch (error) {
    if (!(error instanceof ModelFailure)) throw error;
    if (without !== null) return proceed(deps, sql, lease, without, events, now);
    const next = fallBack(material, action.agentKey);
    if (next !== null) return proceed(deps, sql, lease, next, events, now);
    return failTask(sql, lease, material.ids, { error: error.message, code: error.code }, events, now);
  }
  const fitted = fit(deps, material, action, model);
  if (fitted.kind === 'shrunk')
    return proceed(deps, sql, lease, { ...material, state: fitted.state }, events, now);
  if (fitted.kind === 'too_large') {
    const failure = { error: fitted.error, code: 'MODEL_CONTEXT_EXCEEDED' as const };
    return failTask(sql, lease, material.ids, failure, events, now);
  }
  const waitMs = await takeModelRate(sql, ratesFor(material, action), now);
  if (waitMs > 0) return delay(sql, lease, material, events, waitMs, now);
  const wanted = describeCall(action, material, lease.generation, model, deps.prices);
  // How far the task came is written whether the call may begin or not.
  const [call] = await together([
    beginCall(sql, lease, material.taskId, wanted, now),
    // A fresh agent is not worth storing: the next holder would make the same one.
    material.state.turns > 0
      ? saveProgress(sql, lease, { kind: 'going_on', state: material.state }, now)
      : undefined,
    append(sql, lease, material.ids, events, now),
  ]);
  if (call === 'budget' && without !== null) return proceed(deps, sql, lease, without, [], now);
  if (call === 'budget') return overBudget(deps, sql, lease, material, wanted, now);
  if (typeof call === 'string') return notBegun(sql, lease, material, call, now);
  await append(sql, lease, material.ids, begunEvents(action, call), now);
  return { kind: 'call', action, call, model, material };
}

/** @throws {ModelFailure} when it is not configured. */
const modelFor = (deps: TaskDeps, material: TaskMaterial, action: OutsideAction): Model | Embedder =>
  action.kind === 'embed'
    ? deps.models.embedder(material.recollection?.embedder ?? '')
    : deps.models.resolve(modelName(material, action.agentKey));

/** A fresh agent with its first messages, in which stands what was recalled. */
async function begun(sql: Sql, lease: Lease, material: TaskMaterial): Promise<TaskMaterial> {
  const { recollection, recallBy, state } = material;
  const vector = state.vectors?.[0] ?? null;
  const found = recollection === null ? null : await recall(sql, lease.id, recollection, recallBy, vector);
  const { vectors: _, ...rest } = state;
  const { frames } = material.begin(found === null ? '' : recalledText(found));
  return { ...material, state: { ...rest, frames } };
}

/** Only a model's calls are counted. */
const ratesFor = ({ rates }: TaskMaterial, action: OutsideAction): readonly ModelRate[] =>
  action.kind === 'call_model' ? (rates.get(action.agentKey) ?? []) : [];

/** The agent has asked its model as often as it may in this minute: the workflow waits, and no worker does. */
async function delay(
  sql: Sql,
  lease: Lease,
  material: TaskMaterial,
  events: BareEvent[],
  delayMs: number,
  now: Date,
): Promise<Position> {
  await together([
    saveProgress(sql, lease, { kind: 'going_on', state: material.state }, now),
    append(sql, lease, material.ids, events, now),
  ]);
  return { kind: 'outcome', outcome: { kind: 'delayed', delayMs } };
}

/** A person is asked: the task stands still, and its worker is free. */
async function standWaiting(
  sql: Sql,
  lease: Lease,
  material: TaskMaterial,
  { expiresInMs, event }: Extract<Asked, { kind: 'waiting' }>,
  events: BareEvent[],
  now: Date,
): Promise<Position> {
  await together([
    saveProgress(sql, lease, { kind: 'waiting', state: material.state }, now),
    append(sql, lease, material.ids, event === null ? events : [...events, event], now),
  ]);
  return { kind: 'outcome', outcome: { kind: 'waiting', expiresInMs } };
}

/** The next call would pass a limit: the task fails, or stands still until a person has answered. */
async function overBudget(
  deps: TaskDeps,
  sql: Sql,
  lease: Lease,
  material: TaskMaterial,
  wanted: NewCall,
  now: Date,
): Promise<Position> {
  const met = await meetLimit(sql, lease, material.taskId, wanted, material.remindAfterMs, now);
  switch (met.kind) {
    case 'room':
      return proceed(deps, sql, lease, material, [], now);
    case 'failed':
      return failTask(sql, lease, material.ids, met.failure, met.events, now);
    case 'asked':
      await together([
        saveProgress(sql, lease, { kind: 'waiting' }, now),
        append(sql, lease, material.ids, met.events, now),
      ]);
      return { kind: 'outcome', outcome: { kind: 'waiting', expiresInMs: null } };
  }
}

async function notBegun(
  sql: Sql,
  lease: Lease,
  material: TaskMaterial,
  refusal: Exclude<BeginRefusal, 'budget'>,
  now: Date,
): Promise<Position> {
  if (refusal === 'exhausted') {
    const error = `the same call was begun ${MAX_CALL_STARTS} times and its worker died each time`;
    return failTask(sql, lease, material.ids, { error, code: 'WORKER_DIED' }, [], now);
  }
  switch (refusal) {
    case 'paused':
      return {
        kind: 'outcome',
        outcome: { kind: 'paused', controlVersion: await controlVersion(sql, lease.id) },
      };
    case 'cancelling':
      return { kind: 'outcome', outcome: { kind: 'cancelling' } };
    case 'stale':
      return { kind: 'outcome', outcome: { kind: 'refused' } };
    default:
      return assertNever(refusal);
  }
}

async function controlVersion(sql: Sql, id: number): Promise<number> {
  const [row] = await sql.query<{ control_version: number }>(
    'select control_version from executions where id = $1',
    [id],
  );
  return row?.control_version ?? 0;
}

/** Settles a failed model call. Passing failures are tried again until the turn's attempts are used up. */
export async function recordFailure(
  deps: TaskDeps,
  lease: Lease,
  position: Extract<Position, { kind: 'call' }>,
  failure: ModelFailure,
): Promise<Ended | { kind: 'other_call' } | { kind: 'again'; attempt: number }> {
  const now = deps.now();
  const { call } = position;
  const material = worked(position, now);
  const verdict = await persistently(deps, () =>
    deps.sql.transaction(async (sql) => {
      await settleCall(sql, lease, material.taskId, call, { status: 'failed', error: failure.message }, now);
      const shorter = shorterAfter(material, position.action, failure);
      if (shorter !== null) {
        await goOn(sql, lease, shorter, retrying(`${call.key}:too-long`, failure, {}), now);
        return { kind: 'other_call' } as const;
      }
      const attempt = await failedAttempts(sql, material.taskId, call.key);
      if (!failure.retryable || attempt >= MAX_TURN_ATTEMPTS) {
        const next = position.action.kind === 'embed' ? null : fallBack(material, position.action.agentKey);
        if (next !== null) {
          const models = {
            model: position.model.name,
            fallback_model: modelName(next, position.action.agentKey),
          };
          await goOn(sql, lease, next, retrying(`${call.key}:fallback`, failure, models), now);
          return { kind: 'other_call' } as const;
        }
        const aside = withoutAside(material.state, material.rules);
        if (aside !== null) {
          const without = { ...material, state: aside };
          await goOn(sql, lease, without, retrying(`${call.key}:without`, failure, {}), now);
          return { kind: 'other_call' } as const;
        }
        const error = attempt > 1 ? `${failure.message} (tried ${attempt} times)` : failure.message;
        return failTask(sql, lease, material.ids, { error, code: failure.code }, [], now);
      }
      const delay = { attempt, delay_ms: retryDelayMs(attempt, failure.retryAfterMs) };
      await goOn(sql, lease, material, retrying(`${call.key}:retry:${call.attempt}`, failure, delay), now);
      return { kind: 'again', attempt } as const;
    }),
  );
  deps.waker.wake('log', lease.id);
  return verdict;
}

const retrying = (key: string, failure: ModelFailure, more: JsonObject): BareEvent => ({
  type: 'task_retrying',
  key,
  data: { error: failure.message, error_code: failure.code, ...more },
});

/** Keeps how the task goes on after a call that failed. */
async function goOn(
  sql: Sql,
  lease: Lease,
  material: TaskMaterial,
  event: BareEvent,
  now: Date,
): Promise<void> {
  await together([
    saveProgress(sql, lease, { kind: 'going_on', state: material.state }, now),
    append(sql, lease, material.ids, [event], now),
  ]);
}

/** The words are CrewAI's (crewai-0.121.1.md §4). */
function outOfTime(material: TaskMaterial): { error: string; code: 'TIMEOUT' } {
  const seconds = (speaker(material, material.task.agentKey).maxExecutionTimeMs ?? 0) / 1_000;
  const error =
    `Task '${material.task.name}' execution timed out after ${seconds} seconds. ` +
    'Consider increasing max_execution_time or optimizing the task.';
  return { error, code: 'TIMEOUT' };
}

/** A call took longer than its agent may work on the task: it is charged at its reserve, and the task has failed. */
export async function recordTimeout(
  deps: TaskDeps,
  lease: Lease,
  { material, call }: Extract<Position, { kind: 'call' }>,
): Promise<Ended> {
  const now = deps.now();
  const ended = await deps.sql.transaction(async (sql) => {
    await lockRun(sql, lease.id);
    await loseOpenCalls(sql, lease.id, material.taskId, now, call.id);
    return failTask(sql, lease, material.ids, outOfTime(material), [], now);
  });
  deps.waker.wake('log', lease.id);
  return ended;
}

/** A call that was cut off: nobody knows what it cost, so it is charged at its reserve. */
export async function abandonCall(
  deps: TaskDeps,
  lease: Lease,
  taskId: number,
  callId: string,
): Promise<void> {
  await deps.sql.transaction(async (sql) => {
    await lockRun(sql, lease.id);
    // Only this call: a newer holder may have one open by now.
    await loseOpenCalls(sql, lease.id, taskId, deps.now(), callId);
  });
}

/**
 * The call was cut off because the run is paused. After a resume it is made again, or a person is asked what became of it
 * where its tool is not idempotent, as after any call whose end nobody knows.
 */
export async function abandonForPause(
  deps: TaskDeps,
  lease: Lease,
  { material, call }: Extract<Position, { kind: 'call' }>,
): Promise<Position> {
  await abandonCall(deps, lease, material.taskId, call.id);
  const version = await controlVersion(deps.sql, lease.id);
  return { kind: 'outcome', outcome: { kind: 'paused', controlVersion: version } };
}

/**
 * An error that nobody foresaw: a bug of ours. It is tried again a few times, and then ends the task, so that no
 * model is paid for ever.
 * @returns what that means for the run, null while the task is tried again.
 */
export async function recordUnexpected(deps: TaskDeps, lease: Lease): Promise<TaskOutcome | null> {
  const now = deps.now();
  const ended = await deps.sql.transaction(async (sql) => {
    await lockRun(sql, lease.id);
    const [task] = await countUnexpected(sql, lease);
    if (task === undefined || task.unexpected_errors < MAX_UNEXPECTED_ERRORS) return null;
    await loseOpenCalls(sql, lease.id, task.id, now);
    const error = `an unexpected error of Muster happened ${task.unexpected_errors} times in this task; its log names it`;
    return failTask(
      sql,
      lease,
      { taskId: task.task_id, agentId: task.agent_id, life: task.attempts },
      { error, code: 'INTERNAL' },
      [],
      now,
    );
  });
  if (ended !== null) deps.waker.wake('log', lease.id);
  return ended?.outcome ?? null;
}
