import { execFile, spawn } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { childEnvironment } from '../config.ts';
import { findProgram, goInstall, userCacheDir } from './go-install.ts';
import { exitOf, type Say } from './service.ts';
import { StartError } from './start-error.ts';

/** The last release of the CLI that `go install` can build; it holds server 1.29.1. */
const CLI_VERSION = '1.5.1';
/** Priorities and fairness, which the engine counts on, came with this server. */
const OLDEST_SERVER = [1, 29] as const;
/** A download that brings nothing for so long is given up. */
const DOWNLOAD_IDLE_MS = 20_000;
/** Reporting rhythm of work that takes minutes. */
const PROGRESS_MS = 10_000;

/** Temporal's CLI, which is also its server. */
export interface TemporalBinary {
  path: string;
  /** Version of the server inside (`1.29.1`). */
  serverVersion: string;
}

/** Where to look; the defaults are what the environment says. */
export interface TemporalBinaryOptions {
  log: Say;
  /** Folder for built and downloaded programs, shared by all clones. */
  cacheDir?: string;
  /** The search path for `temporal` and `go`. */
  path?: string;
  /** Stops a download or a build that is under way. */
  signal?: AbortSignal;
}

/**
 * Finds Temporal's CLI: on the PATH, in the user's cache folder, by the SDK's own download, or by building it
 * with Go, which takes a few minutes once. What was downloaded or built is kept in the cache folder.
 * @throws {StartError} when there is no way, saying what to install
 */
export async function findTemporalBinary(options: TemporalBinaryOptions): Promise<TemporalBinary> {
  const path = options.path ?? childEnvironment({}).PATH ?? '';
  const onPath = await findProgram('temporal', path);
  if (onPath !== null) {
    const serverVersion = await serverVersionOf(onPath);
    if (serverVersion !== null && isNewEnough(serverVersion)) return { path: onPath, serverVersion };
    options.log(
      `${onPath} is not used: server ${serverVersion ?? 'unknown'}, wanted is ${OLDEST_SERVER.join('.')} or newer`,
    );
  }
  const folder = join(options.cacheDir ?? userCacheDir(), `temporal-cli-${CLI_VERSION}`);
  const cached = join(folder, process.platform === 'win32' ? 'temporal.exe' : 'temporal');
  const cachedVersion = await serverVersionOf(cached);
  if (cachedVersion !== null) return { path: cached, serverVersion: cachedVersion };

  await mkdir(folder, { recursive: true });
  // Everything is made in a folder of its own and renamed into place, so that two clones can do it at once.
  const workshop = await mkdtemp(join(folder, 'new-'));
  try {
    const made = (await download(workshop, options)) ?? (await build(workshop, path, options));
    const serverVersion = await serverVersionOf(made);
    if (serverVersion === null) throw new StartError(`${made} does not run on this machine.`);
    await rename(made, cached);
    return { path: cached, serverVersion };
  } finally {
    await rm(workshop, { recursive: true, force: true });
  }
}

/** @returns the server's version, or null when the program is missing, broken or something else. */
async function serverVersionOf(program: string): Promise<string | null> {
  try {
    const { stdout } = await promisify(execFile)(program, ['--version'], { timeout: 20_000 });
    return /Server (\d+\.\d+\.\d+[^,)\s]*)/i.exec(stdout)?.[1] ?? null;
  } catch {
    // Whatever is wrong with it, it is not the program we look for; the next way is tried.
    return null;
  }
}

function isNewEnough(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major > OLDEST_SERVER[0] || (major === OLDEST_SERVER[0] && minor >= OLDEST_SERVER[1]);
}

/**
 * Lets the SDK fetch the CLI, in a process that can be ended. Without network it fails at once.
 * @returns the program, or null when the download does not work
 */
async function download(workshop: string, options: TemporalBinaryOptions): Promise<string | null> {
  options.signal?.throwIfAborted();
  options.log(`Fetching Temporal's CLI ${CLI_VERSION} (once) …`);
  const script = fileURLToPath(new URL('temporal-download.ts', import.meta.url));
  const child = spawn(process.execPath, [script, workshop, `v${CLI_VERSION}`], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (part) => (output += String(part)));
  const abort = (): void => void child.kill('SIGKILL');
  options.signal?.addEventListener('abort', abort);
  const started = Date.now();
  let [bytes, grewAt, saidAt] = [0, started, started];
  const look = async (): Promise<void> => {
    const size = await folderSize(workshop);
    const now = Date.now();
    if (size > bytes) [bytes, grewAt] = [size, now];
    if (now - grewAt > DOWNLOAD_IDLE_MS) child.kill('SIGKILL');
    if (now - saidAt < PROGRESS_MS) return;
    saidAt = now;
    options.log(`  … ${Math.round(bytes / 1e6)} MB, ${Math.round((now - started) / 1000)} s`);
  };
  const watch = setInterval(() => void look(), 1_000);
  const end = await exitOf(child);
  clearInterval(watch);
  options.signal?.removeEventListener('abort', abort);
  options.signal?.throwIfAborted();
  const path = /^downloaded (.+)$/m.exec(output)?.[1];
  if (end === 'exit code 0' && path !== undefined) return path;
  // The SDK's message is a chain of causes; the last ones are the ones that say something.
  const reason = output.trim().split('\n').at(-1)?.split(': ').slice(-2).join(': ');
  options.log(`  the download does not work here (${reason === undefined || reason === '' ? end : reason})`);
  return null;
}

async function folderSize(folder: string): Promise<number> {
  let size = 0;
  for (const name of await readdir(folder).catch(() => [])) {
    size += await stat(join(folder, name)).then(
      (stats) => stats.size,
      () => 0, // renamed or removed in between
    );
  }
  return size;
}

/** Builds the CLI with Go. @throws {StartError} when Go is missing or the build fails */
async function build(workshop: string, path: string, options: TemporalBinaryOptions): Promise<string> {
  const go = await findProgram('go', path);
  if (go === null) {
    throw new StartError(
      "Temporal's CLI was not found and cannot be fetched. Do one of these: install it so that `temporal` is " +
        'on the PATH (docs.temporal.io/cli), install Go (go.dev/dl) and it will be built, or give ' +
        'TEMPORAL_ADDRESS (host:port of a Temporal server).',
    );
  }
  options.log(`Building Temporal's CLI ${CLI_VERSION} with Go (once; about three minutes) …`);
  await goInstall({
    go,
    into: workshop,
    packages: [`github.com/temporalio/cli/cmd/temporal@v${CLI_VERSION}`],
    log: options.log,
    signal: options.signal,
    otherwise: 'Install the CLI (docs.temporal.io/cli) or give TEMPORAL_ADDRESS.',
  });
  return join(workshop, process.platform === 'win32' ? 'temporal.exe' : 'temporal');
}
