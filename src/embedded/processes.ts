import { execFile, type ChildProcess } from 'node:child_process';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { z } from 'zod';
import { hasCode } from '../domain/system-error.ts';

/** One step of ending a process: this signal, then so long to go. */
export interface StopStep {
  signal: NodeJS.Signals;
  waitMs: number;
}

/** A process as it was when written down. A pid alone is not enough: the system gives it to others later. */
const processRecord = z.object({ pid: z.number().int().positive(), commandLine: z.string() });
export type ProcessRecord = z.output<typeof processRecord>;

/** @returns what the process was started with, or null when there is none (one that is only a zombie counts as none). */
export async function commandLine(pid: number): Promise<string | null> {
  if (process.platform === 'linux') {
    try {
      const text = await readFile(`/proc/${pid}/cmdline`, 'utf8');
      return text === '' ? null : text.replaceAll('\0', ' ').trim();
    } catch (error) {
      if (hasCode(error, 'ENOENT', 'ESRCH')) return null;
      throw error;
    }
  }
  try {
    const { stdout } = await promisify(execFile)('ps', ['-ww', '-o', 'command=', '-p', String(pid)]);
    return stdout.trim() === '' ? null : stdout.trim();
  } catch {
    // ps answers with an exit code when there is no such process, and has no other way to say it.
    return null;
  }
}

/** Sends a signal. @returns false when the process is gone already. */
export function signalProcess(pid: number, signal: NodeJS.Signals): boolean {
  try {
    process.kill(pid, signal);
    return true;
  } catch (error) {
    if (hasCode(error, 'ESRCH')) return false;
    throw error;
  }
}

/**
 * Ends a process step by step and waits until it is gone.
 * @throws when it outlives the last step.
 */
export async function stopProcess(pid: number, steps: readonly StopStep[]): Promise<void> {
  const whom = await commandLine(pid);
  if (whom === null) return;
  for (const { signal, waitMs } of steps) {
    if (!signalProcess(pid, signal)) return;
    const deadline = Date.now() + waitMs;
    while (Date.now() < deadline) {
      await sleep(25);
      if ((await commandLine(pid)) === null) return;
    }
  }
  throw new Error(`process ${pid} (${whom.slice(0, 120)}) does not end`);
}

/** Ends a child of this process, unless it has ended: its pid may be somebody else's by then. */
export async function stopChild(child: ChildProcess, steps: readonly StopStep[]): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  await stopProcess(child.pid, steps);
}

/** Writes down who `pid` is. @throws when it has ended already. */
export async function describeProcess(pid: number): Promise<ProcessRecord> {
  const line = await commandLine(pid);
  if (line === null) throw new Error(`process ${pid} ended at once`);
  return { pid, commandLine: line };
}

/** @returns the process a record file names, if that very process is still there. */
export async function livingProcess(recordFile: string): Promise<ProcessRecord | null> {
  const text = await readTextIfThere(recordFile);
  if (text === null) return null;
  const parsed = processRecord.safeParse(parseJson(text));
  if (!parsed.success) return null;
  return (await commandLine(parsed.data.pid)) === parsed.data.commandLine ? parsed.data : null;
}

/** Keeps a record of a process that was started, for whoever comes after a crash. */
export async function writeProcessRecord(recordFile: string, pid: number): Promise<void> {
  await writeFile(recordFile, `${JSON.stringify(await describeProcess(pid))}\n`);
}

/** Stops what an earlier start left behind, if it is still there. @returns whether there was something. */
export async function stopLeftBehind(recordFile: string, steps: readonly StopStep[]): Promise<boolean> {
  const left = await livingProcess(recordFile);
  if (left !== null) await stopProcess(left.pid, steps);
  await rm(recordFile, { force: true });
  return left !== null;
}

/** @returns the text of a file, or null when there is no such file. */
export async function readTextIfThere(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return null;
    throw error;
  }
}

/** A file cut off by a crash is no reason to fail: what does not parse is as good as absent. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
