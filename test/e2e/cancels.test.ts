import { expect, it } from '@jest/globals';
import { proveCancels } from '../proofs/prove-cancels.ts';

/** The short form of `npm run test:controls`, which also says how long a cancel takes. */

it('starts no model call and no tool call once a run is cancelled', async () => {
  const cancels = await proveCancels({
    runs: 20,
    underKills: 2,
    seed: 5,
    atOnce: 4,
    giveUpMs: 120_000,
    say: () => undefined,
  });
  expect(cancels.failures).toEqual([]);
  expect(cancels.cancelled).toBeGreaterThan(5);
}, 240_000);
