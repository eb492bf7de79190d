import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import getPort from 'get-port';
import { childEnvironment, type Settings } from './config.ts';
import { isLoopback } from './http/loopback-only.ts';
import {
  dataDirHolder,
  ensureJwtSecret,
  lockDataDir,
  prepareDataDir,
  writePrivate,
} from './embedded/data-dir.ts';
import { keepRunning } from './embedded/keep-running.ts';
import { aborted, superviseRole, type RoleProcess } from './embedded/role-process.ts';
import { portProblem, type Say } from './embedded/service.ts';
import { StartError } from './embedded/start-error.ts';
import { firstAdminLines, startScreen, type StartFacts } from './embedded/start-screen.ts';
import type { StopSignals } from './embedded/stop-signals.ts';
import { watchSources } from './embedded/watch-sources.ts';

/** What `npm start` can be told beside the settings. */
export interface StartOptions {
  /** Every request is the local admin's. */
  noAuth: boolean;
  /** Restarts API and worker when a source file changes. */
  reload: boolean;
}

/** What the supervisor brings up, and how it is reached. */
interface Running {
  settings: Settings;
  /** Absolute. */
  dataDir: string;
  databaseUrl: string;
  temporalAddress: string;
  temporalUiUrl: string | undefined;
  firstAdmin: StartFacts['firstAdmin'];
}

/** What is taken down, in this order: nothing ends before what uses it. */
const STAGES = ['watching', 'API and worker', 'Temporal', 'PostgreSQL', 'the lock'] as const;
type Undo = Map<(typeof STAGES)[number], () => Promise<void>>;

/** A worker's own grace is 25 s; a little more, and the supervisor still ends before an impatient parent's 30 s. */
const ROLE_GRACE_MS = 27_000;
const READY_TIMEOUT_MS = 120_000;
const WATCHED = ['src', 'workflows', 'activities'];

/**
 * `npm start`: brings up PostgreSQL, Temporal (each unless an address is given), the API and the worker, keeps
 * them up, and takes all of them down, in order, when asked to stop.
 * @throws {StartError} for what the person at the terminal can put right; everything is down again by then
 */
export async function start(
  settings: Settings,
  options: StartOptions,
  say: Say,
  signals: StopSignals,
): Promise<void> {
  if (options.noAuth && !isLoopback(settings.API_HOST)) {
    throw new StartError(
      `--no-auth opens everything to whoever can connect, so it works on loopback only, not on ${settings.API_HOST}.`,
    );
  }
  const undo: Undo = new Map();
  try {
    await bringUp(settings, options, { say, signals, undo });
    await aborted(signals.stop);
  } catch (error) {
    // A start that was told to stop ends the way a finished one does.
    if (!signals.stop.aborted) throw error;
  } finally {
    await takeDown(undo, say, signals);
  }
}

interface Context {
  say: Say;
  signals: StopSignals;
  undo: Undo;
}

async function bringUp(given: Settings, options: StartOptions, context: Context): Promise<void> {
  const { say, undo } = context;
  const begun = performance.now();
  const port = await checkApiPort(given);
  const dataDir = await prepareDataDir(given.DATA_DIR);
  const unlock = await lockDataDir(dataDir);
  undo.set('the lock', unlock);

  const JWT_SECRET = await ensureJwtSecret(given, {
    dataDir,
    databaseIsEmbedded: given.DATABASE_URL === undefined,
    hostIsLoopback: isLoopback(given.API_HOST),
  });
  const settings = { ...given, API_PORT: port, DATA_DIR: dataDir, JWT_SECRET };
  const running: Running = {
    settings,
    dataDir,
    databaseUrl: given.DATABASE_URL ?? '',
    temporalAddress: given.TEMPORAL_ADDRESS ?? '',
    temporalUiUrl: given.TEMPORAL_UI_URL,
    firstAdmin: null,
  };
  const roles: RoleProcess[] = [];
  try {
    await bringUpServices(running, roles, context);
    await bringUpRoles(running, options, roles, context);
  } catch (error) {
    // Whatever went wrong: these are known to nobody else, and there is no second time.
    for (const line of firstAdminLines(running.firstAdmin, settings)) say(line);
    throw error;
  }
  const { demoStandsIn } = (await import('./models/create-models.ts')).createModels(settings);
  const { firstAdmin, temporalUiUrl } = running;
  const keyFile = existsSync(cliKeyFile(dataDir)) ? cliKeyFile(dataDir) : undefined;
  const { noAuth } = options;
  const facts = {
    apiUrl: urlOf(settings),
    settings,
    temporalUiUrl,
    firstAdmin,
    cliKeyFile: keyFile,
    noAuth,
    demoStandsIn,
  };
  for (const line of startScreen(facts)) say(line);
  say(`(started in ${seconds(begun)})`);
}

/** PostgreSQL with its schema and its first admin, Temporal, and the console's files, side by side. Fills in `running`. */
async function bringUpServices(running: Running, roles: RoleProcess[], context: Context): Promise<void> {
  const database = bringUpDatabase(running, roles, context);
  const temporal = bringUpTemporal(running, roles, context);
  // Both come to an end before a failure is passed on: what is half up must be known to be taken down.
  await Promise.allSettled([database, temporal, bringUpConsole(context)]);
  await Promise.all([database, temporal]);
}

/** Crews run without the page that shows them: where it cannot be built, the start says so and goes on. */
async function bringUpConsole({ say, signals }: Context): Promise<void> {
  const { buildConsole } = await import('./embedded/console-build.ts');
  const begun = performance.now();
  try {
    if (await buildConsole({ signal: signals.stop })) say(`✓ Console built (${seconds(begun)})`);
  } catch (error) {
    if (!signals.stop.aborted) say(`✗ No console: ${error instanceof Error ? error.message : String(error)}`);
  }
}

async function bringUpDatabase(running: Running, roles: RoleProcess[], context: Context): Promise<void> {
  const { say, signals, undo } = context;
  const { dataDir } = running;
  const isEmbedded = running.databaseUrl === '';
  if (isEmbedded) {
    const { startEmbeddedPostgres } = await import('./embedded/postgres.ts');
    const service = await timed(say, 'PostgreSQL ready', () =>
      keepRunning({
        name: 'PostgreSQL',
        start: () => startEmbeddedPostgres({ dataDir, log: say }),
        onRestart: async ({ url }) => {
          if (url === running.databaseUrl) return;
          running.databaseUrl = url;
          await restartAll(roles);
        },
        say,
      }),
    );
    undo.set('PostgreSQL', service.stop);
    running.databaseUrl = service.first.url;
  }
  signals.stop.throwIfAborted();
  const settings = { ...running.settings, DATABASE_URL: running.databaseUrl };
  const { migrate } = await import('./persistence/migrate.ts');
  const { prepareFirstAdmin } = await import('./persistence/first-admin.ts');
  const { firstAdmin } = await timed(
    say,
    ({ applied }) =>
      `Database ready${applied === 0 ? '' : `, ${applied} migration${applied === 1 ? '' : 's'} applied`}`,
    async () => {
      try {
        const { applied } = await migrate(settings);
        return { applied, firstAdmin: await prepareFirstAdmin(settings) };
      } catch (error) {
        throw isEmbedded ? error : explainDatabase(error);
      }
    },
  );
  running.firstAdmin = firstAdmin;
  if (firstAdmin !== null) await writePrivate(cliKeyFile(dataDir), firstAdmin.apiKey);
}

async function bringUpTemporal(running: Running, roles: RoleProcess[], context: Context): Promise<void> {
  if (running.temporalAddress !== '') return;
  const { say, signals, undo } = context;
  const { startEmbeddedTemporal } = await import('./embedded/temporal-server.ts');
  const { findTemporalBinary } = await import('./embedded/temporal-binary.ts');
  const binary = await findTemporalBinary({ log: say, signal: signals.stop });
  signals.stop.throwIfAborted();
  const { dataDir, settings } = running;
  const service = await timed(say, 'Temporal ready', () =>
    keepRunning({
      name: 'Temporal',
      start: () =>
        startEmbeddedTemporal({ dataDir, namespace: settings.TEMPORAL_NAMESPACE, log: say, binary }),
      onRestart: async ({ address, uiUrl }) => {
        if (address === running.temporalAddress) return;
        running.temporalAddress = address;
        running.temporalUiUrl = settings.TEMPORAL_UI_URL ?? uiUrl;
        await restartAll(roles);
      },
      say,
    }),
  );
  undo.set('Temporal', service.stop);
  running.temporalAddress = service.first.address;
  running.temporalUiUrl ??= service.first.uiUrl;
}

async function bringUpRoles(
  running: Running,
  options: StartOptions,
  roles: RoleProcess[],
  { say, signals, undo }: Context,
): Promise<void> {
  const environment = (): NodeJS.ProcessEnv =>
    childEnvironment({
      API_HOST: running.settings.API_HOST,
      API_PORT: String(running.settings.API_PORT),
      DATA_DIR: running.dataDir,
      DATABASE_URL: running.databaseUrl,
      TEMPORAL_ADDRESS: running.temporalAddress,
      TEMPORAL_UI_URL: running.temporalUiUrl,
      JWT_SECRET: running.settings.JWT_SECRET,
    });
  signals.stop.throwIfAborted();
  const main = fileURLToPath(new URL('main.ts', import.meta.url));
  const begun = performance.now();
  const role = (name: string, label: string, flags: string[] = []): RoleProcess => {
    const logFile = join(running.dataDir, 'logs', `${name}.log`);
    return superviseRole({
      name: label,
      args: [main, name, '--supervised', ...flags],
      environment,
      logFile,
      say,
    });
  };
  roles.push(role('api', 'API', options.noAuth ? ['--no-auth'] : []), role('worker', 'worker'));
  undo.set('API and worker', async () => {
    await Promise.all(roles.map((each) => each.stop({ graceMs: ROLE_GRACE_MS, hurry: signals.hurry })));
  });
  if (options.reload) {
    const root = fileURLToPath(new URL('..', import.meta.url));
    const stopWatching = watchSources(root, WATCHED, async (file) => {
      say(`${file} changed: API and worker are started again`);
      await restartAll(roles);
    });
    undo.set('watching', () => Promise.resolve(stopWatching()));
  }
  const ready = Promise.all(roles.map((each) => each.firstReady)).then(() =>
    untilReady(urlOf(running.settings), signals),
  );
  await Promise.race([ready, aborted(signals.stop)]);
  ready.catch(() => undefined);
  signals.stop.throwIfAborted();
  say(`✓ API and worker ready (${seconds(begun)})`);
}

const restartAll = async (roles: readonly RoleProcess[]): Promise<void> => {
  await Promise.all(roles.map((role) => role.restart()));
};

/** The API says itself, by `/readyz`, when it can do its work. */
async function untilReady(apiUrl: string, { stop }: StopSignals): Promise<void> {
  const deadline = Date.now() + READY_TIMEOUT_MS;
  let last = 'no answer';
  while (Date.now() < deadline && !stop.aborted) {
    try {
      const response = await fetch(`${apiUrl}/readyz`, { signal: AbortSignal.timeout(5_000) });
      if (response.status === 200) return;
      last = `${response.status} ${(await response.text()).slice(0, 300)}`;
    } catch (error) {
      last = error instanceof Error ? error.message : String(error);
    }
    await sleep(100);
  }
  if (!stop.aborted) throw new StartError(`The API is not ready after ${READY_TIMEOUT_MS / 1000} s: ${last}`);
}

/** @returns the port to take. @throws {StartError} when it cannot be had, naming the flag that chooses another */
async function checkApiPort(settings: Settings): Promise<number> {
  const { API_HOST: host, API_PORT: port } = settings;
  if (port === 0) return getPort({ host });
  const problem = await portProblem(host, port);
  if (problem === null) return port;
  if (problem === 'EADDRINUSE') {
    const holder = await dataDirHolder(settings.DATA_DIR);
    const who =
      holder === null ? '' : `; Muster is already running on ${settings.DATA_DIR} (process ${holder})`;
    throw new StartError(
      `Port ${port} on ${host} is taken${who}. Choose another: npm start -- --port ${port + 1}`,
    );
  }
  if (problem === 'EACCES') {
    throw new StartError(
      `Port ${port} needs more rights than this user has. Choose another: npm start -- --port 8000`,
    );
  }
  throw new StartError(`Nothing can listen on ${host}:${port} (${problem}). Choose with --host and --port.`);
}

/** What fails is said and does not keep the rest from ending. */
async function takeDown(undo: Undo, say: Say, { stop }: StopSignals): Promise<void> {
  const begun = performance.now();
  if (stop.aborted) say('Stopping … (Ctrl-C again does not wait for work in flight)');
  for (const stage of STAGES) {
    try {
      await undo.get(stage)?.();
    } catch (error) {
      say(`${stage}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  if (stop.aborted) say(`Stopped (${seconds(begun)}).`);
}

const seconds = (begun: number): string => `${((performance.now() - begun) / 1000).toFixed(1)} s`;

async function timed<T>(
  say: Say,
  label: string | ((result: T) => string),
  work: () => Promise<T>,
): Promise<T> {
  const begun = performance.now();
  const result = await work();
  say(`✓ ${typeof label === 'string' ? label : label(result)} (${seconds(begun)})`);
  return result;
}

const cliKeyFile = (dataDir: string): string => join(dataDir, 'cli-key');

/** How this machine reaches the API: a wildcard address is for listening only. */
function urlOf(settings: Settings): string {
  const wildcards: Record<string, string> = { '0.0.0.0': '127.0.0.1', '::': '[::1]' };
  const host =
    wildcards[settings.API_HOST] ??
    (settings.API_HOST.includes(':') ? `[${settings.API_HOST}]` : settings.API_HOST);
  return `http://${host}:${settings.API_PORT}`;
}

/** Failures to reach or enter the database are the operator's; others are bugs and keep their stack. */
function explainDatabase(error: unknown): unknown {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (!(error instanceof Error) || !/^(E[A-Z]+|28\w{3}|3D000|57P03|53300)$/.test(code)) return error;
  return new StartError(`The database of DATABASE_URL cannot be used: ${error.message || code}`, {
    cause: error,
  });
}
