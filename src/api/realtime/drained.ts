import type { Writable } from 'node:stream';

/** One frame may have megabytes and the line be slow; who has not read it after so long is taken for gone. */
const STUCK_MS = 180_000;

/** Resolves when what was written is on its way, or nobody reads any more. */
export function drained(line: Writable): Promise<void> {
  if (!line.writableNeedDrain || line.destroyed) return Promise.resolve();
  return new Promise((resolve) => {
    const stuck = setTimeout(() => line.destroy(), STUCK_MS);
    const go = (): void => {
      clearTimeout(stuck);
      line.off('drain', go);
      line.off('close', go);
      resolve();
    };
    line.once('drain', go);
    line.once('close', go);
  });
}
