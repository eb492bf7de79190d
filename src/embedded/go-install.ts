import { spawn } from 'node:child_process';
import { access, constants } from 'node:fs/promises';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { childEnvironment } from '../config.ts';
import { exitOf, type Say } from './service.ts';
import { StartError } from './start-error.ts';

/** Programs that are built with Go where they cannot be had otherwise, and where such programs are kept. */

/** Reporting rhythm of work that takes minutes. */
const PROGRESS_MS = 10_000;

/** What was fetched or built once serves every clone of this user. */
export function userCacheDir(): string {
  return join(childEnvironment({}).XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'muster');
}

/** @param path a search path, as PATH is. @returns where the program lies, or null */
export async function findProgram(name: string, path: string): Promise<string | null> {
  const file = process.platform === 'win32' ? `${name}.exe` : name;
  for (const folder of path.split(delimiter).filter((part) => part !== '')) {
    const candidate = join(folder, file);
    const found = await access(candidate, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (found) return candidate;
  }
  return null;
}

/**
 * Builds programs with Go and says how it gets on.
 * @param options.packages `module/path@version`, of one module
 * @param options.otherwise what somebody can do when it fails
 * @throws {StartError} when the build fails; the signal's reason when it was stopped
 */
export async function goInstall(options: {
  go: string;
  into: string;
  packages: readonly string[];
  log: Say;
  signal?: AbortSignal | undefined;
  otherwise: string;
}): Promise<void> {
  const { log, signal } = options;
  const started = Date.now();
  const seconds = (): number => Math.round((Date.now() - started) / 1000);
  const child = spawn(options.go, ['install', '-ldflags', '-s -w', ...options.packages], {
    cwd: options.into,
    env: childEnvironment({ GOBIN: options.into }),
    stdio: ['ignore', 'ignore', 'pipe'],
    detached: true,
  });
  // Go's compilers are its children: the group ends as one.
  const abort = (): void => void (child.pid === undefined ? undefined : process.kill(-child.pid, 'SIGTERM'));
  signal?.addEventListener('abort', abort);
  let output = '';
  let downloads = 0;
  child.stderr.on('data', (part) => {
    output = (output + String(part)).slice(-8_000);
    downloads += String(part).split('go: downloading').length - 1;
  });
  const progress = setInterval(
    () => log(`  … ${seconds()} s${downloads > 0 ? `, ${downloads} packages fetched` : ''}`),
    PROGRESS_MS,
  );
  const end = await exitOf(child);
  clearInterval(progress);
  signal?.removeEventListener('abort', abort);
  signal?.throwIfAborted();
  if (end !== 'exit code 0') {
    throw new StartError(
      `Building ${options.packages.join(', ')} failed (go install: ${end}).\n${output.trim().slice(-1_500)}\n` +
        options.otherwise,
    );
  }
  log(`  built (${seconds()} s)`);
}
