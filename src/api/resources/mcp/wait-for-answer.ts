import { notFound } from '../../../domain/errors.ts';
import type { JsonValue } from '../../../domain/json.ts';
import type { Question } from '../../../persistence/entities/question.entity.ts';
import { readPlaceOf } from '../../../persistence/messages.ts';
import { findQuestionById } from '../../../persistence/repositories/questions.repository.ts';
import type { ApiServices } from '../../services.ts';

/** So often a client that wants it is told that the wait goes on. */
const PROGRESS_MS = 5_000;

/** How a question of an agent elsewhere stands. */
export interface AnswerState {
  agent_instance_id: string;
  question_id: string;
  status: 'open' | 'answered' | 'expired';
  answer: JsonValue;
}

interface Wait {
  waitMs: number;
  signal: AbortSignal;
  /** @param seconds waited so far */
  progress: (seconds: number) => Promise<void>;
}

/**
 * Waits for an answer, a bounded time. The question is a row: nothing is lost with the wait.
 * @throws {MusterError} NOT_FOUND for what is no question of an agent of this owner's
 */
export async function waitForAnswer(
  engine: Pick<ApiServices, 'database' | 'messages' | 'now' | 'system'>,
  ownerId: string,
  questionId: string,
  wait: Wait,
): Promise<AnswerState> {
  const begun = engine.now().getTime();
  const until = begun + wait.waitMs;
  for (;;) {
    const state = await look(engine, ownerId, questionId);
    const left = until - engine.now().getTime();
    if (state.status !== 'open' || left <= 0 || wait.signal.aborted) return state;
    await somethingSaid(engine, ownerId, state.agent_instance_id, Math.min(left, PROGRESS_MS), wait.signal);
    const waited = Math.min(engine.now().getTime() - begun, wait.waitMs);
    if (!wait.signal.aborted && waited < wait.waitMs) await wait.progress(waited / 1_000);
  }
}

async function look(
  engine: Pick<ApiServices, 'database' | 'now'>,
  ownerId: string,
  id: string,
): Promise<AnswerState> {
  const scope = { ownerId };
  const question = await engine.database.as(scope, (em) => findQuestionById(em, id, scope));
  if (question === null || typeof question.agentInstanceId !== 'string' || question.kind !== 'agent')
    throw notFound('question');
  return {
    agent_instance_id: question.agentInstanceId,
    question_id: id,
    ...standing(question, engine.now()),
  };
}

/** One whose time is up is over, even before somebody has written that down. */
function standing(question: Question, now: Date): Pick<AnswerState, 'status' | 'answer'> {
  const isLate = question.expiresAt instanceof Date && question.expiresAt <= now;
  if (question.status === 'answered') return { status: 'answered', answer: question.answer ?? null };
  if (question.status === 'open' && !isLate) return { status: 'open', answer: null };
  return { status: 'expired', answer: question.hasDefault ? (question.defaultAnswer ?? null) : null };
}

/** Resolves with the next message of the instance, after a time, or when the caller goes. */
async function somethingSaid(
  engine: Pick<ApiServices, 'messages' | 'system'>,
  ownerId: string,
  instanceId: string,
  ms: number,
  signal: AbortSignal,
): Promise<void> {
  const place = await readPlaceOf(engine.system, ownerId, instanceId);
  if (place === null) return;
  await new Promise<void>((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      leave();
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener('abort', done, { once: true });
    const leave = engine.messages.follow(place.conversationId, place.lastSeq, {
      event: () => setImmediate(done),
      ready: () => Promise.resolve(),
      token: () => undefined,
      end: () => setImmediate(done),
    });
  });
}
