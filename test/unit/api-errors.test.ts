import { describe, expect, it } from '@jest/globals';
import { ConnectionException } from '@mikro-orm/core';
import { z } from 'zod';
import { ERROR_STATUS, errorEnvelopeSchema, toEnvelope } from '../../src/api/errors.ts';
import { isDatabaseAway } from '../../src/engine/classify-error.ts';
import { toIssues } from '../../src/contracts/issues.ts';
import { conflict, invalid, MusterError, REQUEST_ERROR_CODES } from '../../src/domain/errors.ts';

const withCode = (code: string, message = 'x'): Error => Object.assign(new Error(message), { code });

describe('the error table', () => {
  it('gives every code an operation can answer a status of its own, so that OpenAPI can tell them apart', () => {
    // No operation documents it: it is the answer to what reaches none.
    const codes = REQUEST_ERROR_CODES.filter((code) => code !== 'MALFORMED_REQUEST');
    expect(new Set(codes.map((code) => ERROR_STATUS[code])).size).toBe(codes.length);
    expect(Object.keys(ERROR_STATUS).sort()).toEqual([...REQUEST_ERROR_CODES].sort());
  });

  it.each(REQUEST_ERROR_CODES)('turns %s into an envelope that fits the published schema', (code) => {
    const { status, envelope } = toEnvelope(new MusterError(code, 'Because', { details: { a: 1 } }), 'req-1');
    expect(status).toBe(ERROR_STATUS[code]);
    expect(errorEnvelopeSchema.parse(envelope).details.request_id).toBe('req-1');
    expect(envelope.detail).toBe(envelope.message);
  });
});

describe('toEnvelope', () => {
  it('keeps details and issues of our own errors', () => {
    expect(toEnvelope(conflict('No', { status: 'completed' }), 'r').envelope.details).toEqual({
      status: 'completed',
      request_id: 'r',
    });
    const issues = [{ path: '/a', message: 'b' }];
    expect(toEnvelope(invalid('No', issues), 'r').envelope.details).toEqual({ request_id: 'r', issues });
  });

  it('shows nothing of an unknown error', () => {
    const { status, envelope } = toEnvelope(new Error('password=hunter2 at /srv/app.ts:3'), 'r');
    expect(status).toBe(500);
    expect(JSON.stringify(envelope)).not.toMatch(/hunter2|app\.ts/);
    expect(envelope.error).toBe('INTERNAL');
  });

  it('survives things thrown that are no errors', () => {
    expect(toEnvelope('text', 'r').status).toBe(500);
    expect(toEnvelope(undefined, 'r').status).toBe(500);
    expect(toEnvelope({ status: 404, message: 'a plain object is not an HTTP error' }, 'r').status).toBe(500);
  });

  it('honours the 4xx status of errors of Koa and its middleware, but not their 5xx', () => {
    const http = (status: number): Error => Object.assign(new Error('Too big'), { status });
    expect(toEnvelope(http(413), 'r').envelope).toMatchObject({
      error: 'PAYLOAD_TOO_LARGE',
      message: 'Too big',
    });
    expect(toEnvelope(http(400), 'r').status).toBe(400);
    expect(toEnvelope(http(400), 'r').envelope.error).toBe('MALFORMED_REQUEST');
    expect(toEnvelope(http(431), 'r').envelope.error).toBe('HEADERS_TOO_LARGE');
    expect(toEnvelope(http(418), 'r').status).toBe(400);
    expect(toEnvelope(http(502), 'r').envelope).toMatchObject({ error: 'INTERNAL' });
  });

  it('does not grow with what is wrong: a hundred issues and short paths', () => {
    const issues = Array.from({ length: 5_000 }, () => ({ path: `/${'x'.repeat(10_000)}`, message: 'no' }));
    const { envelope } = toEnvelope(invalid('No', issues), 'r');
    expect(JSON.stringify(envelope).length).toBeLessThan(50_000);
    expect(JSON.stringify(envelope)).toContain('and 4900 more');
  });

  it('says when to try again for 429 and 503 only', () => {
    expect(
      toEnvelope(new MusterError('RATE_LIMITED', 'x', { retryAfterSeconds: 17 }), 'r').retryAfterSeconds,
    ).toBe(17);
    expect(toEnvelope(new MusterError('SERVICE_UNAVAILABLE', 'x'), 'r').retryAfterSeconds).toBeGreaterThan(0);
    expect(toEnvelope(conflict('x'), 'r').retryAfterSeconds).toBeUndefined();
  });
});

describe('a database that is away', () => {
  it.each([
    ['refused', withCode('ECONNREFUSED')],
    ['terminated by an administrator', withCode('57P01')],
    ['starting up', withCode('57P03')],
    ['a connection exception', withCode('08006')],
    ['a pool that waited too long', new Error('timeout exceeded when trying to connect')],
    ['a connection that broke off', new Error('Connection terminated unexpectedly')],
    ['as the ORM says it', new ConnectionException(new Error('x'))],
    ['wrapped', new Error('query failed', { cause: withCode('ECONNRESET') })],
    ['tried at several addresses', new AggregateError([withCode('ECONNREFUSED')], '')],
  ])('is recognised: %s', (_name, error) => {
    expect(toEnvelope(error, 'r')).toMatchObject({ status: 503, envelope: { error: 'SERVICE_UNAVAILABLE' } });
  });

  it('is not seen in a wrong query', () => {
    expect(isDatabaseAway(withCode('23505', 'duplicate key'))).toBe(false);
    expect(isDatabaseAway(withCode('42P01', 'no such table'))).toBe(false);
  });

  it('does not loop over causes that form a ring', () => {
    const ring = new Error('a');
    ring.cause = ring;
    expect(isDatabaseAway(ring)).toBe(false);
  });
});

describe('toIssues', () => {
  const schema = z.strictObject({
    name: z.string().min(1),
    tags: z.array(z.object({ 'a/b~c': z.number() })),
    either: z.union([z.object({ kind: z.literal('x'), size: z.number() }), z.string()]),
  });

  it('lists everything that is wrong, as JSON pointers', () => {
    const result = schema.safeParse({ name: '', tags: [{ 'a/b~c': 'no' }], either: { kind: 'x' }, more: 1 });
    const paths = toIssues(result.error ?? new z.ZodError([]), 'body').map((issue) => issue.path);
    expect(paths.sort()).toEqual(['/either/size', '/more', '/name', '/tags/0/a~1b~0c'].sort());
  });

  it('names query parameters with a question mark', () => {
    const result = z.object({ limit: z.number() }).safeParse({ limit: 'x' });
    expect(toIssues(result.error ?? new z.ZodError([]), 'query')[0]?.path).toBe('?limit');
  });
});
