import { WebSocket } from 'ws';
import { z } from 'zod';
import { until } from './test-stack.ts';

const messageSchema = z.looseObject({ type: z.string() });
export type SocketMessage = z.output<typeof messageSchema>;

/** A client of the WebSocket that keeps what it is told. */
export interface SocketClient {
  socket: WebSocket;
  messages: SocketMessage[];
  /** Those with a seq. */
  events(): SocketMessage[];
  send(message: object | string): void;
  /** Sends, and resolves with the next message that is no event. */
  ask(message: object | string): Promise<SocketMessage>;
  closed: Promise<{ code: number; reason: string }>;
  leave(): void;
}

/** How the server refused a handshake. */
export interface Refusal {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  body: unknown;
}

export const socketUrl = (url: string): string => `${url.replace(/^http/, 'ws')}/ws/`;

/** Connects. @returns the refusal when there is one. */
export async function tryConnect(
  url: string,
  headers: Record<string, string> = {},
  options: { autoPong?: boolean } = {},
): Promise<SocketClient | Refusal> {
  const socket = new WebSocket(url, { headers, ...options });
  const messages: SocketMessage[] = [];
  socket.on('message', (data) => {
    messages.push(messageSchema.parse(JSON.parse(z.instanceof(Buffer).parse(data).toString('utf8'))));
  });
  const closed = new Promise<{ code: number; reason: string }>((resolve) => {
    socket.once('close', (code, reason) => resolve({ code, reason: reason.toString('utf8') }));
  });
  const refusal = await new Promise<Refusal | undefined>((resolve, reject) => {
    socket.once('open', () => resolve(undefined));
    socket.once('error', reject);
    socket.once('unexpected-response', (_request, response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.once('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          body: JSON.parse(Buffer.concat(chunks).toString('utf8')),
        }),
      );
    });
  });
  if (refusal !== undefined) return refusal;
  socket.on('error', () => undefined);
  const send = (message: object | string): void =>
    socket.send(typeof message === 'string' ? message : JSON.stringify(message));
  const answers = (): SocketMessage[] => messages.filter((one) => !('seq' in one) && one.type !== 'token');
  return {
    socket,
    messages,
    events: () => messages.filter((message) => 'seq' in message),
    send,
    async ask(message) {
      const before = answers().length;
      send(message);
      await until('an answer has come', () => answers().length > before);
      const answer = answers()[before];
      if (answer === undefined) throw new Error('no answer');
      return answer;
    },
    closed,
    leave: () => socket.terminate(),
  };
}

/** Connects. @throws when it is refused. */
export async function connect(
  url: string,
  headers: Record<string, string> = {},
  options: { autoPong?: boolean } = {},
): Promise<SocketClient> {
  const client = await tryConnect(url, headers, options);
  if ('status' in client) throw new Error(`refused: ${client.status} ${JSON.stringify(client.body)}`);
  return client;
}
