import { get } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import type { AnyRoute, RouteSpec } from '../../src/api/define-route.ts';
import { createAuditTrail } from '../../src/persistence/audit-trail.ts';
import { createPasswords } from '../../src/security/passwords.ts';
import { createOpenStreams } from '../../src/api/realtime/open-streams.ts';
import { createGuessGuard } from '../../src/api/guess-guard.ts';
import { createTokenSigner } from '../../src/security/tokens.ts';
import { resources } from '../../src/api/resources/index.ts';
import { createLogger } from '../../src/telemetry/logger.ts';
import { startTestApi, type TestApi } from '../support/test-api.ts';

const refSchema = z.object({ $ref: z.string() });
const operationSchema = z.looseObject({
  operationId: z.string().regex(/^[a-z][A-Za-z0-9]+$/),
  summary: z.string().min(1),
  tags: z.array(z.string()).min(1),
  security: z.array(z.record(z.string(), z.array(z.string()))),
  parameters: z
    .array(z.looseObject({ in: z.string(), name: z.string(), schema: z.looseObject({}) }))
    .default([]),
  requestBody: z
    .looseObject({ content: z.record(z.string(), z.looseObject({ example: z.unknown() })) })
    .optional(),
  responses: z.record(z.string(), z.union([refSchema, z.looseObject({ description: z.string() })])),
});
const documentSchema = z.looseObject({
  openapi: z.string().regex(/^3\.1\.\d$/),
  info: z.looseObject({ title: z.string(), version: z.string() }),
  paths: z.record(z.string().startsWith('/'), z.record(z.string(), operationSchema)),
  components: z.looseObject({
    schemas: z.record(z.string(), z.unknown()),
    responses: z.record(z.string(), z.unknown()),
    securitySchemes: z.record(z.string(), z.unknown()),
  }),
});

let api: TestApi;
let text: string;
let document: z.infer<typeof documentSchema>;
let specs: RouteSpec[];

beforeAll(async () => {
  let routes: AnyRoute[] = [];
  api = await startTestApi({
    withDatabase: ({ database }, settings) => {
      routes = resources({
        settings,
        database,
        logger: createLogger({ level: 'silent' }),
        audit: createAuditTrail(database.sql, createLogger({ level: 'silent' })),
        version: 'x',
        temporalHealth: async () => ({ status: 'ok', address: '' }),
        noAuth: false,
        validateResponses: true,
        demoStandsIn: false,
        isDraining: () => false,
        passwords: createPasswords(),
        open: createOpenStreams(settings.USER_LIMITS),
        guesses: createGuessGuard({ settings, sql: database.sql, now: () => new Date() }),
        tokens: createTokenSigner(settings.JWT_SECRET, 1000),
      });
      return {};
    },
  });
  specs = routes.flatMap((route) => (route.kind === 'page' ? [] : [route.spec]));
  text = await (await fetch(`${api.url}/openapi.json`)).text();
  document = documentSchema.parse(JSON.parse(text));
});
afterAll(() => api.close());

const operations = (): { path: string; method: string; operation: z.infer<typeof operationSchema> }[] =>
  Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
  );

/** Follows a local reference. @returns undefined when it leads nowhere. */
function follow(ref: string): unknown {
  let current: unknown = document;
  for (const part of ref.replace(/^#\//, '').split('/')) {
    const parsed = z.record(z.string(), z.unknown()).safeParse(current);
    current = parsed.success ? parsed.data[part] : undefined;
  }
  return current;
}

describe('the OpenAPI document', () => {
  it('describes operations with ids of their own', () => {
    const ids = operations().map(({ operation }) => operation.operationId);
    expect(ids.length).toBeGreaterThan(8);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids).toEqual(expect.arrayContaining(['login', 'getMe', 'listApiKeys', 'getHealth', 'getOpenApi']));
  });

  it('refers to nothing that is not there', () => {
    const refs = [...text.matchAll(/"\$ref":"([^"]+)"/g)].map(([, ref = '']) => ref);
    expect(refs.length).toBeGreaterThan(20);
    expect(refs.filter((ref) => follow(ref) === undefined)).toEqual([]);
  });

  it('declares exactly the parameters its paths name', () => {
    for (const { path, operation } of operations()) {
      const named = [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name).sort();
      const declared = operation.parameters.filter((one) => one.in === 'path').map((one) => one.name);
      expect([path, declared.sort()]).toEqual([path, named]);
    }
  });

  it('gives every operation its error answers', () => {
    for (const { path, operation } of operations()) {
      const statuses = Object.keys(operation.responses);
      expect([path, statuses]).toEqual([path, expect.arrayContaining(['503'])]);
      const isFree = /^\/(health|livez|readyz|metrics|openapi\.json)?$/.test(path);
      expect([path, statuses.includes('429')]).toEqual([path, !isFree]);
      if (operation.security.length > 0)
        expect([path, statuses]).toEqual([path, expect.arrayContaining(['401', '403'])]);
      if (path.includes('{')) expect([path, statuses]).toEqual([path, expect.arrayContaining(['404'])]);
      if (operation.requestBody !== undefined) {
        expect([path, statuses]).toEqual([path, expect.arrayContaining(['400', '413', '415', '422'])]);
      }
    }
  });

  it('offers an Idempotency-Key wherever a POST makes or starts something, and nowhere else', () => {
    const keyed = operations().filter(({ operation }) =>
      operation.parameters.some((one) => one.in === 'header' && one.name === 'Idempotency-Key'),
    );
    for (const { path, method, operation } of keyed) {
      expect([path, method]).toEqual([path, 'post']);
      expect(Object.keys(operation.responses)).toEqual(expect.arrayContaining(['409', '422']));
    }
    const posts = operations().filter(({ method, path }) => method === 'post' && !path.includes('/auth/'));
    expect(keyed.length).toBeGreaterThan(0);
    expect(keyed.map(({ path }) => path)).toEqual(posts.map(({ path }) => path));
    expect(document.paths['/api/v1/auth/login']?.['post']?.parameters).toEqual([]);
  });

  it('documents the headers of limits and repeats', () => {
    const created = z
      .looseObject({ headers: z.record(z.string(), z.unknown()) })
      .parse(document.paths['/api/v1/api-keys']?.['post']?.responses['201']);
    for (const name of ['RateLimit', 'RateLimit-Policy', 'Idempotency-Replayed', 'X-Request-Id']) {
      expect(created.headers).toHaveProperty(name);
    }
    const limited = z
      .looseObject({ headers: z.record(z.string(), z.unknown()) })
      .parse(document.components.responses['RateLimited']);
    expect(Object.keys(limited.headers)).toEqual(['Retry-After', 'RateLimit-Policy', 'RateLimit']);
  });

  it('gives every request and answer with a body an example', () => {
    for (const { path, operation } of operations()) {
      for (const media of Object.values(operation.requestBody?.content ?? {})) {
        expect([path, media.example]).toEqual([path, expect.anything()]);
      }
      for (const [status, response] of Object.entries(operation.responses)) {
        const content = z
          .object({ content: z.record(z.string(), z.looseObject({})).default({}) })
          .parse(response).content;
        for (const media of Object.values(content)) {
          expect([path, status, media['example']]).toEqual([path, status, expect.anything()]);
        }
      }
    }
  });

  it('has examples that fit their own schemas', () => {
    for (const spec of specs) {
      if (spec.body !== undefined)
        expect([spec.operationId, spec.body.safeParse(spec.example).error]).toEqual([
          spec.operationId,
          undefined,
        ]);
      for (const answer of Object.values(spec.responses)) {
        const error = answer.schema?.safeParse(answer.example).error;
        expect([spec.operationId, error]).toEqual([spec.operationId, undefined]);
      }
    }
  });

  it('says who may call what', () => {
    const securityOf = (path: string, method: string): unknown => document.paths[path]?.[method]?.security;
    expect(securityOf('/api/v1/auth/login', 'post')).toEqual([]);
    expect(securityOf('/api/v1/auth/me', 'get')).toEqual([{ bearer: [] }, { apiKey: [] }]);
    for (const { operation } of operations()) {
      for (const scheme of operation.security.flatMap((one) => Object.keys(one))) {
        expect(document.components.securitySchemes).toHaveProperty(scheme);
      }
    }
  });

  it('shows numbers in queries as numbers, with their bounds', () => {
    const limit = document.paths['/api/v1/api-keys']?.['get']?.parameters.find((one) => one.name === 'limit');
    expect(limit?.schema).toMatchObject({ type: 'integer', minimum: 1, maximum: 1000, default: 100 });
    expect(limit?.schema).not.toHaveProperty('pattern');
  });

  it('need not be sent twice', async () => {
    const etag = (await fetch(`${api.url}/openapi.json`)).headers.get('etag') ?? '';
    expect(etag).not.toBe('');
    // fetch adds a Cache-Control of its own that forbids a 304.
    const status = await new Promise((resolve, reject) => {
      const request = get(`${api.url}/openapi.json`, { headers: { 'if-none-match': etag } }, (response) => {
        response.resume();
        resolve(response.statusCode);
      });
      request.on('error', reject);
    });
    expect(status).toBe(304);
  });
});

describe.each(['/docs', '/redoc'])('the page %s', (path) => {
  it('loads from this server only, with no script of its own, and all it loads is there', async () => {
    const response = await fetch(api.url + path);
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toContain('text/html');
    const policy = response.headers.get('content-security-policy') ?? '';
    expect(policy).toContain("script-src 'self'");
    expect(policy).not.toMatch(/script-src[^;]*unsafe|https?:/);
    const html = await response.text();
    expect(html).not.toMatch(/<script(?![^>]*\ssrc=)[^>]*>/);
    const urls = [...html.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, url = '']) => url);
    expect(urls.length).toBeGreaterThanOrEqual(3);
    for (const url of urls) {
      expect(url).toMatch(/^\/(docs|redoc)\/assets\//);
      const asset = await fetch(api.url + url);
      expect([url, asset.status]).toEqual([url, 200]);
      expect(asset.headers.get('cache-control')).toContain('max-age=');
      expect((await asset.arrayBuffer()).byteLength).toBeGreaterThan(50);
    }
  });
});

describe('the bundles', () => {
  it('fetch no picture from elsewhere', async () => {
    const bundle = await (await fetch(`${api.url}/redoc/assets/redoc.standalone.js`)).text();
    expect(bundle).toContain('Redoc');
    expect(bundle).not.toContain('cdn.redoc.ly');
  });

  it('are asked for our own document', async () => {
    for (const page of ['docs', 'redoc']) {
      expect(await (await fetch(`${api.url}/${page}/assets/start.js`)).text()).toContain("'/openapi.json'");
    }
  });
});
