import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { childEnvironment } from '../config.ts';
import { CliError, EXIT } from './exit-codes.ts';

/** The logins of `muster login`: one API key for each server, in a file that only its owner may read. */

const loginsSchema = z.record(z.string(), z.object({ api_key: z.string(), key_id: z.uuid().nullable() }));
type Logins = z.output<typeof loginsSchema>;
export type StoredLogin = Logins[string];

/** Where a user's programs keep what they are told, by the XDG base directories. */
const file = (): string =>
  join(childEnvironment({}).XDG_CONFIG_HOME ?? join(homedir(), '.config'), 'muster', 'logins.json');

async function readLogins(): Promise<Logins> {
  const text = await readFile(file(), 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '{}';
    throw error;
  });
  try {
    return loginsSchema.parse(JSON.parse(text));
  } catch (error) {
    throw new CliError(EXIT.usage, `${file()} cannot be read: remove it and log in again`, { cause: error });
  }
}

/** Whole or not at all: it is written beside and then takes the old one's place. */
async function writeLogins(logins: Logins): Promise<void> {
  const path = file();
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const beside = `${path}.${process.pid}`;
  await writeFile(beside, `${JSON.stringify(logins, null, 2)}\n`, { mode: 0o600 });
  await rename(beside, path);
}

export async function storeLogin(url: string, login: StoredLogin): Promise<void> {
  await writeLogins({ ...(await readLogins()), [url]: login });
}

/** @returns what is kept for a server */
export const storedLogin = async (url: string): Promise<StoredLogin | undefined> => (await readLogins())[url];

export async function forgetLogin(url: string): Promise<void> {
  const { [url]: _login, ...others } = await readLogins();
  await writeLogins(others);
}
