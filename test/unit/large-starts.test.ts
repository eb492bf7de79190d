import { describe, expect, it } from '@jest/globals';
import { createLargeStarts } from '../../src/engine/starting/large-starts.ts';

/** Work that ends when it is told to. */
function held(): {
  work: () => Promise<void>;
  begun: Promise<void>;
  end: () => void;
  hasBegun: () => boolean;
} {
  const begun = Promise.withResolvers<void>();
  const ended = Promise.withResolvers<void>();
  let hasBegun = false;
  return {
    begun: begun.promise,
    end: () => ended.resolve(),
    hasBegun: () => hasBegun,
    work: () => {
      hasBegun = true;
      begun.resolve();
      return ended.promise;
    },
  };
}

describe('large starts', () => {
  it('of one owner are committed one after the other, while those of others go on', async () => {
    const starts = createLargeStarts();
    const [first, second, others, small] = [held(), held(), held(), held()];
    const all = [
      starts.run('a', 9_000, first.work),
      starts.run('a', 9_000, second.work),
      starts.run('b', 9_000, others.work),
      starts.run('a', 3, small.work),
    ];
    await Promise.all([first.begun, others.begun, small.begun]);
    expect(second.hasBegun()).toBe(false);
    first.end();
    await second.begun;
    for (const one of [second, others, small]) one.end();
    await Promise.all(all);
  });

  it('are refused when too many of one owner wait', async () => {
    const starts = createLargeStarts();
    const first = held();
    const running = starts.run('a', 9_000, first.work);
    const waiting = Array.from({ length: 50 }, () => starts.run('a', 9_000, () => Promise.resolve()));
    await expect(starts.run('a', 9_000, () => Promise.resolve())).rejects.toThrow(/large starts are waiting/);
    first.end();
    await Promise.all([running, ...waiting]);
  });

  it('that fail make room for the next', async () => {
    const starts = createLargeStarts();
    await expect(starts.run('a', 9_000, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    await expect(starts.run('a', 9_000, () => Promise.resolve(1))).resolves.toBe(1);
  });
});
