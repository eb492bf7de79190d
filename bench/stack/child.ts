import { spawn, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { childEnvironment } from '../../src/config.ts';
import { stopChild } from '../../src/embedded/processes.ts';
import { exitOf, readLogFrom, withLog } from '../../src/embedded/service.ts';

/** A process of the bench, up and ready. */
export interface BenchChild {
  name: string;
  pid: number;
  process: ChildProcess;
  /** Resolves with the reason when it has ended. */
  exited: Promise<string>;
  stop(): Promise<void>;
}

/**
 * Starts `node <file> …` with an IPC channel and waits until it says `ready`. It writes to a log file, gets a
 * process group of its own (a Ctrl-C must not end it before its clients), and ends when this process is gone.
 * @throws with the end of its log when it ends before
 */
export async function startChild(options: {
  name: string;
  file: string;
  args: readonly string[];
  environment?: Record<string, string | undefined>;
  dataDir: string;
}): Promise<BenchChild> {
  const { name, file, args, dataDir } = options;
  const logFile = join(dataDir, 'logs', `${name}.log`);
  const { result: child, from } = withLog(logFile, (fd) =>
    spawn(process.execPath, [file, ...args], {
      // Not where the bench was started: a .env there is meant for something else.
      cwd: dataDir,
      env: childEnvironment({ NODE_OPTIONS: '', ...options.environment }),
      detached: true,
      stdio: ['ignore', fd, fd, 'ipc'],
    }),
  );
  const exited = exitOf(child);
  const ready = new Promise<void>((resolve) => {
    child.once('message', () => resolve());
  });
  const end = await Promise.race([ready, exited]);
  const { pid } = child;
  if (typeof end === 'string' || pid === undefined) {
    throw new Error(`${name} did not start (${end ?? 'no process'}):\n${await readLogFrom(logFile, from)}`);
  }
  const steps = [
    { signal: 'SIGTERM' as const, waitMs: 10_000 },
    { signal: 'SIGKILL' as const, waitMs: 5_000 },
  ];
  return { name, pid, process: child, exited, stop: () => stopChild(child, steps) };
}
