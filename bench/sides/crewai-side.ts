import { execFile, spawn } from 'node:child_process';
import { access, mkdir, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { z } from 'zod';
import { childEnvironment } from '../../src/config.ts';
import { stopChild } from '../../src/embedded/processes.ts';
import { exitOf, readLogFrom, withLog, type Say } from '../../src/embedded/service.ts';
import { monotonicUs } from '../clock.ts';
import type { FakeModel } from '../stack/fake-model.ts';
import { AGENT, EXPECTED_OUTPUT, taskDescription } from '../task-text.ts';
import { RAMP, type Side } from './side.ts';

export const CREWAI_VERSION = '0.121.1';

/** More than any loop can use up. */
const NAMES_A_SECOND = 200;

/** CrewAI in a Python process of its own: in memory, nothing durable, its telemetry off. */
export interface CrewAiSide extends Side {
  stop(): Promise<void>;
}

const readyLine = z.object({ ready: z.literal(true) });
const runLine = z.object({ wall_ms: z.number() });
const loopLine = z.object({ used: z.array(z.string()), rate: z.number() });

/** @throws with the end of its log when it does not start */
export async function startCrewAi(python: string, model: FakeModel, dataDir: string): Promise<CrewAiSide> {
  const runner = fileURLToPath(new URL('../processes/crewai_runner.py', import.meta.url));
  const texts = {
    agent: AGENT,
    description: taskDescription(0, '{run}').replace('0', '{number}'),
    expected_output: EXPECTED_OUTPUT,
  };
  const home = join(dataDir, 'crewai');
  await mkdir(home);
  const logFile = join(dataDir, 'logs', 'crewai.log');
  const { result: child, from } = withLog(logFile, (fd) =>
    spawn(python, [runner, model.url, JSON.stringify(texts)], {
      cwd: home,
      env: childEnvironment({
        // What it keeps of finished tasks goes with the rest.
        HOME: home,
        XDG_DATA_HOME: home,
        OPENAI_API_KEY: 'bench',
        CREWAI_DISABLE_TELEMETRY: 'true',
        OTEL_SDK_DISABLED: 'true',
        LITELLM_LOCAL_MODEL_COST_MAP: 'True',
        PYTHONDONTWRITEBYTECODE: undefined,
      }),
      detached: true,
      stdio: ['pipe', 'pipe', fd],
    }),
  );
  const exited = exitOf(child);
  const { stdin, stdout } = child;
  if (stdin === null || stdout === null) throw new Error('the Python process has no pipes');
  const lines = createInterface({ input: stdout })[Symbol.asyncIterator]();
  const read = async (): Promise<unknown> => {
    const next = await lines.next();
    if (next.done !== true) return JSON.parse(next.value);
    throw new Error(`crewai ended (${await exited}):\n${await readLogFrom(logFile, from)}`);
  };
  const ask = (command: object): Promise<unknown> => {
    stdin.write(`${JSON.stringify(command)}\n`);
    return read();
  };
  readyLine.parse(await read());
  return {
    name: `crewai ${CREWAI_VERSION}`,
    async run(tasks) {
      const run = model.expect(tasks);
      const sentUs = monotonicUs();
      const { wall_ms: wallMs } = runLine.parse(await ask({ do: 'run', tasks, name: run }));
      return { run, sentUs, wallMs };
    },
    async loop({ seconds, concurrency, tasks }) {
      const names = Array.from({ length: Math.ceil(seconds * NAMES_A_SECOND) + concurrency }, () =>
        model.expect(tasks),
      );
      const command = {
        do: 'loop',
        seconds,
        concurrency,
        tasks,
        names,
        ramp_seconds: Math.min(1, RAMP * seconds),
      };
      const { used, rate } = loopLine.parse(await ask(command));
      for (const name of names) if (!used.includes(name)) model.withdraw(name);
      return rate;
    },
    stop: () =>
      stopChild(child, [
        { signal: 'SIGTERM', waitMs: 5_000 },
        { signal: 'SIGKILL', waitMs: 5_000 },
      ]),
  };
}

/**
 * Finds the virtual environment with CrewAI in the user's cache folder, or makes it from PyPI (a minute or two).
 * @returns its python
 */
export async function installCrewAi(say: Say, signal: AbortSignal): Promise<string> {
  const cache = join(childEnvironment({}).XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'muster');
  const folder = join(cache, `crewai-${CREWAI_VERSION}`);
  const python = join(folder, 'bin', 'python');
  const stamp = join(folder, 'installed');
  const isThere = await access(stamp).then(
    () => true,
    () => false,
  );
  if (isThere) return python;
  say(`Installing crewai ${CREWAI_VERSION} into the cache folder (once; a minute or two) …`);
  await rm(folder, { recursive: true, force: true });
  await mkdir(cache, { recursive: true });
  const run = promisify(execFile);
  await run('python3', ['-m', 'venv', folder], { signal });
  await run(python, ['-m', 'pip', 'install', '--quiet', `crewai==${CREWAI_VERSION}`], {
    maxBuffer: 64e6,
    signal,
  });
  await writeFile(stamp, '');
  return python;
}
