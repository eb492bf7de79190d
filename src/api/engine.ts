import type { Settings } from '../config.ts';
import type { CrewCatalogue } from '../crews/crew-catalogue.ts';
import type { Models } from '../models/model.ts';
import type { Database } from '../persistence/database.ts';
import type { Waker } from '../persistence/wake.ts';
import type { Dispatcher } from '../temporal/dispatcher.ts';
import type { Runs } from '../temporal/runs.ts';
import type { LogHub } from './realtime/log-hub.ts';

/** What the resources that start, steer and show runs work with. */
export interface Engine {
  settings: Settings;
  database: Database;
  runs: Runs;
  dispatcher: Dispatcher;
  waker: Waker;
  hub: LogHub;
  crews: CrewCatalogue;
  models: Models;
  now: () => Date;
}
