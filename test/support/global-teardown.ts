import { endServicesOn } from './folder-keeper.ts';

/** Jest's global teardown: ends what the set-up has started. */
export default async function tearDown(): Promise<void> {
  const dataDir = process.env['MUSTER_TEST_DATA_DIR'];
  if (dataDir !== undefined) await endServicesOn(dataDir);
}
