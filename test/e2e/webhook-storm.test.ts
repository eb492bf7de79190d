import { describe, expect, it } from '@jest/globals';
import { deliverInAStorm } from '../support/webhook-storm.ts';

/** The short form of `npm run test:webhooks`. */

describe('deliveries to a receiver that fails, is slow and is killed, by a worker that is killed', () => {
  it('arrive, each of them, signed, and once for each id', async () => {
    const report = await deliverInAStorm({
      deliveries: 200,
      endpoints: 5,
      seed: 20_261_124,
      workerKills: 1,
      receiverKillEach: 80,
      timeoutMs: 90_000,
    });
    expect(report).toMatchObject({ made: 200, taken: 200, distinct: 200, delivered: 200, forged: 0 });
    expect(report.requests).toBeGreaterThan(200);
    expect(report.receiverKills).toBeGreaterThan(0);
  }, 150_000);
});
