import { spawn, type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { setTimeout as sleep } from 'node:timers/promises';
import { settingsSchema } from '../../src/config.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** One run of an npm script, as somebody at a terminal would have it. */
export interface NpmCommand {
  /** All it has written so far, errors included. */
  output(): string;
  /** Resolves with the exit code, or the signal's name. */
  ended: Promise<number | NodeJS.Signals>;
  /** @throws when the text is not written in time, or the command ends before */
  untilSays(text: string, timeoutMs: number): Promise<void>;
  /** To the whole process group, as a terminal does it. */
  signal(signal: NodeJS.Signals): void;
  /** Command lines of all that was started by this command, or by what it started, and still runs. Linux only. */
  processes(): Promise<{ pid: number; commandLine: string }[]>;
}

/** Runs `npm run <script> -- <args>` with only the given settings, in a process group of its own. */
export function runNpm(
  script: string,
  args: readonly string[],
  settings: Record<string, string> = {},
): NpmCommand {
  const mark = `MUSTER_TEST_MARK=${randomUUID()}`;
  // Empty counts as not given, and keeps an .env of the developer's from being read into the test.
  const none = Object.fromEntries(Object.keys(settingsSchema.shape).map((name) => [name, '']));
  const { NODE_OPTIONS: _jest, ...environment } = process.env;
  const child = spawn('npm', ['run', '--silent', script, '--', ...args], {
    cwd: root,
    env: { ...environment, ...none, ...settings, MUSTER_TEST_MARK: mark.split('=')[1] },
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (part) => (output += String(part)));
  const ended = endOf(child);
  const state = { over: false };
  void ended.finally(() => (state.over = true));
  return {
    output: () => output,
    ended,
    async untilSays(text, timeoutMs) {
      const deadline = Date.now() + timeoutMs;
      while (!output.includes(text)) {
        if (state.over || Date.now() > deadline) throw new Error(`never said "${text}":\n${output}`);
        await sleep(50);
      }
    },
    signal: (signal) => void (child.pid === undefined ? undefined : process.kill(-child.pid, signal)),
    processes: () => markedProcesses(mark, args),
  };
}

function endOf(child: ChildProcess): Promise<number | NodeJS.Signals> {
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => resolve(code ?? signal ?? 1));
  });
}

/** Found by the mark in their environment, or, where that is not handed on, by a folder among the arguments. */
async function markedProcesses(
  mark: string,
  args: readonly string[],
): Promise<{ pid: number; commandLine: string }[]> {
  const folder = args.find((arg) => arg.startsWith('/'));
  const found: { pid: number; commandLine: string }[] = [];
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const [environment, commandLine] = await Promise.all(
      ['environ', 'cmdline'].map((file) => readFile(`/proc/${name}/${file}`, 'utf8').catch(() => '')),
    );
    if (commandLine === undefined || commandLine === '') continue;
    const isOurs =
      environment?.includes(mark) === true || (folder !== undefined && commandLine.includes(folder));
    if (isOurs) found.push({ pid: Number(name), commandLine: commandLine.replaceAll('\0', ' ') });
  }
  return found;
}
