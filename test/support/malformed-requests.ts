import {
  BODY_MUTATIONS,
  chunk,
  gzipBomb,
  pick,
  setHeader,
  write,
  type Draft,
  type Mutation,
  type Random,
} from './malformed-bodies.ts';

/** Requests as no decent client sends them, made from decent ones by a seed: the same seed, the same requests. */

/** A request that would be right. */
export interface Target {
  method: string;
  path: string;
  /** JSON text, or undefined for none. */
  body: string | undefined;
}

export interface MalformedRequest {
  /** What is wrong with it. */
  kind: string;
  bytes: Buffer;
}

const SMUGGLED = 'GET /openapi.json HTTP/1.1\r\nHost: x\r\n\r\n';

const WIRE_MUTATIONS: Record<string, Mutation> = {
  'content type': (draft, random) =>
    setHeader(
      draft,
      'Content-Type',
      pick(random, [
        'text/plain',
        'application/x-www-form-urlencoded',
        'multipart/form-data; boundary=x',
        'application/json; charset=utf-16',
        'application/json; charset=latin1',
        'application/xml',
        'json',
        '',
        ';;;',
        'application/json,application/json',
      ]),
    ),
  'no content type': (draft) => {
    draft.headers = draft.headers.filter(([name]) => name !== 'Content-Type');
  },
  bomb: (draft, random) => {
    setHeader(draft, 'Content-Encoding', pick(random, ['gzip', 'deflate', 'br', 'gzip, gzip', 'zstd', 'x']));
    write(draft, gzipBomb);
  },
  'huge header': (draft, random) => {
    const length = pick(random, [1_000, 9_000, 17_000, 100_000]);
    if (random(2) === 0) setHeader(draft, 'X-Huge', 'x'.repeat(length));
    else
      for (let index = 0; index < length / 50; index += 1)
        setHeader(draft, `X-Huge-${index}`, 'x'.repeat(30));
  },
  'odd header': (draft, random) => {
    const values = [
      '',
      'x'.repeat(300),
      '\u00e9\u00ff',
      '"',
      '%00',
      '../..',
      '{"a":1}',
      '0',
      '-1',
      'null',
      '\t',
      'a,b',
    ];
    const names = [
      'Idempotency-Key',
      'X-Request-Id',
      'Authorization',
      'X-API-Key',
      'Last-Event-ID',
      'Origin',
      'X-Forwarded-For',
      'Accept',
      'Cookie',
      'If-None-Match',
      'Range',
      'Host',
      'Access-Control-Request-Method',
    ];
    setHeader(draft, pick(random, names), pick(random, values));
  },
  credential: (draft, random) =>
    setHeader(
      draft,
      'Authorization',
      pick(random, [
        'Bearer ',
        'Bearer a.b.c',
        `Bearer ${'x'.repeat(8_000)}`,
        'Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4In0.',
        'Bearer eyJhbGciOiJIUzI1NiIsImtpZCI6e319.e30.x',
        'Basic YTpi',
        'Bearer mst_',
        'bearer null',
      ]),
    ),
  'bad header': (draft, random) =>
    draft.headers.push(
      pick(random, [
        ['Bad Name', 'x'],
        ['', 'x'],
        ['X', 'a\0b'],
        ['X\u00e9', 'x'],
        ['X', 'a\nb'],
      ]),
    ),
  'wrong length': (draft, random) => {
    const { length } = draft.body;
    setHeader(
      draft,
      'Content-Length',
      pick(random, [
        String(length + 10),
        String(Math.max(length - 1, 0)),
        '-1',
        'x',
        '1e3',
        '99999999999',
        '0x1',
        '',
      ]),
    );
    draft.raw = draft.body;
  },
  smuggling: (draft, random) => {
    setHeader(
      draft,
      'Transfer-Encoding',
      pick(random, ['chunked', 'xchunked', 'chunked, chunked', 'identity', '\tchunked']),
    );
    if (random(2) === 0) setHeader(draft, 'Content-Length', String(random(40)));
    const bodies = [
      '0\r\n\r\n',
      'zz\r\n\r\n',
      '1\r\nab\r\n',
      '5;x=y\r\nab',
      'ffffffffffffffff\r\n',
      '-1\r\n\r\n',
      '0\n\n',
    ];
    draft.raw = Buffer.from(pick(random, bodies) + SMUGGLED);
  },
  chunks: (draft, random) => chunk(draft, 1 + random(20)),
  path: (draft, random) => {
    const odd = [
      '%00',
      '%ED%A0%80',
      '%',
      '%zz',
      '..%2f..',
      '%F0%9F%98%80',
      "'",
      '%27%20or%201=1--',
      '{}',
      '9'.repeat(400),
    ];
    const parts = draft.path.split('/');
    parts[1 + random(Math.max(parts.length - 1, 1))] = pick(random, odd);
    draft.path = random(4) === 0 ? `/${'/'.repeat(random(200))}${pick(random, odd)}` : parts.join('/');
  },
  query: (draft, random) => {
    const odd = [
      'limit=%00',
      'limit=1e400',
      'limit[]=1&limit[x]=2',
      '__proto__=1&__proto__[x]=1',
      '%ED%A0%80=%ff',
      '&&&==',
      `q=${'x'.repeat(8_000)}`,
      Array.from({ length: 900 }, (_none, index) => `a${index}=1`).join('&'),
      'skip=-1&after=99999999999999999999',
      'status=running,,,&scope=ALL&token=x',
      '?#frag?',
    ];
    draft.path += `?${pick(random, odd)}`;
  },
  method: (draft, random) => {
    draft.method = pick(random, [
      'HEAD',
      'OPTIONS',
      'TRACE',
      'PUT',
      'PATCH',
      'DELETE',
      'PROPFIND',
      'BREW',
      'get',
      '',
      'G\tET',
    ]);
  },
  version: (draft, random) => {
    draft.version = pick(random, ['HTTP/1.0', 'HTTP/0.9', 'HTTP/2.0', 'HTTP/1.1.1', 'HTTP', '']);
  },
  upgrade: (draft, random) => {
    setHeader(
      draft,
      'Connection',
      pick(random, ['Upgrade', 'Upgrade, HTTP2-Settings', 'close, keep-alive', 'TE']),
    );
    setHeader(draft, 'Upgrade', pick(random, ['websocket', 'h2c', 'x']));
  },
  expect: (draft, random) => setHeader(draft, 'Expect', pick(random, ['100-continue', 'x', ''])),
};

/** Kinds that cost seconds in numbers: taken once in so many turns. */
const HEAVY: Record<string, number> = {
  'eleven megabytes': 20,
  bomb: 4,
  wide: 6,
  'many fields': 6,
  deep: 3,
  long: 2,
};

/** @returns the next request: a decent one with one to three things wrong. */
export function malform(
  target: Target,
  options: { random: Random; token: string; host: string },
): MalformedRequest {
  const { random, token, host } = options;
  const draft: Draft = {
    method: target.method,
    path: target.path,
    version: 'HTTP/1.1',
    headers: [
      ['Host', host],
      ['Connection', 'close'],
      ['Content-Type', 'application/json'],
      ...(random(10) === 0 ? [] : [['Authorization', `Bearer ${token}`] satisfies [string, string]]),
    ],
    body: Buffer.from(target.body ?? '{}'),
  };
  const kinds: string[] = [];
  const mutations = Object.entries({ ...BODY_MUTATIONS, ...WIRE_MUTATIONS });
  const wanted = 1 + (random(3) === 0 ? 1 : 0) + (random(6) === 0 ? 1 : 0);
  while (kinds.length < wanted) {
    const [kind, mutate] = pick(random, mutations);
    if (random(HEAVY[kind] ?? 1) !== 0) continue;
    mutate(draft, random);
    kinds.push(kind);
  }
  return { kind: kinds.join(' + '), bytes: spell(draft) };
}

function spell(draft: Draft): Buffer {
  const hasLength = draft.headers.some(([name]) => /^(content-length|transfer-encoding)$/i.test(name));
  const headers = hasLength
    ? draft.headers
    : [...draft.headers, ['Content-Length', String(draft.body.length)]];
  const lines = headers.map(([name, value]) => `${name}: ${value}\r\n`).join('');
  const head = `${draft.method} ${draft.path} ${draft.version}\r\n${lines}\r\n`;
  return Buffer.concat([Buffer.from(head, 'latin1'), draft.raw ?? draft.body]);
}
