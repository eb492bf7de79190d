import { sseFrame } from './sse-frame.ts';

/** Something on its way to readers, serialised at most once for each kind of them, however many there are. */
export interface Outgoing {
  /** As a server-sent event. */
  sse(): Buffer;
  /** As the text of a WebSocket message. */
  socket(): Buffer;
}

function once(make: () => Buffer): () => Buffer {
  let made: Buffer | undefined;
  return () => (made ??= make());
}

/**
 * @param data what a server-sent event carries
 * @param onSocket what a WebSocket message carries beside its `type`, where that is something else
 */
export const outgoing = (
  type: string,
  data: object,
  { id, onSocket }: { id?: number; onSocket?: () => object } = {},
): Outgoing => ({
  sse: once(() => sseFrame(type, data, id)),
  socket: once(() => Buffer.from(JSON.stringify({ type, ...(onSocket?.() ?? data) }))),
});
