import { createServer } from 'node:http';

/** A server on loopback that keeps what it is sent. */
export interface WebhookReceiver {
  /** At `/hook`; it takes calls at every path. */
  url: string;
  received: ReceivedCall[];
  /** The statuses of the next answers; 204 when there are none. */
  answers: number[];
  close(): Promise<void>;
}

/** Headers that were not sent are ''. */
export interface ReceivedCall {
  path: string;
  body: unknown;
  idempotencyKey: string;
  webhookId: string;
  signature: string;
  authorization: string | undefined;
}

export async function startWebhookReceiver(): Promise<WebhookReceiver> {
  const received: WebhookReceiver['received'] = [];
  const answers: number[] = [];
  const server = createServer((request, response) => {
    let text = '';
    request.on('data', (chunk: Buffer) => (text += chunk.toString()));
    request.on('end', () => {
      const body: unknown = text === '' ? null : JSON.parse(text);
      received.push({
        path: request.url ?? '',
        body,
        idempotencyKey: String(request.headers['idempotency-key'] ?? ''),
        webhookId: String(request.headers['webhook-id'] ?? ''),
        signature: String(request.headers['webhook-signature'] ?? ''),
        authorization: request.headers.authorization,
      });
      response.writeHead(answers.shift() ?? 204).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the receiver has no port');
  return {
    url: `http://127.0.0.1:${address.port}/hook`,
    received,
    answers,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}
