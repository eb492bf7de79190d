import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import getPort from 'get-port';
import { childEnvironment, readSettings, type Settings } from '../config.ts';
import { lockDataDir, prepareDataDir } from '../embedded/data-dir.ts';
import { keepRunning } from '../embedded/keep-running.ts';
import { startEmbeddedPostgres } from '../embedded/postgres.ts';
import { superviseRole, type RoleProcess } from '../embedded/role-process.ts';
import type { Say } from '../embedded/service.ts';
import { StartError } from '../embedded/start-error.ts';
import { findTemporalBinary } from '../embedded/temporal-binary.ts';
import type { FirstAdminCredentials } from '../embedded/start-screen.ts';
import { prepareFirstAdmin } from '../persistence/first-admin.ts';
import { migrate } from '../persistence/migrate.ts';
import { createTemporal } from '../temporal/client.ts';
import { setCurrentVersion } from '../temporal/current-version.ts';
import { readCompose, type Compose, type ComposeService } from './compose-file.ts';
import { makeDatabases } from './databases.ts';
import { deploymentSecrets } from './secrets.ts';
import { setUpNamespace, setUpSchema, startTemporalServer } from './temporal-on-postgres.ts';
import { findTemporalPrograms } from './temporal-programs.ts';

/**
 * The services of docker-compose.yml as processes of one machine, for machines without Docker and for tests: the
 * same roles, databases, schemas, server configuration and environment, read from the same files.
 */

const MAIN = fileURLToPath(new URL('../main.ts', import.meta.url));
const READY_TIMEOUT_MS = 120_000;

/** What runs. Several APIs and workers, as a deployment has them. */
export interface NativeDeployment {
  /** `http://host:port` of each API. */
  apiUrls: readonly string[];
  databaseUrl: string;
  temporalAddress: string;
  /** Temporal's CLI. */
  temporalCli: string;
  /** Made at the first start; null afterwards. */
  firstAdmin: FirstAdminCredentials | null;
  apis: readonly RoleProcess[];
  workers: readonly RoleProcess[];
  /** What a process that is started from now on is told; may be changed, as `.env` is before an upgrade. */
  environment: Record<string, string>;
  /** As the service `set-current` does: gives the work to the workers of the build that the environment names. */
  setCurrent(): Promise<string | null>;
  /** Process ids of what is kept running, as it is now. */
  pids(): { postgres: number; temporal: number };
  stop(options: { graceMs: number; hurry: AbortSignal }): Promise<void>;
}

export interface NativeDeploymentOptions {
  dataDir: string;
  /** Of the first API; the next ones follow. 0 for free ones. */
  port: number;
  apis: number;
  /** Default: as many as docker-compose.yml says. */
  workers?: number;
  /** Laid over the environment of APIs and workers. */
  environment?: Readonly<Record<string, string>>;
  say: Say;
  signal?: AbortSignal;
}

type Undo = (() => Promise<unknown>)[];

/** Brings it all up. @throws {StartError} when something does not start; all is down again by then */
export async function startNativeDeployment(options: NativeDeploymentOptions): Promise<NativeDeployment> {
  const undo: Undo = [];
  try {
    return await bringUp(options, undo);
  } catch (error) {
    await takeDown(undo);
    throw error;
  }
}

async function bringUp(options: NativeDeploymentOptions, undo: Undo): Promise<NativeDeployment> {
  const { say, signal } = options;
  const dataDir = await prepareDataDir(options.dataDir);
  undo.unshift(await lockDataDir(dataDir));
  const secrets = await deploymentSecrets(dataDir);
  const compose = await readCompose({ ...childEnvironment({}), ...secrets });
  const programs = await findTemporalPrograms(say, signal);
  const cli = await findTemporalBinary({ log: say, ...(signal !== undefined && { signal }) });
  const restarted = (): Promise<void> => Promise.resolve();

  const now: { postgres?: number; temporal?: number } = {};
  const postgres = await keepRunning({
    name: 'PostgreSQL',
    start: async () => {
      const service = await startEmbeddedPostgres({ dataDir, log: say });
      now.postgres = service.pid;
      return service;
    },
    onRestart: restarted,
    say,
  });
  undo.unshift(postgres.stop);
  await makeDatabases(postgres.first.url, { ...secrets });
  say('✓ PostgreSQL with its roles and databases');

  const place = { dataDir, databasePort: postgres.first.port, programs, log: say };
  await setUpSchema(serviceOf(compose, 'temporal-schema'), place);
  const temporal = await keepRunning({
    name: 'Temporal',
    start: async () => {
      const service = await startTemporalServer(serviceOf(compose, 'temporal'), place);
      now.temporal = service.pid;
      return service;
    },
    onRestart: restarted,
    say,
  });
  undo.unshift(temporal.stop);
  const { address } = temporal.first;
  await setUpNamespace(serviceOf(compose, 'temporal-namespace'), address, cli.path);
  say('✓ Temporal on PostgreSQL');

  const addresses = { postgres: `127.0.0.1:${postgres.first.port}`, temporal: address };
  const { settings, environment } = settingsOf(compose, { options, dataDir, addresses });
  const { applied } = await migrate(settings);
  const firstAdmin = await prepareFirstAdmin(settings);
  say(`✓ Database ready, ${applied} migrations applied`);

  const roles = await startRoles(compose, { options, dataDir, environment }, undo);
  const setCurrentBuild = () => setCurrent(readSettings(childEnvironment(environment)));
  const current = await setCurrentBuild();
  if (current !== null) say(`✓ Build ${current} is the current version`);
  say(`✓ ${roles.apis.length} APIs and ${roles.workers.length} workers ready`);
  return {
    ...roles,
    databaseUrl: settings.DATABASE_URL ?? '',
    temporalAddress: address,
    temporalCli: cli.path,
    firstAdmin,
    environment,
    setCurrent: setCurrentBuild,
    pids: () => ({ postgres: now.postgres ?? 0, temporal: now.temporal ?? 0 }),
    async stop(how) {
      await Promise.all([...roles.apis, ...roles.workers].map((role) => role.stop(how)));
      await takeDown(undo);
    },
  };
}

/** As the service `set-current` does. */
async function setCurrent(settings: Settings): Promise<string | null> {
  const temporal = await createTemporal(settings);
  try {
    return await setCurrentVersion(temporal, settings, { waitMs: READY_TIMEOUT_MS });
  } finally {
    await temporal.close();
  }
}

interface Told {
  options: NativeDeploymentOptions;
  dataDir: string;
  environment: Readonly<Record<string, string>>;
}

async function startRoles(
  compose: Compose,
  { options, dataDir, environment }: Told,
  undo: Undo,
): Promise<Pick<NativeDeployment, 'apis' | 'workers' | 'apiUrls'>> {
  const flags = { api: ['--one-of-several'], worker: [] };
  const role = (name: 'api' | 'worker', number: number, more: Record<string, string>): RoleProcess => {
    const process = superviseRole({
      name: `${name} ${number}`,
      args: [MAIN, ...serviceOf(compose, name).command, '--supervised', ...flags[name]],
      environment: () => childEnvironment({ ...environment, ...more }),
      logFile: join(dataDir, 'logs', `${name}-${number}.log`),
      say: options.say,
    });
    undo.unshift(() => process.stop({ graceMs: 0, hurry: AbortSignal.abort() }));
    return process;
  };
  const ports: number[] = [];
  for (let number = 0; number < options.apis; number += 1) {
    ports.push(options.port === 0 ? await getPort({ host: '127.0.0.1' }) : options.port + number);
  }
  const apis = ports.map((port, index) =>
    role('api', index + 1, { API_HOST: '127.0.0.1', API_PORT: String(port) }),
  );
  const count = options.workers ?? serviceOf(compose, 'worker').deploy.replicas;
  const workers = Array.from({ length: count }, (_, index) => role('worker', index + 1, {}));
  await Promise.all([...apis, ...workers].map(({ firstReady }) => firstReady));
  const apiUrls = ports.map((port) => `http://127.0.0.1:${port}`);
  await Promise.all(apiUrls.map((url) => untilReady(url)));
  return { apis, workers, apiUrls };
}

/** What the services say, with this machine's addresses in place of theirs. */
function settingsOf(
  compose: Compose,
  facts: { options: NativeDeploymentOptions; dataDir: string; addresses: Record<string, string> },
): { settings: Settings; environment: Record<string, string> } {
  const { environment: said } = serviceOf(compose, 'api');
  const { postgres = '', temporal = '' } = facts.addresses;
  const environment = {
    ...said,
    DATABASE_URL: (said['DATABASE_URL'] ?? '').replace('@postgres:5432', `@${postgres}`),
    TEMPORAL_ADDRESS: temporal,
    DATA_DIR: facts.dataDir,
    API_HOST: '127.0.0.1',
    ...facts.options.environment,
  };
  return { settings: readSettings(childEnvironment(environment)), environment };
}

function serviceOf(compose: Compose, name: string): ComposeService {
  const service = compose.services[name];
  if (service === undefined) throw new StartError(`docker-compose.yml has no service "${name}"`);
  return service;
}

async function untilReady(url: string): Promise<void> {
  const deadline = Date.now() + READY_TIMEOUT_MS;
  for (;;) {
    const answer = await fetch(`${url}/readyz`, { signal: AbortSignal.timeout(5_000) }).catch(() => null);
    if (answer?.ok === true) return;
    if (Date.now() > deadline)
      throw new StartError(`The API on ${url} is not ready: ${answer?.status ?? 'no answer'}`);
    await sleep(100);
  }
}

async function takeDown(undo: Undo): Promise<void> {
  for (const step of undo) await step();
}
