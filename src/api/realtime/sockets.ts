import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { WebSocketServer, type WebSocket } from 'ws';
import type { Upgrade } from '../upgrade.ts';
import { CLOSE, createSocketLine, type SocketLine } from './socket-line.ts';

/** A connection that answers no ping for this long is dead. */
const HEARTBEAT_MS = 15_000;
const MAX_MESSAGE_BYTES = 65_536;

/** What takes part in one WebSocket. */
export interface SocketParty {
  receive(data: Buffer, isBinary: boolean): void;
  closed(): void;
}

/** All WebSockets of this process. */
export interface Sockets {
  /** Completes the handshake, which the caller has checked. */
  accept(request: IncomingMessage, upgrade: Upgrade, join: (line: SocketLine) => SocketParty): void;
  /** False once it wants no new ones. */
  isOpen(): boolean;
  count(): number;
  /** Closes all of them with 1001 and takes no more. */
  close(): void;
}

interface Open {
  line: SocketLine;
  socket: WebSocket;
  connection: Socket;
  isAlive: boolean;
  /** Bytes that had left when it was last looked at. */
  left: number;
}

/** @param heartbeatMs other than the usual, for tests */
export function createSockets(heartbeatMs = HEARTBEAT_MS): Sockets {
  const server = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    maxPayload: MAX_MESSAGE_BYTES,
  });
  const sockets = new Set<Open>();
  let isOpen = true;

  const beat = (): void => {
    for (const open of sockets) {
      const left = open.connection.bytesWritten - open.connection.writableLength;
      // A ping stands in line behind what waits; as long as that goes out, somebody reads.
      const isReading = open.connection.writableLength > 0 && left > open.left;
      if (!open.isAlive && !isReading) open.socket.terminate();
      else open.socket.ping();
      open.isAlive = false;
      open.left = left;
    }
  };
  const timer = setInterval(beat, heartbeatMs);

  return {
    accept(request, { socket: connection, head }, join) {
      server.handleUpgrade(request, connection, head, (socket) => {
        const line = createSocketLine(socket, connection);
        const open: Open = { line, socket, connection, isAlive: true, left: 0 };
        const party = join(line);
        sockets.add(open);
        const hear = (): void => {
          open.isAlive = true;
        };
        socket.on('pong', hear);
        socket.on('message', (data, isBinary) => {
          hear();
          // With `nodebuffer`, the default, a message is one buffer.
          if (Buffer.isBuffer(data)) party.receive(data, isBinary);
        });
        // What is wrong with it, `close` tells too.
        socket.on('error', () => undefined);
        socket.once('close', () => {
          sockets.delete(open);
          party.closed();
        });
        if (!isOpen) line.close(CLOSE.goingAway, 'the server stops');
      });
    },
    isOpen: () => isOpen,
    count: () => sockets.size,
    close() {
      isOpen = false;
      clearInterval(timer);
      for (const { line } of sockets) line.close(CLOSE.goingAway, 'the server stops');
    },
  };
}
