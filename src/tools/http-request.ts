import { z } from 'zod';
import { defineTool } from './define-tool.ts';
import type { GuardedFetch } from './guarded-fetch.ts';
import type { Tool } from './tool.ts';

/** Headers of an answer that help a model; the rest would only crowd its context. */
const SHOWN_HEADERS = ['content-type', 'location', 'retry-after', 'last-modified', 'etag'];

/**
 * Calls a web address. Not idempotent as a whole, because a POST is not: a call whose outcome is unknown is not
 * made a second time. Every request that may change something carries an Idempotency-Key.
 */
export const httpRequest = (fetch: GuardedFetch): Tool =>
  defineTool({
    name: 'http_request',
    description:
      'Calls a public http or https address and answers with status, headers and body as text. At most 1 MB, 30 seconds.',
    input: z.object({
      url: z
        .url({ protocol: /^https?$/ })
        .max(8_000)
        .describe('The whole address, with http:// or https://'),
      method: z.enum(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE']).default('GET'),
      headers: z.record(z.string().regex(/^[\w!#$%&'*+.^`|~-]+$/), z.string().max(8_000)).default({}),
      body: z
        .string()
        .optional()
        .describe('For JSON: the JSON text, with a header content-type: application/json'),
    }),
    idempotent: false,
    execute: async ({ url, method, headers, body }, { signal, idempotencyKey }) => {
      const changes = method !== 'GET' && method !== 'HEAD';
      const response = await fetch(url, {
        method,
        headers: { ...(changes && { 'idempotency-key': idempotencyKey }), ...headers },
        ...(body !== undefined && { body }),
        signal,
      });
      const shown = SHOWN_HEADERS.flatMap((name) => {
        const value = response.headers[name];
        return value === undefined ? [] : `${name}: ${value}`;
      });
      return [`HTTP ${response.status}`, ...shown, '', response.body.toString('utf8')].join('\n');
    },
  });
