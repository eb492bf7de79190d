import { describe, expect, it } from '@jest/globals';
import { averageOf, beginOf, periodsOf, ticksOf, type Day } from '../../console/src/statistics/series.ts';

/** What the console's charts make of the statistics. */

const day = (date: string, more: Partial<Day> = {}): Day => ({
  date,
  count: 1,
  successful: 1,
  failed: 0,
  started: 1,
  execution_time: 2,
  tokens: 10,
  cost_usd: 0.5,
  ...more,
});
const now = Date.parse('2026-11-28T15:00:00Z'); // a Saturday

describe('periods of the statistics', () => {
  it('are all days of the range, those without a run among them', () => {
    const periods = periodsOf([day('2026-11-27')], { range: 3, grouping: 'day', now });
    expect(periods.map(({ from, count }) => [from, count])).toEqual([
      ['2026-11-26', 0],
      ['2026-11-27', 1],
      ['2026-11-28', 0],
    ]);
  });

  it('add up what lies in a week or month, and average over the runs that were started', () => {
    const days = [
      day('2026-10-31'),
      day('2026-11-22', { execution_time: 3 }),
      day('2026-11-23', { failed: 1, count: 2, started: 3, execution_time: 9 }),
      day('2026-11-28'),
    ];
    const weeks = periodsOf(days, { range: 7, grouping: 'week', now });
    expect(weeks.map(({ from }) => from)).toEqual(['2026-11-16', '2026-11-23']);
    expect(weeks[1]).toMatchObject({ count: 3, successful: 2, failed: 1, tokens: 20, cost_usd: 1 });
    expect(weeks.map(averageOf)).toEqual([3, 2.75]);
    const months = periodsOf(days, { range: 30, grouping: 'month', now });
    expect(months.map(({ from, count }) => [from, count])).toEqual([
      ['2026-10-01', 1],
      ['2026-11-01', 4],
    ]);
    expect(averageOf({ ...day('2026-11-28'), from: '2026-11-28', started: 0 })).toBe(0);
  });

  it('begin on Monday, over the turn of a year too', () => {
    expect(beginOf('2026-11-23', 'week')).toBe('2026-11-23');
    expect(beginOf('2026-11-29', 'week')).toBe('2026-11-23');
    expect(beginOf('2027-01-01', 'week')).toBe('2026-12-28');
  });
});

describe('lines behind a chart', () => {
  it.each([
    [10, true, [0, 3, 6, 9, 12]],
    [3, true, [0, 1, 2, 3]],
    [0.3, false, [0, 0.1, 0.2, 0.3]],
    [0, true, [0, 1]],
    [1_234_567, true, [0, 500_000, 1_000_000, 1_500_000]],
  ])('stand at round numbers up to %d', (greatest, whole, ticks) => {
    expect(ticksOf(greatest, whole)).toEqual(ticks);
  });
});
