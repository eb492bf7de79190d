import { setTimeout as sleep } from 'node:timers/promises';
import type { Side } from './sides/side.ts';
import type { FakeModel } from './stack/fake-model.ts';
import { bootstrapMedian, median, type Estimate, type Random } from './statistics.ts';

/** Two sides, measured turn by turn. */
export interface Comparison {
  ours: number[];
  peer: number[];
  /** Of ours / peer, one a pair of neighbouring slices. */
  ratio: Estimate;
}

/** What the comparisons share. */
export interface Setting {
  model: FakeModel;
  random: Random;
  /** Runs before each block. */
  between: () => Promise<void>;
}

/**
 * Blocks of four slices, ABBA and BAAB in turn, so that a machine that slowly changes meets both sides alike;
 * a ratio is made of neighbours only. After each slice the model's count of calls must be right.
 */
export async function compare<S extends Side, P extends Side>(
  setting: Setting,
  sides: { ours: S; peer: P },
  blocks: number,
  measure: (side: S | P) => Promise<number>,
): Promise<Comparison> {
  const ours: number[] = [];
  const peer: number[] = [];
  for (let block = 0; block < blocks; block += 1) {
    await setting.between();
    const order = block % 2 === 0 ? 'ABBA' : 'BAAB';
    for (const letter of order) {
      const value = await measure(letter === 'A' ? sides.ours : sides.peer);
      (letter === 'A' ? ours : peer).push(value);
    }
  }
  const ratios = ours.map((value, pair) => value / (peer[pair] ?? Number.NaN));
  return { ours, peer, ratio: bootstrapMedian(ratios, setting.random) };
}

const CHAIN = 10;

/** Milliseconds that one task more costs in a chain, the model taking no time: (ten tasks − one task) / 9. */
export const overheadPerTask =
  ({ model }: Setting, runs: number) =>
  async (side: Side): Promise<number> => {
    const long: number[] = [];
    const short: number[] = [];
    for (let count = 0; count < runs; count += 1) {
      long.push((await side.run(CHAIN)).wallMs);
      short.push((await side.run(1)).wallMs);
    }
    await model.settle();
    return (median(long) - median(short)) / (CHAIN - 1);
  };

/** Three-task crews a second, twenty in flight. */
export const runsPerSecond =
  ({ model }: Setting, seconds: number) =>
  async (side: Side): Promise<number> => {
    const rate = await side.loop({ seconds, concurrency: 20, tasks: 3 });
    await model.settle();
    return rate;
  };

/** Milliseconds from sending the start to the model's receiving the first call. Starts do not keep a beat. */
export const startToFirstCall =
  ({ model, random }: Setting) =>
  async (side: Side): Promise<number> => {
    await sleep(10 + random() * 50);
    const { run, sentUs } = await side.run(1);
    const askedUs = (await model.settle()).get(run)?.askedUs[0];
    if (askedUs === undefined) throw new Error('the model was not asked');
    return (askedUs - sentUs) / 1000;
  };
