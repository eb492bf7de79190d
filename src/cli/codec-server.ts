import { createServer, type IncomingMessage, type Server } from 'node:http';
import { temporalUiOrigins } from '../http/browser-headers.ts';
import { isLoopback } from '../http/loopback-only.ts';
import { readBodyBytes } from '../http/body-bytes.ts';
import type { Settings } from '../config.ts';
import { portProblem } from '../embedded/service.ts';
import { createPayloadCodec, encrypts } from '../temporal/payload-codec.ts';
import { payloadsSchema, throughCodec } from '../temporal/payload-json.ts';
import { CliError, EXIT } from './exit-codes.ts';

/**
 * `muster codec-server`: decrypts for a Temporal Web UI that knows no logins, on the machine of an admin who has the
 * keys. On loopback alone, and for pages of the Web UI alone: no other page may use it, whatever name it comes by.
 */

/** Where the Web UI of docker-compose.yml is found, and that of a Temporal that is started by hand. */
const USUAL_UI_URL = 'http://127.0.0.1:8233';
const MOST_BYTES = 16 * 1024 * 1024;

interface Answer {
  status: number;
  body?: unknown;
}

/**
 * The command, once its settings are known: `TEMPORAL_UI_URL` says whose pages may ask.
 * @throws {CliError} where there is nothing it could decrypt with, or the port is taken
 */
export async function openCodecServer(
  settings: Settings,
  port: number,
  say: (line: string) => void,
): Promise<Server> {
  if (!encrypts(settings)) {
    throw new CliError(
      EXIT.usage,
      'npm run codec-server needs PAYLOAD_ENCRYPTION_KEYS, the same as API and worker have ' +
        '(in the environment or in .env). Where they have none, the Web UI shows everything without it.',
    );
  }
  const problem = await portProblem('127.0.0.1', port);
  if (problem !== null) {
    throw new CliError(
      EXIT.usage,
      `Port ${port} cannot be had (${problem}). Choose another: npm run codec-server -- --port ${port + 1}`,
    );
  }
  const uiUrl = settings.TEMPORAL_UI_URL ?? USUAL_UI_URL;
  const server = await startCodecServer(settings, { port, uiUrl });
  say(`Codec server: http://127.0.0.1:${port}`);
  say(
    `It answers pages of ${temporalUiOrigins(uiUrl).join(' and ')}; they ask for it under the glasses in their head.`,
  );
  return server;
}

/** @returns the listening server. @throws when the port is taken */
export function startCodecServer(
  settings: Pick<Settings, 'PAYLOAD_ENCRYPTION_KEYS'>,
  { port, uiUrl }: { port: number; uiUrl: string },
): Promise<Server> {
  const codec = createPayloadCodec(settings);
  const uiOrigins = temporalUiOrigins(uiUrl);
  const isUi = (origin = ''): boolean => uiOrigins.includes(origin);
  const server = createServer((request, response) => {
    const headers = {
      ...(isUi(request.headers.origin) && { 'access-control-allow-origin': request.headers.origin }),
      'access-control-allow-headers': 'content-type, x-namespace, authorization',
      'access-control-allow-methods': 'POST',
      'content-type': 'application/json',
      vary: 'origin',
    };
    void answer(request)
      .catch((error: unknown) => ({ status: 400, body: { message: String(error) } }))
      .then(({ status, body }) => {
        response.writeHead(status, headers).end(body === undefined ? '' : JSON.stringify(body));
      });
  });
  const answer = async (request: IncomingMessage): Promise<Answer> => {
    const { origin, host = '' } = request.headers;
    if (!isLoopback(new URL(`http://${host}`).hostname.replace(/^\[(.*)\]$/, '$1')))
      return { status: 403, body: { message: 'ask by 127.0.0.1 or localhost' } };
    if (origin !== undefined && !isUi(origin))
      return { status: 403, body: { message: `only pages of ${uiUrl} may ask (TEMPORAL_UI_URL)` } };
    if (request.method === 'OPTIONS') return { status: 204 };
    const direction = /\/(encode|decode)$/.exec(request.url ?? '')?.[1];
    if (request.method !== 'POST' || (direction !== 'encode' && direction !== 'decode'))
      return { status: 404, body: { message: 'POST /decode or /encode' } };
    const bytes = await readBodyBytes(request, MOST_BYTES);
    const asked = payloadsSchema.safeParse(JSON.parse(bytes.toString('utf8')));
    if (!asked.success) return { status: 400, body: { message: 'send {"payloads": [{metadata, data}]}' } };
    const done = await throughCodec(codec, direction, asked.data);
    return done === null
      ? { status: 400, body: { message: 'encrypted with a key that is not in PAYLOAD_ENCRYPTION_KEYS' } }
      : { status: 200, body: done };
  };
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => resolve(server));
  });
}
