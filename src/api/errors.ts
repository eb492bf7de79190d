import { ConnectionException } from '@mikro-orm/core';
import { z } from 'zod';
import { ComputationInterrupted, ComputationLimitExceeded } from '../computing/computing-errors.ts';
import { QueueFull } from '../computing/fair-queue.ts';
import '../contracts/plain-messages.ts';
import { MusterError, REQUEST_ERROR_CODES, type Issue, type RequestErrorCode } from '../domain/errors.ts';
import type { JsonObject } from '../domain/json.ts';
import { isDatabaseAway as saysDatabaseAway } from '../persistence/database-away.ts';

/**
 * The one place where an error code becomes an HTTP status. Total: a new code does not compile without one. Two
 * codes share 400: MALFORMED_REQUEST is what came before any route could be found.
 */
export const ERROR_STATUS: Record<RequestErrorCode, number> = {
  INVALID_JSON: 400,
  MALFORMED_REQUEST: 400,
  UNAUTHENTICATED: 401,
  FORBIDDEN: 403,
  NOT_FOUND: 404,
  METHOD_NOT_ALLOWED: 405,
  NOT_ACCEPTABLE: 406,
  REQUEST_TIMEOUT: 408,
  CONFLICT: 409,
  PAYLOAD_TOO_LARGE: 413,
  UNSUPPORTED_MEDIA_TYPE: 415,
  VALIDATION_FAILED: 422,
  UPGRADE_REQUIRED: 426,
  RATE_LIMITED: 429,
  HEADERS_TOO_LARGE: 431,
  INTERNAL: 500,
  SERVICE_UNAVAILABLE: 503,
};

/** Seconds a client is asked to wait when nothing better is known. */
const RETRY_AFTER_SECONDS = 5;

const issueSchema = z.object({
  path: z
    .string()
    .meta({ description: 'A JSON pointer into the body (`/email`), or `?name` for a query parameter' }),
  message: z.string(),
});

/** The shape of every error answer, on HTTP and WebSocket alike. */
export const errorEnvelopeSchema = z
  .object({
    error: z.enum(REQUEST_ERROR_CODES),
    message: z.string().meta({ description: 'For a person' }),
    details: z
      .looseObject({
        request_id: z.string(),
        issues: z.array(issueSchema).optional(),
      })
      .meta({ description: 'What a program can use; `issues` lists everything that is wrong with an input' }),
    detail: z.string().meta({ description: 'The same as `message`' }),
  })
  .meta({ id: 'Error', description: 'How every error looks' });

/** An error as it goes over the wire. */
export interface ErrorEnvelope {
  error: RequestErrorCode;
  message: string;
  details: JsonObject;
  detail: string;
}

/** Whether an error says that Postgres cannot be reached, be it in the driver's words or in the ORM's. */
export const isDatabaseAway = (error: unknown): boolean =>
  error instanceof ConnectionException || saysDatabaseAway(error);

const CODE_OF_STATUS = new Map(
  REQUEST_ERROR_CODES.filter((code) => code !== 'INVALID_JSON').map((code) => [ERROR_STATUS[code], code]),
);
const httpErrorSchema = z.object({ status: z.int().min(400).max(499), message: z.string() });

/**
 * Any thrown thing as an error we can speak of. Errors of Koa and its middleware keep their 4xx status (one
 * we have no code for becomes 400); a database that is away becomes 503; what is too costly to compute is 422; the rest
 * is a bug of ours: INTERNAL,
 * with nothing of it shown and the cause kept for the log.
 */
export function toMusterError(error: unknown): MusterError {
  if (error instanceof MusterError) return error;
  if (isDatabaseAway(error)) {
    return new MusterError('SERVICE_UNAVAILABLE', 'The database cannot be reached; try again shortly', {
      retryAfterSeconds: RETRY_AFTER_SECONDS,
      cause: error,
    });
  }
  if (error instanceof ComputationLimitExceeded)
    return new MusterError('VALIDATION_FAILED', error.message, {
      details: { computation_limit: error.limit },
      cause: error,
    });
  if (error instanceof ComputationInterrupted)
    return new MusterError('SERVICE_UNAVAILABLE', error.message, { cause: error });
  if (error instanceof QueueFull) return new MusterError('RATE_LIMITED', error.message, { cause: error });
  const http = httpErrorSchema.safeParse(error);
  if (http.success && error instanceof Error) {
    return new MusterError(CODE_OF_STATUS.get(http.data.status) ?? 'MALFORMED_REQUEST', http.data.message, {
      cause: error,
    });
  }
  return new MusterError('INTERNAL', 'Something went wrong on our side', { cause: error });
}

/** Issues one answer lists, and characters of a path: an error must not be much larger than its cause. */
const MOST_ISSUES = 100;
const LONGEST_PATH = 300;

function shownIssues(issues: readonly Issue[]): { path: string; message: string }[] {
  const shown = issues.slice(0, MOST_ISSUES).map(({ path, message }) => ({
    path: path.length > LONGEST_PATH ? `${path.slice(0, LONGEST_PATH).toWellFormed()}…` : path,
    message,
  }));
  const more = issues.length - shown.length;
  return more > 0 ? [...shown, { path: '', message: `and ${more} more` }] : shown;
}

/** Any thrown thing as its envelope. @returns also the status and, for 429 and 503, the seconds of `Retry-After`. */
export function toEnvelope(
  thrown: unknown,
  requestId: string,
): { status: number; envelope: ErrorEnvelope; retryAfterSeconds: number | undefined } {
  const error = toMusterError(thrown);
  const hidden = error.code === 'INTERNAL';
  const message = hidden ? 'Something went wrong on our side' : error.message;
  const details: JsonObject = {
    ...(hidden ? {} : error.details),
    request_id: requestId,
    ...(error.issues.length === 0 || hidden ? {} : { issues: shownIssues(error.issues) }),
  };
  const mayWait = error.code === 'SERVICE_UNAVAILABLE' || error.code === 'RATE_LIMITED';
  return {
    status: ERROR_STATUS[error.code],
    envelope: { error: error.code, message, details, detail: message },
    retryAfterSeconds: error.retryAfterSeconds ?? (mayWait ? RETRY_AFTER_SECONDS : undefined),
  };
}

const pointerPart = (part: PropertyKey): string =>
  `/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`;

/** Zod's issues as ours, all of them. Of a union the branch that came closest speaks. */
export function toIssues(error: z.core.$ZodError, place: 'body' | 'query'): Issue[] {
  const spell = (path: readonly PropertyKey[]): string => {
    if (place === 'body') return path.map(pointerPart).join('');
    const [name = '', ...rest] = path;
    return `?${String(name)}${rest.map(pointerPart).join('')}`;
  };
  const flatten = (issue: z.core.$ZodIssue, before: readonly PropertyKey[]): Issue[] => {
    const path = [...before, ...issue.path];
    if (issue.code === 'unrecognized_keys') {
      // A schema may say more, such as which fields there are.
      const message = issue.message.startsWith('Unrecognized key') ? 'unknown field' : issue.message;
      return issue.keys.map((key) => ({ path: spell([...path, key]), message }));
    }
    if (issue.code === 'invalid_union') {
      const closest = issue.errors.toSorted((one, other) => one.length - other.length)[0] ?? [];
      if (closest.some((inner) => inner.path.length > 0))
        return closest.flatMap((inner) => flatten(inner, path));
    }
    return [{ path: spell(path), message: issue.message }];
  };
  return error.issues.flatMap((issue) => flatten(issue, []));
}
