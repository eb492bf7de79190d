/** An answer that says no, in the words of the API. */
export class ApiError extends Error {
  readonly status: number;
  /** Such as `NOT_FOUND`; `UNKNOWN` where something else than the API answered. */
  readonly code: string;
  readonly details: Record<string, unknown>;

  constructor(status: number, code: string, message: string, details: Record<string, unknown> = {}) {
    super(message);
    this.name = 'ApiError';
    this.status = status;
    this.code = code;
    this.details = details;
  }
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** @param body the parsed envelope, or whatever came in its place */
export function toApiError(status: number, body: unknown): ApiError {
  if (!isObject(body) || typeof body['error'] !== 'string' || typeof body['message'] !== 'string')
    return new ApiError(status, 'UNKNOWN', `The server answered ${status}`);
  return new ApiError(
    status,
    body['error'],
    body['message'],
    isObject(body['details']) ? body['details'] : {},
  );
}
