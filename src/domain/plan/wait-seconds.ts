import type { JsonValue } from '../json.ts';

/** Times that people have, in a crew's settings: `tool_approval_timeout_seconds`, `remind_after_seconds`. */

/** A year. */
export const MOST_SECONDS = 31_536_000;

/** What is wrong with such a time, to be read after its name; null when nothing is, or it is absent. */
export const waitProblem = (value: JsonValue | undefined): string | null =>
  value === undefined || value === null || (typeof value === 'number' && value >= 1 && value <= MOST_SECONDS)
    ? null
    : `must be a number of seconds, 1 to ${MOST_SECONDS}`;

/** Milliseconds; null for never. */
export const waitMs = (value: JsonValue | undefined): number | null =>
  typeof value === 'number' && value > 0 ? Math.round(value * 1_000) : null;
