import type { ServerResponse } from 'node:http';
import type { ApiContext } from '../context.ts';

/** A comment so often keeps proxies from closing a quiet stream. */
const HEARTBEAT_MS = 15_000;
/** A reader who lets this much pile up is too slow; it reconnects where it stood. */
const MAX_BUFFERED_BYTES = 1_048_576;

/** An open event stream. */
export interface SseStream {
  send(frame: Buffer): void;
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
  const heartbeat = setInterval(() => write(res, Buffer.from(': heartbeat\n\n')), HEARTBEAT_MS);
  res.once('close', () => clearInterval(heartbeat));
  return {
    send: (frame) => write(res, frame),
    end: () => void res.end(),
    onClose: (handler) => void res.once('close', handler),
  };
}

function write(res: ServerResponse, frame: Buffer): void {
  if (res.destroyed || res.writableEnded) return;
  res.write(frame);
  if (res.writableLength > MAX_BUFFERED_BYTES) res.destroy();
}
