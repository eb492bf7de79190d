/** Shares a fixed number of slots between owners: whoever asks most waits behind himself, not before the others. */
export interface FairQueue {
  /**
   * Runs a piece of work as soon as a slot is free: owners take turns, and one owner never holds more than his share.
   * @throws {QueueFull} at once when the owner has too much waiting; the reason of `signal` when it is aborted first
   */
  run<T>(owner: string, work: () => Promise<T>, signal?: AbortSignal): Promise<T>;
  /** Pieces of work that wait for a slot. */
  waiting(): number;
}

/** Thrown when one owner has as much waiting as he may. */
export class QueueFull extends Error {
  constructor(maxWaiting: number, things: string) {
    super(`${maxWaiting} of your ${things} are waiting already: try again when some are done`);
    this.name = 'QueueFull';
  }
}

interface OwnerLine {
  running: number;
  /** In the order they came. */
  waiting: Set<() => void>;
}

/** @param slotsPerOwner at least 1; fewer than `slots`, so that one owner alone never fills them */
export function createFairQueue(options: {
  slots: number;
  slotsPerOwner: number;
  maxWaitingPerOwner: number;
  /** What waits, for who has too much of it waiting. */
  things?: string;
}): FairQueue {
  const { slots, slotsPerOwner, maxWaitingPerOwner, things = 'computations' } = options;
  /** In the order of their turns. */
  const lines = new Map<string, OwnerLine>();
  let running = 0;

  const startNext = (): void => {
    for (const [owner, line] of lines) {
      if (running >= slots) return;
      const [start] = line.waiting;
      if (start === undefined || line.running >= slotsPerOwner) continue;
      line.waiting.delete(start);
      // whoever had his turn goes to the end
      lines.delete(owner);
      lines.set(owner, line);
      line.running += 1;
      running += 1;
      start();
    }
  };

  const release = (owner: string, line: OwnerLine): void => {
    line.running -= 1;
    running -= 1;
    if (line.running === 0 && line.waiting.size === 0) lines.delete(owner);
    startNext();
  };

  const takeSlot = (owner: string, signal: AbortSignal | undefined): Promise<OwnerLine> => {
    const line = lines.get(owner) ?? { running: 0, waiting: new Set() };
    if (line.waiting.size >= maxWaitingPerOwner)
      return Promise.reject(new QueueFull(maxWaitingPerOwner, things));
    lines.set(owner, line);
    const { promise, resolve, reject } = Promise.withResolvers<OwnerLine>();
    const start = (): void => {
      signal?.removeEventListener('abort', leave);
      resolve(line);
    };
    const leave = (): void => {
      line.waiting.delete(start);
      if (line.running === 0 && line.waiting.size === 0) lines.delete(owner);
      reject(signal?.reason);
    };
    line.waiting.add(start);
    signal?.addEventListener('abort', leave, { once: true });
    startNext();
    return promise;
  };

  return {
    waiting: () => [...lines.values()].reduce((sum, line) => sum + line.waiting.size, 0),
    async run(owner, work, signal) {
      signal?.throwIfAborted();
      const line = await takeSlot(owner, signal);
      try {
        return await work();
      } finally {
        release(owner, line);
      }
    },
  };
}
