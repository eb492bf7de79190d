import { mkdir, readdir, realpath } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Client as TemporalClient, Connection } from '@temporalio/client';
import getPort, { portNumbers } from 'get-port';
import { Client as PgClient } from 'pg';
import { z } from 'zod';
import { readSettings } from '../../src/config.ts';
import { livingProcess, writeProcessRecord } from '../../src/embedded/processes.ts';
import { startEmbeddedPostgres } from '../../src/embedded/postgres.ts';
import type { Say } from '../../src/embedded/service.ts';
import { findTemporalBinary } from '../../src/embedded/temporal-binary.ts';
import { startEmbeddedTemporal } from '../../src/embedded/temporal-server.ts';
import { prepareFirstAdmin, type FirstAdmin } from '../../src/persistence/first-admin.ts';
import { migrate } from '../../src/persistence/migrate.ts';
import { endServicesOn, makeKeptFolder } from '../../test/support/folder-keeper.ts';
import { writeCrews } from '../crews.ts';
import { createMusterSide, type MusterSide } from '../sides/muster-side.ts';
import { createTemporalSide, type TemporalSide } from '../sides/temporal-side.ts';
import { startChild, type BenchChild } from './child.ts';
import { startFakeModel, type FakeModel } from './fake-model.ts';

/** Everything that is measured, running. */
export interface BenchStack {
  dataDir: string;
  api: { url: string; token: string };
  model: FakeModel;
  /** Muster's database, for the bench's own looks. */
  db: PgClient;
  databaseUrl: string;
  temporal: TemporalClient;
  ours: MusterSide;
  peer: TemporalSide;
  versions: { postgres: string; temporalServer: string };
  /** Pids by what they are. */
  pids: { api: number; worker: number; peerWorker: number; postgres: number; temporal: number };
}

/** What was started, in order; it ends the other way round. */
export type Undo = (() => Promise<void>)[];

const PREFIX = 'muster-bench-';
const OWNER = 'owner.pid';
const PORTS = portNumbers(25_000, 25_999);
const HOST = '127.0.0.1';
const PEER_QUEUE = 'bench-peer';

const file = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/**
 * Brings up what `npm start` brings up, in a fresh folder, and beside it the model and the peer. What is up is
 * in `undo` at every moment, also when this throws.
 */
export async function startBenchStack(say: Say, undo: Undo, signal: AbortSignal): Promise<BenchStack> {
  await removeForgotten(say);
  const dataDir = await makeDataDir(undo);
  const binary = await findTemporalBinary({ log: say, signal });
  signal.throwIfAborted();
  const postgres = await startEmbeddedPostgres({
    dataDir,
    port: await getPort({ host: HOST, port: PORTS }),
    log: say,
  });
  undo.push(() => postgres.stop());
  signal.throwIfAborted();
  const temporalServer = await startEmbeddedTemporal({ dataDir, namespace: 'default', log: say, binary });
  undo.push(() => temporalServer.stop());
  signal.throwIfAborted();
  const model = await startFakeModel(dataDir, await getPort({ host: HOST, port: PORTS }));
  undo.push(() => model.stop());

  const environment = {
    ...surroundings(),
    DATABASE_URL: postgres.url,
    TEMPORAL_ADDRESS: temporalServer.address,
  };
  const settings = readSettings(environment);
  await migrate(settings);
  const admin = await prepareFirstAdmin(settings);
  if (admin === null) throw new Error('the fresh database has an admin already');
  const roles = await startRoles({ dataDir, environment, model, undo });
  signal.throwIfAborted();

  const db = new PgClient({ connectionString: postgres.url, application_name: 'muster-bench' });
  await db.connect();
  undo.push(() => db.end());
  const connection = await Connection.connect({ address: temporalServer.address });
  undo.push(() => connection.close());
  const temporal = new TemporalClient({ connection });
  const api = { url: roles.apiUrl, token: await login(roles.apiUrl, admin) };
  const { rows } = await db.query('show server_version');
  return {
    dataDir,
    api,
    model,
    db,
    databaseUrl: postgres.url,
    temporal,
    ours: createMusterSide(api, db, model),
    peer: createTemporalSide(temporal, PEER_QUEUE, model),
    versions: {
      postgres: z.object({ server_version: z.string() }).parse(rows[0]).server_version,
      temporalServer: binary.serverVersion,
    },
    pids: {
      api: roles.api.pid,
      worker: roles.worker.pid,
      peerWorker: roles.peerWorker.pid,
      postgres: postgres.pid,
      temporal: temporalServer.pid,
    },
  };
}

/** Settings of whoever starts the bench must not change what is measured. */
function surroundings(): Record<string, string | undefined> {
  const unset = ['API_KEY', 'TLS_CA', 'TLS_CERT', 'TLS_KEY', 'UI_URL'].map((name) => [
    `TEMPORAL_${name}`,
    undefined,
  ]);
  return {
    ...Object.fromEntries(unset),
    TEMPORAL_NAMESPACE: 'default',
    TEMPORAL_TASK_QUEUE: 'muster',
    JWT_SECRET: 'only for the bench: 0123456789 abcdefghijk',
    ACCESS_TOKEN_TTL: '12h',
    RATE_LIMIT_PER_MINUTE: '0',
    MAX_ACTIVE_EXECUTIONS_PER_USER: '1000',
    USER_LIMITS: 'queued_executions=0,open_executions=0',
    DEFAULT_MODEL: 'openai/gpt-4o-mini',
    DEMO_MODEL: 'off',
    LOG_LEVEL: 'info',
    OPENAI_API_KEY: 'bench',
    API_HOST: HOST,
    ADMIN_EMAIL: undefined,
    ADMIN_PASSWORD: undefined,
  };
}

async function startRoles(given: {
  dataDir: string;
  environment: Record<string, string | undefined>;
  model: FakeModel;
  undo: Undo;
}): Promise<{ api: BenchChild; apiUrl: string; worker: BenchChild; peerWorker: BenchChild }> {
  const { dataDir, undo } = given;
  const crewsDir = join(dataDir, 'crews');
  await mkdir(crewsDir);
  await writeCrews(crewsDir);
  const port = await getPort({ host: HOST, port: PORTS });
  const environment = {
    ...given.environment,
    OPENAI_BASE_URL: given.model.url,
    API_PORT: String(port),
    DATA_DIR: dataDir,
  };
  const start = async (name: string, path: string, args: string[]): Promise<BenchChild> => {
    const child = await startChild({ name, file: file(path), args, environment, dataDir });
    undo.push(() => child.stop());
    return child;
  };
  // Exactly as `npm start` does it.
  const worker = await start('worker', '../../src/main.ts', ['worker', '--supervised']);
  const api = await start('api', '../processes/api-process.ts', [crewsDir]);
  const address = given.environment['TEMPORAL_ADDRESS'] ?? '';
  const peerWorker = await start('peer-worker', '../processes/peer-worker.ts', [address, PEER_QUEUE]);
  return { api, apiUrl: `http://${HOST}:${port}`, worker, peerWorker };
}

async function login(apiUrl: string, { email, password }: FirstAdmin): Promise<string> {
  const response = await fetch(`${apiUrl}/api/v1/auth/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ email, password }),
  });
  return z.object({ access_token: z.string() }).parse(await response.json()).access_token;
}

async function makeDataDir(undo: Undo): Promise<string> {
  const dataDir = await makeKeptFolder(PREFIX);
  undo.push(() => endServicesOn(dataDir));
  await writeProcessRecord(join(dataDir, OWNER), process.pid);
  return dataDir;
}

/** A bench that was killed together with its keeper leaves its services behind: the next one ends them, by their folder. */
async function removeForgotten(say: Say): Promise<void> {
  const root = await realpath(tmpdir());
  for (const name of await readdir(root)) {
    const folder = join(root, name);
    if (!name.startsWith(PREFIX) || !(await readdir(folder)).includes(OWNER)) continue;
    if ((await livingProcess(join(folder, OWNER))) !== null) continue;
    say('Removing what an earlier bench left behind');
    await endServicesOn(folder);
  }
}
