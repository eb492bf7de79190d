import { readdir, readFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';

/** Milliseconds by process. */
export type CpuTimes = Record<string, number>;

/** Milliseconds a process has used so far, with its children (PostgreSQL's sessions). Linux only, else null. */
export async function cpuTimes(pids: Record<string, number>): Promise<CpuTimes | null> {
  if (process.platform !== 'linux') return null;
  const all = await processTimes();
  const times = Object.entries(pids).map(([name, pid]) => {
    const living = all.filter((entry) => entry.pid === pid || entry.parent === pid);
    const ended = all.find((entry) => entry.pid === pid)?.endedChildrenMs ?? 0;
    return [name, living.reduce((sum, entry) => sum + entry.ms, ended)];
  });
  return Object.fromEntries(times);
}

/** Linux counts in hundredths of a second, whatever its kernel's clock does. */
const MS_PER_TICK = 10;

interface ProcessTime {
  pid: number;
  parent: number;
  ms: number;
  endedChildrenMs: number;
}

async function processTimes(): Promise<ProcessTime[]> {
  const names = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const texts = await Promise.all(
    // A process may end between the listing and the reading.
    names.map((name) => readFile(`/proc/${name}/stat`, 'utf8').catch(() => '')),
  );
  return texts.flatMap((text, index) => {
    // The second field is the program's name in brackets and may hold anything.
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    const [parent = Number.NaN, ...ticks] = [1, 11, 12, 13, 14].map((at) => Number(fields[at]));
    const [user = Number.NaN, system = 0, endedUser = 0, endedSystem = 0] = ticks;
    if (Number.isNaN(parent + user)) return [];
    const endedChildrenMs = (endedUser + endedSystem) * MS_PER_TICK;
    return [{ pid: Number(names[index]), parent, ms: (user + system) * MS_PER_TICK, endedChildrenMs }];
  });
}

/** What each process has used between two looks, divided by so many runs. */
export function cpuSince(before: CpuTimes | null, after: CpuTimes | null, runs: number): CpuTimes | null {
  if (before === null || after === null) return null;
  return Object.fromEntries(
    Object.keys(after).map((name) => [name, ((after[name] ?? 0) - (before[name] ?? 0)) / runs]),
  );
}

/**
 * Milliseconds that the processors spent since the system's start on anything but this process and what it has
 * started. Linux only, else null.
 */
async function othersMs(): Promise<number | null> {
  if (process.platform !== 'linux') return null;
  const [line = ''] = (await readFile('/proc/stat', 'utf8')).split('\n');
  // user nice system idle iowait irq softirq
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0] = line.split(/\s+/).slice(1).map(Number);
  const all = await processTimes();
  const family = (pid: number): number =>
    all.reduce((sum, entry) => {
      if (entry.pid === pid) return sum + entry.ms + entry.endedChildrenMs;
      return entry.parent === pid ? sum + family(entry.pid) : sum;
    }, 0);
  return (user + nice + system + irq + softirq) * MS_PER_TICK - family(process.pid);
}

/** @returns a function that says what share (0 to 1) of the processors others have had since this call, null off Linux. */
export async function watchOthers(): Promise<() => Promise<number | null>> {
  const [begun, before] = [performance.now(), await othersMs()];
  return async () => {
    const after = await othersMs();
    if (before === null || after === null) return null;
    return (after - before) / ((performance.now() - begun) * availableParallelism());
  };
}
