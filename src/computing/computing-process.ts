import { existsSync, writeFileSync } from 'node:fs';
import { setPriority } from 'node:os';
import { createContext, Script } from 'node:vm';
import { worker } from 'workerpool';
import {
  computations,
  type ComputationInput,
  type ComputationName,
  type ComputationOutput,
} from './computations.ts';
import { toSentError, type SentError } from './computing-errors.ts';

/**
 * The program of a computing process: takes one request after the other, and stays behind everything else on the
 * machine. It has no environment, writes no files and starts no processes.
 */

export interface ComputationRequest<N extends ComputationName> {
  name: N;
  input: ComputationInput<N>;
  timeLimitMs: number;
}

/** `tookMs`: of the computation itself, without its way here and back. */
export type ComputationAnswer<N extends ComputationName> =
  | { ok: true; value: ComputationOutput<N>; tookMs: number }
  | { ok: false; error: SentError; tookMs: number }
  | { ok: false; limit: 'time' | 'memory'; tookMs: number };

/** The lowest there is. */
const LOW_PRIORITY = 19;
/**
 * Where Linux groups processes by session (sched_autogroup), a priority counts within the session only, and each session
 * has the same share: a process with a session of its own must lower its session's (sched(7), "The autogroup feature").
 */
const SESSION_PRIORITY_FILE = '/proc/self/autogroup';
/** How V8 says that something grew too large; other RangeErrors speak of values. */
const OUT_OF_ROOM =
  /Maximum call stack|Invalid (string|array|typed array) length|Array buffer allocation failed|out of memory/i;

async function compute<N extends ComputationName>(
  request: ComputationRequest<N>,
): Promise<ComputationAnswer<N>> {
  const run = await computations[request.name]();
  const begunAt = performance.now();
  const tookMs = (): number => performance.now() - begunAt;
  try {
    const value = await withinTime(() => run(request.input), request.timeLimitMs);
    return { ok: true, value, tookMs: tookMs() };
  } catch (error) {
    if (isTimeout(error)) return { ok: false, limit: 'time', tookMs: tookMs() };
    // A text, a list or a stack that grew beyond what the engine can hold.
    if (error instanceof RangeError && OUT_OF_ROOM.test(error.message))
      return { ok: false, limit: 'memory', tookMs: tookMs() };
    return { ok: false, error: toSentError(error), tookMs: tookMs() };
  }
}

/** V8's watchdog is to be had by this module only: the script is this one constant, and ends what it calls in time. */
const watched = new Script('run()');
const slot: { run: () => unknown } = { run: () => undefined };
const room = createContext(slot);

function withinTime<T>(work: () => T, timeLimitMs: number): T {
  let result: { value: T } | undefined;
  slot.run = () => {
    result = { value: work() };
  };
  try {
    watched.runInContext(room, { timeout: Math.max(Math.ceil(timeLimitMs), 1) });
  } finally {
    slot.run = () => undefined;
  }
  if (result === undefined) throw new Error('the watched script did not run');
  return result.value;
}

/** Made in the realm of the watchdog, it is no Error of this one. */
const isTimeout = (error: unknown): boolean =>
  typeof error === 'object' &&
  error !== null &&
  'code' in error &&
  error.code === 'ERR_SCRIPT_EXECUTION_TIMEOUT';

setPriority(LOW_PRIORITY);
if (existsSync(SESSION_PRIORITY_FILE)) writeFileSync(SESSION_PRIORITY_FILE, String(LOW_PRIORITY));
worker({ compute });
