import { expect, it } from '@jest/globals';
import { proveChaos } from '../proofs/prove-chaos.ts';

/** The short form of `npm run test:chaos`. */

it('loses no run and doubles no turn, tool effect or event when worker and API are killed', async () => {
  const chaos = await proveChaos({
    runs: 24,
    kills: 6,
    seed: 7,
    atOnce: 8,
    leastLifeMs: 1_500,
    giveUpMs: 240_000,
    say: () => undefined,
  });
  expect(chaos.failures).toEqual([]);
  expect(chaos.runs).toBe(24);
  expect(chaos.workerKills + chaos.apiKills).toBeGreaterThan(0);
}, 400_000);
