import { spawn } from 'node:child_process';
import { mkdir, realpath } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Connection } from '@temporalio/client';
import { childEnvironment } from '../config.ts';
import { readDynamicConfigFlags } from './dynamic-config.ts';
import { stopLeftBehind, stopChild, writeProcessRecord, type StopStep } from './processes.ts';
import { choosePorts, exitOf, readLogFrom, withLog, type Say } from './service.ts';
import { StartError } from './start-error.ts';
import { findTemporalBinary, type TemporalBinary } from './temporal-binary.ts';
import { markTemporalStore, prepareTemporalStore, setTemporalStoreAside } from './temporal-store.ts';
import { SEARCH_ATTRIBUTES } from '../temporal/names.ts';

/** A running Temporal server with its Web UI, on loopback. */
export interface EmbeddedTemporal {
  /** `host:port` of the gRPC frontend. */
  address: string;
  uiUrl: string;
  pid: number;
  /** Resolves with the reason when the server has ended, asked or not. */
  exited: Promise<string>;
  stop(): Promise<void>;
}

export interface EmbeddedTemporalOptions {
  /** Holds the store, the log, the pid and the ports. */
  dataDir: string;
  /** Keeps nothing on the disk: for tests. */
  inMemory?: boolean;
  namespace: string;
  log: Say;
  /** An already found CLI; else it is looked for, and fetched or built when missing. */
  binary?: TemporalBinary;
  signal?: AbortSignal;
}

const PORTS = ['grpc', 'ui', 'http', 'metrics'] as const;

/** SQLite's own journal keeps a killed server's store whole, so a hard end costs nothing but politeness. */
const STOP: readonly StopStep[] = [
  { signal: 'SIGINT', waitMs: 8_000 },
  { signal: 'SIGKILL', waitMs: 5_000 },
];

const READY_TIMEOUT_MS = 60_000;
/** SERVING in gRPC's health protocol. */
const HEALTH_SERVING = 1;

/**
 * Starts `temporal server start-dev` with the settings of temporal-config/, in a process group of its own. A
 * server left behind by a killed program is stopped first. A store this server cannot use is set aside.
 * @throws {StartError} when it cannot run here, with the reason
 */
export async function startEmbeddedTemporal(options: EmbeddedTemporalOptions): Promise<EmbeddedTemporal> {
  await mkdir(options.dataDir, { recursive: true, mode: 0o700 });
  const dataDir = await realpath(options.dataDir);
  const { log, signal } = options;
  const binary =
    options.binary ?? (await findTemporalBinary({ log, ...(signal === undefined ? {} : { signal }) }));
  const recordFile = join(dataDir, 'temporal.pid');
  if (await stopLeftBehind(recordFile, STOP))
    log('Stopped a Temporal server that an earlier start left behind');

  const store = options.inMemory === true ? null : join(dataDir, 'temporal.db');
  if (store !== null) await prepareTemporalStore(store, binary.serverVersion, log);
  let failure = '';
  for (const _attempt of [1, 2]) {
    const server = await launch({ dataDir, binary, store, namespace: options.namespace });
    const problem = await untilReady(server);
    if (problem === null) {
      if (store !== null) await markTemporalStore(store, binary.serverVersion);
      return {
        address: `127.0.0.1:${server.ports['grpc']}`,
        uiUrl: `http://127.0.0.1:${server.ports['ui']}`,
        pid: server.pid,
        exited: server.exited,
        stop: () => server.stop(),
      };
    }
    failure = problem;
    await server.stop();
    // A port can be taken between choosing it and listening on it: that, too, deserves the second try.
    if (
      store !== null &&
      /malformed|not a database|disk image|no such table|no such column|corrupt/i.test(problem)
    ) {
      await setTemporalStoreAside(store, 'the server does not come up on it', log);
    } else if (!/can't (set|use).* port|address already in use/i.test(problem)) break;
  }
  throw new StartError(`The embedded Temporal server did not start.\n${failure.trim()}`);
}

/** Ends the server on this data directory, whoever started it. */
export async function stopTemporalLeftBehind(dataDir: string, log: Say): Promise<void> {
  if (await stopLeftBehind(recordFile(dataDir), STOP))
    log('Stopped a Temporal server that an earlier start left behind');
}

const recordFile = (dataDir: string): string => join(dataDir, 'temporal.pid');

interface Server {
  pid: number;
  ports: Record<string, number>;
  exited: Promise<string>;
  stop(): Promise<void>;
  readLog(): Promise<string>;
}

async function launch(options: {
  dataDir: string;
  binary: TemporalBinary;
  store: string | null;
  namespace: string;
}): Promise<Server> {
  const ports = await choosePorts(join(options.dataDir, 'temporal.ports'), PORTS);
  const portOf = (name: (typeof PORTS)[number]): string => String(ports[name]);
  const fixed = ['server', 'start-dev', '--ip', '127.0.0.1', '--log-level', 'warn'];
  const listen = ['--port', portOf('grpc'), '--ui-port', portOf('ui')];
  const inside = ['--http-port', portOf('http'), '--metrics-port', portOf('metrics')];
  const pragmas = ['--sqlite-pragma', 'journal_mode=wal', '--sqlite-pragma', 'synchronous=1'];
  const args = [
    ...fixed,
    ...listen,
    ...inside,
    ...(options.namespace === 'default' ? [] : ['--namespace', options.namespace]),
    ...SEARCH_ATTRIBUTES.flatMap((name) => ['--search-attribute', `${name}=Keyword`]),
    ...(await readDynamicConfigFlags(new URL('../../temporal-config/dynamicconfig.yaml', import.meta.url))),
    ...(options.store === null ? [] : ['--db-filename', options.store, ...pragmas]),
  ];
  // Only what a program needs to run: TEMPORAL_… settings in the environment are meant for us, not for it.
  const { PATH, HOME } = childEnvironment({});
  const logFile = join(options.dataDir, 'logs', 'temporal.log');
  const { result: child, from } = withLog(logFile, (fd) =>
    spawn(options.binary.path, args, {
      cwd: options.dataDir,
      env: { PATH, HOME },
      detached: true,
      stdio: ['ignore', fd, fd],
    }),
  );
  const exited = exitOf(child);
  if (child.pid === undefined) throw new StartError(`${options.binary.path} does not start`);
  await writeProcessRecord(recordFile(options.dataDir), child.pid);
  return {
    pid: child.pid,
    ports,
    exited,
    stop: () => stopChild(child, STOP),
    readLog: () => readLogFrom(logFile, from),
  };
}

/** @returns null once the frontend says it is serving, else the reason. */
async function untilReady(server: Server): Promise<string | null> {
  const state: { ended: string | null } = { ended: null };
  void server.exited.then((end) => (state.ended = end));
  const deadline = Date.now() + READY_TIMEOUT_MS;
  while (Date.now() < deadline) {
    if (await isServing(server.ports['grpc'] ?? 0)) return null;
    if (state.ended !== null) return `${state.ended}\n${await server.readLog()}`;
    await sleep(50);
  }
  return `not ready after ${READY_TIMEOUT_MS / 1000} s\n${await server.readLog()}`;
}

/** @returns whether the frontend on this port of this machine says that it is serving */
export async function isServing(port: number): Promise<boolean> {
  // gRPC waits a second after a refused connection; a plain socket finds out as soon as somebody listens.
  if (!(await accepts(port))) return false;
  let connection: Connection | undefined;
  try {
    connection = await Connection.connect({ address: `127.0.0.1:${port}`, connectTimeout: 2_000 });
    const health = await connection.healthService.check({
      service: 'temporal.api.workflowservice.v1.WorkflowService',
    });
    const status: number = health.status;
    return status === HEALTH_SERVING;
  } catch {
    // Not there yet, or never: the caller's deadline and the process's end tell the two apart.
    return false;
  } finally {
    await connection?.close();
  }
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port }, () => resolve(true));
    socket.once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}
