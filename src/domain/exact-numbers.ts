/**
 * JSON holds numbers of any size, JavaScript doubles: `JSON.parse` turns 1234567890123456789 into 1234567890123456800
 * without a word. Here such numbers are found in the text they came in, before they are lost.
 */

/** A number that would come out as another one. */
export interface LostNumber {
  /** JSON pointer to it. */
  path: string;
  /** As it was written. */
  source: string;
}

declare global {
  // What Node 24 has and TypeScript's `lib` has not yet.
  interface JSON {
    parse(
      text: string,
      reviver: (this: unknown, key: string, value: unknown, context: { source?: string }) => unknown,
    ): unknown;
    /** A value that `JSON.stringify` writes as this very text. */
    rawJSON(text: string): unknown;
  }
}

/** Whatever cannot match holds nothing that is lost: the usual case, found out in passing. */
const SUSPECT = /(?:^|[\s:,[])-?(?:\d{16}|\d+(?:\.\d+)?[eE]\+?\d{3})/;
const NUMBER = /-?\d[\d.eE+-]*/g;
const INTEGER = /^-?\d+$/;
/** The shortest text of a number that is lost: 1e999. */
const SHORTEST = 5;

/**
 * Whether a number written so stays the same. Integers do up to ±(2^53−1), and beyond it when the double that is nearest is
 * printed with the same digits. Fractions and powers of ten are approximations already: they are lost only when they are
 * too large to be a number at all.
 */
export function isHeldExactly(source: string): boolean {
  const value = Number(source);
  if (!Number.isFinite(value)) return false;
  if (Number.isSafeInteger(value) || !INTEGER.test(source)) return true;
  const printed = String(value);
  // Below 10^21 the usual way of printing has no exponent: nothing to reckon with.
  if (!printed.includes('e') && !/^-?0/.test(source)) return printed === source;
  const [digits = '', exponent = '0'] = printed.split('e+');
  const [whole = '', fraction = ''] = digits.split('.');
  return BigInt(source) === BigInt(whole + fraction) * 10n ** BigInt(Number(exponent) - fraction.length);
}

/** The same for a number as YAML or Python write it: with a plus, with underscores, in hexadecimal or octal digits. */
export function isScalarHeldExactly(source: string): boolean {
  const plain = source.replaceAll('_', '').replace(/^\+/, '');
  if (/^0[xob]/i.test(plain)) return Number.isSafeInteger(Number(plain));
  return !/^-?\.?\d/.test(plain) || isHeldExactly(plain);
}

/** Where numbers of a JSON text that are lost begin and end. */
function lostSpans(text: string): [start: number, end: number][] {
  const spans: [number, number][] = [];
  let at = 0;
  while (at < text.length) {
    const quote = text.indexOf('"', at);
    const end = quote === -1 ? text.length : quote;
    if (end - at >= SHORTEST) {
      for (const { 0: source, index } of text.slice(at, end).matchAll(NUMBER))
        if (!isHeldExactly(source)) spans.push([at + index, at + index + source.length]);
    }
    at = quote === -1 ? text.length : afterString(text, quote);
  }
  return spans;
}

function afterString(text: string, quote: number): number {
  let at = quote + 1;
  for (;;) {
    const close = text.indexOf('"', at);
    if (close === -1) return text.length;
    let before = close - 1;
    while (text[before] === '\\') before -= 1;
    at = close + 1;
    if ((close - before) % 2 === 1) return at;
  }
}

function rewritten(
  text: string,
  spans: readonly [number, number][],
  write: (source: string) => string,
): string {
  let result = '';
  let done = 0;
  for (const [start, end] of spans) {
    result += text.slice(done, start) + write(text.slice(start, end));
    done = end;
  }
  return result + text.slice(done);
}

/** A JSON text whose numbers that would be lost are texts of their digits instead. */
export function withLostNumbersAsTexts(text: string): string {
  if (!SUSPECT.test(text)) return text;
  return rewritten(text, lostSpans(text), (source) => JSON.stringify(source));
}

/** @returns the first `most` numbers of a JSON text that would be lost; none for what is no JSON. */
export function lostNumbers(text: string, most = 20): LostNumber[] {
  if (!SUSPECT.test(text)) return [];
  const spans = lostSpans(text).slice(0, most);
  if (spans.length === 0) return [];
  const mark = unusedMark(text);
  let marked: unknown;
  try {
    marked = JSON.parse(rewritten(text, spans, (source) => JSON.stringify(mark + source)));
  } catch {
    return [];
  }
  return textsFrom(marked, mark);
}

/** What no text of the sender's begins with, found in one pass: the text may be full of marks. */
function unusedMark(text: string): string {
  let highest = 0;
  for (const [, number = ''] of text.matchAll(/lost(\d{1,15}):/g))
    highest = Math.max(highest, Number(number));
  return `lost${highest + 1}:`;
}

/** Walks without recursion: depth is the sender's choice. */
function textsFrom(root: unknown, mark: string): LostNumber[] {
  const found: LostNumber[] = [];
  const open: { value: unknown; path: () => string }[] = [{ value: root, path: () => '' }];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { value, path } = next;
    if (typeof value === 'string' && value.startsWith(mark))
      found.push({ path: path(), source: value.slice(mark.length) });
    if (typeof value !== 'object' || value === null) continue;
    for (const [key, inner] of Object.entries(value).toReversed())
      if (typeof inner === 'object' || typeof inner === 'string')
        open.push({
          value: inner,
          path: () => `${path()}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`,
        });
  }
  return found;
}

/** What to do about such a number, for whoever sent it. */
export const lostNumberAdvice = (source: string): string =>
  `the number ${source.length > 60 ? `${source.slice(0, 60)}…` : source} is too large to be kept exactly: ` +
  `send it as a text ("${source.length > 60 ? '…' : source}")`;

/**
 * Reads JSON so that `JSON.stringify` writes every number as it was written: what would be lost becomes a `JSON.rawJSON`,
 * which is good for nothing but being written again.
 * @throws {SyntaxError} when it is no JSON
 */
export function parseForWriting(text: string): unknown {
  if (!SUSPECT.test(text) || lostSpans(text).length === 0) return JSON.parse(text);
  return JSON.parse(text, (_key, value, { source }) =>
    typeof value === 'number' && source !== undefined && !isHeldExactly(source)
      ? JSON.rawJSON(source)
      : value,
  );
}
