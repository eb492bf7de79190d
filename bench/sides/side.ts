/** One finished run. */
export interface Run {
  /** Its name in the prompts. */
  run: string;
  /** When its start was sent, in microseconds of the monotonic clock. */
  sentUs: number;
  /** From its start to its end, as the side itself counts it. */
  wallMs: number;
}

/** Something that runs crews, to be measured beside another. */
export interface Side {
  readonly name: string;
  /** Runs a chain of so many tasks. @throws when it does not end well */
  run(tasks: number): Promise<Run>;
  /** Keeps so many runs in flight for so long. @returns finished runs a second */
  loop(options: LoopOptions): Promise<number>;
}

export interface LoopOptions {
  seconds: number;
  concurrency: number;
  tasks: number;
}

/** Share of a loop (at most a second) that is not counted: until the first runs end, fewer end than are begun. */
export const RAMP = 0.25;

/** A closed loop: each runner begins its next run when the last has ended. All have ended when it returns. */
export async function closedLoop(run: () => Promise<unknown>, options: LoopOptions): Promise<number> {
  const { seconds, concurrency } = options;
  const begun = performance.now();
  const end = begun + seconds * 1000;
  const from = begun + Math.min(1_000, RAMP * seconds * 1000);
  let finished = 0;
  const runner = async (): Promise<void> => {
    while (performance.now() < end) {
      await run();
      const now = performance.now();
      if (now >= from && now < end) finished += 1;
    }
  };
  await Promise.all(Array.from({ length: concurrency }, runner));
  return (finished * 1000) / (end - from);
}
