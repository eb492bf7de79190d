import { setImmediate, setTimeout as sleep } from 'node:timers/promises';
import { createFairQueue, QueueFull } from '../computing/fair-queue.ts';
import { MusterError } from '../domain/errors.ts';

/** Bytes from which a body is read in turns. Smaller ones take a few milliseconds. */
export const LARGE_BODY_BYTES = 128 * 1024;

/** Runs one piece of work that holds the event loop, and lets the others go on after it. */
export type Turn = <T>(work: () => T) => Promise<T>;

/** Without turns: the work is done at once. */
export const atOnce: Turn = async (work) => work();

/**
 * Lets large bodies be read without holding up anybody else: each in pieces, one of a caller at a time, and of the time of
 * the event loop a caller takes a quarter at most, by waiting three times as long as his last one took.
 */
export interface LargeBodies {
  /** @throws {MusterError} RATE_LIMITED when the caller has too many waiting */
  read<T>(caller: string, work: (turn: Turn) => Promise<T>): Promise<T>;
}

const CALLERS_AT_ONCE = 8;
const MAX_WAITING_PER_CALLER = 20;
const REST = 3;
const LONGEST_REST_MS = 2_000;

export function createLargeBodies(): LargeBodies {
  const queue = createFairQueue({
    slots: CALLERS_AT_ONCE,
    slotsPerOwner: 1,
    maxWaitingPerOwner: MAX_WAITING_PER_CALLER,
  });
  /** When a caller's next body may be read; forgotten once it is past. */
  const rests = new Map<string, number>();
  return {
    async read(caller, work) {
      try {
        return await queue.run(caller, async () => {
          await sleep(Math.max((rests.get(caller) ?? 0) - performance.now(), 0));
          let busyMs = 0;
          const turn: Turn = async (piece) => {
            await setImmediate();
            const begunAt = performance.now();
            try {
              return piece();
            } finally {
              busyMs += performance.now() - begunAt;
            }
          };
          try {
            return await work(turn);
          } finally {
            const now = performance.now();
            for (const [other, at] of rests) if (at < now) rests.delete(other);
            rests.set(caller, now + Math.min(busyMs * REST, LONGEST_REST_MS));
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
