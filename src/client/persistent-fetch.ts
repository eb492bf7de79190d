import { toApiError } from './api-error.ts';

const FIRST_WAIT_MS = 250;
const LONGEST_WAIT_MS = 10_000;
/** Answers after which trying again makes sense. */
const PASSING = new Set([408, 425, 429, 500, 502, 503, 504]);

/** Waits. Rejects with the signal's reason when it is aborted. */
export function pause(waitMs: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = (): void => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', stop);
      resolve();
    }, waitMs);
    if (signal?.aborted === true) stop();
    else signal?.addEventListener('abort', stop, { once: true });
  });
}

/** Longer with each failure, and never quite the same for two clients. */
export class BackOff {
  private failures = 0;

  reset(): void {
    this.failures = 0;
  }

  /** Milliseconds to wait after one more failure. */
  next(): number {
    const most = Math.min(FIRST_WAIT_MS * 2 ** this.failures, LONGEST_WAIT_MS);
    this.failures += 1;
    return most * (0.5 + Math.random() / 2);
  }
}

/**
 * Asks until there is an answer that stands: a server that cannot be reached or is busy is asked again.
 * @throws {ApiError} when the answer is no, and the signal's reason when it is aborted
 */
export async function askUntilAnswered(
  ask: () => Promise<Response>,
  backOff: BackOff,
  signal: AbortSignal | undefined,
): Promise<Response> {
  for (;;) {
    signal?.throwIfAborted();
    const response = await ask().catch((error: unknown) => {
      signal?.throwIfAborted();
      if (isPassing(error)) return undefined;
      throw error;
    });
    if (response?.ok === true) return response;
    if (response !== undefined && !PASSING.has(response.status)) {
      throw toApiError(response.status, await response.json().catch(() => undefined));
    }
    await response?.body?.cancel();
    const asked = Number(response?.headers.get('retry-after') ?? 0) * 1000;
    await pause(Math.max(backOff.next(), Number.isFinite(asked) ? asked : 0), signal);
  }
}

/**
 * Whether it is what fetch throws where nobody answers, or for a request given up because it fell silent. By name:
 * an error may come from another realm.
 */
const isPassing = (error: unknown): boolean =>
  typeof error === 'object' &&
  error !== null &&
  'name' in error &&
  ['TypeError', 'AbortError', 'TimeoutError'].some((name) => name === error.name);
