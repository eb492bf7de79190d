import { spawn, type ChildProcess } from 'node:child_process';
import { createWriteStream, type WriteStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { signalProcess } from './processes.ts';
import { readableLine } from './readable-log.ts';
import { exitOf, openLog, type Say } from './service.ts';
import { StartError } from './start-error.ts';

/** The API or the worker, kept alive in a process of its own. */
export interface RoleProcess {
  /** Resolves when the role has said for the first time that it is up. @throws {StartError} when it keeps ending */
  firstReady: Promise<void>;
  /** SIGTERM, then SIGKILL after `graceMs` or as soon as `hurry` says so. It is not started again. */
  stop(options: { graceMs: number; hurry: AbortSignal }): Promise<void>;
  /**
   * Ends the process that runs, if one does, and starts another, with the environment of that moment.
   * @param graceMs how long it may take to end; default: a developer's patience
   */
  restart(graceMs?: number): Promise<void>;
}

export interface RoleOptions {
  name: string;
  /** What follows `node`. */
  args: readonly string[];
  /** Asked at every start: an address may have changed since the last one. */
  environment: () => NodeJS.ProcessEnv;
  logFile: string;
  say: Say;
}

/** A process that was up for so long has earned a quick restart. */
const HEALTHY_MS = 30_000;
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 15_000;
/** Ends before the first sign of life: so many are no accident. */
const FAILURES_AT_START = 3;
/** For a developer at the keyboard: a run that is cut off goes on by itself. */
const RELOAD_GRACE_MS = 5_000;

/**
 * Starts a role and starts it again, a little later each time, when it ends unasked. The role gets an IPC channel: over it,
 * it says that it is up, and by its end it sees that this process is gone. It has a process group of its own, so
 * that a Ctrl-C in the terminal reaches only this process, which then stops things in the right order.
 */
export function superviseRole(options: RoleOptions): RoleProcess {
  const { name, say } = options;
  const log = createWriteStream('', { fd: openLog(options.logFile).fd });
  log.on('error', (error) => say(`${options.logFile} cannot be written: ${error.message}`));
  const { promise: firstReady, resolve: isReady, reject: isNotReady } = Promise.withResolvers<void>();
  let current: { child: ChildProcess; ended: Promise<string> } | null = null;
  let generation = 0;
  let failures = 0;
  let everReady = false;

  const start = (): void => {
    generation += 1;
    const mine = generation;
    const child = spawn(process.execPath, [...options.args], {
      env: options.environment(),
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    const startedAt = Date.now();
    const ended = exitOf(child);
    current = { child, ended };
    pipeLines(child, { name, log, say });
    child.on('message', () => {
      everReady = true;
      isReady();
    });
    void ended.then((reason) => (mine === generation ? startAgain(reason, startedAt) : undefined));
  };

  const startAgain = async (reason: string, startedAt: number): Promise<void> => {
    const mine = generation;
    current = null;
    failures = Date.now() - startedAt > HEALTHY_MS ? 1 : failures + 1;
    if (!everReady && failures >= FAILURES_AT_START) {
      generation += 1;
      isNotReady(
        new StartError(`The ${name} ends right after its start (${reason}); see ${options.logFile}`),
      );
      return;
    }
    const pauseMs = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (failures - 1));
    say(`The ${name} process ended (${reason}); it is started again in ${pauseMs / 1000} s`);
    await sleep(pauseMs);
    if (mine === generation) start();
  };

  /** From here on the end of what runs now is asked for, and no pending restart takes place. */
  const end = async (graceMs: number, hurry?: AbortSignal): Promise<void> => {
    generation += 1;
    const running = current;
    current = null;
    if (running !== null) await endChild(running, graceMs, hurry);
  };

  // Whoever does not wait for it must not be ended by it.
  firstReady.catch(() => undefined);
  start();
  return {
    firstReady,
    async stop({ graceMs, hurry }) {
      await end(graceMs, hurry);
      await new Promise<void>((resolve) => log.end(() => resolve()));
    },
    async restart(graceMs = RELOAD_GRACE_MS) {
      failures = 0;
      await end(graceMs);
      start();
    },
  };
}

async function endChild(
  running: { child: ChildProcess; ended: Promise<string> },
  graceMs: number,
  hurry: AbortSignal | undefined,
): Promise<void> {
  const { pid } = running.child;
  if (pid === undefined) return;
  signalProcess(pid, 'SIGTERM');
  const patience = new AbortController();
  const tooLong = Promise.race([sleep(graceMs, 'late', { signal: patience.signal }), aborted(hurry)]);
  // Ended by the abort below once the race is won; that is no failure.
  tooLong.catch(() => undefined);
  const outcome = await Promise.race([running.ended.then(() => 'ended'), tooLong]);
  patience.abort();
  if (outcome === 'ended') return;
  // The group: whatever the role has started goes with it.
  signalProcess(-pid, 'SIGKILL');
  await running.ended;
}

/** Resolves when the signal fires; never without one. */
export function aborted(signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted === true) resolve();
    signal?.addEventListener('abort', () => resolve(), { once: true });
  });
}

function pipeLines(child: ChildProcess, to: { name: string; log: WriteStream; say: Say }): void {
  for (const stream of [child.stdout, child.stderr]) {
    if (stream === null) continue;
    createInterface({ input: stream, crlfDelay: Infinity }).on('line', (line) => {
      if (to.log.writable) to.log.write(`${line}\n`);
      const readable = readableLine(to.name, line);
      if (readable !== null) to.say(readable);
    });
  }
}
