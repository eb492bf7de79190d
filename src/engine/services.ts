import type { Settings } from '../config.ts';
import type { CrewCatalogue } from '../crews/crew-catalogue.ts';
import type { FlowCatalogue } from '../flows/flow-catalogue.ts';
import type { Models } from '../models/model.ts';
import type { ModelPrices } from '../models/prices.ts';
import type { Computing } from '../computing/computing.ts';
import type { Database } from '../persistence/database.ts';
import type { SqlPool } from '../persistence/sql.ts';
import type { LargeStarts } from './starting/large-starts.ts';
import type { Waker } from '../persistence/wake.ts';
import type { SecretBox } from '../security/secret-box.ts';
import type { DeliveryDispatcher } from './webhooks/delivery-dispatcher.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { ApiMetrics } from '../telemetry/metrics/api-metrics.ts';
import type { Dispatcher } from './outbox/command-dispatcher.ts';
import type { Reconciler } from './reconciling/reconciler.ts';
import type { Runs } from '../temporal/runs.ts';
import type { UrlCheck } from '../tools/guarded-fetch.ts';
import type { Toolbox } from '../tools/toolbox.ts';

/** What the engine is made of in one API process, for the doors that start, steer and show runs. */
export interface EngineServices {
  settings: Settings;
  /** For what people ask: shows nothing that is owned outside `as(scope, …)`. */
  database: Database;
  /** For what the program does by itself, and what was allowed before: everything. */
  system: SqlPool;
  systemDatabase: Database;
  /** What this process counts for Prometheus. */
  metrics: ApiMetrics;
  logger: Logger;
  runs: Runs;
  dispatcher: Dispatcher;
  reconciler: Reconciler;
  waker: Waker;
  /** For what users supply: expressions, schemas, documents, files. */
  computing: Computing;
  crews: CrewCatalogue;
  flows: FlowCatalogue;
  models: Models;
  prices: ModelPrices;
  tools: Toolbox;
  /** Turns of starts that write many rows. */
  largeStarts: LargeStarts;
  /** Tells Temporal of what is to be delivered to webhooks and user agents. */
  deliveries: DeliveryDispatcher;
  /** For secrets of others that must be used again. */
  secrets: SecretBox;
  /** Whether an address that is handed in may be called at all. */
  checkUrl: UrlCheck;
  now: () => Date;
}

/** What a start needs: the row, its limits, and the command that goes to Temporal. */
export type StartServices = Pick<
  EngineServices,
  'database' | 'dispatcher' | 'largeStarts' | 'models' | 'now' | 'prices' | 'settings' | 'system' | 'waker'
>;

/** What a command needs: the row, and what carries it to the workflow. */
export type CommandServices = Pick<EngineServices, 'dispatcher' | 'now' | 'settings' | 'system' | 'waker'>;
