/**
 * Sends malformed requests to a running API (PostgreSQL and Temporal included, started here unless given) and fails
 * on any five-hundred, on an error outside the envelope, on a dead server or on memory that grows:
 *
 *   npm run test:malformed                  20,000 requests, seed of the day
 *   npm run test:malformed -- 200000 17     as many, this seed
 */
import { endServicesOn } from '../support/folder-keeper.ts';
import { startSuiteServices } from '../support/suite-services.ts';
import { describeReport, runMalformed, startServerProcess } from '../support/malformed-run.ts';

const COUNT = 20_000;
const MB = 1_048_576;
const MOST_RSS = 512 * MB;

const [countText = String(COUNT), seedText = new Date().toISOString().slice(0, 10).replaceAll('-', '')] =
  process.argv.slice(2);
const [count, seed] = [Number.parseInt(countText, 10), Number.parseInt(seedText, 10)];
const { env } = process;
const services = await startSuiteServices({
  databaseUrl: env['MUSTER_TEST_DATABASE_URL'],
  temporalAddress: env['MUSTER_TEST_TEMPORAL_ADDRESS'],
});
env['MUSTER_TEST_DATABASE_URL'] = services.databaseUrl;
env['MUSTER_TEST_TEMPORAL_ADDRESS'] = services.temporalAddress;
let failed = true;
try {
  const server = await startServerProcess();
  try {
    const begun = performance.now();
    const report = await runMalformed({
      ...server,
      count,
      seed,
      onProgress: (sent) => console.log(`${sent} sent, ${Math.round((performance.now() - begun) / 1000)} s`),
    });
    const after = (await fetch(`${server.url}/livez`)).status;
    console.log(describeReport(report).join('\n'));
    const [before, most] = [server.rss.before, server.rss.most].map((bytes) => Math.round(bytes / MB));
    console.log(
      `resident memory ${before} MB before, ${most} MB at most; a decent request afterwards: ${after}`,
    );
    failed = report.failures.length > 0 || server.isDead() || server.rss.most > MOST_RSS || after !== 200;
  } finally {
    await server.close();
  }
} finally {
  await endServicesOn(services.dataDir);
}
process.exit(failed ? 1 : 0);
