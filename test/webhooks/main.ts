/**
 * Many deliveries through a storm (test/support/webhook-storm.ts):
 *
 *   npm run test:webhooks                  10,000 deliveries, seed 20261124
 *   npm run test:webhooks -- 2000 17       as many, this seed
 */
import { deliverInAStorm } from '../support/webhook-storm.ts';
import { endServicesOn } from '../support/folder-keeper.ts';
import { startSuiteServices } from '../support/suite-services.ts';

const ENDPOINTS = 20;

const [countText = '10000', seedText = '20261124'] = process.argv.slice(2);
const [deliveries, seed] = [Number.parseInt(countText, 10), Number.parseInt(seedText, 10)];
const { env } = process;
const services = await startSuiteServices({
  databaseUrl: env['MUSTER_TEST_DATABASE_URL'],
  temporalAddress: env['MUSTER_TEST_TEMPORAL_ADDRESS'],
});
env['MUSTER_TEST_DATABASE_URL'] = services.databaseUrl;
env['MUSTER_TEST_TEMPORAL_ADDRESS'] = services.temporalAddress;
let isGood = false;
try {
  const report = await deliverInAStorm({
    deliveries,
    endpoints: ENDPOINTS,
    seed,
    workerKills: 2,
    receiverKillEach: Math.ceil(deliveries / 5),
    timeoutMs: 30 * 60_000,
  });
  console.log(`${new Date().toISOString()}, seed ${seed}, ${ENDPOINTS} endpoints`);
  for (const [name, value] of Object.entries(report)) console.log(`${name}: ${Math.round(value * 10) / 10}`);
  const { made, taken, distinct, delivered, forged } = report;
  isGood = forged === 0 && [made, taken, distinct, delivered].every((count) => count === deliveries);
} finally {
  await endServicesOn(services.dataDir);
}
console.log(isGood ? 'each arrived, signed, and once for each id' : 'NOT as it should be');
process.exit(isGood ? 0 : 1);
