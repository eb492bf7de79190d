import { gzipSync } from 'node:zlib';

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

/** Numbers that look random: a whole one from 0 to below `below`. */
export type Random = (below: number) => number;

/** The generator "mulberry32". */
export function createRandom(seed: number): Random {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296) * below);
  };
}

function pick<T>(random: Random, from: readonly T[]): T {
  const chosen = from[random(from.length)];
  if (chosen === undefined) throw new Error('nothing to pick from');
  return chosen;
}

interface Draft {
  method: string;
  path: string;
  version: string;
  headers: [string, string][];
  body: Buffer;
  /** Written after the headers as it is, instead of the body with its length. */
  raw?: Buffer;
}
type Mutation = (draft: Draft, random: Random) => void;

const MB = 1024 * 1024;
const zeros = Buffer.alloc(64 * MB);
/** Small on the wire, 64 MB unpacked. */
const gzipBomb = gzipSync(zeros);
const elevenMegabytes = Buffer.from(`{"crew":"${'x'.repeat(11 * MB)}"}`);

const setHeader = (draft: Draft, name: string, value: string): void => {
  draft.headers = draft.headers.filter(([known]) => known.toLowerCase() !== name.toLowerCase());
  draft.headers.push([name, value]);
};
const text = (draft: Draft): string => draft.body.toString('utf8');
const write = (draft: Draft, body: string | Buffer): void => {
  draft.body = typeof body === 'string' ? Buffer.from(body) : body;
};
/** Puts something in the place of one value of the body, or of all of it. */
function replaceValue(draft: Draft, random: Random, by: string): void {
  // Of a body that another mutation has blown up, the beginning is enough.
  const start = text(draft).slice(0, 5_000);
  const places = [
    ...start.matchAll(/(?<=[:[,]\s{0,9})("[^"\\]{0,200}"|-?\d[\d.eE+-]{0,99}|true|false|null)/g),
  ];
  const place = places.length === 0 || random(6) === 0 ? undefined : pick(random, places);
  if (place === undefined) return write(draft, by);
  write(draft, text(draft).slice(0, place.index) + by + text(draft).slice(place.index + place[0].length));
}
/** Adds a field to the body's object. */
function addField(draft: Draft, field: string): void {
  const inner = text(draft).trim().replace(/^\{/, '').replace(/\}$/, '');
  write(draft, inner.trim() === '' ? `{${field}}` : `{${inner},${field}}`);
}

const BODY_MUTATIONS: Record<string, Mutation> = {
  cut: (draft, random) => write(draft, draft.body.subarray(0, random(draft.body.length))),
  flipped: (draft, random) => {
    const body = Buffer.from(draft.body);
    for (let turn = 0; turn <= random(8); turn += 1) body[random(body.length || 1)] = random(256);
    write(draft, body);
  },
  noise: (draft, random) => write(draft, Buffer.from(Array.from({ length: random(300) }, () => random(256)))),
  deep: (draft, random) => {
    const depth = pick(random, [90, 101, 1_000, 100_000]);
    const nest =
      random(2) === 0
        ? '['.repeat(depth) + ']'.repeat(depth)
        : `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`;
    if (random(2) === 0) write(draft, nest);
    else addField(draft, `"inputs":${nest}`);
  },
  unclosed: (draft, random) => write(draft, pick(random, ['[', '{"a":', '"', '[{"a":[']).repeat(10_000)),
  prototype: (draft, random) =>
    addField(
      draft,
      pick(random, [
        '"__proto__":{"isAdmin":true,"role":"admin"}',
        '"constructor":{"prototype":{"role":"admin"}}',
        '"inputs":{"__proto__":{"toString":1}}',
        '"__proto__":null',
        '"toString":1,"hasOwnProperty":2,"valueOf":3,"toJSON":4',
      ]),
    ),
  twice: (draft) => {
    const inner = text(draft).trim().replace(/^\{/, '').replace(/\}$/, '');
    write(draft, `{${inner === '' ? '"a":1' : inner},${inner === '' ? '"a":2' : inner}}`);
  },
  nul: (draft, random) =>
    replaceValue(draft, random, pick(random, ['"a\\u0000b"', '"\u0000"', '{"\\u0000":1}', '"\\u0000"'])),
  surrogate: (draft, random) =>
    replaceValue(
      draft,
      random,
      pick(random, ['"\\ud800"', '"\\udfff\\ud800"', '{"\\udc00":1}', '"x\\uD83D"']),
    ),
  'bad utf-8': (draft, random) => {
    const bad = pick(random, ['eda080', 'c080', 'f8888080', 'ff', 'e282', 'f4908080']);
    const at = random(draft.body.length + 1);
    const [before, after] = [draft.body.subarray(0, at), draft.body.subarray(at)];
    write(draft, Buffer.concat([before, Buffer.from(bad, 'hex'), after]));
  },
  number: (draft, random) =>
    replaceValue(
      draft,
      random,
      pick(random, [
        '1e400',
        '-1e400',
        '1e-400',
        '9'.repeat(400),
        '-0',
        'NaN',
        'Infinity',
        '0x10',
        '01',
        '1.',
        '.5',
      ]),
    ),
  type: (draft, random) =>
    replaceValue(
      draft,
      random,
      pick(random, [
        'null',
        'true',
        '[]',
        '{}',
        '""',
        '0',
        '-1',
        '1.5',
        '[[]]',
        '{"":{}}',
        '"\\n"',
        '[null]',
      ]),
    ),
  scalar: (draft, random) =>
    write(draft, pick(random, ['null', '0', '"x"', 'true', '[]', '', ' ', '\ufeff{}', '{}{}'])),
  long: (draft, random) =>
    replaceValue(
      draft,
      random,
      `"${pick(random, ['x', 'é', '\\u0041', '😀']).repeat(pick(random, [300, 9_000, 100_000]))}"`,
    ),
  wide: (draft, random) => {
    const item = pick(random, ['1', '""', '{}', '[]', '{"a":1}', 'null']);
    write(
      draft,
      `{"tags":[${Array.from({ length: pick(random, [1_000, 150_000]) }, () => item).join(',')}]}`,
    );
  },
  'many fields': (draft, random) => {
    const fields = Array.from(
      { length: pick(random, [1_000, 60_000]) },
      (_none, index) => `"f${index}":${index}`,
    );
    write(draft, `{"inputs":{${fields.join(',')}}}`);
  },
  'long field name': (draft) => addField(draft, `"inputs":{"${'k'.repeat(200_000)}":[1e400,1e400]}`),
  'eleven megabytes': (draft, random) => {
    write(draft, elevenMegabytes);
    if (random(2) === 0) chunk(draft, 65_536);
  },
};

/** Sends the body in chunks. */
function chunk(draft: Draft, size: number): void {
  const parts: Buffer[] = [];
  for (let at = 0; at < draft.body.length; at += size) {
    const part = draft.body.subarray(at, at + size);
    parts.push(Buffer.from(`${part.length.toString(16)}\r\n`), part, Buffer.from('\r\n'));
  }
  draft.raw = Buffer.concat([...parts, Buffer.from('0\r\n\r\n')]);
  setHeader(draft, 'Transfer-Encoding', 'chunked');
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
