import { lookup } from 'node:dns/promises';
import { isIP, type LookupFunction } from 'node:net';
import { Agent, request as send } from 'undici';
import { mayReach } from './public-address.ts';

/**
 * The one door by which tools and webhooks reach the outside: http and https only, no private addresses in any
 * spelling, the name resolved once and the connection made to what was checked, every redirect checked again,
 * bounded in size and time.
 */

const MAX_REDIRECTS = 5;
const MAX_BYTES = 1_048_576;
const TIMEOUT_MS = 30_000;

/** What is ours to say, or only about one connection. */
const FORBIDDEN_HEADERS: ReadonlySet<string> = new Set([
  'host',
  'connection',
  'content-length',
  'expect',
  'keep-alive',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);
/** What another server may be told after a redirect. Any other header may hold a credential, whatever its name. */
const HARMLESS_HEADERS: ReadonlySet<string> = new Set([
  'accept',
  'accept-encoding',
  'accept-language',
  'cache-control',
  'content-encoding',
  'content-language',
  'content-type',
  'if-match',
  'if-modified-since',
  'if-none-match',
  'if-unmodified-since',
  'pragma',
  'range',
  'user-agent',
]);

export interface GuardedRequest {
  method?: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  headers?: Record<string, string>;
  body?: string;
  signal?: AbortSignal;
  /** Of the whole exchange, redirects included. Default 30 s. */
  timeoutMs?: number;
  /** Of the answer's body. Default 1 MB. */
  maxBytes?: number;
  /** Default 5; 0 answers with the redirect itself. */
  maxRedirects?: number;
  /** A body above `maxBytes` is cut off instead of refused: for those who want to know the status only. */
  cutsBody?: boolean;
}

export interface GuardedResponse {
  status: number;
  /** Lower-case names; repeated headers joined by commas. */
  headers: Record<string, string>;
  body: Buffer;
  /** Where the answer came from in the end. */
  url: string;
}

export type GuardedFetch = (url: string, request?: GuardedRequest) => Promise<GuardedResponse>;

/** A request that is not made, or an answer that is not taken. The message is for whoever wrote the URL. */
export class EgressRefused extends Error {
  /** `unknown`: the name could not be resolved just now; `forbidden`: it stays so. */
  readonly reason: 'forbidden' | 'unknown';

  constructor(message: string, options: ErrorOptions & { reason?: 'unknown' } = {}) {
    super(message, options);
    this.name = 'EgressRefused';
    this.reason = options.reason ?? 'forbidden';
  }
}

/** A request as it is sent: what its sender left out is filled in. */
interface Outgoing {
  method: NonNullable<GuardedRequest['method']>;
  headers: Record<string, string>;
  body: string | null;
  maxBytes: number;
  cutsBody: boolean;
  signal: AbortSignal;
}

/** An address that was checked. */
interface Target {
  address: string;
  family: number;
}

export type Resolve = (hostname: string) => Promise<readonly Target[]>;

type MayConnect = (address: string, allowPrivate: boolean) => boolean;

const systemResolve: Resolve = (hostname) => lookup(hostname, { all: true, verbatim: true });
/** How long the check of an address waits for its name. */
const CHECK_MS = 2_000;

/** @returns why this address will never be called, or null. */
export type UrlCheck = (url: string) => Promise<string | null>;

/**
 * What can be said of an address before anything is sent there, for those who hand one in. A name that is not
 * known (yet) passes: each request checks again. Options as of `createGuardedFetch`.
 */
export function createUrlCheck(options: { allowPrivate: boolean; resolve?: Resolve }): UrlCheck {
  const { allowPrivate, resolve = systemResolve } = options;
  return async (address) => {
    const time = AbortSignal.timeout(CHECK_MS);
    try {
      const may = (target: string): boolean => mayReach(target, allowPrivate);
      await checkedTarget(parseUrl(address, allowPrivate), resolve, may, time);
    } catch (error) {
      if (error instanceof EgressRefused) return error.reason === 'unknown' ? null : error.message;
      if (time.aborted) return null;
      throw error;
    }
    return null;
  };
}

/**
 * @param options.allowPrivate EGRESS_ALLOW_PRIVATE
 * @param options.resolve how names become addresses; the system's way unless a test says otherwise
 */
export function createGuardedFetch(options: {
  allowPrivate: boolean;
  resolve?: Resolve;
  /** Which addresses may be connected to, where a test needs a public one on its own machine. */
  mayConnect?: MayConnect;
}): GuardedFetch {
  const { allowPrivate, resolve = systemResolve, mayConnect = mayReach } = options;
  const may = (target: string): boolean => mayConnect(target, allowPrivate);
  return async (address, given = {}) => {
    const time = AbortSignal.timeout(given.timeoutMs ?? TIMEOUT_MS);
    const signal = given.signal === undefined ? time : AbortSignal.any([time, given.signal]);
    let request: Outgoing = {
      method: given.method ?? 'GET',
      headers: cleaned(given.headers ?? {}),
      body: given.body ?? null,
      maxBytes: given.maxBytes ?? MAX_BYTES,
      cutsBody: given.cutsBody ?? false,
      signal,
    };
    let url = parseUrl(address, allowPrivate);
    try {
      for (let hops = 0; ; hops += 1) {
        const target = await checkedTarget(url, resolve, may, signal);
        const response = await exchange(url, target, request);
        const next = redirectOf(url, response, allowPrivate);
        const limit = given.maxRedirects ?? MAX_REDIRECTS;
        if (next === undefined || limit === 0) return response;
        if (hops >= limit) throw new EgressRefused(`more than ${limit} redirects`);
        request = redirected(request, response.status, url.origin === next.origin);
        url = next;
      }
    } catch (error) {
      if (time.aborted) throw new EgressRefused(`no answer in time from ${url.host}`);
      throw error;
    }
  };
}

/** Names that mean this machine or the network around it, whatever a resolver says of them (RFC 6761, RFC 6762). */
const LOCAL_NAME = /^(?:localhost|ip6-localhost|ip6-loopback|.*\.(?:localhost|localdomain|local|internal))$/i;

function parseUrl(text: string, allowPrivate: boolean): URL {
  const url = URL.parse(text);
  if (url === null) throw new EgressRefused('this is no URL');
  if (url.protocol !== 'http:' && url.protocol !== 'https:')
    throw new EgressRefused('only http and https are allowed');
  if (url.username !== '' || url.password !== '')
    throw new EgressRefused('credentials do not belong into a URL');
  const name = url.hostname.replace(/\.+$/, '');
  if (!allowPrivate && LOCAL_NAME.test(name)) throw new EgressRefused(`${name} is not a public address`);
  return url;
}

const cleaned = (headers: Record<string, string>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(headers)
      .map(([name, value]): [string, string] => [name.toLowerCase(), value])
      .filter(([name]) => !FORBIDDEN_HEADERS.has(name)),
  );

/** Resolves once. One address that may not be reached refuses the whole name: it could be the next one taken. */
async function checkedTarget(
  url: URL,
  resolve: Resolve,
  may: (address: string) => boolean,
  signal: AbortSignal,
): Promise<Target> {
  const hostname = url.hostname.replace(/^\[(.*)\]$/, '$1');
  const family = isIP(hostname);
  const targets =
    family > 0
      ? [{ address: hostname, family }]
      : await resolvedOrAborted(resolve(hostname), hostname, signal);
  const [first] = targets;
  if (first === undefined) throw new EgressRefused(`${hostname} has no address`, { reason: 'unknown' });
  if (!targets.every(({ address }) => may(address)))
    throw new EgressRefused(`${hostname} is not a public address`);
  return first;
}

async function resolvedOrAborted(
  resolving: Promise<readonly Target[]>,
  hostname: string,
  signal: AbortSignal,
): Promise<readonly Target[]> {
  signal.throwIfAborted();
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const onAbort = (): void => reject(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  const known = resolving.catch((error: unknown) => {
    throw new EgressRefused(`${hostname} could not be resolved`, { cause: error, reason: 'unknown' });
  });
  try {
    return await Promise.race([known, aborted]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

/** One request over a connection of its own, made to the address that was checked, whatever DNS says by now. */
async function exchange(url: URL, target: Target, request: Outgoing): Promise<GuardedResponse> {
  const pinned: LookupFunction = (_hostname, { all }, callback) =>
    all === true ? callback(null, [target]) : callback(null, target.address, target.family);
  const agent = new Agent({ connect: { lookup: pinned } });
  try {
    const response = await send(url, {
      method: request.method,
      headers: { 'user-agent': 'muster', ...request.headers },
      body: request.body,
      signal: request.signal,
      dispatcher: agent,
    });
    const headers = Object.fromEntries(
      Object.entries(response.headers).map(([name, value]) => [name, [value ?? []].flat().join(', ')]),
    );
    const body = await readBody(response.body, request);
    return { status: response.statusCode, headers, body, url: url.href };
  } finally {
    await agent.destroy();
  }
}

async function readBody(
  body: AsyncIterable<Buffer>,
  { maxBytes, cutsBody }: Pick<Outgoing, 'maxBytes' | 'cutsBody'>,
): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.length;
    if (size > maxBytes && cutsBody) break;
    if (size > maxBytes) throw new EgressRefused(`the answer is larger than ${maxBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function redirectOf(url: URL, { status, headers }: GuardedResponse, allowPrivate: boolean): URL | undefined {
  const location = headers['location'];
  if (![301, 302, 303, 307, 308].includes(status) || location === undefined) return undefined;
  return parseUrl(URL.parse(location, url.href)?.href ?? location, allowPrivate);
}

/** As browsers do: 303, and a POST that is answered 301 or 302, become a GET; another server gets harmless headers only. */
function redirected(request: Outgoing, status: number, sameOrigin: boolean): Outgoing {
  const becomesGet =
    (status === 303 && request.method !== 'HEAD') ||
    ((status === 301 || status === 302) && request.method === 'POST');
  const keep = (name: string): boolean =>
    (sameOrigin || HARMLESS_HEADERS.has(name)) && !(becomesGet && name.startsWith('content-'));
  const headers = Object.fromEntries(Object.entries(request.headers).filter(([name]) => keep(name)));
  return becomesGet ? { ...request, headers, method: 'GET', body: null } : { ...request, headers };
}
