import type { ExecutionStatsSchema } from '../../../src/client/api-types.ts';

/** The days of the statistics, made ready to be drawn. */

export type Day = ExecutionStatsSchema['executions_by_day'][number];

export const RANGES = [7, 30, 90, 366] as const;
export const GROUPINGS = ['day', 'week', 'month'] as const;
export type Grouping = (typeof GROUPINGS)[number];

/** What ended of the runs that were made in a day, a week or a month. */
export interface Period extends Omit<Day, 'date'> {
  /** Its first UTC day, as `2026-11-28`. */
  from: string;
}

const DAY_MS = 86_400_000;
const dayOf = (ms: number): string => new Date(ms).toISOString().slice(0, 10);

/** The first day of the week (Monday) or month a day lies in. @param day as `2026-11-28` */
export function beginOf(day: string, grouping: Grouping): string {
  if (grouping === 'day') return day;
  if (grouping === 'month') return `${day.slice(0, 7)}-01`;
  const ms = Date.parse(day);
  return dayOf(ms - ((new Date(ms).getUTCDay() + 6) % 7) * DAY_MS);
}

const nothing = (from: string): Period => ({
  from,
  count: 0,
  successful: 0,
  failed: 0,
  started: 0,
  execution_time: 0,
  tokens: 0,
  cost_usd: 0,
});

const FIGURES = ['count', 'successful', 'failed', 'started', 'execution_time', 'tokens', 'cost_usd'] as const;

/**
 * All periods of the last days, oldest first; those without a run among them.
 * @param now milliseconds since 1970, in the last day
 */
export function periodsOf(
  days: readonly Day[],
  { range, grouping, now }: { range: number; grouping: Grouping; now: number },
): Period[] {
  const periods = new Map<string, Period>();
  for (let back = range - 1; back >= 0; back -= 1) {
    const from = beginOf(dayOf(now - back * DAY_MS), grouping);
    if (!periods.has(from)) periods.set(from, nothing(from));
  }
  for (const day of days) {
    const period = periods.get(beginOf(day.date, grouping));
    // A day of before, from an answer that is older than the clock.
    if (period === undefined) continue;
    for (const figure of FIGURES) period[figure] += day[figure];
  }
  return [...periods.values()];
}

/** Seconds that a run took, on average; 0 where none was started. */
export const averageOf = ({ started, execution_time: time }: Period): number =>
  started === 0 ? 0 : time / started;

/**
 * Where the lines behind a chart stand: round numbers from 0, the last at or above the greatest value.
 * @param whole only whole numbers make sense
 */
export function ticksOf(greatest: number, whole: boolean): number[] {
  if (greatest <= 0) return [0, 1];
  const rough = greatest / 4;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 2.5, 5, 10].map((factor) => factor * power).find((one) => one >= rough) ?? rough;
  const fit = whole ? Math.max(1, Math.ceil(step)) : step;
  const count = Math.ceil(greatest / fit - 1e-9);
  return Array.from({ length: count + 1 }, (_, index) => Number((index * fit).toPrecision(12)));
}
