import { setTimeout as sleep } from 'node:timers/promises';
import { createFairQueue } from '../../computing/fair-queue.ts';

/**
 * Lets starts that write many rows take turns: thousands of tasks keep Postgres busy for a second, and several such starts
 * of one user at once would leave nothing for the others on a small machine.
 */
export interface LargeStarts {
  /**
   * Commits a start at once when it is small; else when it is its owner's turn.
   * @param tasks rows of tasks that it writes
   * @throws {QueueFull} when the owner has too many waiting
   */
  run<T>(ownerId: string, tasks: number, commit: () => Promise<T>): Promise<T>;
}

/** Tasks from which a start is large. */
const LARGE = 500;
const AT_ONCE = 2;
const MOST_WAITING_PER_OWNER = 50;
/** Times what his last large start took, before an owner's next one begins: a third of the time is his at most. */
const REST = 2;
const LONGEST_REST_MS = 5_000;

export function createLargeStarts(): LargeStarts {
  const queue = createFairQueue({
    slots: AT_ONCE,
    slotsPerOwner: 1,
    maxWaitingPerOwner: MOST_WAITING_PER_OWNER,
    things: 'large starts',
  });
  /** When an owner's next one may begin; forgotten once it is past. */
  const rests = new Map<string, number>();
  return {
    run(ownerId, tasks, commit) {
      if (tasks < LARGE) return commit();
      return queue.run(ownerId, async () => {
        await sleep(Math.max((rests.get(ownerId) ?? 0) - performance.now(), 0));
        const begunAt = performance.now();
        try {
          return await commit();
        } finally {
          const now = performance.now();
          for (const [other, at] of rests) if (at < now) rests.delete(other);
          rests.set(ownerId, now + Math.min((now - begunAt) * REST, LONGEST_REST_MS));
        }
      });
    },
  };
}
