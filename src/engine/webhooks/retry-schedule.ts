/** When a delivery is tried again, and how long an endpoint that fails is left alone. Pure but for the dice it is handed. */

/** A delay is stretched by up to so much, so that what failed together does not come back together. */
const JITTER = 0.2;
/** No `Retry-After` is believed beyond this. */
const LONGEST_MS = 86_400_000;
/** So many failures in a row, and the endpoint itself is taken to be away. */
export const FAILURES_BEFORE_HOLD = 3;

/**
 * @param delaysMs the schedule: how long after each failed attempt the next one follows
 * @param tried attempts made in this round, the one that failed included
 * @returns null when it was the last
 */
export function retryDelayMs(
  delaysMs: readonly number[],
  tried: number,
  retryAfterMs: number,
  random: () => number,
): number | null {
  const delay = delaysMs[tried - 1];
  if (delay === undefined) return null;
  return Math.round(Math.max(delay * (1 + JITTER * random()), retryAfterMs));
}

/**
 * How long an endpoint is left alone after so many failures in a row: not at all at first, then as the first two
 * steps of the schedule say. What it asked for by `Retry-After` counts for all that is sent to it.
 */
export function holdMs(delaysMs: readonly number[], failuresInARow: number, retryAfterMs: number): number {
  const step = failuresInARow - FAILURES_BEFORE_HOLD;
  if (step < 0) return retryAfterMs;
  return Math.max(delaysMs[Math.min(step, 1)] ?? delaysMs[0] ?? 0, retryAfterMs);
}

/** @returns milliseconds a `Retry-After` (seconds, or a date) asks for; 0 where there is none or it says nothing */
export function readRetryAfterMs(header: string | undefined, now: Date): number {
  if (header === undefined) return 0;
  const text = header.trim();
  const wanted = /^\d{1,9}$/.test(text) ? Number(text) * 1000 : Date.parse(text) - now.getTime();
  return Number.isFinite(wanted) ? Math.min(Math.max(wanted, 0), LONGEST_MS) : 0;
}
