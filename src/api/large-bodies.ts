import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { createFairQueue, QueueFull } from '../computing/fair-queue.ts';
import { MusterError } from '../domain/errors.ts';

/** Bytes from which a body is read in turns. Smaller ones take a few milliseconds. */
export const LARGE_BODY_BYTES = 128 * 1024;

/** Runs one piece of work that holds the event loop, and lets the others go on after it. */
export type Turn = <T>(work: () => T) => Promise<T>;

/** Without turns: the work is done at once. */
export const atOnce: Turn = async (work) => work();

/**
 * Lets large bodies be read, and their requests answered, without holding up anybody else: each body in pieces, one of a
 * caller at a time, and of the time of the event loop a caller takes a fifth at most, because his next one waits four times
 * as long as the loop was busy with the last.
 */
export interface LargeBodies {
  /**
   * @param answered settles when the request is over
   * @throws {MusterError} RATE_LIMITED when the caller has too many waiting
   */
  read<T>(caller: string, answered: Promise<void>, work: (turn: Turn) => Promise<T>): Promise<T>;
}

const CALLERS_AT_ONCE = 8;
const MAX_WAITING_PER_CALLER = 20;
/** Times what the last piece took, until the next is begun. */
const PAUSE = 2;
const REST = 4;
const LONGEST_REST_MS = 2_000;

export function createLargeBodies(): LargeBodies {
  const queue = createFairQueue({
    slots: CALLERS_AT_ONCE,
    slotsPerOwner: 1,
    maxWaitingPerOwner: MAX_WAITING_PER_CALLER,
  });
  /** When a caller's next body may be read; forgotten once it is past. */
  const rests = new Map<string, number>();
  const rest = (caller: string, busyMs: number): void => {
    const now = performance.now();
    for (const [other, at] of rests) if (at < now) rests.delete(other);
    const until = now + Math.min(busyMs * REST, LONGEST_REST_MS);
    rests.set(caller, Math.max(rests.get(caller) ?? 0, until));
  };
  return {
    async read(caller, answered, work) {
      try {
        return await queue.run(caller, async () => {
          await sleep(Math.max((rests.get(caller) ?? 0) - performance.now(), 0));
          const before = performance.eventLoopUtilization();
          // What else the loop did meanwhile counts too: the more there is to do, the longer whoever sends much waits.
          void answered.then(() => rest(caller, performance.eventLoopUtilization(before).active));
          let busyMs = 0;
          let pieceMs = 0;
          const turn: Turn = async (piece) => {
            // Whoever needs the loop several times over is not to meet a piece each time.
            await sleep(pieceMs * PAUSE);
            const begunAt = performance.now();
            try {
              return piece();
            } finally {
              pieceMs = performance.now() - begunAt;
              busyMs += pieceMs;
            }
          };
          try {
            return await work(turn);
          } finally {
            rest(caller, busyMs);
          }
        });
      } catch (error) {
        if (!(error instanceof QueueFull)) throw error;
        throw new MusterError(
          'RATE_LIMITED',
          'Too many of your large requests wait already: send one after the other',
          {
            cause: error,
          },
        );
      }
    },
  };
}
