import { createServer } from 'node:http';

/** A server on loopback that keeps what it is sent. */
export interface WebhookReceiver {
  url: string;
  received: { body: unknown; idempotencyKey: string; authorization: string | undefined }[];
  /** The statuses of the next answers; 204 when there are none. */
  answers: number[];
  close(): Promise<void>;
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
        body,
        idempotencyKey: String(request.headers['idempotency-key'] ?? ''),
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
