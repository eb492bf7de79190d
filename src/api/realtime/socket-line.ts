import type { Socket } from 'node:net';
import type { WebSocket } from 'ws';
import { drained } from './drained.ts';

/** A reader who lets this much pile up is too slow; it reconnects where it stood. */
const MAX_BUFFERED_BYTES = 1_048_576;
/** So long a closing handshake may take. */
const CLOSING_MS = 2_000;

/** Why we close, as RFC 6455 numbers it; 4000 and above are ours. */
export const CLOSE = { goingAway: 1001, tooSlow: 1013, failed: 1011, rightsEnded: 4401 } as const;

/** What goes out on one WebSocket: it never waits for its reader. */
export interface SocketLine {
  send(frame: Buffer): void;
  /** Sends what may be lost, unless the reader is behind. */
  offer(frame: Buffer): void;
  ready(): Promise<void>;
  close(code: number, reason: string): void;
}

/** @param connection the TCP connection under the WebSocket */
export function createSocketLine(socket: WebSocket, connection: Socket): SocketLine {
  const close = (code: number, reason: string): void => {
    if (socket.readyState !== socket.OPEN) return;
    socket.close(code, reason);
    const cut = setTimeout(() => socket.terminate(), CLOSING_MS);
    socket.once('close', () => clearTimeout(cut));
  };
  const send = (frame: Buffer): void => {
    if (socket.readyState !== socket.OPEN) return;
    // What was waiting before counts, not the frame itself: one may be larger than the limit.
    if (socket.bufferedAmount > MAX_BUFFERED_BYTES) close(CLOSE.tooSlow, 'too slow: go on where you stood');
    else socket.send(frame, { binary: false });
  };
  return {
    send,
    offer: (frame) => {
      if (!connection.writableNeedDrain) send(frame);
    },
    ready: () => drained(connection),
    close,
  };
}
