import type { TaskOutcome } from '../../src/contracts/crew-run.ts';
import type { RunErrorCode } from '../../src/domain/errors.ts';
import type { JsonValue } from '../../src/domain/json.ts';
import type { StepRun } from '../../src/domain/flow/flow-shape.ts';
import { outputsOf } from '../../src/flows/declared/declared-flow.ts';
import type { Flow, FlowStep, Given, PlainView } from '../../src/flows/define-flow.ts';
import { lockRun } from '../../src/persistence/runs/calls.ts';
import {
  ensureStep,
  labelOf,
  noteEnd,
  readOutputs,
  readStep,
  type ChildRun,
  type HeldStep,
} from '../../src/persistence/runs/flow-steps.ts';
import {
  takeLease,
  saveProgress,
  type Lease,
  type LeaseAnswer,
  type TaskIds,
} from '../../src/persistence/runs/task-lease.ts';
import type { Sql } from '../../src/persistence/sql.ts';
import { openAfterDeaths } from '../agent-task/after-deaths.ts';
import { outcomeOf } from '../agent-task/positions.ts';
import { append, failTask, type BareEvent } from '../agent-task/task-record.ts';
import { flowOf } from './flow-of.ts';
import { lookAtCrew } from './step-crew.ts';
import { lookAtQuestion, lookAtTimer } from './step-waits.ts';
import { saidBy } from './step-record.ts';
import type { FlowDeps } from './step-deps.ts';

/** A run of a step that may work now. */
export interface ReadyStep {
  kind: 'ready';
  taskId: number;
  ids: TaskIds;
  place: StepRun;
  flow: Flow;
  step: FlowStep;
  view: PlainView;
  /** What it waited for. */
  given: Given;
  /** The crew it had out. */
  child: ChildRun | null;
}

/** How a look at what a step waits for ends. */
export type Looked =
  | { kind: 'given'; given: Given }
  | { kind: 'waiting'; expiresInMs: number | null; event: BareEvent | null }
  | { kind: 'delayed'; delayMs: number }
  | { kind: 'failed'; error: string; code: RunErrorCode };

/** A step under its lease, in the transaction that looks at what it waits for. */
export interface LookingStep {
  sql: Sql;
  lease: Lease;
  taskId: number;
  step: FlowStep;
  held: HeldStep;
  view: PlainView;
  now: Date;
  /** Executions whose commands wait in the outbox. */
  wake: number[];
}

type Opened = ReadyStep | { kind: 'outcome'; outcome: TaskOutcome };

/** Takes the lease, and looks whether the step may work or has to wait. Where workers have died in it, not
 * before that was looked at. */
export function openStep(deps: FlowDeps, lease: Lease, place: StepRun): Promise<Opened> {
  const prepare = (sql: Sql, now: Date): Promise<void> => ensureStep(sql, lease, place, now);
  return openAfterDeaths<Opened>(deps, lease, { kind: 'step', prepare }, () => open(deps, lease, place));
}

/** One transaction. @returns null where workers have died in it and that was not looked at */
async function open(deps: FlowDeps, lease: Lease, place: StepRun): Promise<Opened | null> {
  const wake: number[] = [];
  const opened = await deps.sql.transaction(async (sql): Promise<Opened | null> => {
    const now = deps.now();
    await lockRun(sql, lease.id);
    await ensureStep(sql, lease, place, now);
    const answer = await takeLease(sql, lease, now);
    if (answer.kind === 'suspect') return null;
    if (answer.kind !== 'held') return { kind: 'outcome', outcome: await overOutcome(sql, lease, answer) };
    const { taskId, ids, events } = answer.task;
    const held = await readStep(sql, taskId);
    if (held.status === 'cancelling') return { kind: 'outcome', outcome: { kind: 'cancelling' } };
    if (held.pauseRequested)
      return { kind: 'outcome', outcome: { kind: 'paused', controlVersion: held.controlVersion } };
    const flow = flowOf(deps.flows, held);
    const step = flow?.steps.get(place.step);
    if (flow === undefined || step === undefined) {
      const error = `this server has no flow ${held.flowName} with a step ${place.step}`;
      const ended = await failTask(sql, lease, ids, { error, code: 'STEP_FAILED' }, events, now);
      return { kind: 'outcome', outcome: ended.outcome };
    }
    const view: PlainView = {
      request: held.request,
      state: held.state,
      input: saidBy(held.trigger),
      iteration: place.iteration,
      outputs: held.snapshot === null ? {} : outputsOf(await readSaid(sql, lease.id)),
      startedAt: held.createdAt,
    };
    const looked = await look({ sql, lease, taskId, step, held, view, now, wake });
    if (looked.kind !== 'given')
      return { kind: 'outcome', outcome: await standStill(sql, lease, ids, looked, events, now) };
    await append(sql, lease, ids, events, now);
    return { kind: 'ready', taskId, ids, place, flow, step, view, given: looked.given, child: held.child };
  });
  for (const id of wake) deps.waker.wake('outbox', id);
  deps.waker.wake('log', lease.id);
  return opened;
}

/** What each step of the run said last. */
const readSaid = async (sql: Sql, id: number): Promise<{ step: string; said: JsonValue }[]> =>
  (await readOutputs(sql, id)).map(({ step, output }) => ({ step, said: saidBy(output) }));

/** What the step's own code says when it is asked is its failure, not ours. */
async function look(looking: LookingStep): Promise<Looked> {
  const { step } = looking;
  if (step.wait !== undefined) return lookAtTimer(looking, step.wait);
  if (step.ask !== undefined) return lookAtQuestion(looking, step.ask);
  if (step.crew !== undefined) return lookAtCrew(looking, step.crew);
  return { kind: 'given', given: {} };
}

async function standStill(
  sql: Sql,
  lease: Lease,
  ids: TaskIds,
  looked: Exclude<Looked, { kind: 'given' }>,
  events: BareEvent[],
  now: Date,
): Promise<TaskOutcome> {
  switch (looked.kind) {
    case 'failed':
      return (await failTask(sql, lease, ids, looked, events, now)).outcome;
    case 'delayed':
      await append(sql, lease, ids, events, now);
      return { kind: 'delayed', delayMs: looked.delayMs };
    case 'waiting': {
      await saveProgress(sql, lease, { kind: 'waiting' }, now);
      const asked = looked.event === null ? events : [...events, looked.event];
      await append(sql, lease, ids, asked, now);
      return { kind: 'waiting', expiresInMs: looked.expiresInMs };
    }
  }
}

async function overOutcome(
  sql: Sql,
  lease: Lease,
  answer: Exclude<LeaseAnswer, { kind: 'held' | 'suspect' }>,
): Promise<TaskOutcome> {
  const outcome = outcomeOf(answer);
  if (outcome.kind !== 'completed') return outcome;
  await noteEnd(sql, lease);
  const label = await labelOf(sql, lease);
  return { kind: 'completed', ...(label !== null && { label }) };
}
