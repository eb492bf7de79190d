import type { IncomingMessage } from 'node:http';
import { z } from 'zod';
import { invalid, MusterError, type Issue } from '../../domain/errors.ts';

/** Bytes a body may have. */
const BODY_LIMIT = 1024 * 1024;
/** Bytes read and thrown away of a body that is too long, so that its sender gets to read the answer. */
const DRAIN_LIMIT = 16 * BODY_LIMIT;
/** Levels of arrays and objects inside each other: far more than any schema has, far less than a stack. */
const DEPTH_LIMIT = 100;

const tooLarge = (): MusterError =>
  new MusterError('PAYLOAD_TOO_LARGE', 'The body is larger than 1 MB', {
    details: { limit_bytes: BODY_LIMIT },
  });

/**
 * Reads a JSON body strictly. @returns undefined for an empty one.
 * @throws {MusterError} 413 above 1 MB, 415 when it is not JSON in UTF-8, 400 when it does not parse, 422 when it
 * holds what no text or number of ours can hold.
 */
export async function readJsonBody(request: IncomingMessage): Promise<unknown> {
  const announced = Number(request.headers['content-length'] ?? 0);
  if (announced > DRAIN_LIMIT) throw tooLarge();
  if (announced > 0) checkContentType(request);
  const bytes = await readBytes(request);
  if (bytes.length === 0) return undefined;
  checkContentType(request);
  const value = parse(bytes);
  checkValue(value);
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

async function readBytes(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    for await (const chunk of request) {
      if (!Buffer.isBuffer(chunk)) throw new Error('the request stream must yield bytes');
      length += chunk.length;
      if (length <= BODY_LIMIT) chunks.push(chunk);
      else if (length > DRAIN_LIMIT) throw tooLarge();
    }
  } catch (error) {
    if (error instanceof MusterError) throw error;
    throw new MusterError('INVALID_JSON', 'The body broke off', { cause: error });
  }
  if (length > BODY_LIMIT) throw tooLarge();
  return Buffer.concat(chunks);
}

function parse(bytes: Buffer): unknown {
  try {
    const value: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
    return value;
  } catch (error) {
    throw new MusterError('INVALID_JSON', 'The body is not valid JSON', { cause: error });
  }
}

const objectSchema = z.custom<Record<string, unknown>>(
  (value) => typeof value === 'object' && value !== null,
);

/** What Postgres, JSON.stringify or a recursion further in would stumble over. */
function problemOf(value: unknown, depth: number): string | undefined {
  if (depth > DEPTH_LIMIT) return `more than ${DEPTH_LIMIT} levels deep`;
  if (typeof value === 'number' && !Number.isFinite(value)) return 'a number too large to be kept';
  if (typeof value !== 'string') return undefined;
  if (value.includes('\u0000')) return 'text must not contain the NUL character';
  return value.isWellFormed() ? undefined : 'text must not contain half of a surrogate pair';
}

/** Walks without recursion: depth is one of the things that are checked. `__proto__` keys are dropped on the way. */
function checkValue(root: unknown): void {
  const issues: Issue[] = [];
  const open: { value: unknown; path: string; depth: number }[] = [{ value: root, path: '', depth: 0 }];
  for (let next = open.pop(); next !== undefined && issues.length < 100; next = open.pop()) {
    const { value, path, depth } = next;
    const problem = problemOf(value, depth);
    if (problem !== undefined) issues.push({ path, message: problem });
    const container = objectSchema.safeParse(value);
    if (!container.success || problem !== undefined) continue;
    if (Object.hasOwn(container.data, '__proto__')) Reflect.deleteProperty(container.data, '__proto__');
    for (const [key, child] of Object.entries(container.data)) {
      const keyProblem = problemOf(key, 0);
      if (keyProblem !== undefined) issues.push({ path, message: `a field name: ${keyProblem}` });
      const pointer = `${path}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`;
      open.push({ value: child, path: pointer, depth: depth + 1 });
    }
  }
  if (issues.length > 0) throw invalid('The body holds what cannot be kept', issues);
}
