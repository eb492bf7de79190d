import { createServer, type IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { describe, expect, it } from '@jest/globals';
import { parseJsonBody, readJsonBytes } from '../../src/api/middleware/json-body.ts';
import { MusterError } from '../../src/domain/errors.ts';

/** Sends one raw body through a real HTTP server. @returns what was read, or the error. */
async function read(body: string | Uint8Array, headers: Record<string, string> = {}): Promise<unknown> {
  let outcome: unknown;
  const handle = async (request: IncomingMessage): Promise<void> => {
    outcome = await readJsonBytes(request)
      .then((bytes) => parseJsonBody(bytes))
      .catch((error: unknown) => error);
  };
  const server = createServer((request, response) => {
    handle(request).then(
      () => response.end(),
      () => response.destroy(),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  await fetch(`http://127.0.0.1:${address.port}`, {
    method: 'POST',
    body: typeof body === 'string' ? body : Readable.toWeb(Readable.from([body])),
    ...(typeof body === 'string' ? {} : { duplex: 'half' }),
    headers: { 'content-type': 'application/json', ...headers },
  });
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  return outcome;
}

const codeOf = (outcome: unknown): string => (outcome instanceof MusterError ? outcome.code : 'no error');

describe('a JSON body', () => {
  it('is read as it is', async () => {
    expect(await read('{"a": [1, "ü", null, {"b": true}]}')).toEqual({ a: [1, 'ü', null, { b: true }] });
    expect(await read('"text"')).toBe('text');
    expect(await read('null')).toBeNull();
    expect(await read('\ufeff{}')).toEqual({});
  });

  it('with integers that would become other ones is refused with their places', async () => {
    const outcome = await read(
      '{"inputs": {"id": 1234567890123456789, "text": "1234567890123456789"}, "n": [1e400, 1e21, 0.1]}',
    );
    expect(outcome).toMatchObject({ code: 'VALIDATION_FAILED', issues: [{ path: '/n/0' }] });
    expect(
      await read('{"inputs": {"id": 1234567890123456789, "n": [-9007199254740993, 9007199254740991]}}'),
    ).toMatchObject({
      code: 'VALIDATION_FAILED',
      issues: [
        { path: '/inputs/id', message: expect.stringContaining('send it as a text ("1234567890123456789")') },
        { path: '/inputs/n/0' },
      ],
    });
    expect(await read('{"a": 9007199254740992, "b": 1e21, "c": 0.30000000000000004}')).toEqual({
      a: 9_007_199_254_740_992,
      b: 1e21,
      c: 0.30000000000000004,
    });
  });

  it('may be empty, whatever its content type', async () => {
    expect(await read('')).toBeUndefined();
    expect(await read('', { 'content-type': 'text/plain' })).toBeUndefined();
  });

  it.each(['application/json; charset=utf-8', 'APPLICATION/JSON', 'application/merge-patch+json'])(
    'may come as %s',
    async (type) => {
      expect(await read('{}', { 'content-type': type })).toEqual({});
    },
  );

  it.each([
    'text/plain',
    'application/x-www-form-urlencoded',
    'application/json; charset=latin1',
    'application/jsonp',
  ])('may not come as %s', async (type) => {
    expect(codeOf(await read('{}', { 'content-type': type }))).toBe('UNSUPPORTED_MEDIA_TYPE');
  });

  it('may not come compressed', async () => {
    expect(codeOf(await read('{}', { 'content-encoding': 'gzip' }))).toBe('UNSUPPORTED_MEDIA_TYPE');
  });

  it.each(['{', '{"a": 1,}', '[1 2]', "{'a': 1}", 'NaN', '{} {}'])(
    'is refused when it is %s',
    async (text) => {
      expect(codeOf(await read(text))).toBe('INVALID_JSON');
    },
  );

  it('is refused when it is not UTF-8', async () => {
    expect(codeOf(await read(Uint8Array.of(0x22, 0xff, 0xfe, 0x22)))).toBe('INVALID_JSON');
  });

  it('is refused above 1 MB, with and without a Content-Length', async () => {
    const text = JSON.stringify('x'.repeat(1024 * 1024));
    expect(codeOf(await read(text))).toBe('PAYLOAD_TOO_LARGE');
    expect(codeOf(await read(new TextEncoder().encode(text)))).toBe('PAYLOAD_TOO_LARGE');
    expect(await read(JSON.stringify('x'.repeat(1024 * 1024 - 2)))).toHaveLength(1024 * 1024 - 2);
  });

  it.each([
    ['a NUL character', '{"a": {"b/c": "x\\u0000"}}', '/a/b~1c'],
    ['a lone surrogate', '["\\ud800"]', '/0'],
    ['a NUL in a field name', '{"a": {"\\u0000": 1}}', '/a'],
    ['a number beyond all bounds', '{"n": 1e999}', '/n'],
  ])('is refused with %s, and says where', async (_name, text, path) => {
    const error = await read(text);
    expect(codeOf(error)).toBe('VALIDATION_FAILED');
    expect(error).toMatchObject({ issues: [{ path }] });
  });

  it('is refused when it is nested deeper than anything sensible, without overflowing the stack', async () => {
    expect(await read('['.repeat(100) + ']'.repeat(100))).toBeInstanceOf(Array);
    expect(codeOf(await read('['.repeat(102) + ']'.repeat(102)))).toBe('VALIDATION_FAILED');
    expect(codeOf(await read('['.repeat(400_000) + ']'.repeat(400_000)))).toBe('VALIDATION_FAILED');
  });

  it('is refused with more values than anything sensible has, however they are spelled', async () => {
    const list = (item: string, count: number): string =>
      `[${Array.from({ length: count }, () => item).join(',')}]`;
    expect(await read(list('1', 49_999))).toHaveLength(49_999);
    for (const item of ['1', '[]', '{}', '"a"', '{"a":1}'])
      expect(codeOf(await read(list(item, 60_000)))).toBe('VALIDATION_FAILED');
    // Commas and brackets in texts are no values.
    const text = '{[,\\",'.repeat(60_000);
    expect((await read(JSON.stringify(text))) === text).toBe(true);
  });

  it('does not answer with more than a hundred complaints', async () => {
    const error = await read(`[${Array.from({ length: 40_000 }, () => '1e999').join(',')}]`);
    expect(error).toMatchObject({
      issues: expect.arrayContaining([{ path: '/0', message: expect.any(String) }]),
    });
    expect(error instanceof MusterError ? error.issues.length : 0).toBe(100);
  });

  it('loses __proto__ keys, at any depth', async () => {
    const value = await read('{"__proto__": {"admin": true}, "a": {"__proto__": {"admin": true}, "b": 1}}');
    expect(JSON.stringify(value)).toBe('{"a":{"b":1}}');
    expect(value).not.toHaveProperty('admin');
  });
});
