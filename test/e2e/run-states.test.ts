import { expect, it } from '@jest/globals';
import { proveRunStates } from '../proofs/prove-run-states.ts';

/** The short form of `npm run test:runs`. */

it('answers random commands, at once and in a row, as a model of the states of a run says', async () => {
  const { runs, commands, failures } = await proveRunStates({
    runs: 40,
    seed: 20_000,
    atOnce: 10,
    giveUpMs: 240_000,
    say: () => undefined,
  });
  expect(failures).toEqual([]);
  expect(runs).toBe(40);
  expect(commands).toBeGreaterThan(100);
}, 400_000);
