import {
  ApplicationFailure,
  CancellationScope,
  CancelledFailure,
  condition,
  isCancellation,
  makeContinueAsNewFunc,
  patched,
  setHandler,
  sleep,
  workflowInfo,
} from '@temporalio/workflow';
import type {
  ClaimRef,
  CrewRunInput,
  FinalState,
  PerformTaskInput,
  RunEnding,
  TaskOutcome,
} from '../../src/contracts/crew-run.ts';
import { record } from './activities.ts';
import { answerSignal, pauseSignal, resumeSignal, stateQuery } from './messages.ts';
import type { RunState } from './run-state.ts';
import { show, showInHand } from './publish-progress.ts';

/** Tasks one run works on at the same time. */
const MAX_TASKS_OUT = 100;
/** How long a run that is over waits for Temporal's own cancel. */
const CANCEL_WORD_WAIT = '1 minute';
/** A run that was reset in the Web UI is adopted by the reconciler within this many tries, 5 s apart. */
const MAX_REFUSALS = 12;

/** Has one task done by an activity. `summary` names it for people in the Web UI. */
export type Perform = (work: PerformTaskInput, summary: string) => Promise<TaskOutcome>;

/** How a run that was carried out ended; a run that ends badly ends its workflow so too. */
export type CarriedOut = { status: FinalState['status'] | 'refused' };

/**
 * One execution of anything: claim the run, hand out the tasks that are ready, obey what people ask, write the
 * end. It closes as Completed, Failed or Canceled, so that Temporal's Web UI tells the truth, and its cancel
 * button is our cancel. Texts never pass through here, only keys and codes.
 */
export async function carryOut(input: CrewRunInput, state: RunState, work: Perform): Promise<CarriedOut> {
  setHandler(stateQuery, () => state.snapshot());
  setHandler(pauseSignal, ({ version }) => state.control(version, true));
  setHandler(resumeSignal, ({ version }) => state.control(version, false));
  setHandler(answerSignal, ({ taskKey }) => state.wake(taskKey));

  let ending: RunEnding | null;
  try {
    const claim = await record.claimRun(claimRef(input));
    if (!claim.accepted) return { status: 'refused' };
    state.adopt(claim);
    for (const [key, until] of Object.entries(input.putOff ?? {})) state.delay(key, until);
    ending = claim.cancelling
      ? await cancelled(input, state)
      : await untilDeadline(claim.timeoutMs, state, (inFlight) => runTasks(input, state, work, inFlight));
  } catch (error) {
    if (!isCancellation(error)) throw error;
    ending = await cancelled(input, state);
  }
  return ending === null ? { status: 'refused' } : close(input, state, ending);
}

/** A run that goes on for another Temporal run takes over its claim, and each takes as many tasks as it can carry. */
function claimRef({ id, executionId, generation, kind, traceparent }: CrewRunInput): ClaimRef {
  const continues = workflowInfo().continuedFromExecutionRunId;
  return {
    id,
    executionId,
    generation,
    pages: true,
    ...(kind !== undefined && { kind }),
    ...(traceparent !== undefined && { traceparent }),
    ...(continues !== undefined && { continues }),
  };
}

/** Hands out tasks until all are done, one failed, or time is up. Null: the run belongs to somebody else. */
async function runTasks(
  input: CrewRunInput,
  state: RunState,
  work: Perform,
  inFlight: CancellationScope,
): Promise<RunEnding | null> {
  // Before, a task that became ready waited until nothing else was out, and one that was put off until its time came.
  state.startsAtOnce = patched('2026-11-21-ready-at-once');
  const width = state.startsAtOnce ? MAX_TASKS_OUT : 1;
  for (;;) {
    // From here on nothing more is handed out; what is out ends its slice.
    state.drains ||= workflowInfo().continueAsNewSuggested && patched('2026-11-24-continues-as-new');
    for (const key of state.ready(MAX_TASKS_OUT)) void perform(input, state, work, inFlight, key);
    await condition(
      () =>
        state.crash !== null ||
        state.isOver ||
        state.standsStill ||
        state.waitsForPeople ||
        state.mustGoOnElsewhere ||
        state.ready(width).length > 0,
    );
    if (state.crash !== null) throw state.crash;
    if (state.refusals >= MAX_REFUSALS) return null;
    if (state.isOver) return endingOf(state);
    if (state.mustGoOnElsewhere) return goOnElsewhere(input, state);
    if (state.standsStill) await standStill(input, state);
    if (state.waitsForPeople) await waitForPeople(input, state);
  }
}

/**
 * The history has grown long, or the tasks that were claimed are done: a new Temporal run takes over, with nothing out.
 * It reads where the execution stands with its claim, so next to nothing is handed over, and readers notice nothing. Its
 * memo tells the reconciler that nobody has reset this one.
 */
function goOnElsewhere(input: CrewRunInput, state: RunState): Promise<never> {
  const { memo, runId } = workflowInfo();
  const goOn = makeContinueAsNewFunc<(input: CrewRunInput) => Promise<CarriedOut>>({
    memo: { ...memo, continues: runId },
  });
  return goOn({ ...input, putOff: state.putOff(Date.now()) });
}

function endingOf(state: RunState): RunEnding {
  if (state.failure !== null) return { status: 'failed', ...state.failure };
  return state.timedOut ? { status: 'failed', code: 'TIMEOUT', taskKey: null } : { status: 'completed' };
}

/** Hands one task out and takes it back. Never throws: what cannot be an outcome ends the main loop. */
async function perform(
  { id, executionId, generation, traceparent }: CrewRunInput,
  state: RunState,
  work: Perform,
  inFlight: CancellationScope,
  taskKey: string,
): Promise<void> {
  const dispatch = state.handOut(taskKey);
  showInHand(state);
  const trace = traceparent === undefined ? {} : { traceparent };
  const task = { id, executionId, generation, ...trace, taskKey, dispatch };
  let outcome: TaskOutcome | null = null;
  try {
    if (await interruptedWhileDelayed(state, taskKey)) return state.takeBack(taskKey, null);
    outcome = await inFlight.run(() => work(task, state.nameOf(taskKey)));
    if (outcome.kind === 'refused') await sleep('5s');
    if (outcome.kind === 'delayed') state.delay(taskKey, Date.now() + outcome.delayMs);
  } catch (error) {
    if (!(state.timedOut && isCancellation(error))) state.crash ??= error;
  }
  state.takeBack(taskKey, outcome);
  showInHand(state);
  if (outcome?.kind === 'waiting') await untilAnswered(state, taskKey, outcome.expiresInMs);
}

/** Waits beside the main loop until a person has answered, or the time for it is up. */
async function untilAnswered(state: RunState, taskKey: string, expiresInMs: number | null): Promise<void> {
  const isAnswered = (): boolean => !state.isWaiting(taskKey) || state.isOver;
  try {
    // A moment more than the database's clock needs to agree that the time is up.
    if (expiresInMs !== null && !(await condition(isAnswered, expiresInMs + 100))) state.wake(taskKey);
  } catch (error) {
    // A cancel ends the main loop, which says so; nothing is left to wait for here.
    if (!isCancellation(error)) state.crash ??= error;
  }
}

/** Writes `waiting` and waits for an answer, or for a command. */
async function waitForPeople(input: CrewRunInput, state: RunState): Promise<void> {
  await record.recordWaiting(input);
  show(state, 'waiting', input.searchable);
  await condition(() => !state.waitsForPeople || state.crash !== null);
  if (!state.standsStill) show(state, 'running', input.searchable);
}

/**
 * Waits until a task may be tried again. Here and not in Temporal's retries, so that a pause, a cancel or the
 * deadline need not wait for it; what is left of the delay is waited for after the resume.
 */
async function interruptedWhileDelayed(state: RunState, taskKey: string): Promise<boolean> {
  const delayMs = state.delayOf(taskKey) - Date.now();
  const isInterrupted = (): boolean =>
    state.isPaused || state.drains || (state.startsAtOnce ? state.isEnding : state.timedOut);
  return delayMs > 0 && (await condition(isInterrupted, delayMs));
}

/** Writes `paused` and waits for a resume. */
async function standStill(input: CrewRunInput, state: RunState): Promise<void> {
  await record.recordPaused(input);
  show(state, 'paused', input.searchable);
  await condition(() => !state.isPaused || state.timedOut);
  show(state, 'running', input.searchable);
}

/** Runs the tasks; when time is up, cuts off what is in flight and lets the loop find out. */
async function untilDeadline(
  timeoutMs: number | null,
  state: RunState,
  work: (inFlight: CancellationScope) => Promise<RunEnding | null>,
): Promise<RunEnding | null> {
  const inFlight = new CancellationScope();
  if (timeoutMs === null) return work(inFlight);
  const timer = new CancellationScope();
  void timer
    .run(() => sleep(Math.max(timeoutMs, 1)))
    .then(() => {
      state.timedOut = true;
      inFlight.cancel();
    })
    .catch((error: unknown) => {
      if (!isCancellation(error)) state.crash ??= error;
    });
  try {
    return await work(inFlight);
  } finally {
    timer.cancel();
  }
}

/** The run was cancelled, by us or in the Web UI: nothing more starts, and what is in flight is waited for. */
function cancelled(input: CrewRunInput, state: RunState): Promise<RunEnding> {
  return CancellationScope.nonCancellable(async () => {
    state.phase = 'cancelling';
    await record.recordCancelling(input);
    await condition(() => state.tasksOut === 0);
    return { status: 'cancelled' };
  });
}

/** Writes the end, and closes as what was really written. */
async function close(
  input: CrewRunInput,
  state: RunState,
  ending: RunEnding,
): Promise<{ status: 'completed' }> {
  state.phase = 'closing';
  const final = await CancellationScope.nonCancellable(() => record.finaliseRun(input, ending));
  show(state, final.status, input.searchable);
  switch (final.status) {
    case 'completed':
      return { status: 'completed' };
    case 'cancelled':
      // Temporal calls a workflow cancelled only when it was told to: where the database knew first, that word
      // is on its way, and this wait ends with it.
      await sleep(CANCEL_WORD_WAIT);
      throw new CancelledFailure('cancelled');
    case 'failed':
      throw ApplicationFailure.create({
        type: final.code ?? 'INTERNAL',
        message: `the execution failed: ${final.code ?? 'INTERNAL'}`,
        nonRetryable: true,
      });
  }
}
