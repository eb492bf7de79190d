import type { ServerResponse } from 'node:http';
import type { ApiContext } from '../context.ts';
import { drained } from './drained.ts';

const HEARTBEAT = Buffer.from(': heartbeat\n\n');
/** A comment so often keeps proxies from closing a quiet stream. */
const HEARTBEAT_MS = 15_000;
/** A reader who lets this much pile up is too slow; it reconnects where it stood. */
const MAX_BUFFERED_BYTES = 1_048_576;

/** An open event stream. */
export interface SseStream {
  send(frame: Buffer): void;
  /** Sends what may be lost, unless the reader is behind. */
  offer(frame: Buffer): void;
  /** Resolves when what was sent is on its way, or nobody reads any more. */
  ready(): Promise<void>;
  end(): void;
  /** Called once, whoever closed it. */
  onClose(handler: () => void): void;
}

/** Turns the answer into an event stream: no buffering, no compression, heartbeat, slow readers dropped. */
export function openSse(ctx: ApiContext): SseStream {
  const { res } = ctx;
  ctx.respond = false;
  ctx.status = 200;
  res.writeHead(200, {
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-cache, no-transform',
    'x-accel-buffering': 'no',
    connection: 'keep-alive',
  });
  res.write('retry: 1000\n\n');
  // Where something waits to be read, the connection is not quiet.
  const heartbeat = setInterval(() => writeIfIdle(res, HEARTBEAT), HEARTBEAT_MS);
  // Who went away while the answer was prepared closes no second time.
  const onClose = (handler: () => void): void => void (res.closed ? handler() : res.once('close', handler));
  onClose(() => clearInterval(heartbeat));
  ctx.state.endStream = () => void res.end();
  return {
    send: (frame) => write(res, frame),
    offer: (frame) => writeIfIdle(res, frame),
    ready: () => drained(res),
    end: () => void res.end(),
    onClose,
  };
}

function write(res: ServerResponse, frame: Buffer): void {
  if (res.destroyed || res.writableEnded) return;
  // What was waiting before counts, not the frame itself: one may be larger than the limit.
  if (res.writableLength > MAX_BUFFERED_BYTES) res.destroy();
  else res.write(frame);
}

function writeIfIdle(res: ServerResponse, frame: Buffer): void {
  if (!res.writableNeedDrain) write(res, frame);
}
