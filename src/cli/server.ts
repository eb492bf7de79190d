import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Settings } from '../config.ts';
import { storedLogin } from './stored-login.ts';
import type { Target } from './api-client.ts';

/** The settings that say where the server is and who is asking. */
export type CrewSettings = Pick<
  Settings,
  'API_HOST' | 'API_PORT' | 'DATA_DIR' | 'MUSTER_URL' | 'MUSTER_API_KEY'
>;

/** The server the settings name, and the credential there is for it. */
export async function findTarget(settings: CrewSettings): Promise<Target> {
  const url = serverUrl(settings);
  const apiKey =
    settings.MUSTER_API_KEY ?? (await storedLogin(url))?.api_key ?? (await keptKey(url, settings.DATA_DIR));
  return { url, apiKey };
}

/** How this machine reaches the API: a wildcard address is for listening only. */
export function serverUrl(settings: CrewSettings): string {
  // Many copy the address of the API, not of the server.
  if (settings.MUSTER_URL !== undefined)
    return settings.MUSTER_URL.replace(/\/+$/, '').replace(/(\/api(\/v1)?)$/, '');
  const wildcards: Record<string, string> = { '0.0.0.0': '127.0.0.1', '::': '::1' };
  const host = wildcards[settings.API_HOST] ?? settings.API_HOST;
  return `http://${host.includes(':') ? `[${host}]` : host}:${settings.API_PORT}`;
}

/** The key `npm start` keeps for us. It belongs to this machine's server and is shown to no other. */
async function keptKey(url: string, dataDir: string): Promise<string | undefined> {
  const { hostname } = new URL(url);
  if (hostname !== 'localhost' && hostname !== '[::1]' && !/^127(\.\d+){3}$/.test(hostname)) return undefined;
  // No such file, or another user's: the server will say whether it wants a key.
  const text = await readFile(join(dataDir, 'cli-key'), 'utf8').catch(() => '');
  return text.trim() || undefined;
}
