import { z } from 'zod';
import { MusterError, REQUEST_ERROR_CODES, type Issue, type RequestErrorCode } from '../domain/errors.ts';
import type { JsonObject } from '../domain/json.ts';
import { classifyError, RETRY_AFTER_SECONDS } from '../engine/classify-error.ts';

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

const CODE_OF_STATUS = new Map(
  REQUEST_ERROR_CODES.filter((code) => code !== 'INVALID_JSON').map((code) => [ERROR_STATUS[code], code]),
);
const httpErrorSchema = z.object({ status: z.int().min(400).max(499), message: z.string() });

/**
 * Any thrown thing as an error we can speak of. What the engine knows keeps its code; errors of Koa and its middleware keep
 * their 4xx status (one we have no code for becomes 400); the rest is a bug of ours: INTERNAL, with nothing of it shown
 * and the cause kept for the log.
 */
export function toMusterError(error: unknown): MusterError {
  const known = classifyError(error);
  if (known !== undefined) return known;
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
