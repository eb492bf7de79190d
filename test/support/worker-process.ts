import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { childEnvironment, type Settings } from '../../src/config.ts';

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url));

/** A worker as operators run it, in a process of its own, so that a test can kill it. */
export interface WorkerProcess {
  pid: number;
  /** Everything it has logged so far. */
  said(): string;
  /** Resolves with its exit code when it ends, by itself or not. */
  ended: Promise<number | null>;
  /** `kill -9`: no warning, no clean-up. */
  kill(): Promise<void>;
  /** Ends it politely. @returns its exit code. */
  stop(): Promise<number | null>;
}

/** Starts a worker and returns once it polls. @throws with what it said when it ends before. */
export async function startWorkerProcess(
  settings: Settings & { DATABASE_URL: string },
  overrides: Record<string, string> = {},
): Promise<WorkerProcess> {
  const child = spawn(process.execPath, [MAIN, 'worker', '--supervised'], {
    // Supervised as under `npm start`: it ends at once when this process is gone, however it went.
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    env: childEnvironment({
      NODE_OPTIONS: '',
      DATABASE_URL: settings.DATABASE_URL,
      TEMPORAL_ADDRESS: settings.TEMPORAL_ADDRESS,
      TEMPORAL_TASK_QUEUE: settings.TEMPORAL_TASK_QUEUE,
      JWT_SECRET: settings.JWT_SECRET,
      OPENAI_BASE_URL: settings.OPENAI_BASE_URL,
      OPENAI_API_KEY: settings.OPENAI_API_KEY,
      LOG_LEVEL: 'info',
      ...overrides,
    }),
  });
  const exited = once(child, 'exit');
  let said = '';
  const { pid } = child;
  if (pid === undefined) throw new Error('the worker process did not start');
  await new Promise<void>((resolve, reject) => {
    const hear = (chunk: Buffer): void => {
      said += chunk.toString();
      if (said.includes('the worker polls')) resolve();
    };
    child.stdout?.on('data', hear);
    child.stderr?.on('data', hear);
    void exited.then(() => reject(new Error(`the worker ended before it polled:\n${said}`)));
  });
  const end = async (signal: NodeJS.Signals): Promise<number | null> => {
    child.kill(signal);
    await exited;
    return child.exitCode;
  };
  return {
    pid,
    said: () => said,
    ended: exited.then(() => child.exitCode),
    async kill() {
      await end('SIGKILL');
    },
    stop: () => end('SIGTERM'),
  };
}
