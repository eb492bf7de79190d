import { ComputationLimitExceeded } from '../../src/computing/computing-errors.ts';
import type { RunErrorCode } from '../../src/domain/errors.ts';
import type { FlowStep } from '../../src/flows/define-flow.ts';
import { StepFailure } from '../../src/flows/step-work.ts';
import { waitUntil } from '../../src/engine/flow-steps/flow-steps.ts';
import { askQuestion, findQuestion } from '../../src/engine/questions/run-questions.ts';
import type { Looked, LookingStep } from './open-step.ts';

/** What a step waits for beside a crew: a time, a person. */

/** The name of a step's one question. */
const QUESTION = 'asked';

/** The first look begins the wait; the time itself is waited for by the workflow. */
export async function lookAtTimer(
  { sql, taskId, held, view, now }: LookingStep,
  wait: NonNullable<FlowStep['wait']>,
): Promise<Looked> {
  let { dueAt } = held;
  if (dueAt === null) {
    const said = saying(() => wait(view));
    if (!said.ok) return said.failure;
    if (!Number.isFinite(said.value)) return failure(`it waits for ${said.value} ms, which is no time`);
    dueAt = new Date(now.getTime() + Math.max(said.value, 0));
    await waitUntil(sql, taskId, dueAt);
  }
  const delayMs = dueAt.getTime() - now.getTime();
  return delayMs > 0 ? { kind: 'delayed', delayMs } : { kind: 'given', given: {} };
}

/** Asks when nobody was asked yet; else looks for the answer. */
export async function lookAtQuestion(
  { sql, lease, taskId, view, now }: LookingStep,
  ask: NonNullable<FlowStep['ask']>,
): Promise<Looked> {
  const left = (expiresAt: Date | null): number | null =>
    expiresAt === null ? null : Math.max(expiresAt.getTime() - now.getTime(), 0);
  const state = await findQuestion(sql, lease, taskId, QUESTION, now);
  switch (state?.status) {
    case 'answered':
      return { kind: 'given', given: { answer: state.answer } };
    case 'expired':
      return { kind: 'given', given: { answer: state.default } };
    case 'open':
      return { kind: 'waiting', expiresInMs: left(state.expiresAt), event: null };
    case undefined: {
      const said = saying(() => ask(view));
      if (!said.ok) return said.failure;
      const { question, options, schema, timeoutMs, remindAfterMs, default: fallback } = said.value;
      const asked = await askQuestion(
        sql,
        lease,
        taskId,
        {
          key: QUESTION,
          kind: 'ask_human',
          question,
          options: options ?? null,
          multiple: false,
          schema: schema ?? null,
          default: fallback,
          timeoutMs: timeoutMs ?? null,
          remindAfterMs: remindAfterMs ?? null,
        },
        now,
      );
      return { kind: 'waiting', expiresInMs: left(asked.expiresAt), event: asked.event };
    }
  }
}

const failure = (error: string, code: RunErrorCode = 'STEP_FAILED'): Extract<Looked, { kind: 'failed' }> => ({
  kind: 'failed',
  error,
  code,
});

/** What a step's code says, or its failure when it throws. */
export type Said<T> = { ok: true; value: T } | { ok: false; failure: Extract<Looked, { kind: 'failed' }> };

const wordsOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

export function saying<T>(say: () => T): Said<T> {
  try {
    return { ok: true, value: say() };
  } catch (error) {
    return { ok: false, failure: failure(wordsOf(error)) };
  }
}

/** The same for what is worked out elsewhere. @throws what says that the step shall stop */
export async function sayingLater<T>(say: () => Promise<T | undefined>): Promise<Said<T>> {
  try {
    const value = await say();
    return value === undefined ? { ok: false, failure: failure('it has no crew') } : { ok: true, value };
  } catch (error) {
    if (error instanceof ComputationLimitExceeded)
      return { ok: false, failure: failure(error.message, 'COMPUTATION_LIMIT') };
    if (!(error instanceof StepFailure)) throw error;
    return { ok: false, failure: failure(error.message) };
  }
}
