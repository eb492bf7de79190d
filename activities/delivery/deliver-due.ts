import { Context } from '@temporalio/activity';
import type { DeliveryInput, DeliveryProgress } from '../../src/contracts/delivery.ts';
import {
  FAILURES_BEFORE_HOLD,
  holdMs,
  readRetryAfterMs,
  retryDelayMs,
} from '../../src/engine/webhooks/retry-schedule.ts';
import {
  isPiledUp,
  nextDue,
  readDue,
  readEndpoint,
  recordDelivered,
  recordFailed,
  withdrawDelivery,
  type Attempt,
  type Consequence,
  type DueDelivery,
  type Endpoint,
} from '../../src/persistence/deliveries.ts';
import { failUnreached, isAwaited } from '../../src/engine/external-agents/trigger-agent.ts';
import { startHeartbeat } from '../heartbeat.ts';
import { attemptDelivery, type Answered } from './attempt-delivery.ts';
import type { DeliveryDeps } from './delivery-deps.ts';

/** Messages read at once. */
const BATCH = 50;
/** One call of the activity ends after about so long, so that the workflow's history shows how it goes on. */
const SLICE_MS = 30_000;
/** More than that waiting, and the endpoint is switched off: what a dead one piles up must have an end. */
const MOST_WAITING = 100_000;
/** Somebody waits for a user agent: days later nobody does. With the usual schedule it is given up after 2 h 35 min. */
const USER_AGENT_RETRIES = 4;
/** A clock that is a little off must not make the workflow ask in a circle. */
const LEAST_WAIT_MS = 50;

/**
 * Delivers what is due at one endpoint, one message after the other, oldest first. A message that fails steps aside
 * and comes back by the schedule; when several fail in a row, the endpoint is held and all of them wait. Runs in the
 * worker, under heartbeat. A crash between an answer and its record repeats that one attempt, with the same id.
 */
export async function deliverDue(
  deps: DeliveryDeps,
  { endpointId }: DeliveryInput,
): Promise<DeliveryProgress> {
  const context = Context.current();
  const heartbeat = startHeartbeat(context, { endpoint: endpointId });
  try {
    const until = deps.now().getTime() + SLICE_MS;
    let attempts = 0;
    for (;;) {
      const endpoint = await readEndpoint(deps.sql, endpointId);
      if (endpoint === undefined) return { kind: 'idle' };
      if (endpoint.heldUntil > deps.now()) return waitUntil(deps, endpoint.heldUntil);
      const due = await readDue(deps.sql, endpoint, deps.now(), BATCH);
      if (due.length === 0) {
        const next = await nextDue(deps.sql, endpointId);
        return next === null ? { kind: 'idle' } : waitUntil(deps, next);
      }
      for (const delivery of due) {
        context.cancellationSignal.throwIfAborted();
        if (deps.draining() || deps.now().getTime() > until) return { kind: 'more' };
        const goesOn = await deliverOne(deps, endpoint, delivery);
        heartbeat.say({ attempts: (attempts += 1) });
        // The endpoint's row has changed: read it again.
        if (!goesOn) break;
      }
    }
  } finally {
    heartbeat.stop();
  }
}

const waitUntil = ({ now }: DeliveryDeps, at: Date): DeliveryProgress => ({
  kind: 'wait',
  delayMs: Math.max(at.getTime() - now().getTime(), LEAST_WAIT_MS),
});

/** @returns whether the endpoint stands as it stood. */
async function deliverOne(deps: DeliveryDeps, endpoint: Endpoint, delivery: DueDelivery): Promise<boolean> {
  const { subjectId } = delivery;
  if (subjectId !== null && !(await isAwaited(deps.sql, { ownerId: endpoint.ownerId, id: subjectId }))) {
    await withdrawDelivery(deps.sql, delivery, 'not called any more: the agent instance has ended');
    return true;
  }
  const answered = await attemptDelivery(deps, endpoint, delivery);
  const { attempt } = answered;
  if (attempt.error === null) {
    await recordDelivered(deps.sql, endpoint, delivery, attempt);
    return endpoint.failuresInARow === 0;
  }
  const consequence = await consequenceOf(deps, endpoint, delivery, answered);
  const conversation = await deps.sql.transaction(async (tx) => {
    const isRecorded = await recordFailed(tx, endpoint, delivery, attempt, consequence);
    const isGivenUp = isRecorded && consequence.nextAttemptAt === null;
    if (!isGivenUp || subjectId === null) return null;
    const of = { ownerId: endpoint.ownerId, id: subjectId, reason: attempt.error ?? '' };
    return failUnreached(tx, of, deps.now());
  });
  if (conversation !== null) deps.waker.wake('message', conversation);
  if (consequence.disabledReason !== null) {
    const { disabledReason: reason } = consequence;
    deps.logger.warn({ endpoint_id: endpoint.id, reason }, 'an endpoint is switched off');
  }
  return false;
}

async function consequenceOf(
  deps: DeliveryDeps,
  endpoint: Endpoint,
  delivery: DueDelivery,
  { attempt, retryAfter, isFinal }: Answered,
): Promise<Consequence> {
  const now = deps.now();
  const retryAfterMs = readRetryAfterMs(retryAfter, now);
  const delays =
    endpoint.kind === 'user_agent' ? deps.retryDelaysMs.slice(0, USER_AGENT_RETRIES) : deps.retryDelaysMs;
  const delay = isFinal ? null : retryDelayMs(delays, delivery.roundAttempts + 1, retryAfterMs, Math.random);
  const failures = endpoint.failuresInARow + 1;
  const held = isFinal ? 0 : holdMs(delays, failures, retryAfterMs);
  return {
    nextAttemptAt: delay === null ? null : new Date(now.getTime() + delay),
    heldUntil: new Date(now.getTime() + held),
    disabledReason: await reasonToDisable(deps, endpoint, attempt, failures),
  };
}

async function reasonToDisable(
  deps: DeliveryDeps,
  endpoint: Endpoint,
  attempt: Attempt,
  failures: number,
): Promise<string | null> {
  if (attempt.responseCode === 410) return 'the receiver answered 410 Gone';
  if (failures < FAILURES_BEFORE_HOLD) return null;
  const since = endpoint.failingSince ?? attempt.at;
  if (attempt.at.getTime() - since.getTime() >= deps.disableAfterMs)
    return `no delivery succeeded since ${since.toISOString()}`;
  if (await isPiledUp(deps.sql, endpoint.id, MOST_WAITING))
    return `more than ${MOST_WAITING} deliveries wait, and the receiver fails`;
  return null;
}
