import { randomUUID } from 'node:crypto';
import {
  createServer,
  STATUS_CODES,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { Duplex } from 'node:stream';
import { MusterError, type RequestErrorCode } from '../domain/errors.ts';
import { toEnvelope } from './errors.ts';
import { mayUpgrade, ordinaryExchange } from './upgrade.ts';

/** Against clients that send slowly or too much; how long an answer takes is not limited by these. */
const HTTP_LIMITS = {
  requestTimeout: 30_000,
  headersTimeout: 10_000,
  connectionsCheckingInterval: 5_000,
  keepAliveTimeout: 65_000,
  maxHeaderSize: 16_384,
};
/** How long a refused client has to read why; then its connection is cut, whatever it still sends. */
const LAST_WORD_MS = 1_000;

type Handle = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

/** What a broken request gets: by the code of the error the HTTP parser or a time-out gives. */
const REFUSALS: Record<string, [RequestErrorCode, string]> = {
  HPE_HEADER_OVERFLOW: ['HEADERS_TOO_LARGE', 'The headers are larger than 16 KB'],
  HPE_CHUNK_EXTENSIONS_OVERFLOW: ['PAYLOAD_TOO_LARGE', 'The chunk extensions are too large'],
  ERR_HTTP_REQUEST_TIMEOUT: ['REQUEST_TIMEOUT', 'The request took too long to come'],
};

/** A refusal as it goes out: the envelope, and a connection that ends with it. */
function refusal(code: RequestErrorCode, message: string) {
  const requestId = randomUUID();
  const { status, envelope } = toEnvelope(new MusterError(code, message), requestId);
  const body = JSON.stringify(envelope);
  const headers = {
    'Content-Type': 'application/json; charset=utf-8',
    'Content-Length': String(Buffer.byteLength(body)),
    'X-Request-Id': requestId,
    'Cache-Control': 'no-store',
    Connection: 'close',
  };
  return { status, headers, body };
}

/** RFC 3986: a name or IPv4 address, or an IP literal in brackets, and a port. No user, no path: those are no host. */
const HOST_FORM = /^(?:\[[0-9A-Fa-f:.]+\]|[\w.~!$&'()*+,;=%-]*)(?::\d{0,5})?$/;

/** What is wrong with the Host of a request (RFC 9112 §3.2 wants a 400); Node would refuse without a word, or not at all. */
function wrongHost({ headers: { host }, rawHeaders, httpVersion }: IncomingMessage): string | undefined {
  if (host === undefined) return httpVersion === '1.1' ? 'The Host header is missing' : undefined;
  const names = rawHeaders.filter((text, index) => index % 2 === 0 && text.toLowerCase() === 'host');
  if (names.length > 1) return 'There is more than one Host header';
  return HOST_FORM.test(host) ? undefined : 'The Host header names no host';
}

/**
 * The HTTP server around an application: with limits, and with our envelope also where the request is so broken
 * that no application sees it.
 * @param limits other limits than the usual, for tests
 */
export function createHttpServer(handle: Handle, limits: Partial<typeof HTTP_LIMITS> = {}): Server {
  /** What each connection is at, so that no answer is written into the middle of another. */
  const exchanges = new WeakMap<Duplex, { request: IncomingMessage; response: ServerResponse }>();
  const refused = new WeakSet<Duplex>();

  const onRequest = (request: IncomingMessage, response: ServerResponse): void => {
    exchanges.set(request.socket, { request, response });
    const wrong = wrongHost(request);
    if (wrong !== undefined) {
      const { status, headers, body } = refusal('MALFORMED_REQUEST', wrong);
      response.writeHead(status, headers).end(body);
      return;
    }
    void handle(request, response);
  };
  const refuse = (socket: Duplex, code: RequestErrorCode, message: string): void => {
    if (refused.has(socket)) return;
    refused.add(socket);
    const { status, headers, body } = refusal(code, message);
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
    const head = [`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`, ...lines].join('\r\n');
    socket.end(`${head}\r\n\r\n${body}`);
    setTimeout(() => socket.destroy(), LAST_WORD_MS).unref();
  };
  const onClientError = (error: Error & { code?: string }, socket: Duplex): void => {
    const [code, message] = REFUSALS[error.code ?? ''] ?? [
      'MALFORMED_REQUEST',
      'The request is not valid HTTP',
    ];
    const { request, response } = exchanges.get(socket) ?? {};
    if (!socket.writable) socket.destroy();
    else if (request === undefined || response === undefined) refuse(socket, code, message);
    else if (request.complete) {
      // The one before came whole: what is broken came after it, and is answered after it.
      if (response.writableFinished) refuse(socket, code, message);
      else response.once('finish', () => refuse(socket, code, message));
    } else if (response.headersSent) socket.destroy();
    else refuse(socket, code, message);
  };

  const options = {
    ...HTTP_LIMITS,
    ...limits,
    requireHostHeader: false,
    shouldUpgradeCallback: mayUpgrade,
  };
  const server = createServer(options, onRequest);
  server.on('upgrade', (request, socket, head) => {
    const response = ordinaryExchange(request, socket, head);
    if (response !== undefined) onRequest(request, response);
  });
  server.on('clientError', onClientError);
  // An expectation we do not know may be ignored (RFC 9110 §10.1.1); Node's own 417 has no body.
  server.on('checkExpectation', onRequest);
  return server;
}
