import { readdir, realpath, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { livingProcess, writeProcessRecord } from '../../src/embedded/processes.ts';
import { startEmbeddedPostgres } from '../../src/embedded/postgres.ts';
import { startEmbeddedTemporal } from '../../src/embedded/temporal-server.ts';
import { endServicesOn, makeKeptFolder } from './folder-keeper.ts';

/** Where the services of one test run keep everything; removed with them. */
const PREFIX = 'muster-tests-';
const OWNER = 'owner.pid';
/** A folder without an owner is one that is just being made, unless it is as old as this. */
const FORGOTTEN_MS = 3_600_000;

/** Addresses of the services of a test run. */
export interface SuiteServices {
  /** For `endServicesOn`. */
  dataDir: string;
  databaseUrl: string;
  temporalAddress: string;
}

const say = (line: string): void => console.error(line);

/** Starts one PostgreSQL and one Temporal server for a test run, each unless it is given. They end with this process. */
export async function startSuiteServices(given: {
  databaseUrl: string | undefined;
  temporalAddress: string | undefined;
}): Promise<SuiteServices> {
  await removeForgotten();
  const dataDir = await makeKeptFolder(PREFIX);
  await writeProcessRecord(join(dataDir, OWNER), process.pid);
  try {
    const [databaseUrl, temporalAddress] = await Promise.all([
      given.databaseUrl ?? startEmbeddedPostgres({ dataDir, log: say }).then(({ url }) => url),
      given.temporalAddress ??
        startEmbeddedTemporal({ dataDir, inMemory: true, namespace: 'default', log: say }).then(
          ({ address }) => address,
        ),
    ]);
    return { dataDir, databaseUrl, temporalAddress };
  } catch (error) {
    await endServicesOn(dataDir);
    throw error;
  }
}

/** A test run that was killed together with its keeper leaves its services behind: the next one ends them. */
async function removeForgotten(): Promise<void> {
  const root = await realpath(tmpdir());
  for (const name of await readdir(root)) {
    if (!name.startsWith(PREFIX)) continue;
    const folder = join(root, name);
    const stats = await stat(folder).catch(() => null);
    if (stats === null || (process.getuid !== undefined && stats.uid !== process.getuid())) continue;
    const hasOwner = (await readdir(folder)).includes(OWNER);
    if (
      hasOwner
        ? (await livingProcess(join(folder, OWNER))) !== null
        : Date.now() - stats.mtimeMs < FORGOTTEN_MS
    )
      continue;
    say(`Removing what a test run left behind: ${folder}`);
    await endServicesOn(folder);
  }
}
