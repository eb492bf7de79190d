import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Registry } from 'prom-client';
import { bringsToken } from '../../security/bearer-token.ts';
import { exposition, METRICS_CONTENT_TYPE, processMetrics } from './registry.ts';

interface Served {
  host: string;
  port: number;
  /** Wanted of whoever asks, when there is one. */
  token: string | undefined;
  registry: Registry;
  /** Whether the worker takes work: what `/livez` answers, to anybody. */
  polls: () => boolean;
  /** Where Temporal's SDK tells its own, on loopback. */
  sdkUrl: string;
}

/** How long the SDK's own exporter may take. */
const SDK_MS = 3_000;

/**
 * Serves `/metrics` of a worker (what it counts itself, its process, and Temporal's SDK) and `/livez`.
 * @throws when the port is taken.
 */
export async function serveWorkerMetrics(served: Served): Promise<{ close(): Promise<void> }> {
  const server = createServer((request, response) => void answer(served, request, response));
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(served.port, served.host, resolve);
  });
  return {
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function answer(served: Served, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const say = (status: number, text: string, type = 'text/plain; charset=utf-8'): void => {
    response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store' }).end(text);
  };
  if (request.url === '/livez' && request.method === 'GET')
    return served.polls() ? say(200, 'takes work\n') : say(503, 'takes no work\n');
  if (request.url !== '/metrics' || request.method !== 'GET')
    return say(404, 'Only GET /metrics and /livez are here\n');
  if (served.token !== undefined && !bringsToken(request, served.token))
    return say(401, 'Send Authorization: Bearer <METRICS_TOKEN>\n');
  const own = await exposition([served.registry, processMetrics()]);
  say(200, own + (await sdkMetrics(served.sdkUrl)), METRICS_CONTENT_TYPE);
}

/** What the SDK tells; nothing while its exporter is not up. */
async function sdkMetrics(url: string): Promise<string> {
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(SDK_MS) });
    return answer.ok ? await answer.text() : '';
  } catch {
    return '# the metrics of the Temporal SDK could not be read\n';
  }
}
