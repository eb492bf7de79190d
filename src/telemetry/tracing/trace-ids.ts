import { createHash } from 'node:crypto';

/** Ids of traces and spans that follow from ours: whoever makes one anew, after a crash or elsewhere, makes the same. */

/** Where a span stands, in W3C's header `traceparent`. */
export interface TracePlace {
  /** 32 hex digits. */
  traceId: string;
  /** 16 hex digits. */
  spanId: string;
  sampled: boolean;
}

/** What tells the trace of an execution. */
export interface TracedRun {
  executionId: string;
  /** That of the request it was accepted in, if there was one. */
  traceparent?: string | null | undefined;
}

const TRACEPARENT = /^00-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})$/;

/** @returns null for what is no `traceparent` of version 00 */
export function readTraceparent(text: string | null | undefined): TracePlace | null {
  const [, traceId, spanId, flags] = TRACEPARENT.exec(text ?? '') ?? [];
  if (traceId === undefined || spanId === undefined || flags === undefined) return null;
  return { traceId, spanId, sampled: (Number.parseInt(flags, 16) & 1) === 1 };
}

export const toTraceparent = ({ traceId, spanId, sampled }: TracePlace): string =>
  `00-${traceId}-${spanId}-${sampled ? '01' : '00'}`;

/** The span that something of ours has, by its name; 16 hex digits. */
export const spanIdOf = (name: string): string =>
  createHash('sha256').update(name).digest('hex').slice(0, 16);

/** The trace of an execution: its request's, or one of its own under its UUID. */
export const traceIdOf = ({ executionId, traceparent }: TracedRun): string =>
  readTraceparent(traceparent)?.traceId ?? executionId.replaceAll('-', '');

/** The span of an execution as a whole; a retry is another one. */
export const runPlace = (run: TracedRun & { generation: number }): TracePlace => ({
  traceId: traceIdOf(run),
  spanId: spanIdOf(`run/${run.executionId}/${run.generation}`),
  sampled: readTraceparent(run.traceparent)?.sampled ?? true,
});
