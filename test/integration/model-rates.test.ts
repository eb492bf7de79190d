import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { pruneModelRates, takeModelRate } from '../../src/engine/calls/model-rates.ts';
import { openEngineDatabase, type EngineDatabase } from './engine-database.ts';

/** max_rpm: calls of a scope, counted in one row whichever worker makes them. */

let engine: EngineDatabase;
beforeAll(async () => {
  engine = await openEngineDatabase();
});
afterAll(() => engine.close());

const at = (seconds: number): Date => new Date(Date.UTC(2026, 0, 1) + seconds * 1_000);
const take = (rates: { scope: string; most: number }[], seconds: number): Promise<number> =>
  engine.database.sql.transaction((sql) => takeModelRate(sql, rates, at(seconds)));

describe('a rate of model calls', () => {
  it('lets so many calls through in a minute, however many want one at once', async () => {
    const waits = await Promise.all(Array.from({ length: 20 }, () => take([{ scope: 'a', most: 7 }], 0)));
    expect(waits.filter((wait) => wait === 0)).toHaveLength(7);
    expect(waits.filter((wait) => wait === 60_000)).toHaveLength(13);
    expect(await take([{ scope: 'a', most: 7 }], 45)).toBe(15_000);
    expect(await take([{ scope: 'a', most: 7 }], 60)).toBe(0);
  });

  it('takes of every scope or of none', async () => {
    const both = [
      { scope: 'crew', most: 5 },
      { scope: 'agent', most: 1 },
    ];
    expect(await take(both, 0)).toBe(0);
    expect(await take(both, 1)).toBe(59_000);
    expect(await take([{ scope: 'crew', most: 2 }], 2)).toBe(0);
    expect(await take([{ scope: 'crew', most: 2 }], 3)).toBe(57_000);
  });

  it('is forgotten when it was not used for long', async () => {
    await take([{ scope: 'old', most: 1 }], 0);
    expect(await pruneModelRates(engine.database.sql, at(7_200), 1_000)).toBeGreaterThan(0);
    expect(await take([{ scope: 'old', most: 1 }], 7_200)).toBe(0);
  });
});
