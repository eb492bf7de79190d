import { MusterError } from '../../domain/errors.ts';
import { eachRow } from '../../persistence/each-row.ts';
import { commandRun } from './command-run.ts';
import { runsOfDisabledUsers } from './disabled-user-runs.ts';
import type { SqlPool } from '../../persistence/sql.ts';
import type { Waker } from '../../persistence/wake.ts';
import type { Logger } from '../../telemetry/logger.ts';
import type { Dispatcher } from '../outbox/command-dispatcher.ts';

/** How often one process looks: a disabled user's runs are told to stop so much later at most. */
const LOOK_MS = 3_000;
const AT_ONCE = 200;

/**
 * Stops what disabled users have under way, as if somebody had asked for it: who disables a user need not be there any
 * more, nor a worker. Every process looks; a command that another has given is none any more.
 */
export interface DisabledOwners {
  /** One look; also called by the timer. @returns how many runs were told */
  look(): Promise<number>;
  close(): Promise<void>;
}

export function createDisabledOwners(deps: {
  sql: SqlPool;
  /** DISABLED_USER_RUNS. */
  command: 'cancel' | 'pause';
  maxActive: number;
  waker: Waker;
  dispatcher: Pick<Dispatcher, 'deliverNow'>;
  logger: Logger;
  now: () => Date;
}): DisabledOwners {
  const { sql, command, maxActive, waker, dispatcher, logger, now } = deps;
  let running: Promise<number> | undefined;
  const stop = async (id: number): Promise<void> => {
    try {
      await commandRun(sql, id, command, maxActive, now());
    } catch (error) {
      // It has ended meanwhile, or somebody else was faster.
      if (!(error instanceof MusterError) || error.code !== 'CONFLICT') throw error;
    }
    waker.wake('log', id);
    waker.wake('control', id);
  };
  const lookOnce = async (): Promise<number> => {
    let count = 0;
    for (let after = 0; ;) {
      const ids = await runsOfDisabledUsers(sql, command, AT_ONCE, after);
      let failed = 0;
      // One after the other: a flow tells its crews itself, and holds their rows meanwhile.
      await eachRow(ids, stop, (error, id) => {
        failed += 1;
        logger.warn({ err: error, execution: id }, 'a run of a disabled user could not be told to stop');
      });
      if (ids.length > failed) void dispatcher.deliverNow();
      count += ids.length - failed;
      if (ids.length < AT_ONCE) break;
      // Those that failed have their next turn at the next look.
      after = ids.at(-1) ?? after;
    }
    if (count > 0) logger.info({ count, command }, 'runs of disabled users are told to stop');
    return count;
  };
  const look = (): Promise<number> => {
    running ??= lookOnce().finally(() => {
      running = undefined;
    });
    return running;
  };
  const timer = setInterval(() => {
    look().catch((error: unknown) =>
      logger.warn({ err: error }, 'runs of disabled users could not be stopped'),
    );
  }, LOOK_MS);
  timer.unref();
  return {
    look,
    async close() {
      clearInterval(timer);
      await running?.catch((error: unknown) => logger.debug({ err: error }, 'last look at disabled users'));
    },
  };
}
