import { ServerResponse, type IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';

/** Where clients may ask for a WebSocket. */
const SOCKET_PATH = /^\/ws\/?(\?|$)/;
/** How long a refused client has to read why; then its connection is cut. */
const LAST_WORD_MS = 1_000;

/** A connection whose client has asked to speak something else than HTTP on it. */
export interface Upgrade {
  socket: Socket;
  /** What the client has sent already after its request. */
  head: Buffer;
}

/** Requests with a connection that waits to be taken over. */
const waiting = new WeakMap<IncomingMessage, Upgrade & { response: ServerResponse }>();

/** Whether a request that asks for another protocol is heard; others are answered as though they had not asked. */
export const mayUpgrade = ({ url }: IncomingMessage): boolean => SOCKET_PATH.test(url ?? '');

/**
 * Makes an ordinary exchange of a request to upgrade, so that it passes all that other requests pass. Unless the
 * connection is taken over, the answer goes out as HTTP and ends the connection.
 */
export function ordinaryExchange(
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
): ServerResponse | undefined {
  // The server has let go of the connection: a break of it is ours to hear.
  socket.on('error', () => socket.destroy());
  if (!(socket instanceof Socket)) {
    socket.destroy();
    return undefined;
  }
  const response = new ServerResponse(request);
  response.shouldKeepAlive = false;
  response.assignSocket(socket);
  waiting.set(request, { socket, head, response });
  response.once('finish', () => {
    waiting.delete(request);
    socket.end();
    setTimeout(() => socket.destroy(), LAST_WORD_MS).unref();
  });
  return response;
}

/**
 * Takes the connection over: no HTTP answer goes out any more, and the response counts as ended with 101 once the
 * connection closes.
 * @returns undefined when this was no request to upgrade.
 */
export function takeUpgrade(request: IncomingMessage): Upgrade | undefined {
  const upgrade = waiting.get(request);
  if (upgrade === undefined) return undefined;
  const { socket, head, response } = upgrade;
  waiting.delete(request);
  response.detachSocket(socket);
  response.statusCode = 101;
  socket.once('close', () => response.emit('close'));
  return { socket, head };
}

/** Whether the request came with a connection that can be taken over. */
export const asksToUpgrade = (request: IncomingMessage): boolean => waiting.has(request);
