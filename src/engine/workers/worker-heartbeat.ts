import type { Sql } from '../../persistence/sql.ts';
import { tellEndOfWorker, tellOfWorker, type WorkerIdentity } from '../../persistence/workers.ts';
import type { Logger } from '../../telemetry/logger.ts';

/** How often a worker tells that it lives, and learns that it shall take nothing new. */
const TELL_MS = 2_000;

/** What tells of one worker while it lives. */
export interface WorkerPresence {
  /** Says that it has ended, and stops telling. */
  close(): Promise<void>;
}

/**
 * Tells of a worker in the database, where an operator's wish that it take nothing new is read too: whoever wrote it may
 * have died since. A database that is away is tried again.
 * @param onDrain called once
 */
export function createWorkerPresence(deps: {
  sql: Sql;
  worker: WorkerIdentity;
  tasksOut: () => number;
  onDrain: () => void;
  logger: Logger;
  now: () => Date;
}): WorkerPresence {
  const { sql, worker, logger, now } = deps;
  let isAsked = false;
  let telling: Promise<void> | undefined;
  const tell = async (): Promise<void> => {
    try {
      const { drains } = await tellOfWorker(sql, worker, deps.tasksOut(), now());
      if (!drains || isAsked) return;
      isAsked = true;
      deps.onDrain();
    } catch (error) {
      logger.debug({ err: error }, 'the worker could not tell that it lives');
    }
  };
  const tellOnce = (): void => {
    telling ??= tell().finally(() => {
      telling = undefined;
    });
  };
  tellOnce();
  const timer = setInterval(tellOnce, TELL_MS);
  return {
    async close() {
      clearInterval(timer);
      await telling;
      await tellEndOfWorker(sql, worker.id, now()).catch((error: unknown) =>
        logger.debug({ err: error }, 'the end of the worker could not be told'),
      );
    },
  };
}
