import { setTimeout as sleep } from 'node:timers/promises';
import { isDatabaseAway } from '../../src/persistence/database-away.ts';
import type { TaskDeps } from './call-deps.ts';

/** How long a paid reply is held in memory for a database that is away. */
const PATIENCE_MS = 60_000;
const PAUSE_MS = 250;

/**
 * Tries a transaction again while the database is away. After that the activity fails, and its next attempt
 * makes the call anew. Only for work that notices by itself when it was committed after all.
 */
export async function persistently<T>(deps: TaskDeps, work: () => Promise<T>): Promise<T> {
  const giveUpAt = deps.now().getTime() + PATIENCE_MS;
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (!isDatabaseAway(error) || deps.now().getTime() >= giveUpAt) throw error;
      deps.logger.warn({ err: error }, 'the database is away; a finished call waits to be written');
      await sleep(PAUSE_MS);
    }
  }
}
