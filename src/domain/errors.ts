import type { JsonObject } from './json.ts';

/** What can go wrong at a door. Which HTTP status each becomes is decided in `api/errors.ts` alone. */
export const REQUEST_ERROR_CODES = [
  'MALFORMED_REQUEST',
  'INVALID_JSON',
  'UNAUTHENTICATED',
  'FORBIDDEN',
  'NOT_FOUND',
  'METHOD_NOT_ALLOWED',
  'NOT_ACCEPTABLE',
  'REQUEST_TIMEOUT',
  'CONFLICT',
  'PAYLOAD_TOO_LARGE',
  'UNSUPPORTED_MEDIA_TYPE',
  'VALIDATION_FAILED',
  'UPGRADE_REQUIRED',
  'RATE_LIMITED',
  'HEADERS_TOO_LARGE',
  'SERVICE_UNAVAILABLE',
  'INTERNAL',
] as const;
export type RequestErrorCode = (typeof REQUEST_ERROR_CODES)[number];

/** Why an execution or one of its tasks ended badly: the values of `error_code`. */
export const RUN_ERROR_CODES = [
  'CANCELLED',
  'TERMINATED',
  'TIMEOUT',
  'BUDGET_EXHAUSTED',
  'MODEL_NOT_CONFIGURED',
  'MODEL_AUTH',
  'MODEL_BAD_REQUEST',
  'MODEL_CONTEXT_EXCEEDED',
  'MODEL_RATE_LIMITED',
  'MODEL_QUOTA_EXHAUSTED',
  'MODEL_UNAVAILABLE',
  'MODEL_TIMEOUT',
  'MODEL_BAD_REPLY',
  'MODEL_REPLY_TOO_LARGE',
  'OUTPUT_INVALID',
  'GUARDRAIL_FAILED',
  'NO_OUTPUT',
  'STEP_FAILED',
  'STEP_LIMIT',
  'COMPUTATION_LIMIT',
  'WORKER_DIED',
  'INTERNAL',
] as const;
export type RunErrorCode = (typeof RUN_ERROR_CODES)[number];

/** One thing that is wrong with an input, at a place the sender can find. */
export interface Issue {
  /** A JSON pointer into the body (`/inputs/topic`), or `file:line:column` for a file. */
  path: string;
  message: string;
}

/** A failure the caller can be told about. Everything else that is thrown is a bug and hidden behind INTERNAL. */
export class MusterError extends Error {
  readonly code: RequestErrorCode;
  readonly details: JsonObject;
  readonly issues: readonly Issue[];
  /** Seconds after which trying again makes sense; sent as `Retry-After`. */
  readonly retryAfterSeconds: number | undefined;

  constructor(
    code: RequestErrorCode,
    message: string,
    more: {
      details?: JsonObject;
      issues?: readonly Issue[];
      retryAfterSeconds?: number;
      cause?: unknown;
    } = {},
  ) {
    super(message, more.cause === undefined ? undefined : { cause: more.cause });
    this.name = 'MusterError';
    this.code = code;
    this.details = more.details ?? {};
    this.issues = more.issues ?? [];
    this.retryAfterSeconds = more.retryAfterSeconds;
  }
}

/** What is not there and what is not yours look exactly the same (contract §4). */
export const notFound = (what: string): MusterError => new MusterError('NOT_FOUND', `${what} not found`);

/** Thrown when the state of a thing forbids what was asked. */
export const conflict = (message: string, details: JsonObject = {}): MusterError =>
  new MusterError('CONFLICT', message, { details });

/** Thrown when an input does not fit, with every issue at once. */
export const invalid = (message: string, issues: readonly Issue[]): MusterError =>
  new MusterError('VALIDATION_FAILED', message, { issues });

/** Makes a switch over a union exhaustive at compile time. */
export function assertNever(value: never): never {
  throw new Error(`unexpected value: ${JSON.stringify(value)}`);
}
