import type { TaskOutcome } from '../../src/contracts/crew-run.ts';
import type { RunErrorCode } from '../../src/domain/errors.ts';
import type { JsonValue } from '../../src/domain/json.ts';
import type { StepRun } from '../../src/domain/flow/flow-shape.ts';
import { outputsOf } from '../../src/flows/declared/declared-flow.ts';
import { stepExpressions } from '../../src/computing/step-expressions.ts';
import type { Expressions } from '../../src/flows/declared/expressions.ts';
import type { Flow, FlowStep, Given, PlainView } from '../../src/flows/define-flow.ts';
import type { StepCrew } from '../../src/flows/step-work.ts';
import { lockRun } from '../../src/engine/calls/record-call.ts';
import {
  ensureStep,
  labelOf,
  noteEnd,
  readOutputs,
  readStep,
  type ChildRun,
  type HeldStep,
} from '../../src/engine/flow-steps/flow-steps.ts';
import {
  takeLease,
  saveProgress,
  type Lease,
  type LeaseAnswer,
  type TaskIds,
} from '../../src/engine/claims/task-lease.ts';
import type { Sql } from '../../src/persistence/sql.ts';
import { openAfterDeaths } from '../calls/after-worker-deaths.ts';
import { outcomeOf } from '../agent-task/positions.ts';
import { append, failTask, type BareEvent } from '../calls/task-record.ts';
import { flowOf } from './flow-of.ts';
import { lookAtCrew } from './step-crew.ts';
import { lookAtQuestion, lookAtTimer, sayingLater, type Said } from './step-waits.ts';
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
  expressions: Expressions;
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
  /** The crew to start, of a step that has one and has not started it. */
  crew: Said<StepCrew> | null;
  now: Date;
  /** Executions whose commands wait in the outbox. */
  wake: number[];
}

type Opened = ReadyStep | { kind: 'outcome'; outcome: TaskOutcome };
/** A step under its lease, before anybody has looked at what it waits for. */
interface TakenStep {
  kind: 'taken';
  taskId: number;
  ids: TaskIds;
  held: HeldStep;
  flow: Flow;
  step: FlowStep;
  view: PlainView;
}

/**
 * Takes the lease, and looks whether the step may work or has to wait. Where workers have died in it, not before that was
 * looked at.
 */
export function openStep(deps: FlowDeps, lease: Lease, place: StepRun, signal: AbortSignal): Promise<Opened> {
  const prepare = (sql: Sql, now: Date): Promise<void> => ensureStep(sql, lease, place, now);
  return openAfterDeaths<Opened>(deps, lease, { kind: 'step', prepare }, () =>
    open(deps, lease, place, signal),
  );
}

/**
 * One transaction; two when a crew is to be started, whose inputs are worked out between them.
 * @returns null where workers have died in it and that was not looked at
 */
async function open(
  deps: FlowDeps,
  lease: Lease,
  place: StepRun,
  signal: AbortSignal,
): Promise<Opened | null> {
  const wake: number[] = [];
  const expressionsOf = ({ view, held }: TakenStep): Expressions =>
    stepExpressions(
      deps.computing,
      { state: view.state, outputs: view.outputs, now: view.startedAt },
      { owner: held.ownerId, signal },
    );
  const look = async (
    sql: Sql,
    taken: TakenStep,
    crew: Said<StepCrew> | null,
    events: BareEvent[],
  ): Promise<Opened> => {
    const { taskId, ids, held, flow, step, view } = taken;
    const now = deps.now();
    const looked = await lookAt({ sql, lease, taskId, step, held, view, crew, now, wake });
    if (looked.kind !== 'given')
      return { kind: 'outcome', outcome: await standStill(sql, lease, ids, looked, events, now) };
    await append(sql, lease, ids, events, now);
    const { given } = looked;
    const expressions = expressionsOf(taken);
    return { kind: 'ready', taskId, ids, place, flow, step, view, expressions, given, child: held.child };
  };
  const opened = await deps.sql.transaction(async (sql): Promise<Opened | TakenStep | null> => {
    const now = deps.now();
    await lockRun(sql, lease.id);
    await ensureStep(sql, lease, place, now);
    const answer = await takeLease(sql, lease, now);
    if (answer.kind === 'suspect') return null;
    if (answer.kind !== 'held') return { kind: 'outcome', outcome: await overOutcome(sql, lease, answer) };
    const { taskId, ids, events } = answer.task;
    const taken = await takenStep(deps, sql, lease, place, { taskId, ids, events }, now);
    if (taken.kind === 'outcome') return taken;
    if (taken.step.crew === undefined || taken.held.child !== null) return look(sql, taken, null, events);
    await append(sql, lease, ids, events, now);
    return taken;
  });
  const ready =
    opened?.kind === 'taken' ? await startCrew(deps, lease, opened, expressionsOf(opened), look) : opened;
  for (const id of wake) deps.waker.wake('outbox', id);
  deps.waker.wake('log', lease.id);
  return ready;
}

/** Works out which crew a step starts, and starts it, unless the run was stopped meanwhile. */
async function startCrew(
  deps: FlowDeps,
  lease: Lease,
  taken: TakenStep,
  expressions: Expressions,
  look: (sql: Sql, taken: TakenStep, crew: Said<StepCrew> | null, events: BareEvent[]) => Promise<Opened>,
): Promise<Opened> {
  const { step, view, taskId } = taken;
  const crew = await sayingLater(async () => step.crew?.(view, expressions));
  return deps.sql.transaction(async (sql): Promise<Opened> => {
    await lockRun(sql, lease.id);
    const held = await readStep(sql, taskId);
    const stopped = stoppedOutcome(held);
    return stopped ?? look(sql, { ...taken, held }, crew, []);
  });
}

function stoppedOutcome(held: HeldStep): Extract<Opened, { kind: 'outcome' }> | null {
  if (held.status === 'cancelling') return { kind: 'outcome', outcome: { kind: 'cancelling' } };
  if (!held.pauseRequested) return null;
  return { kind: 'outcome', outcome: { kind: 'paused', controlVersion: held.controlVersion } };
}

async function takenStep(
  deps: FlowDeps,
  sql: Sql,
  lease: Lease,
  place: StepRun,
  { taskId, ids, events }: { taskId: number; ids: TaskIds; events: BareEvent[] },
  now: Date,
): Promise<TakenStep | Extract<Opened, { kind: 'outcome' }>> {
  const held = await readStep(sql, taskId);
  const stopped = stoppedOutcome(held);
  if (stopped !== null) return stopped;
  const flow = flowOf(deps.flows, held);
  const step = flow?.steps.get(place.step);
  if (flow === undefined || step === undefined) {
    const error = `this server has no flow ${held.flowName} with a step ${place.step}`;
    return failTask(sql, lease, ids, { error, code: 'STEP_FAILED' }, events, now);
  }
  const view: PlainView = {
    request: held.request,
    state: held.state,
    input: saidBy(held.trigger),
    iteration: place.iteration,
    outputs: held.snapshot === null ? {} : outputsOf(await readSaid(sql, lease.id)),
    startedAt: held.createdAt,
  };
  return { kind: 'taken', taskId, ids, held, flow, step, view };
}

/** What each step of the run said last. */
const readSaid = async (sql: Sql, id: number): Promise<{ step: string; said: JsonValue }[]> =>
  (await readOutputs(sql, id)).map(({ step, output }) => ({ step, said: saidBy(output) }));

/** What the step's own code says when it is asked is its failure, not ours. */
async function lookAt(looking: LookingStep): Promise<Looked> {
  const { step } = looking;
  if (step.wait !== undefined) return lookAtTimer(looking, step.wait);
  if (step.ask !== undefined) return lookAtQuestion(looking, step.ask);
  if (step.crew !== undefined) return lookAtCrew(looking);
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
