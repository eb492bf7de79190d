import { access, mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { childEnvironment } from '../config.ts';
import { findProgram, goInstall, userCacheDir } from '../embedded/go-install.ts';
import type { Say } from '../embedded/service.ts';
import { StartError } from '../embedded/start-error.ts';

/** Of the image in docker-compose.yml. */
export const SERVER_VERSION = '1.29.1';
const MODULE = 'go.temporal.io/server/cmd';

/** Temporal's server for PostgreSQL, and the tool that makes its tables. */
export interface TemporalPrograms {
  server: string;
  sqlTool: string;
}

/**
 * Finds them in the user's cache folder, or builds them with Go: two minutes, once.
 * @throws {StartError} when Go is missing or the build fails
 */
export async function findTemporalPrograms(log: Say, signal?: AbortSignal): Promise<TemporalPrograms> {
  const parent = userCacheDir();
  const folder = join(parent, `temporal-server-${SERVER_VERSION}`);
  const programs = { server: join(folder, 'server'), sqlTool: join(folder, 'sql') };
  const there = await Promise.allSettled([access(programs.server), access(programs.sqlTool)]);
  if (there.every(({ status }) => status === 'fulfilled')) return programs;

  const go = await findProgram('go', childEnvironment({}).PATH ?? '');
  if (go === null) {
    throw new StartError(
      "Temporal's server has to be built and Go is not on the PATH. Install Go (go.dev/dl), or use docker compose.",
    );
  }
  await mkdir(parent, { recursive: true });
  // Made in a folder of its own and renamed into place, so that two can do it at once.
  const workshop = await mkdtemp(join(parent, 'new-'));
  try {
    log(`Building Temporal's server ${SERVER_VERSION} with Go (once; about two minutes) …`);
    await goInstall({
      go,
      into: workshop,
      packages: [`${MODULE}/server@v${SERVER_VERSION}`, `${MODULE}/tools/sql@v${SERVER_VERSION}`],
      log,
      signal,
      otherwise: 'Use docker compose instead, or npm start for one machine.',
    });
    await rm(folder, { recursive: true, force: true });
    await rename(workshop, folder);
  } finally {
    await rm(workshop, { recursive: true, force: true });
  }
  return programs;
}
