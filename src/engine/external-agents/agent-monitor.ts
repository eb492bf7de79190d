import type { Logger } from '../../telemetry/logger.ts';
import type { SqlPool } from '../../persistence/sql.ts';
import type { Waker } from '../../persistence/wake.ts';
import { foldInstanceCounts } from '../../persistence/external-agents/agent-counts.ts';
import { markSilentInstances } from '../../persistence/external-agents/agent-row.ts';
import { remindOfQuestions } from '../questions/reminders.ts';
import { expireDueQuestions } from './user-messages.ts';

/** How long an agent elsewhere may be silent before its instance is STALE. */
export const SILENCE_MS = 15 * 60_000;
/**
 * How often one process looks: a reminder goes out at most so much late, and so is the time-out of an agent's question
 * told, unless the agent looks itself.
 */
const LOOK_MS = 15_000;
/** Instances with a question whose time is up, and questions people are to be reminded of, that are taken at once. */
const MOST_DUE = 200;

/**
 * Marks silent instances STALE, ends their questions whose time is up, reminds of those that wait, runs' too, and folds
 * the counts of instances. Every process may look; each thing is done once.
 */
export interface InstanceWatch {
  /** One look; also called by the timer. @returns how many became STALE */
  look(): Promise<number>;
  close(): Promise<void>;
}

export function createInstanceWatch(deps: {
  sql: SqlPool;
  waker: Waker;
  logger: Logger;
  now: () => Date;
}): InstanceWatch {
  const { sql, waker, logger, now } = deps;
  let running: Promise<number> | undefined;
  const failed =
    (what: string) =>
    (error: unknown, id: string): void =>
      logger.error({ err: error, id }, `${what}: left for later`);
  const remind = async (): Promise<number> => {
    const { runs, conversations } = await remindOfQuestions(
      sql,
      now(),
      MOST_DUE,
      failed('a question nobody could be reminded of'),
    );
    for (const run of runs) waker.wake('log', run);
    for (const conversation of conversations) waker.wake('message', conversation);
    return runs.length + conversations.length;
  };
  /** The parts of a look do not wait for each other's success. */
  const part = async (what: string, work: () => Promise<void>): Promise<void> => {
    try {
      await work();
    } catch (error) {
      logger.warn({ err: error }, `${what}: could not be done, and will be`);
    }
  };
  const once = async (): Promise<number> => {
    let silent = 0;
    await part('questions whose time is up', async () => {
      const told = failed('the questions of an instance whose time is up');
      for (const conversation of await expireDueQuestions(sql, now(), MOST_DUE, told))
        waker.wake('message', conversation);
    });
    await part('reminders', async () => {
      let reminded = MOST_DUE;
      while (reminded === MOST_DUE) reminded = await remind();
    });
    await part('silent agent instances', async () => {
      const at = now();
      silent = await markSilentInstances(sql, new Date(at.getTime() - SILENCE_MS), at);
    });
    await part('counts of agent instances', async () => void (await foldInstanceCounts(sql)));
    return silent;
  };
  const look = (): Promise<number> => {
    running ??= once().finally(() => {
      running = undefined;
    });
    return running;
  };
  const timer = setInterval(() => {
    look().catch((error: unknown) =>
      logger.warn({ err: error }, 'the agent instances could not be looked at'),
    );
  }, LOOK_MS);
  timer.unref();
  return {
    look,
    async close() {
      clearInterval(timer);
      await running?.catch((error: unknown) => logger.debug({ err: error }, 'last look at agent instances'));
    },
  };
}
