import type { ApiContext } from '../context.ts';
import type { LogReader } from './log-topic.ts';
import { openSse } from './sse.ts';

/** Postgres' largest integer, which a seq is. */
const LARGEST_SEQ = 2_147_483_647;

/** Where a client that reconnects stood. */
export function lastEventId(ctx: ApiContext): number | undefined {
  const text = ctx.get('last-event-id');
  return /^\d{1,10}$/.test(text) ? Math.min(Number(text), LARGEST_SEQ) : undefined;
}

/**
 * Answers with an event stream that follows a log until its reader goes, the log ends, or the caller's rights do.
 * @param to.first what is sent before the log, without an id
 */
export function followStream(
  to: { ctx: ApiContext; first?: Buffer },
  follow: (reader: LogReader) => () => void,
): void {
  const { ctx, first } = to;
  const stream = openSse(ctx);
  if (first !== undefined) stream.send(first);
  const leave = follow({
    event: (entry) => stream.send(entry.sse()),
    ready: () => stream.ready(),
    token: (text) => stream.offer(text.sse()),
    end: () => stream.end(),
  });
  stream.onClose(leave);
}
