import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import * as workerpool from 'workerpool';
import { createFairQueue } from './fair-queue.ts';
import type { ComputationAnswer, ComputationRequest } from './computing-process.ts';
import {
  COMPUTATION_WORDS,
  LONG_COMPUTATIONS,
  type ComputationInput,
  type ComputationName,
  type ComputationOutput,
} from './computations.ts';
import { ComputationInterrupted, ComputationLimitExceeded, fromSentError } from './computing-errors.ts';

/**
 * Computes on what users supply (expressions, schemas, patterns, documents, files) in processes of its own: whatever it
 * costs, the event loop of API and worker goes on, and a heap that bursts is not theirs. Processes rather than threads,
 * because V8 ends the whole process when one thread asks for a large block beyond its heap
 * (docs/decisions/2026-12-01-user-input-is-computed-apart.md).
 */
export interface Computing {
  /**
   * Runs one of `computations`, in the order of owners' turns.
   * @throws {ComputationLimitExceeded} when it takes more time or memory than it may; {ComputationInterrupted} when its
   *   process was ended from outside, and the next one too; {QueueFull} when the owner has too
   *   much waiting; the reason of `signal` when it is aborted, which ends the computation; what the computation throws
   */
  run<N extends ComputationName>(
    name: N,
    input: ComputationInput<N>,
    options: ComputingOptions,
  ): Promise<ComputationOutput<N>>;
  /** Computations that wait for their turn. */
  waiting(): number;
  close(): Promise<void>;
}

export interface ComputingOptions {
  /** Id of the user the work is for: turns and shares go by it. */
  owner: string;
  signal?: AbortSignal | undefined;
  /** Shared by the computations of one step. */
  budget?: ComputingBudget | undefined;
}

/** What the computations of one step may take together. Counted down by each. */
export interface ComputingBudget {
  leftMs: number;
  readonly totalMs: number;
}

export const createBudget = (totalMs: number): ComputingBudget => ({ leftMs: totalMs, totalMs });

/** How a computation ended, for the metrics. */
export type ComputationOutcome = 'completed' | 'refused' | 'limit' | 'aborted' | 'broken';

export interface ComputingSettings {
  /** Processes, at least 2: one owner has at most all but one of them. They are started when they are wanted. */
  processes: number;
  /** Of one computation, from its begin. Generous: nothing anybody means takes a tenth of it, and machines are busy. */
  timeLimitMs?: number;
  /** Of the heap of one process. */
  memoryLimitMb?: number;
  /** Computations of one owner that may wait for their turn. */
  maxWaitingPerOwner?: number;
  /** Called with each computation that ended; seconds without the time it waited. */
  observe?: undefined | ((name: ComputationName, outcome: ComputationOutcome, seconds: number) => void);
}

const TIME_LIMIT_MS = 5_000;
const MEMORY_LIMIT_MB = 256;
/** Beside the time limit: a process that starts, and reads its modules, on a busy machine. */
const START_ALLOWANCE_MS = 10_000;
const CLOSE_MS = 3_000;
const MAX_WAITING_PER_OWNER = 10_000;
const PROGRAM = fileURLToPath(new URL('./computing-process.ts', import.meta.url));

export function createComputing(settings: ComputingSettings): Computing {
  const { timeLimitMs = TIME_LIMIT_MS, memoryLimitMb = MEMORY_LIMIT_MB, observe } = settings;
  const processes = Math.max(settings.processes, 2);
  const queue = createFairQueue({
    slots: processes,
    slotsPerOwner: processes - 1,
    maxWaitingPerOwner: settings.maxWaitingPerOwner ?? MAX_WAITING_PER_OWNER,
  });
  let pool: workerpool.Pool | undefined;
  let closed = false;
  const opened = (): workerpool.Pool => {
    if (closed) throw new Error('computing is closed');
    pool ??= createPool(processes, memoryLimitMb);
    return pool;
  };

  /** Runs a request in a free process, and ends the process when it takes too long. */
  async function dispatch<N extends ComputationName>(
    request: ComputationRequest<N>,
    signal: AbortSignal | undefined,
  ): Promise<ComputationAnswer<N>> {
    const running = opened().exec<(request: ComputationRequest<N>) => Promise<ComputationAnswer<N>>>(
      'compute',
      [request],
    );
    const stop = (): void => void running.cancel();
    signal?.addEventListener('abort', stop, { once: true });
    try {
      return await running.timeout(request.timeLimitMs + START_ALLOWANCE_MS);
    } catch (error) {
      signal?.throwIfAborted();
      if (error instanceof workerpool.Promise.TimeoutError)
        return { ok: false, limit: 'time', tookMs: request.timeLimitMs };
      if (!(error instanceof workerpool.TerminateError)) throw error;
      // V8 ends a process whose heap is full by an abort; any other end was not the computation's doing.
      if (/SIGABRT|exitCode: `134`/.test(error.message)) return { ok: false, limit: 'memory', tookMs: 0 };
      throw new ComputationInterrupted({ cause: error });
    } finally {
      signal?.removeEventListener('abort', stop);
    }
  }

  return {
    waiting: () => queue.waiting(),
    run(name, input, { owner, signal, budget }) {
      return queue.run(
        owner,
        async () => {
          const pieceMs = LONG_COMPUTATIONS[name] ?? timeLimitMs;
          const limitMs = Math.min(pieceMs, budget?.leftMs ?? Infinity);
          if (budget !== undefined && limitMs <= 0) throw exceeded(name, 'step_time', budget.totalMs);
          const request = { name, input, timeLimitMs: limitMs };
          const answer = await onceMore(() => dispatch(request, signal)).catch((error: unknown) => {
            observe?.(name, signal?.aborted === true ? 'aborted' : 'broken', 0);
            throw error;
          });
          if (budget !== undefined) budget.leftMs -= answer.tookMs;
          observe?.(name, outcomeOf(answer), answer.tookMs / 1_000);
          if (answer.ok) return answer.value;
          if ('error' in answer) throw fromSentError(answer.error);
          if (answer.limit === 'memory') throw exceeded(name, 'memory', memoryLimitMb);
          throw limitMs < pieceMs && budget !== undefined
            ? exceeded(name, 'step_time', budget.totalMs)
            : exceeded(name, 'time', pieceMs);
        },
        signal,
      );
    },
    async close() {
      closed = true;
      if (pool === undefined) return;
      // Of a process that somebody else has ended while it was idle the pool hears nothing, and would wait for ever.
      const waiting = new AbortController();
      const enough = sleep(CLOSE_MS, undefined, { signal: waiting.signal }).catch(() => undefined);
      await Promise.race([pool.terminate(true), enough]);
      waiting.abort();
    },
  };
}

/** Again what was cut off from outside: computations change nothing, and what they are about may have been paid for. */
async function onceMore<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof ComputationInterrupted)) throw error;
    return work();
  }
}

function createPool(processes: number, memoryLimitMb: number): workerpool.Pool {
  return workerpool.pool(PROGRAM, {
    workerType: 'process',
    maxWorkers: processes,
    workerTerminateTimeout: 100,
    // Read and dropped: V8's last words when a heap is full would look like this process's own.
    emitStdStreams: true,
    forkOpts: {
      serialization: 'advanced',
      // A Ctrl-C at the terminal is meant for the program: it ends its processes itself, once they are done.
      detached: true,
      // Nothing of ours to be found in there, nothing to be written, no process to be started.
      env: {},
      execArgv: [
        `--max-old-space-size=${memoryLimitMb}`,
        '--permission',
        '--allow-fs-read=*',
        // It lowers the priority of its session there (computing-process.ts).
        '--allow-fs-write=/proc/self/autogroup',
        '--disable-warning=ExperimentalWarning',
        '--disable-warning=SecurityWarning',
      ],
    },
  });
}

function outcomeOf(answer: { ok: boolean; error?: { kind: string } }): ComputationOutcome {
  if (answer.ok) return 'completed';
  if (answer.error === undefined) return 'limit';
  return answer.error.kind === 'bug' ? 'broken' : 'refused';
}

function exceeded(
  name: ComputationName,
  limit: 'time' | 'memory' | 'step_time',
  most: number,
): ComputationLimitExceeded {
  const what = COMPUTATION_WORDS[name];
  switch (limit) {
    case 'time':
      return new ComputationLimitExceeded(
        limit,
        `${what} takes more than ${most / 1_000} s: make it smaller or simpler`,
      );
    case 'memory':
      return new ComputationLimitExceeded(
        limit,
        `${what} takes more than ${most} MB of memory: make it smaller or simpler`,
      );
    case 'step_time':
      return new ComputationLimitExceeded(
        limit,
        `what the step computes takes more than ${most / 1_000} s altogether: make ${what} simpler, or the lists shorter`,
      );
  }
}
