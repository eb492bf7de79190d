import { spawn } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { childEnvironment, settingsSchema } from '../../src/config.ts';

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url));

/** What the commands of a test run load is compiled once: a start takes less than half of the time. */
export const COMPILE_CACHE = { NODE_COMPILE_CACHE: join(tmpdir(), 'muster-test-compile-cache') };

/** A command line at work. */
export interface Cli {
  stdout(): string;
  stderr(): string;
  interrupt(): void;
  /** The exit code. */
  ended: Promise<number | null>;
}

/** Runs `muster …` as a process of its own, with only the given settings. */
export function runCli(
  args: readonly string[],
  settings: Record<string, string | undefined>,
  input?: string,
): Cli {
  const none = Object.fromEntries(Object.keys(settingsSchema.shape).map((name) => [name, '']));
  const child = spawn(process.execPath, [MAIN, ...args], {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: childEnvironment({
      ...none,
      NODE_OPTIONS: '',
      FORCE_COLOR: undefined,
      ...COMPILE_CACHE,
      ...settings,
    }),
  });
  child.stdin.end(input ?? '');
  const said = { stdout: '', stderr: '' };
  child.stdout.on('data', (part) => (said.stdout += String(part)));
  child.stderr.on('data', (part) => (said.stderr += String(part)));
  return {
    stdout: () => said.stdout,
    stderr: () => said.stderr,
    interrupt: () => void child.kill('SIGINT'),
    ended: new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (code) => resolve(code));
    }),
  };
}
