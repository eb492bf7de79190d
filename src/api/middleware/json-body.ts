import type { IncomingMessage } from 'node:http';
import { invalid, MusterError, type Issue } from '../../domain/errors.ts';
import { atOnce, type Turn } from '../large-bodies.ts';
import { decodeUtf8 } from '../../domain/utf8-text.ts';
import { lostNumberAdvice, lostNumbers } from '../../domain/exact-numbers.ts';
import { DRAIN_LIMIT, readBodyBytes, tooLarge } from '../../http/body-bytes.ts';

/** What a body may have: bytes, and values. */
export interface BodyLimits {
  bytes: number;
  values: number;
}
/** Levels of arrays and objects inside each other: far more than any schema has, far less than a stack. */
const DEPTH_LIMIT = 100;
/** Half a million values would stall the others and fill memory. */
const USUAL: BodyLimits = { bytes: 1024 * 1024, values: 50_000 };
/** A graph of 10,000 tasks with three edges each has 200,000 values in 4 MB. */
export const LARGE_DOCUMENT: BodyLimits = { bytes: 8 * 1024 * 1024, values: 300_000 };
/** Things one answer complains of. */
const MOST_ISSUES = 100;

/**
 * The bytes of a JSON body; empty when there is none.
 * @throws {MusterError} 413 above 1 MB (`limits`), 415 when it is not JSON in UTF-8
 */
export async function readJsonBytes(request: IncomingMessage, limits = USUAL): Promise<Buffer> {
  const announced = Number(request.headers['content-length'] ?? 0);
  if (announced > DRAIN_LIMIT) throw tooLarge(limits.bytes);
  if (announced > 0) checkContentType(request);
  const bytes = await readBodyBytes(request, limits.bytes);
  if (bytes.length > 0) checkContentType(request);
  return bytes;
}

/**
 * Reads a JSON body strictly, in turns. @returns undefined for an empty one.
 * @throws {MusterError} 400 when it does not parse, 422 when it holds what no text or number of ours can hold.
 */
export async function parseJsonBody(bytes: Buffer, limits = USUAL, turn: Turn = atOnce): Promise<unknown> {
  if (bytes.length === 0) return undefined;
  await turn(() => checkSize(bytes, limits.values));
  const text = decode(bytes);
  const value = await turn(() => parse(text));
  await turn(() => checkValue(value));
  await turn(() => checkNumbers(text));
  return value;
}

function checkContentType(request: IncomingMessage): void {
  const [type = '', ...parameters] = (request.headers['content-type'] ?? '').toLowerCase().split(';');
  const charset = parameters.map((part) => part.trim()).find((part) => part.startsWith('charset='));
  const encoding = request.headers['content-encoding'] ?? 'identity';
  const isJson = /^application\/(json|[\w.-]+\+json)$/.test(type.trim());
  const isUtf8 = charset === undefined || /^charset="?utf-?8"?$/.test(charset);
  if (isJson && isUtf8 && encoding === 'identity') return;
  throw new MusterError(
    'UNSUPPORTED_MEDIA_TYPE',
    'Send the body as application/json in UTF-8, not compressed',
  );
}

const [QUOTE, COMMA, BACKSLASH, BRACKET, BRACE] = [0x22, 0x2c, 0x5c, 0x5b, 0x7b];

/** Counts values before they are made: every one but the first of its container comes after a comma. */
function checkSize(bytes: Buffer, most: number): void {
  let values = 1;
  let inText = false;
  for (let at = 0; at < bytes.length; at += 1) {
    const byte = bytes[at];
    if (inText) {
      if (byte === BACKSLASH) at += 1;
      else if (byte === QUOTE) inText = false;
    } else if (byte === QUOTE) inText = true;
    else if (byte === COMMA || byte === BRACKET || byte === BRACE) values += 1;
  }
  if (values > most) {
    throw invalid('The body holds too much', [{ path: '', message: `more than ${most} values` }]);
  }
}

const notJson = (cause: unknown): MusterError =>
  new MusterError('INVALID_JSON', 'The body is not valid JSON', { cause });

function decode(bytes: Buffer): string {
  const decoded = decodeUtf8(bytes);
  if (!decoded.ok) throw new MusterError('INVALID_JSON', `The body cannot be read: ${decoded.reason}`);
  return decoded.text;
}

function parse(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    return value;
  } catch (error) {
    throw notJson(error);
  }
}

/** Refuses numbers that have become other ones by being read. */
function checkNumbers(text: string): void {
  const lost = lostNumbers(text, MOST_ISSUES);
  if (lost.length === 0) return;
  const issues = lost.map(({ path, source }) => ({ path, message: lostNumberAdvice(source) }));
  throw invalid('The body holds numbers that cannot be kept exactly', issues);
}

/** What Postgres or JSON.stringify would stumble over. */
function problemOf(value: unknown): string | undefined {
  if (typeof value === 'number' && !Number.isFinite(value)) return 'a number too large to be kept';
  if (typeof value !== 'string') return undefined;
  if (value.includes('\u0000')) return 'text must not contain the NUL character';
  return value.isWellFormed() ? undefined : 'text must not contain half of a surrogate pair';
}

/** An array or object that is being walked, and how far. The frames above it are those it lies in. */
interface Frame {
  container: object;
  /** Of an object; an array is walked by index. */
  keys: readonly string[] | undefined;
  next: number;
}

const keyAt = ({ keys }: Frame, index: number): string => keys?.[index] ?? String(index);

/** @param frames of which each is at one of its values: the pointer is to that of the last */
const pointerOf = (frames: readonly Frame[]): string =>
  frames
    .map((frame) => keyAt(frame, frame.next - 1))
    .map((part) => `/${part.replaceAll('~', '~0').replaceAll('/', '~1')}`)
    .join('');

function enter(container: object): Frame {
  if (Array.isArray(container)) return { container, keys: undefined, next: 0 };
  if (Object.hasOwn(container, '__proto__')) Reflect.deleteProperty(container, '__proto__');
  return { container, keys: Object.keys(container), next: 0 };
}

/**
 * Walks without recursion, because depth is one of the things that are checked, and holding on to nothing but the
 * way to where it is: a body of 1 MB can hold half a million values. `__proto__` keys are dropped on the way.
 */
function checkValue(root: unknown): void {
  const issues: Issue[] = [];
  const frames: Frame[] = [];
  const visit = (value: unknown): void => {
    if (typeof value === 'object' && value !== null) {
      if (frames.length <= DEPTH_LIMIT) frames.push(enter(value));
      else issues.push({ path: pointerOf(frames), message: `more than ${DEPTH_LIMIT} levels deep` });
      return;
    }
    const message = problemOf(value);
    if (message !== undefined) issues.push({ path: pointerOf(frames), message });
  };
  visit(root);
  for (let frame = frames.at(-1); frame !== undefined && issues.length < MOST_ISSUES; frame = frames.at(-1)) {
    const { container, keys } = frame;
    const index = frame.next;
    frame.next += 1;
    if (Array.isArray(container)) {
      if (index < container.length) visit(container[index]);
      else frames.pop();
      continue;
    }
    const key = keys?.[index];
    if (key === undefined) {
      frames.pop();
      continue;
    }
    const message = problemOf(key);
    if (message !== undefined)
      issues.push({ path: pointerOf(frames.slice(0, -1)), message: `a field name: ${message}` });
    visit(Reflect.get(container, key));
  }
  if (issues.length > 0) throw invalid('The body holds what cannot be kept', issues);
}
