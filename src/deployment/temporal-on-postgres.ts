import { spawn } from 'node:child_process';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { childEnvironment } from '../config.ts';
import { stopChild, stopLeftBehind, writeProcessRecord, type StopStep } from '../embedded/processes.ts';
import { choosePorts, exitOf, readLogFrom, withLog, type Say } from '../embedded/service.ts';
import { StartError } from '../embedded/start-error.ts';
import { isServing } from '../embedded/temporal-server.ts';
import type { ComposeService } from './compose-file.ts';
import type { TemporalPrograms } from './temporal-programs.ts';

/** The services `temporal-schema`, `temporal` and `temporal-namespace` of docker-compose.yml as processes of this machine. */

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const READY_TIMEOUT_MS = 90_000;
const STOP: readonly StopStep[] = [
  { signal: 'SIGTERM', waitMs: 15_000 },
  { signal: 'SIGKILL', waitMs: 5_000 },
];
/** Each is a setting of temporal-config/server.yaml: a machine has one of each port where a container has its own. */
const PORTS = {
  TEMPORAL_FRONTEND_PORT: 'frontend',
  TEMPORAL_HISTORY_PORT: 'history',
  TEMPORAL_MATCHING_PORT: 'matching',
  TEMPORAL_WORKER_PORT: 'worker',
  TEMPORAL_FRONTEND_MEMBERSHIP_PORT: 'frontend-membership',
  TEMPORAL_HISTORY_MEMBERSHIP_PORT: 'history-membership',
  TEMPORAL_MATCHING_MEMBERSHIP_PORT: 'matching-membership',
  TEMPORAL_WORKER_MEMBERSHIP_PORT: 'worker-membership',
  TEMPORAL_METRICS_PORT: 'metrics',
};

/** The server keeps the ports of its members in a signed column of two bytes. */
const PORT_RANGE = [20_000, 32_000] as const;

/** A running Temporal server. */
export interface TemporalServer {
  /** `host:port` of the frontend. */
  address: string;
  pid: number;
  exited: Promise<string>;
  stop(): Promise<void>;
}

interface Place {
  dataDir: string;
  databasePort: number;
  programs: TemporalPrograms;
  log: Say;
}

/** Only what a program needs to run, and what its service says. */
function environmentOf(service: ComposeService, more: Record<string, string>): NodeJS.ProcessEnv {
  const { PATH, HOME } = childEnvironment({});
  return { PATH, HOME, ...service.environment, ...more };
}

/** Runs one of the scripts of temporal-config to its end. @throws {StartError} with what it said when it fails */
export async function runScript(service: ComposeService, more: Record<string, string>): Promise<void> {
  const [shell = 'sh', script = ''] = service.entrypoint;
  const child = spawn(shell, [join(ROOT, script)], {
    env: environmentOf(service, more),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (part) => (said += String(part)));
  const end = await exitOf(child);
  if (end !== 'exit code 0') throw new StartError(`${script}: ${end}\n${said.slice(-2_000)}`);
}

/** Makes Temporal's tables, or brings them up to date. */
export const setUpSchema = (service: ComposeService, { databasePort, programs }: Place): Promise<void> =>
  runScript(service, {
    TEMPORAL_DB_HOST: '127.0.0.1',
    TEMPORAL_DB_PORT: String(databasePort),
    TEMPORAL_SQL_TOOL: programs.sqlTool,
  });

/** Starts the server in a process group of its own. @throws {StartError} when it does not come up */
export async function startTemporalServer(service: ComposeService, place: Place): Promise<TemporalServer> {
  const { dataDir, databasePort, programs, log } = place;
  const record = join(dataDir, 'temporal-server.pid');
  if (await stopLeftBehind(record, STOP)) log('Stopped a Temporal server that an earlier start left behind');
  const ports = await choosePorts(join(dataDir, 'temporal-server.ports'), Object.values(PORTS), PORT_RANGE);
  const port = ports['frontend'] ?? 0;
  const settings = Object.fromEntries(Object.entries(PORTS).map(([name, key]) => [name, String(ports[key])]));
  const [, ...args] = service.entrypoint;
  const logFile = join(dataDir, 'logs', 'temporal-server.log');
  const { result: child, from } = withLog(logFile, (fd) =>
    spawn(
      programs.server,
      args.map((arg) => (arg === '/' ? ROOT : arg)),
      {
        cwd: ROOT,
        detached: true,
        stdio: ['ignore', fd, fd],
        env: environmentOf(service, {
          ...settings,
          TEMPORAL_DB_ADDRESS: `127.0.0.1:${databasePort}`,
          TEMPORAL_BIND_IP: '127.0.0.1',
          TEMPORAL_DYNAMIC_CONFIG: join(ROOT, service.environment['TEMPORAL_DYNAMIC_CONFIG'] ?? ''),
        }),
      },
    ),
  );
  const exited = exitOf(child);
  if (child.pid === undefined) throw new StartError(`${programs.server} does not start`);
  await writeProcessRecord(record, child.pid);
  const ended: { reason: string | null } = { reason: null };
  void exited.then((reason) => (ended.reason = reason));
  const deadline = Date.now() + READY_TIMEOUT_MS;
  while (!(await isServing(port))) {
    if (ended.reason !== null || Date.now() > deadline) {
      await stopChild(child, STOP);
      const said = await readLogFrom(logFile, from);
      throw new StartError(`Temporal's server did not start (${ended.reason ?? 'no answer'}).\n${said}`);
    }
    await sleep(100);
  }
  return { address: `127.0.0.1:${port}`, pid: child.pid, exited, stop: () => stopChild(child, STOP) };
}

/** Makes the namespace and the search attributes. @param cli Temporal's CLI */
export const setUpNamespace = (service: ComposeService, address: string, cli: string): Promise<void> =>
  runScript(service, {
    TEMPORAL_ADDRESS: address,
    TEMPORAL_CLI: cli,
    PATH: `${dirname(cli)}:${childEnvironment({}).PATH}`,
  });
