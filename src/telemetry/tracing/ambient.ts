import {
  context,
  createContextKey,
  isSpanContextValid,
  trace,
  TraceFlags,
  type Context,
  type SpanContext,
} from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { runPlace, toTraceparent, type TracedRun, type TracePlace } from './trace-ids.ts';

/**
 * What the code that runs right now is about: a trace, an execution. It goes along with every await, so that log lines,
 * rows and spans find it without being handed it. OpenTelemetry keeps one such thing a process.
 */
context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());

/** Found out while a request is answered, and told with its last line. */
export interface Concern {
  executionId?: string;
}

const CONCERN = createContextKey('muster.concern');

const concernOf = (within: Context): Concern | undefined => {
  const value = within.getValue(CONCERN);
  return isConcern(value) ? value : undefined;
};
const isConcern = (value: unknown): value is Concern => typeof value === 'object' && value !== null;

export const toSpanContext = ({ traceId, spanId, sampled }: TracePlace): SpanContext => ({
  traceId,
  spanId,
  traceFlags: sampled ? TraceFlags.SAMPLED : TraceFlags.NONE,
  isRemote: true,
});

/** Does work that is about one execution. */
export function aboutRun<T>(run: TracedRun & { generation: number }, work: () => T): T {
  const about = context.active().setValue(CONCERN, { executionId: run.executionId });
  return context.with(trace.setSpanContext(about, toSpanContext(runPlace(run))), work);
}

/** Does work whose execution is found out on the way: whoever finds it says so with `concerns`. */
export const aboutSomething = <T>(within: Context, concern: Concern, work: () => T): T =>
  context.with(within.setValue(CONCERN, concern), work);

/** The work under way turns out to be about this execution. */
export function concerns(executionId: string): void {
  const concern = concernOf(context.active());
  if (concern !== undefined) concern.executionId = executionId;
}

/** Where what is made now is to be hung, as W3C's header says it; null outside of any trace. */
export function currentTraceparent(): string | null {
  const place = trace.getSpanContext(context.active());
  if (place === undefined || !isSpanContextValid(place)) return null;
  const sampled = (place.traceFlags & TraceFlags.SAMPLED) !== 0;
  return toTraceparent({ traceId: place.traceId, spanId: place.spanId, sampled });
}

/** What every log line says of what it is about, by the names of the log. */
export function currentSubject(): { trace_id?: string; execution_id?: string } {
  const active = context.active();
  const place = trace.getSpanContext(active);
  const executionId = concernOf(active)?.executionId;
  return {
    ...(place !== undefined && isSpanContextValid(place) && { trace_id: place.traceId }),
    ...(executionId !== undefined && { execution_id: executionId }),
  };
}
