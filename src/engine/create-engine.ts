import { fileURLToPath } from 'node:url';
import type { Settings } from '../config.ts';
import { createComputing, type Computing } from '../computing/computing.ts';
import { createCrewCatalogue } from '../crews/crew-catalogue.ts';
import { createMlflowExporter, type MlflowExporter } from '../mlflow/exporter.ts';
import { createMlflowClient } from '../mlflow/rest-client.ts';
import type { FlowCatalogue } from '../flows/flow-catalogue.ts';
import { createModels } from '../models/create-models.ts';
import { loadPrices } from '../models/prices-file.ts';
import type { Database } from '../persistence/database.ts';
import { createHousekeeping } from './housekeeping.ts';
import type { SqlPool } from '../persistence/sql.ts';
import { createInstanceWatch } from './external-agents/agent-monitor.ts';
import { createWakeListener, createWaker, type Waker, type WakeListener } from '../persistence/wake.ts';
import type { Logger } from '../telemetry/logger.ts';
import { createSecretBox } from '../security/secret-box.ts';
import { createApiMetrics, type ApiMetrics } from '../telemetry/metrics/api-metrics.ts';
import { noTracing, type Tracing } from '../telemetry/tracing/tracing.ts';
import type { Temporal } from '../temporal/client.ts';
import { createDeliveryDispatcher } from './webhooks/delivery-dispatcher.ts';
import { createDisabledOwners } from './commands/stop-disabled-users.ts';
import { createDispatcher, type Dispatcher } from './outbox/command-dispatcher.ts';
import { createReconciler } from './reconciling/reconciler.ts';
import { createRuns } from '../temporal/runs.ts';
import { createTemporalSchedules } from '../temporal/schedules.ts';
import { probeSearchAttributes } from '../temporal/search-attributes.ts';
import { createUrlCheck } from '../tools/guarded-fetch.ts';
import { createToolbox } from '../tools/toolbox.ts';
import type { EngineServices } from './services.ts';
import { createLargeStarts } from './starting/large-starts.ts';
import { createScheduleKeeper, type MakeReady } from './schedules/schedule-keeper.ts';

/** The crews that ship with the program. */
const EXAMPLES = fileURLToPath(new URL('../../examples/', import.meta.url));

/** Requests of one owner that may wait for a computation; more are 429. */
const MAX_WAITING_PER_OWNER = 50;

/** The engine of one API process, with all that runs beside its HTTP server. */
export interface RunningEngine {
  services: EngineServices;
  /** Wakes those who read what others have written. */
  listener: WakeListener;
  /** Ends dispatcher, reconciler and housekeeping. The database and Temporal stay open. */
  close(): Promise<void>;
}

export function createEngine(deps: {
  settings: Settings;
  /** Opened for `owners`: what handlers of requests use. */
  database: Database;
  /** Opened for `system`: what runs beside them. */
  system: Database;
  temporal: Temporal;
  logger: Logger;
  flows: FlowCatalogue;
  /** Where the crews that can be started by name lie. Default: the examples. */
  crewsDir?: string;
  /** Makes ready what a schedule runs. */
  readyRun: (services: EngineServices, ...target: Parameters<MakeReady>) => ReturnType<MakeReady>;
  /** Whom to tell what this process does; default: nobody. */
  tracing?: Tracing;
}): RunningEngine {
  const { settings, database, temporal, logger } = deps;
  const { sql } = deps.system;
  const now = (): Date => new Date();
  const tools = createToolbox(settings, logger);
  const waker = createWaker(sql, logger);
  const listener = createWakeListener(deps.system.url, logger, ['log', 'token', 'outbox', 'message']);
  const probe = probeSearchAttributes(temporal, settings.TEMPORAL_NAMESPACE, logger);
  const runs = createRuns(temporal, settings.TEMPORAL_TASK_QUEUE, probe);
  const dispatcher = createDispatcher({ sql, runs, listener, logger, now });
  const maxActive = settings.MAX_ACTIVE_EXECUTIONS_PER_USER;
  const { tracing = noTracing } = deps;
  const reconciler = createReconciler({ sql, runs, waker, logger, maxActive, now, tracing });
  const taskQueue = settings.TEMPORAL_TASK_QUEUE;
  const deliveries = createDeliveryDispatcher({ sql, temporal, taskQueue, listener, logger, now });
  const crews = createCrewCatalogue(deps.crewsDir ?? EXAMPLES, () => tools.registry.names());
  const metrics = createApiMetrics();
  const computing = computingOf(settings, metrics);
  const services: EngineServices = {
    settings,
    database,
    system: sql,
    systemDatabase: deps.system,
    metrics,
    logger,
    runs,
    dispatcher,
    reconciler,
    waker,
    computing,
    crews,
    flows: deps.flows,
    models: createModels(settings),
    prices: loadPrices(settings.MODEL_PRICES),
    tools,
    deliveries,
    largeStarts: createLargeStarts(),
    secrets: createSecretBox(settings),
    checkUrl: createUrlCheck({ allowPrivate: settings.EGRESS_ALLOW_PRIVATE }),
    now,
  };
  const keeper = createScheduleKeeper(
    services,
    createTemporalSchedules(temporal, settings.TEMPORAL_NAMESPACE, settings.TEMPORAL_TASK_QUEUE),
    (...target) => deps.readyRun(services, ...target),
  );
  const mlflow = mlflowOf(settings, { sql, logger, now });
  // Closed one after the other: nothing ends before what uses it.
  const sweeps = createSweeps(settings, { sql, waker, dispatcher, logger, now });
  const beside = [...mlflow, computing, tools, ...sweeps, keeper];
  const parts = [...beside, reconciler, dispatcher, deliveries, waker, listener];
  return {
    services,
    listener,
    async close() {
      probe.close();
      for (const part of parts) await part.close();
    },
  };
}

/** What looks by itself for what has had its time, has gone silent, or must stop. */
function createSweeps(
  settings: Settings,
  deps: { sql: SqlPool; waker: Waker; dispatcher: Dispatcher; logger: Logger; now: () => Date },
): { close(): Promise<void> }[] {
  const {
    WEBHOOK_RETENTION: keepDeliveriesMs,
    DISABLED_USER_RUNS: command,
    MAX_ACTIVE_EXECUTIONS_PER_USER: maxActive,
  } = settings;
  return [
    createHousekeeping({ ...deps, keepDeliveriesMs }),
    createInstanceWatch(deps),
    createDisabledOwners({ ...deps, command, maxActive }),
  ];
}

/** Nobody, unless there is an MLflow to be told. */
function mlflowOf(
  { MLFLOW_TRACKING_URI: uri, MLFLOW_EXPERIMENT_NAME: name }: Settings,
  deps: { sql: SqlPool; logger: Logger; now: () => Date },
): MlflowExporter[] {
  return uri === undefined ? [] : [createMlflowExporter({ ...deps, mlflow: createMlflowClient(uri, name) })];
}

const computingOf = ({ COMPUTING_PROCESSES: processes }: Settings, { computed }: ApiMetrics): Computing =>
  createComputing({ processes, maxWaitingPerOwner: MAX_WAITING_PER_OWNER, observe: computed });
