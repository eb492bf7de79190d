import { createServer, type IncomingMessage, type Server } from 'node:http';
import { isLoopback } from '../api/middleware/loopback-only.ts';
import { readBodyBytes } from '../api/middleware/body-bytes.ts';
import type { Settings } from '../config.ts';
import { createPayloadCodec } from '../temporal/payload-codec.ts';
import { payloadsSchema, throughCodec } from '../temporal/payload-json.ts';

/**
 * `muster codec-server`: decrypts for a Temporal Web UI that knows no logins, on the machine of an admin who has the
 * keys. On loopback alone, and for pages of the Web UI alone: no other page may use it, whatever name it comes by.
 */

const MOST_BYTES = 16 * 1024 * 1024;

interface Answer {
  status: number;
  body?: unknown;
}

/** @returns the listening server. @throws when the port is taken */
export function startCodecServer(
  settings: Pick<Settings, 'PAYLOAD_ENCRYPTION_KEYS'>,
  { port, uiUrl }: { port: number; uiUrl: string },
): Promise<Server> {
  const codec = createPayloadCodec(settings);
  const uiOrigin = new URL(uiUrl).origin;
  const server = createServer((request, response) => {
    const headers = {
      'access-control-allow-origin': uiOrigin,
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
    if (origin !== undefined && origin !== uiOrigin)
      return { status: 403, body: { message: `only pages of ${uiOrigin} may ask (TEMPORAL_UI_URL)` } };
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
