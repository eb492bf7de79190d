import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { hasCode } from '../domain/system-error.ts';
import { childEnvironment } from '../config.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const built = join(root, 'dist', 'console');
/** Holds the hash of the sources that the built console was made of. */
const stampFile = join(built, '.sources');

/** Everything that is in it: its own sources, the client it speaks by, the packages. */
async function hashOfSources(): Promise<string> {
  const hash = createHash('sha256');
  for (const folder of ['console', 'src/client']) {
    const entries = await readdir(join(root, folder), { recursive: true, withFileTypes: true });
    const files = entries
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name));
    for (const file of files.sort()) hash.update(file.slice(root.length)).update(await readFile(file));
  }
  return hash.update(await readFile(join(root, 'package-lock.json'))).digest('hex');
}

/** Runs Vite to its end. @returns what it said, when it failed */
function runVite(outDir: string, signal: AbortSignal | undefined): Promise<string | null> {
  const vite = join(root, 'node_modules', 'vite', 'bin', 'vite.js');
  const args = ['build', '--config', join(root, 'console', 'vite.config.ts'), '--outDir', outDir];
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [vite, ...args, '--logLevel', 'error'], {
      cwd: root,
      signal,
      // Under any other name React is built with all its warnings, at twice the size.
      env: childEnvironment({ NODE_ENV: 'production' }),
    });
    let said = '';
    const listen = (chunk: Buffer): void => {
      said = `${said}${chunk.toString('utf8')}`.slice(-4_000);
    };
    child.stdout.on('data', listen);
    child.stderr.on('data', listen);
    child.once('error', reject);
    child.once('close', (code) => resolve(code === 0 ? null : said));
  });
}

/**
 * Builds the console into dist/console where that is missing or made of other sources: seconds, once.
 * @returns whether there was anything to do
 * @throws {Error} with what the bundler said
 */
export async function buildConsole({ signal }: { signal?: AbortSignal } = {}): Promise<boolean> {
  const sources = await hashOfSources();
  const stamp = await readFile(stampFile, 'utf8').catch((error: unknown) => {
    if (hasCode(error, 'ENOENT')) return null;
    throw error;
  });
  if (stamp === sources) return false;
  // Made aside and put in place whole: an API that reads meanwhile has the old one or the new one.
  const aside = `${built}.${process.pid}`;
  try {
    const problem = await runVite(aside, signal);
    if (problem !== null) throw new Error(`the console could not be built: ${problem}`);
    await writeFile(join(aside, '.sources'), sources);
    await rm(built, { recursive: true, force: true });
    await rename(aside, built);
  } finally {
    await rm(aside, { recursive: true, force: true });
  }
  return true;
}
