import { realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { Settings } from '../config.ts';
import { dataDirHolder } from './data-dir.ts';
import { embeddedUrl } from './postgres.ts';
import { readTextIfThere } from './processes.ts';

const portsSchema = z.record(z.string(), z.int());

/**
 * Settings with the addresses and the secret of the `npm start` that runs on this data directory, where they name none:
 * for what operators ask beside it. As they are when none runs there.
 */
export async function besideStart(settings: Settings): Promise<Settings> {
  const dataDir = await realpath(settings.DATA_DIR).catch(() => null);
  if (dataDir === null || (await dataDirHolder(dataDir)) === null) return settings;
  const text = async (name: string): Promise<string | undefined> =>
    (await readTextIfThere(join(dataDir, name)))?.trim();
  const portOf = async (file: string, name: string): Promise<number | undefined> => {
    const kept = await text(file);
    return kept === undefined ? undefined : portsSchema.parse(JSON.parse(kept))[name];
  };
  const [password, postgres, grpc, ui, secret] = await Promise.all([
    text('postgres.password'),
    portOf('postgres.port', 'postgres'),
    portOf('temporal.ports', 'grpc'),
    portOf('temporal.ports', 'ui'),
    text('jwt-secret'),
  ]);
  const DATABASE_URL =
    settings.DATABASE_URL ??
    (password === undefined || postgres === undefined ? undefined : embeddedUrl(password, postgres));
  const TEMPORAL_ADDRESS =
    settings.TEMPORAL_ADDRESS ?? (grpc === undefined ? undefined : `127.0.0.1:${grpc}`);
  // The Web UI is that of the embedded Temporal: where another one is named, there is none of ours.
  const TEMPORAL_UI_URL =
    settings.TEMPORAL_UI_URL ??
    (settings.TEMPORAL_ADDRESS !== undefined || ui === undefined ? undefined : `http://127.0.0.1:${ui}`);
  const JWT_SECRET = settings.JWT_SECRET ?? secret;
  return { ...settings, DATABASE_URL, TEMPORAL_ADDRESS, TEMPORAL_UI_URL, JWT_SECRET };
}
