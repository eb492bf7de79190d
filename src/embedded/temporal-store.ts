import { existsSync } from 'node:fs';
import { rename, writeFile } from 'node:fs/promises';
import { DatabaseSync } from 'node:sqlite';
import { readTextIfThere } from './processes.ts';
import type { Say } from './service.ts';

/** What SQLite keeps beside the file, and what we do. */
const PARTS = ['', '-wal', '-shm', '.version'];

/**
 * Makes sure that the store at `file` is absent or fit for a server of this version. The server makes its
 * schema only in a file that is not there and never changes it, so a store of another version, one whose first
 * start was cut off, or a damaged one is set aside: renamed, never deleted. Open runs and schedules are then
 * begun anew from PostgreSQL, which is the one that knows.
 */
export async function prepareTemporalStore(file: string, serverVersion: string, log: Say): Promise<void> {
  if (!existsSync(file)) return;
  const madeBy = (await readTextIfThere(`${file}.version`))?.trim();
  if (madeBy === undefined) return setTemporalStoreAside(file, 'its first start was never finished', log);
  if (madeBy !== serverVersion) {
    return setTemporalStoreAside(file, `it was made by server ${madeBy}, this is ${serverVersion}`, log);
  }
  const damage = findDamage(file);
  if (damage !== null) await setTemporalStoreAside(file, `it is damaged: ${damage}`, log);
}

/** Notes whose the store is, once a server is up on it. */
export async function markTemporalStore(file: string, serverVersion: string): Promise<void> {
  await writeFile(`${file}.version`, `${serverVersion}\n`);
}

/** Renames the store and all that belongs to it, and says so. */
export async function setTemporalStoreAside(file: string, reason: string, log: Say): Promise<void> {
  const aside = `${file}.aside-${new Date().toISOString().replaceAll(/[:.]/g, '-')}`;
  for (const part of PARTS) {
    if (existsSync(file + part)) await rename(file + part, aside + part);
  }
  log(`Temporal's store was set aside as ${aside} (${reason}); open runs go on from what PostgreSQL knows`);
}

/** @returns what is wrong with the file, or null. Reads all of it: some hundred MB a second. */
function findDamage(file: string): string | null {
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(file);
    const check = database.prepare('pragma quick_check(1)').get()?.['quick_check'];
    if (check !== 'ok') return String(check);
    const tables = database.prepare("select 1 from sqlite_master where name = 'executions'").all();
    return tables.length === 0 ? 'its tables are missing' : null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  } finally {
    database?.close();
  }
}
