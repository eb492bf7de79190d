import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { defineRoute, defineStream, type AnyRoute } from '../../src/api/define-route.ts';
import { errorEnvelopeSchema } from '../../src/api/errors.ts';
import { integerIdParam, pageQuery } from '../../src/api/parameters.ts';
import { conflict } from '../../src/domain/errors.ts';
import { startTestApi, type TestApi } from '../support/test-api.ts';

const okSchema = z.object({ ok: z.boolean() });
const okAnswer = { description: 'Fine', schema: okSchema, example: { ok: true } };

/** Routes that show what the base does, one thing each. */
const trialRoutes: AnyRoute[] = [
  defineRoute(
    {
      method: 'POST',
      path: '/api/v1/trial/{id}',
      operationId: 'trialPost',
      tags: ['Trial'],
      summary: 'Echoes',
      access: 'user',
      params: z.object({ id: integerIdParam }),
      what: 'Trial',
      query: z.object({ ...pageQuery }),
      body: z.object({ name: z.string().min(2), size: z.number().optional() }),
      responses: {
        200: { description: 'Echo', schema: z.object({ id: z.int(), limit: z.int(), name: z.string() }) },
      },
    },
    async ({ params, query, body, respond }) =>
      respond(200, { id: params.id, limit: query.limit, name: body.name }),
  ),
  defineRoute(
    {
      method: 'POST',
      path: '/api/v1/trial/optional',
      operationId: 'trialOptional',
      tags: ['Trial'],
      summary: 'Wants no body',
      access: 'user',
      body: z.object({ a: z.string() }),
      bodyOptional: true,
      responses: { 200: okAnswer, 204: { description: 'Nothing to say' } },
    },
    async ({ body, respond }) => (body === undefined ? respond(204, undefined) : respond(200, { ok: true })),
  ),
  defineRoute(
    {
      method: 'GET',
      path: '/api/v1/trial/broken',
      operationId: 'trialBroken',
      tags: ['Trial'],
      summary: 'A bug',
      access: 'user',
      responses: { 200: okAnswer },
    },
    async () => {
      throw new Error('the secret is hunter2');
    },
  ),
  defineRoute(
    {
      method: 'GET',
      path: '/api/v1/trial/conflict',
      operationId: 'trialConflict',
      tags: ['Trial'],
      summary: 'A conflict',
      access: 'user',
      responses: { 200: okAnswer },
      errors: ['CONFLICT'],
    },
    async () => {
      throw conflict('It is over', { status: 'completed' });
    },
  ),
  defineRoute(
    {
      method: 'GET',
      path: '/api/v1/trial/misfit',
      operationId: 'trialMisfit',
      tags: ['Trial'],
      summary: 'Answers what its schema forbids',
      access: 'user',
      responses: { 200: { description: 'Fine', schema: z.object({ n: z.number().max(1) }) } },
    },
    async ({ respond }) => respond(200, { n: 2 }),
  ),
  defineRoute(
    {
      method: 'GET',
      path: '/api/v1/trial/admins',
      operationId: 'trialAdmins',
      tags: ['Trial'],
      summary: 'For admins',
      access: 'admin',
      responses: { 200: okAnswer },
    },
    async ({ respond }) => respond(200, { ok: true }),
  ),
  defineRoute(
    {
      method: 'GET',
      path: '/api/v1/trial/named/{name}',
      operationId: 'trialNamed',
      tags: ['Trial'],
      summary: 'By a name that may be any text',
      access: 'user',
      params: z.object({ name: z.string() }),
      responses: { 200: okAnswer },
    },
    async ({ respond }) => respond(200, { ok: true }),
  ),
  defineStream(
    {
      method: 'GET',
      path: '/api/v1/trial/stream',
      operationId: 'trialStream',
      tags: ['Trial'],
      summary: 'A stream',
      access: 'user',
      responses: { 200: { description: 'Frames', schema: z.string(), contentType: 'text/event-stream' } },
    },
    async ({ ctx, caller }) => {
      ctx.type = 'text/event-stream';
      ctx.body = `data: ${caller.email}\n\n`;
    },
  ),
];

let api: TestApi;

beforeAll(async () => {
  api = await startTestApi({
    deps: { routes: trialRoutes },
    settings: { CORS_ORIGINS: 'https://app.example.com' },
  });
});
afterAll(() => api.close());

const call = (
  path: string,
  init: RequestInit = {},
  headers: Record<string, string> = {},
): Promise<Response> =>
  fetch(api.url + path, {
    ...init,
    headers: { authorization: `Bearer ${api.admin.token}`, ...headers },
  });
const postJson = (path: string, body: string, headers: Record<string, string> = {}): Promise<Response> =>
  call(path, { method: 'POST', body }, { 'content-type': 'application/json', ...headers });

/** @returns the envelope, after checking all that is true of every one. */
async function envelopeOf(response: Response): Promise<z.infer<typeof errorEnvelopeSchema>> {
  expect(response.headers.get('content-type')).toContain('application/json');
  const envelope = errorEnvelopeSchema.parse(await response.json());
  expect(envelope.detail).toBe(envelope.message);
  expect(envelope.details.request_id).toBe(response.headers.get('x-request-id'));
  return envelope;
}

describe('errors come in the envelope', () => {
  it('400 for what is not JSON', async () => {
    const response = await postJson('/api/v1/trial/1', '{"name": ');
    expect(response.status).toBe(400);
    expect((await envelopeOf(response)).error).toBe('INVALID_JSON');
  });

  it('401 without credentials, with the scheme to use', async () => {
    const response = await fetch(`${api.url}/api/v1/auth/me`);
    expect(response.status).toBe(401);
    expect(response.headers.get('www-authenticate')).toContain('Bearer');
    expect((await envelopeOf(response)).error).toBe('UNAUTHENTICATED');
  });

  it('404 for a path nobody serves', async () => {
    const response = await call('/api/v1/nothing/here');
    expect(response.status).toBe(404);
    expect((await envelopeOf(response)).error).toBe('NOT_FOUND');
  });

  it.each(['abc', '0', '-1', '1.5', '99999999999', '%00', '1e3', '%E0%A4%A'])(
    '404 for %s, an id that cannot be one',
    async (id) => {
      const response = await postJson(`/api/v1/trial/${id}`, '{"name": "ok"}');
      expect(response.status).toBe(404);
      expect((await envelopeOf(response)).message).toBe('Trial not found');
    },
  );

  it('404 for a name with a NUL, which no text in Postgres can have', async () => {
    expect((await call('/api/v1/trial/named/a%20b')).status).toBe(200);
    expect((await call('/api/v1/trial/named/a%00b')).status).toBe(404);
  });

  it('405 with Allow for a method the path does not serve', async () => {
    const response = await call('/api/v1/auth/me', { method: 'DELETE' });
    expect(response.status).toBe(405);
    expect(response.headers.get('allow')).toBe('GET, HEAD, PATCH');
    expect((await envelopeOf(response)).error).toBe('METHOD_NOT_ALLOWED');
  });

  it('409 with its details', async () => {
    const response = await call('/api/v1/trial/conflict');
    expect(response.status).toBe(409);
    expect((await envelopeOf(response)).details).toMatchObject({ status: 'completed' });
  });

  it('413 above 1 MB', async () => {
    const response = await postJson('/api/v1/trial/1', JSON.stringify({ name: 'x'.repeat(1024 * 1024) }));
    expect(response.status).toBe(413);
    expect((await envelopeOf(response)).error).toBe('PAYLOAD_TOO_LARGE');
  });

  it('415 for a form', async () => {
    const response = await call('/api/v1/trial/1', {
      method: 'POST',
      body: new URLSearchParams({ name: 'ok' }),
    });
    expect(response.status).toBe(415);
    expect((await envelopeOf(response)).error).toBe('UNSUPPORTED_MEDIA_TYPE');
  });

  it('422 with every issue at once, of query and body', async () => {
    const response = await postJson('/api/v1/trial/1?limit=1001&skip=-1', '{"name": "x", "size": "big"}');
    expect(response.status).toBe(422);
    const { details } = await envelopeOf(response);
    expect(details.issues?.map((issue) => issue.path).sort()).toEqual(['/name', '/size', '?limit', '?skip']);
  });

  it.each(['limit=', 'limit=1e2', 'limit=0x10', 'limit=1&limit=2', 'limit=%00', 'limit=ten'])(
    '422 for ?%s',
    async (query) => {
      const response = await postJson(`/api/v1/trial/1?${query}`, '{"name": "ok"}');
      expect(response.status).toBe(422);
      expect((await envelopeOf(response)).details.issues?.[0]?.path).toBe('?limit');
    },
  );

  it('422 for a missing body where one is wanted', async () => {
    const response = await call('/api/v1/trial/1', { method: 'POST' });
    expect(response.status).toBe(422);
  });

  it('500 shows nothing of a bug, and logs all of it with the request id', async () => {
    const response = await call('/api/v1/trial/broken', {}, { 'x-request-id': 'look-for-me' });
    expect(response.status).toBe(500);
    const envelope = await envelopeOf(response);
    expect(JSON.stringify(envelope)).not.toContain('hunter2');
    expect(api.logLines.some((line) => line.includes('hunter2') && line.includes('look-for-me'))).toBe(true);
  });

  it('500 in tests for an answer that does not fit its schema', async () => {
    expect((await call('/api/v1/trial/misfit')).status).toBe(500);
  });
});

describe('routes', () => {
  it('hand over parsed parameters, defaults included', async () => {
    const response = await postJson('/api/v1/trial/7', '{"name": "ok", "unknown": 1}');
    expect(await response.json()).toEqual({ id: 7, limit: 100, name: 'ok' });
    expect(response.headers.get('cache-control')).toBe('no-store');
  });

  it('prefer the literal path to the parameter, whoever was registered first', async () => {
    expect((await call('/api/v1/trial/optional', { method: 'POST' })).status).toBe(204);
  });

  it('take an optional body or none', async () => {
    expect((await postJson('/api/v1/trial/optional', '{"a": "b"}')).status).toBe(200);
    expect((await postJson('/api/v1/trial/optional', '{"a": 1}')).status).toBe(422);
    expect((await postJson('/api/v1/trial/optional', '')).status).toBe(204);
  });

  it('work with and without a trailing slash', async () => {
    for (const path of ['/api/v1/auth/me', '/api/v1/auth/me/', '/health/', '/docs/', '/openapi.json/']) {
      expect([path, (await call(path)).status]).toEqual([path, 200]);
    }
  });

  it('answer HEAD like GET, without a body', async () => {
    const response = await call('/api/v1/auth/me', { method: 'HEAD' });
    expect(response.status).toBe(200);
    expect(await response.text()).toBe('');
    expect((await call('/api/v1/trial/stream', { method: 'HEAD' })).status).toBe(200);
    expect((await call('/nothing', { method: 'HEAD' })).status).toBe(404);
  });

  it('tell the methods of a path to OPTIONS', async () => {
    const response = await call('/api/v1/api-keys', { method: 'OPTIONS' });
    expect(response.status).toBe(204);
    expect(response.headers.get('allow')).toBe('GET, HEAD, POST');
  });

  it('take ?token= for streams only, and never log it', async () => {
    const streamed = await fetch(`${api.url}/api/v1/trial/stream?token=${api.admin.token}`);
    expect(streamed.status).toBe(200);
    expect(await streamed.text()).toBe('data: admin@muster.local\n\n');
    expect((await fetch(`${api.url}/api/v1/auth/me?token=${api.admin.token}`)).status).toBe(401);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(api.logLines.join('')).not.toContain(api.admin.token);
    expect(api.logLines.join('')).toContain('/api/v1/trial/stream');
  });
});

describe('the request id', () => {
  it('is taken when it is sane', async () => {
    const response = await call('/livez', {}, { 'x-request-id': 'abc-1.2_3' });
    expect(response.headers.get('x-request-id')).toBe('abc-1.2_3');
  });

  it.each(['has space', 'x'.repeat(129), '{"a":1}', 'a/b'])('is made when %s was sent', async (sent) => {
    const response = await call('/livez', {}, { 'x-request-id': sent });
    expect(response.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
  });
});

describe('browsers', () => {
  const allowed = { origin: 'https://app.example.com' };
  const preflight = {
    'access-control-request-method': 'POST',
    'access-control-request-headers': 'x-api-key',
  };

  it('of a listed origin may call and read the headers that matter', async () => {
    const response = await call('/api/v1/auth/me', {}, allowed);
    expect(response.headers.get('access-control-allow-origin')).toBe(allowed.origin);
    const exposed = response.headers.get('access-control-expose-headers') ?? '';
    for (const name of ['X-Total-Count', 'X-Request-Id', 'Location', 'Retry-After', 'RateLimit']) {
      expect(exposed).toContain(name);
    }
    const before = await call('/api/v1/api-keys', { method: 'OPTIONS' }, { ...allowed, ...preflight });
    expect(before.status).toBe(204);
    for (const name of ['Authorization', 'X-API-Key', 'Idempotency-Key', 'Last-Event-ID']) {
      expect(before.headers.get('access-control-allow-headers')).toContain(name);
    }
  });

  it('get to read errors too', async () => {
    const response = await fetch(`${api.url}/api/v1/auth/me`, { headers: allowed });
    expect(response.status).toBe(401);
    expect(response.headers.get('access-control-allow-origin')).toBe(allowed.origin);
  });

  it.each(['https://evil.example.com', 'null', 'https://app.example.com.evil.com'])(
    'of %s may not',
    async (origin) => {
      const response = await call('/api/v1/auth/me', {}, { origin });
      expect(response.headers.get('access-control-allow-origin')).toBeNull();
      const before = await call('/api/v1/api-keys', { method: 'OPTIONS' }, { origin, ...preflight });
      expect(before.headers.get('access-control-allow-origin')).toBeNull();
    },
  );

  it('are told to treat data as data', async () => {
    const { headers } = await call('/health');
    expect(headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('x-powered-by')).toBeNull();
  });
});
