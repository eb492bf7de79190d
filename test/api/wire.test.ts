import { connect, type Socket } from 'node:net';
import { createServer, type Server } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { errorEnvelopeSchema } from '../../src/api/errors.ts';
import { createHttpServer } from '../../src/api/http-server.ts';
import { sendRaw, type RawAnswers } from '../support/raw-http.ts';
import { startTestApi, type TestApi } from '../support/test-api.ts';

/** What the HTTP server says to requests that no application sees. */

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
});
afterAll(() => api.close());

/** @returns the envelope of the last answer, after checking that it is whole and has its request id outside too. */
function envelopeOf({ text }: RawAnswers) {
  const [head = '', body = ''] = text.slice(text.lastIndexOf('HTTP/1.1 ')).split('\r\n\r\n');
  expect(head).toMatch(/content-type: application\/json/i);
  const envelope = errorEnvelopeSchema.parse(JSON.parse(body));
  expect(head).toContain(envelope.details.request_id);
  return envelope;
}
const GET = 'GET /livez HTTP/1.1\r\nHost: x\r\n';

describe('a broken request gets the envelope:', () => {
  it.each([
    ['headers above 16 KB', `${GET}X-Long: ${'x'.repeat(17_000)}\r\n\r\n`, 431, 'HEADERS_TOO_LARGE'],
    [
      '100 KB of headers',
      `${GET}${`X-Much: ${'x'.repeat(1_000)}\r\n`.repeat(100)}\r\n`,
      431,
      'HEADERS_TOO_LARGE',
    ],
    [
      'a path above 16 KB',
      `GET /${'x'.repeat(20_000)} HTTP/1.1\r\nHost: x\r\n\r\n`,
      431,
      'HEADERS_TOO_LARGE',
    ],
    ['no HTTP', 'hello there\r\n\r\n', 400, 'MALFORMED_REQUEST'],
    ['TLS', Buffer.from('16030100c8010000c40303', 'hex'), 400, 'MALFORMED_REQUEST'],
    ['a method nobody knows', 'BREW /livez HTTP/1.1\r\nHost: x\r\n\r\n', 400, 'MALFORMED_REQUEST'],
    ['a header with a NUL', `${GET}X-Bad: a\0b\r\n\r\n`, 400, 'MALFORMED_REQUEST'],
    ['no Host', 'GET /livez HTTP/1.1\r\n\r\n', 400, 'MALFORMED_REQUEST'],
    ['two Hosts', `${GET}HOST: y\r\n\r\n`, 400, 'MALFORMED_REQUEST'],
    ['the same Host twice', `${GET}Host: x\r\n\r\n`, 400, 'MALFORMED_REQUEST'],
    ['a Host with a user', 'GET /livez HTTP/1.1\r\nHost: evil@127.0.0.1\r\n\r\n', 400, 'MALFORMED_REQUEST'],
    ['a Host with a path', 'GET /livez HTTP/1.1\r\nHost: 127.0.0.1/evil\r\n\r\n', 400, 'MALFORMED_REQUEST'],
    [
      'two lengths',
      `POST /livez HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd`,
      400,
      'MALFORMED_REQUEST',
    ],
  ])('%s', async (_what, bytes, status, code) => {
    const answers = await sendRaw(api.url, bytes);
    expect(answers.statuses).toEqual([status]);
    expect(envelopeOf(answers).error).toBe(code);
    expect(answers.ended).not.toBe('idle');
  });

  it.each([
    ['a length beside chunks', 'Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'],
    ['a coding that is not chunked', 'Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n'],
    ['a coding after chunked', 'Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n'],
    ['a chunk size that is none', 'Transfer-Encoding: chunked\r\n\r\nzz\r\n\r\n'],
    ['a bare line feed', 'Transfer-Encoding: chunked\n\n0\n\n'],
  ])('what could smuggle a second request in: %s', async (_what, rest) => {
    const start = 'POST /api/v1/auth/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n';
    const answers = await sendRaw(api.url, `${start}${rest}GET /openapi.json HTTP/1.1\r\nHost: x\r\n\r\n`);
    expect(answers.statuses).toEqual([400]);
    expect(answers.text).not.toContain('openapi');
  });

  it('also after a good one on the same connection', async () => {
    const answers = await sendRaw(api.url, [`${GET}\r\n`, 'nonsense\r\n\r\n']);
    expect(answers.statuses).toEqual([200, 400]);
    expect(envelopeOf(answers).error).toBe('MALFORMED_REQUEST');
  });

  it('and an unknown expectation is no reason to refuse', async () => {
    const answers = await sendRaw(api.url, `${GET}Expect: miracles\r\nConnection: close\r\n\r\n`);
    expect(answers.statuses).toEqual([200]);
  });

  it('and a compressed body is 415, whatever is in it', async () => {
    const response = await fetch(`${api.url}/api/v1/auth/login`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'content-encoding': 'gzip' },
      body: Buffer.from('1f8b0800000000000003', 'hex'),
    });
    expect(response.status).toBe(415);
  });
});

describe('slow clients', () => {
  const sockets: Socket[] = [];
  let server: Server;
  let url: string;
  beforeAll(async () => {
    const answer = async (_request: unknown, response: { end(text: string): void }): Promise<void> =>
      response.end('ok');
    server = createHttpServer(answer, {
      headersTimeout: 600,
      requestTimeout: 900,
      connectionsCheckingInterval: 100,
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('no port');
    url = `http://127.0.0.1:${address.port}`;
  });
  afterAll(async () => {
    for (const socket of sockets) socket.destroy();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  it('200 that send a header a byte at a time are told 408 and cut off; others are answered meanwhile', async () => {
    const { port } = new URL(url);
    const ends = Array.from({ length: 200 }, () => {
      const socket = connect(Number(port), '127.0.0.1');
      sockets.push(socket);
      let text = '';
      socket.write('GET / HTTP/1.1\r\nX: ');
      const drip = setInterval(() => socket.write('x'), 50);
      return new Promise<string>((resolve) => {
        socket.on('data', (chunk) => (text += chunk.toString()));
        socket.on('error', () => undefined);
        socket.on('close', () => {
          clearInterval(drip);
          resolve(text);
        });
      });
    });
    const startedAt = performance.now();
    for (let turn = 0; turn < 20; turn += 1) expect((await fetch(url)).status).toBe(200);
    expect(performance.now() - startedAt).toBeLessThan(600);
    const texts = await Promise.all(ends);
    expect(texts.filter((text) => text.startsWith('HTTP/1.1 408 '))).toHaveLength(200);
    expect(texts.every((text) => text.includes('REQUEST_TIMEOUT'))).toBe(true);
  });
});

describe('the test itself', () => {
  it('would notice a server without envelopes', async () => {
    const bare = createServer((_request, response) => response.end());
    await new Promise<void>((resolve) => bare.listen(0, '127.0.0.1', resolve));
    const address = bare.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const answers = await sendRaw(`http://127.0.0.1:${port}`, 'hello there\r\n\r\n');
    expect(answers.statuses).toEqual([400]);
    expect(answers.text).not.toContain('MALFORMED_REQUEST');
    await new Promise((resolve) => bare.close(resolve));
  });
});
