import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { Webhook } from 'standardwebhooks';
import { z } from 'zod';

/** A receiver of webhooks that verifies with the independent library, and misbehaves as it is told. */
export interface StandardReceiver {
  /** The port stays the same when it is stopped and started again. */
  url: string;
  /** Every request, in the order of their arrival. */
  received: ReceivedWebhook[];
  /** Requests whose signature did not verify. */
  forged: number;
  /** What it verifies with: `whsec_…` by path; requests to other paths are not verified. */
  secrets: Map<string, string>;
  /** What the next requests are answered; 204 when there is nothing. */
  answers: ReceiverAnswer[];
  /** What requests are answered when `answers` is empty. */
  answerOf: (webhook: ReceivedWebhook) => ReceiverAnswer;
  /** Ends it with every connection; requests are refused until `start`. */
  stop(): Promise<void>;
  start(): Promise<void>;
  close(): Promise<void>;
}

export interface ReceiverAnswer {
  /** `cut`: the connection is broken off without an answer. */
  status: number | 'cut';
  headers?: Record<string, string>;
  delayMs?: number;
}

export interface ReceivedWebhook {
  path: string;
  id: string;
  headers: IncomingMessage['headers'];
  type: string;
  data: Record<string, unknown>;
  /** How it was answered, once it was. */
  status: number | 'cut';
}

const bodySchema = z.object({
  type: z.string(),
  timestamp: z.iso.datetime(),
  data: z.record(z.string(), z.unknown()),
});

const ok = (): ReceiverAnswer => ({ status: 204 });

export async function startStandardReceiver(): Promise<StandardReceiver> {
  let server: Server | undefined;
  let port = 0;
  const receiver: StandardReceiver = {
    url: '',
    received: [],
    forged: 0,
    secrets: new Map(),
    answers: [],
    answerOf: ok,
    async start() {
      server = createServer((request, response) => take(receiver, request, response));
      const opening = server;
      await new Promise<void>((resolve, reject) => {
        opening.once('error', reject);
        opening.listen(port, '127.0.0.1', resolve);
      });
      const address = opening.address();
      if (address === null || typeof address === 'string') throw new Error('the receiver has no port');
      ({ port } = address);
      receiver.url = `http://127.0.0.1:${port}`;
    },
    async stop() {
      const closing = server;
      server = undefined;
      if (closing === undefined) return;
      closing.closeAllConnections();
      await new Promise((resolve) => closing.close(resolve));
    },
    close: () => receiver.stop(),
  };
  await receiver.start();
  return receiver;
}

function take(receiver: StandardReceiver, request: IncomingMessage, response: ServerResponse): void {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('error', () => undefined);
  request.on('end', () => {
    const text = Buffer.concat(chunks).toString();
    const path = request.url ?? '';
    if (!verifies(receiver.secrets.get(path), text, request)) receiver.forged += 1;
    const { type, data } = bodySchema.parse(JSON.parse(text));
    const id = String(request.headers['webhook-id']);
    const webhook: ReceivedWebhook = { path, id, headers: request.headers, type, data, status: 204 };
    receiver.received.push(webhook);
    const { status, headers = {}, delayMs = 0 } = receiver.answers.shift() ?? receiver.answerOf(webhook);
    webhook.status = status;
    const reply = (): void => {
      if (status === 'cut') request.socket.destroy();
      else response.writeHead(status, headers).end();
    };
    if (delayMs > 0) setTimeout(reply, delayMs);
    else reply();
  });
}

function verifies(secret: string | undefined, text: string, request: IncomingMessage): boolean {
  if (secret === undefined) return true;
  const names = ['webhook-id', 'webhook-timestamp', 'webhook-signature'];
  const headers = Object.fromEntries(names.map((name) => [name, String(request.headers[name])]));
  try {
    new Webhook(secret).verify(text, headers);
    return true;
  } catch {
    return false;
  }
}
