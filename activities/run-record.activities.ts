import { activityInfo } from '@temporalio/activity';
import type { Claim, ClaimRef, FinalState, RunEnding, RunRef } from '../src/contracts/crew-run.ts';
import { cancelChildren } from '../src/engine/commands/command-run.ts';
import { claimRun } from '../src/engine/claims/claim-run.ts';
import { finaliseRun, markCancelling, markPaused, markWaiting } from '../src/engine/lifecycle/finish-run.ts';
import type { WorkerMetrics } from '../src/telemetry/metrics/worker-metrics.ts';
import { tellEnded } from '../src/telemetry/tracing/run-spans.ts';
import type { Tracing } from '../src/telemetry/tracing/tracing.ts';
import { flowEnding } from './flow-step/flow-ending.ts';
import type { FlowDeps } from './flow-step/step-deps.ts';

/** The steps of a run's life that its workflow writes. All of them may be repeated without harm. */
export function createRunRecordActivities(deps: FlowDeps, metrics: WorkerMetrics, tracing: Tracing) {
  const { sql, waker, maxActive, now } = deps;
  /** The crews a flow has out end with it. */
  const stopChildren = async (ref: RunRef): Promise<void> => {
    if (ref.kind !== 'flow') return;
    const children = await cancelChildren(sql, ref.id, maxActive, now());
    for (const id of children) {
      waker.wake('control', id);
      waker.wake('outbox', id);
    }
  };
  return {
    /** Takes the run for the calling workflow run, or says that somebody else has it. */
    async claimRun(ref: ClaimRef): Promise<Claim> {
      const runId = activityInfo().workflowExecution?.runId ?? '';
      const claim = await claimRun(sql, ref, runId, now(), {
        mostTasks: deps.tasksOfOneRun,
        onStart: (waitedMs) => metrics.started(ref.kind ?? 'crew', waitedMs / 1000),
      });
      waker.wake('log', ref.id);
      return claim;
    },
    /** Nothing is in flight any more: `paused`, unless somebody resumed meanwhile or nothing is left to do. */
    async recordPaused(ref: RunRef): Promise<void> {
      const released = await markPaused(sql, ref, maxActive, now());
      for (const id of released) waker.wake('outbox', id);
      waker.wake('log', ref.id);
      waker.wake('outbox', ref.id);
    },
    /** A person is asked and nothing else can be done: `waiting`, unless there is an answer by now. */
    async recordWaiting(ref: RunRef): Promise<void> {
      const released = await markWaiting(sql, ref, maxActive, now());
      for (const id of released) waker.wake('outbox', id);
      waker.wake('log', ref.id);
    },
    /** A cancel from the Web UI becomes known to everybody. */
    async recordCancelling(ref: RunRef): Promise<void> {
      await markCancelling(sql, ref, now());
      await stopChildren(ref);
      waker.wake('log', ref.id);
      waker.wake('control', ref.id);
    },
    /** Writes the end, once, says which end it was, and lets the owner's next run go. */
    async finaliseRun(ref: RunRef, ending: RunEnding): Promise<FinalState> {
      const written = await flowEnding(deps, ref, ending);
      const { state, released, ended } = await finaliseRun(sql, ref, written, maxActive, now());
      if (state.status !== 'completed') await stopChildren(ref);
      if (ended !== undefined) {
        metrics.ended(ended);
        tellEnded(tracing, ref, ended);
      }
      waker.wake('log', ref.id);
      for (const id of released) waker.wake('outbox', id);
      return state;
    },
  };
}
