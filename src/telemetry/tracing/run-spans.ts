import { context, ROOT_CONTEXT, SpanStatusCode, trace, type Attributes } from '@opentelemetry/api';
import { ATTR_ERROR_TYPE } from '@opentelemetry/semantic-conventions';
import {
  ATTR_GEN_AI_AGENT_NAME,
  ATTR_GEN_AI_OPERATION_NAME,
  ATTR_GEN_AI_USAGE_INPUT_TOKENS,
  ATTR_GEN_AI_USAGE_OUTPUT_TOKENS,
  ATTR_GEN_AI_WORKFLOW_NAME,
} from '@opentelemetry/semantic-conventions/incubating';
import type { PerformTaskInput, RunRef, TaskOutcome } from '../../contracts/crew-run.ts';
import type { EndedRun } from '../../domain/run/ended-run.ts';
import { aboutRun, toSpanContext } from './ambient.ts';
import { readTraceparent, runPlace, spanIdOf, traceIdOf, type TracedRun } from './trace-ids.ts';
import type { Tracing } from './tracing.ts';

/**
 * Spans of an execution and of what its workflow hands out. Their ids follow from ours, so that what a crash has cut in
 * two hangs together, and they are told when they are over: nothing is told while a workflow is replayed.
 */

/** What the SDK knows of the activity that does the work. */
export interface Handed {
  /** Milliseconds since 1970. */
  scheduledAt: number;
  attempt: number;
  workflowId: string;
  runId: string;
  /** True when the work was thrown out by a cancel, and is not tried again. */
  isCancelled: () => boolean;
}

/**
 * Does what was handed out under a span, from when it was handed out. The attempt that ends it tells it; one that fails or
 * dies leaves the span to the next, and what it did meanwhile hangs there already.
 */
export function underHandOut(
  tracing: Tracing,
  input: PerformTaskInput,
  kind: 'task' | 'step',
  handed: Handed,
  work: () => Promise<TaskOutcome>,
): Promise<TaskOutcome> {
  return aboutRun(input, async () => {
    if (!tracing.exports) return work();
    const active = context.active();
    const span = tracing.begin({
      name: kind === 'task' ? `invoke_agent ${input.taskKey}` : `step ${input.taskKey}`,
      within: active,
      spanId: spanIdOf(
        `hand-out/${input.executionId}/${input.generation}/${input.taskKey}/${input.dispatch}`,
      ),
      startTime: handed.scheduledAt,
      attributes: handOutAttributes(input, kind, handed),
    });
    try {
      const outcome = await context.with(trace.setSpan(active, span), work);
      span.setAttribute('muster.outcome', outcome.kind);
      if (outcome.kind === 'failed') {
        span.setAttribute(ATTR_ERROR_TYPE, outcome.code);
        span.setStatus({ code: SpanStatusCode.ERROR });
      }
      span.end();
      return outcome;
    } catch (error) {
      if (handed.isCancelled()) {
        span.setAttribute('muster.outcome', 'cancelled');
        span.end();
      }
      throw error;
    }
  });
}

/** Names what agent does the task under way, once that is known. */
export function nameAgent(role: string): void {
  trace.getActiveSpan()?.setAttribute(ATTR_GEN_AI_AGENT_NAME, role);
}

const handOutAttributes = (
  { executionId, taskKey, dispatch }: PerformTaskInput,
  kind: 'task' | 'step',
  { attempt, workflowId, runId }: Handed,
): Attributes => ({
  ...(kind === 'task' && { [ATTR_GEN_AI_OPERATION_NAME]: 'invoke_agent' }),
  'muster.execution_id': executionId,
  'muster.task_key': taskKey,
  'muster.dispatch': dispatch,
  'temporal.workflow_id': workflowId,
  'temporal.run_id': runId,
  'temporal.activity.attempt': attempt,
});

/** Tells the span of an execution that has ended, once its end is written. */
export function tellEnded(tracing: Tracing, ref: RunRef & TracedRun, run: EndedRun): void {
  const { traceparent } = ref;
  const parent = readTraceparent(traceparent);
  const place = runPlace(ref);
  const isFailed = run.status === 'failed';
  tracing
    .begin({
      name: `invoke_workflow ${run.name}`,
      within: parent === null ? ROOT_CONTEXT : trace.setSpanContext(ROOT_CONTEXT, toSpanContext(parent)),
      spanId: place.spanId,
      traceId: traceIdOf(ref),
      startTime: run.startedAt,
      attributes: {
        [ATTR_GEN_AI_OPERATION_NAME]: 'invoke_workflow',
        [ATTR_GEN_AI_WORKFLOW_NAME]: run.name,
        [ATTR_GEN_AI_USAGE_INPUT_TOKENS]: run.promptTokens,
        [ATTR_GEN_AI_USAGE_OUTPUT_TOKENS]: run.completionTokens,
        'muster.execution_id': ref.executionId,
        'muster.owner_id': run.ownerId,
        'muster.kind': run.kind,
        'muster.status': run.status,
        'muster.generation': ref.generation,
        ...(run.costMicroUsd !== null && { 'muster.cost_usd': run.costMicroUsd / 1_000_000 }),
        ...(isFailed && { [ATTR_ERROR_TYPE]: run.errorCode ?? 'INTERNAL' }),
      },
    })
    .setStatus(isFailed ? { code: SpanStatusCode.ERROR } : { code: SpanStatusCode.UNSET })
    .end(run.completedAt);
}
