import { randomBytes } from 'node:crypto';
import { chmod, link, mkdir, realpath, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Settings } from '../config.ts';
import { livingProcess, readTextIfThere, writeProcessRecord } from './processes.ts';
import { StartError } from './start-error.ts';

/** Makes the data directory if it is missing; others may not look into it. @returns its real, absolute path. */
export async function prepareDataDir(path: string): Promise<string> {
  try {
    await mkdir(path, { recursive: true, mode: 0o700 });
    return await realpath(path);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new StartError(`The data directory cannot be made: ${reason}. Choose another with --data-dir.`, {
      cause: error,
    });
  }
}

const lockFile = (dataDir: string): string => join(dataDir, 'muster.pid');

/** @returns the process that has the data directory, if one does. */
export async function dataDirHolder(dataDir: string): Promise<number | null> {
  return (await livingProcess(lockFile(dataDir)))?.pid ?? null;
}

/**
 * Takes the data directory for this process: two starts on one database would stop each other's services. What
 * a killed start left behind is cleared.
 * @returns what gives it back
 * @throws {StartError} when another start has it
 */
export async function lockDataDir(dataDir: string): Promise<() => Promise<void>> {
  const mine = join(dataDir, `muster.pid.${process.pid}`);
  await writeProcessRecord(mine, process.pid);
  try {
    for (;;) {
      // A link appears whole or not at all, and only one of two can make it.
      const made = await link(mine, lockFile(dataDir)).then(
        () => true,
        () => false,
      );
      if (made) return () => rm(lockFile(dataDir), { force: true });
      const holder = await dataDirHolder(dataDir);
      if (holder !== null) {
        throw new StartError(
          `Muster is already running on ${dataDir} (process ${holder}). Stop it, or choose another --data-dir.`,
        );
      }
      await rename(lockFile(dataDir), `${mine}.stale`);
      await rm(`${mine}.stale`);
    }
  } finally {
    await rm(mine, { force: true });
  }
}

/**
 * The secret that signs access tokens. One machine on its own makes and keeps it; a deployment has several
 * processes that must agree, so there it has to be given.
 * @throws {StartError} when it is missing and must not be made
 */
export async function ensureJwtSecret(
  settings: Settings,
  facts: { dataDir: string; databaseIsEmbedded: boolean; hostIsLoopback: boolean },
): Promise<string> {
  if (settings.JWT_SECRET !== undefined) return settings.JWT_SECRET;
  const isTrial = settings.ENVIRONMENT === 'DEVELOPMENT' && facts.hostIsLoopback;
  if (!facts.databaseIsEmbedded && !isTrial) {
    throw new StartError(
      'JWT_SECRET is missing: with a database of your own, give every process the same one ' +
        '(at least 32 characters; openssl rand -hex 32 makes one).',
    );
  }
  return keepSecret(join(facts.dataDir, 'jwt-secret'), () => randomBytes(48).toString('base64url'));
}

/** @returns the secret in the file, which is made, for its owner only, when it is missing. */
async function keepSecret(file: string, make: () => string): Promise<string> {
  const kept = (await readTextIfThere(file))?.trim();
  if (kept !== undefined && kept.length >= 32) return kept;
  const secret = make();
  await writePrivate(file, secret);
  return secret;
}

/** Writes a line that only the owner may read, whole or not at all. */
export async function writePrivate(file: string, text: string): Promise<void> {
  const fresh = `${file}.new-${process.pid}`;
  await writeFile(fresh, `${text}\n`, { mode: 0o600 });
  await chmod(fresh, 0o600);
  await rename(fresh, file);
}
