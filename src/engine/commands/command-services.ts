import type { Settings } from '../../config.ts';
import type { SqlPool } from '../../persistence/sql.ts';
import type { Waker } from '../../persistence/wake.ts';
import type { Dispatcher } from '../outbox/command-dispatcher.ts';

/** What a command needs: the row of its run, and what carries it to the workflow. */
export interface CommandServices {
  settings: Settings;
  /** For what the program does by itself, and what was allowed before: shows everything. */
  system: SqlPool;
  waker: Waker;
  dispatcher: Dispatcher;
  now: () => Date;
}
