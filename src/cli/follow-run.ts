import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { isFinal, EXECUTION_STATUSES } from '../domain/run/status.ts';
import type { ApiClient, ShownExecution, StreamFrame } from './api-client.ts';
import { duration, loggedEventSchema, type LoggedEvent } from './event-lines.ts';
import { ServerAway } from './exit-codes.ts';

const FIRST_DELAY_MS = 500;
const LONGEST_DELAY_MS = 10_000;
const FINAL_TYPES = ['workflow_completed', 'workflow_failed', 'workflow_cancelled'];

/** What the follower tells of. */
export interface Listener {
  /** Each event of the log once, in order. */
  event(event: LoggedEvent): void;
  /** With each connection, before its first event: where the run stands. */
  snapshot(snapshot: RunSnapshot): void;
  /** A line about the connection. */
  connection(line: string): void;
}

/**
 * Follows a run to its end, over as many connections as that takes: a cut one is opened again after the last event
 * that was heard, with growing pauses, for as long as the run lives.
 * @returns the execution in its final state
 * @throws {CliError} when the server refuses to go on (401, 404); the signal's reason once it fires
 */
export async function followRun(
  client: ApiClient,
  id: string,
  listener: Listener,
  signal: AbortSignal,
): Promise<ShownExecution> {
  const position = { seq: 0, type: '' };
  let failures = 0;
  for (;;) {
    let reason: string;
    let waitMs: number | undefined;
    try {
      const frames = await client.stream(id, position.seq, signal);
      if (failures > 0) listener.connection(`Connected again; going on after event ${position.seq}.`);
      failures = 0;
      for await (const frame of frames ?? []) take(frame, position, listener);
      if (frames === null || FINAL_TYPES.includes(position.type)) {
        const execution = await client.execution(id);
        if (hasEnded(execution)) return execution;
      }
      reason = 'The server ended the stream';
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof ServerAway)) throw error;
      reason = error.message;
      waitMs = error.retryAfterMs;
    }
    waitMs ??= Math.min(FIRST_DELAY_MS * 2 ** failures, LONGEST_DELAY_MS);
    failures += 1;
    listener.connection(`${reason}. The run goes on; connecting again in ${duration(waitMs)} …`);
    // The platform's timer wraps the reason; ours is thrown.
    await sleep(waitMs, undefined, { signal }).catch(() => signal.throwIfAborted());
  }
}

/** What a stream begins with, as far as a line needs it. */
const snapshotSchema = z.object({
  /** Everything up to this event is in it. */
  as_of_seq: z.int(),
  execution: z.object({ status: z.string(), created_at: z.string() }),
  tasks: z.array(z.object({ key: z.string(), status: z.string() })),
});
export type RunSnapshot = z.output<typeof snapshotSchema>;

function take(frame: StreamFrame, position: { seq: number; type: string }, listener: Listener): void {
  if (frame.event === 'token') return;
  if (frame.event === 'snapshot') {
    const snapshot = snapshotSchema.safeParse(frame.data);
    if (snapshot.success) listener.snapshot(snapshot.data);
    return;
  }
  const event = loggedEventSchema.safeParse(frame.data);
  if (!event.success || event.data.seq <= position.seq) return;
  position.seq = event.data.seq;
  position.type = event.data.type;
  listener.event(event.data);
}

function hasEnded({ status }: ShownExecution): boolean {
  const known = z.enum(EXECUTION_STATUSES).safeParse(status);
  return known.success && isFinal(known.data);
}
