/** How often one model turn is tried before its task fails. */
export const MAX_TURN_ATTEMPTS = 5;
/** How often one call is begun at most, lost ones counted: a reply that kills its worker must not be paid for ever. */
export const MAX_CALL_STARTS = 10;
/** How many errors that nobody foresaw a task survives before it fails. */
export const MAX_UNEXPECTED_ERRORS = 5;
const FIRST_DELAY_MS = 500;
const LONGEST_DELAY_MS = 60_000;
/** A server may ask for more patience than we would show, within reason. */
const LONGEST_RETRY_AFTER_MS = 15 * 60_000;

/** Milliseconds until the next attempt: what the server asked for, else doubling from half a second. */
export function retryDelayMs(attempt: number, retryAfterMs: number | undefined): number {
  if (retryAfterMs !== undefined) return Math.min(Math.max(retryAfterMs, 0), LONGEST_RETRY_AFTER_MS);
  return Math.min(FIRST_DELAY_MS * 2 ** (attempt - 1), LONGEST_DELAY_MS);
}
