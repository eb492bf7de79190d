import { endServicesOn } from './folder-keeper.ts';
import { startSuiteServices } from './suite-services.ts';

/**
 * Jest's global set-up: real services for all tests of the run, at the addresses MUSTER_TEST_DATABASE_URL and
 * MUSTER_TEST_TEMPORAL_ADDRESS. Those that are set already are used as they are.
 */
export default async function setUp(): Promise<void> {
  const { env } = process;
  const [databaseUrl, temporalAddress] = [
    env['MUSTER_TEST_DATABASE_URL'],
    env['MUSTER_TEST_TEMPORAL_ADDRESS'],
  ];
  if (databaseUrl !== undefined && temporalAddress !== undefined) return;
  const services = await startSuiteServices({ databaseUrl, temporalAddress });
  env['MUSTER_TEST_DATABASE_URL'] = services.databaseUrl;
  env['MUSTER_TEST_TEMPORAL_ADDRESS'] = services.temporalAddress;
  env['MUSTER_TEST_DATA_DIR'] = services.dataDir;
  // Jest ends without its teardown when it is interrupted; the services have process groups of their own.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(signal, () => void endServicesOn(services.dataDir).finally(() => process.exit(130)));
  }
}
