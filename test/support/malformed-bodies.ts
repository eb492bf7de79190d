import { gzipSync } from 'node:zlib';

/** What can be wrong with a body, and with what malformed-requests.ts makes of it. */

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

export function pick<T>(random: Random, from: readonly T[]): T {
  const chosen = from[random(from.length)];
  if (chosen === undefined) throw new Error('nothing to pick from');
  return chosen;
}

/** A request in the making. */
export interface Draft {
  method: string;
  path: string;
  version: string;
  headers: [string, string][];
  body: Buffer;
  /** Written after the headers as it is, instead of the body with its length. */
  raw?: Buffer;
}
export type Mutation = (draft: Draft, random: Random) => void;

const MB = 1024 * 1024;
const zeros = Buffer.alloc(64 * MB);
/** Small on the wire, 64 MB unpacked. */
export const gzipBomb = gzipSync(zeros);
const elevenMegabytes = Buffer.from(`{"crew":"${'x'.repeat(11 * MB)}"}`);

export const setHeader = (draft: Draft, name: string, value: string): void => {
  draft.headers = draft.headers.filter(([known]) => known.toLowerCase() !== name.toLowerCase());
  draft.headers.push([name, value]);
};
const text = (draft: Draft): string => draft.body.toString('utf8');
export const write = (draft: Draft, body: string | Buffer): void => {
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

export const BODY_MUTATIONS: Record<string, Mutation> = {
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
export function chunk(draft: Draft, size: number): void {
  const parts: Buffer[] = [];
  for (let at = 0; at < draft.body.length; at += size) {
    const part = draft.body.subarray(at, at + size);
    parts.push(Buffer.from(`${part.length.toString(16)}\r\n`), part, Buffer.from('\r\n'));
  }
  draft.raw = Buffer.concat([...parts, Buffer.from('0\r\n\r\n')]);
  setHeader(draft, 'Transfer-Encoding', 'chunked');
}
