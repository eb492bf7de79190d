import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { childEnvironment } from '../../src/config.ts';
import type { TestStack } from './test-stack.ts';
import { until } from './test-stack.ts';

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url));

/** An API as operators run it, in a process of its own, beside the stack's: same database, same Temporal. */
export interface ApiProcess {
  url: string;
  pid: number;
  /** `kill -9`: no warning, no clean-up. */
  kill(): Promise<void>;
  /** Ends it politely. */
  stop(): Promise<void>;
}

/** Starts one and returns once it answers. */
export async function startApiProcess(
  { settings }: TestStack,
  port: number,
  overrides: Record<string, string> = {},
): Promise<ApiProcess> {
  const child = spawn(process.execPath, [MAIN, 'api'], {
    // By the channel it learns that this process is gone, however it went, and ends.
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    env: childEnvironment({
      NODE_OPTIONS: '',
      DATABASE_URL: settings.DATABASE_URL,
      TEMPORAL_ADDRESS: settings.TEMPORAL_ADDRESS,
      TEMPORAL_TASK_QUEUE: settings.TEMPORAL_TASK_QUEUE,
      OPENAI_BASE_URL: settings.OPENAI_BASE_URL,
      OPENAI_API_KEY: settings.OPENAI_API_KEY,
      JWT_SECRET: settings.JWT_SECRET,
      RATE_LIMIT_PER_MINUTE: '0',
      API_PORT: String(port),
      ...overrides,
    }),
  });
  const exited = once(child, 'exit');
  const { pid } = child;
  if (pid === undefined) throw new Error('the API process did not start');
  const url = `http://127.0.0.1:${port}`;
  await until(
    'the API process answers',
    async () => {
      if (child.exitCode !== null) throw new Error(`the API process ended with ${child.exitCode}`);
      return fetch(`${url}/livez`).then(
        (response) => response.ok,
        () => false,
      );
    },
    60_000,
  );
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    child.kill(signal);
    await exited;
  };
  return { url, pid, kill: () => end('SIGKILL'), stop: () => end('SIGTERM') };
}
