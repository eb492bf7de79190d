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
import type { Engine } from './services.ts';
import { createScheduleKeeper } from './schedules/schedule-keeper.ts';
import { createCredentialWatch } from '../api/realtime/credential-watch.ts';
import { createExecutionFeeds } from '../api/realtime/execution-feeds.ts';
import { createLogHub } from '../api/realtime/log-hub.ts';
import { createInboxFeed } from '../api/realtime/inbox-feed.ts';
import { createMessageHub } from '../api/realtime/message-hub.ts';
import { createSockets } from '../api/realtime/sockets.ts';

/** The crews that ship with the program. */
const EXAMPLES = fileURLToPath(new URL('../../examples/', import.meta.url));

/** Requests of one owner that may wait for a computation; more are 429. */
const MAX_WAITING_PER_OWNER = 50;

/** The engine of one API process, with all that runs beside its HTTP server. */
export interface RunningEngine {
  engine: Engine;
  /** Ends every open stream. */
  endStreams(): void;
  /** Ends dispatcher, reconciler and housekeeping too. The database and Temporal stay open. */
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
  /** How often WebSockets are pinged, other than the usual, for tests. */
  heartbeatMs?: number;
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
  const readers = createReaders({ sql, listener, logger, now }, deps.heartbeatMs);
  const credentials = createCredentialWatch({ sql, logger, now });
  const dispatcher = createDispatcher({ sql, runs, listener, logger, now });
  const maxActive = settings.MAX_ACTIVE_EXECUTIONS_PER_USER;
  const { tracing = noTracing } = deps;
  const reconciler = createReconciler({ sql, runs, waker, logger, maxActive, now, tracing });
  const taskQueue = settings.TEMPORAL_TASK_QUEUE;
  const deliveries = createDeliveryDispatcher({ sql, temporal, taskQueue, listener, logger, now });
  const crews = createCrewCatalogue(deps.crewsDir ?? EXAMPLES, () => tools.registry.names());
  const metrics = createApiMetrics();
  const computing = computingOf(settings, metrics);
  const engine: Engine = {
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
    ...readers.of,
    credentials,
    computing,
    crews,
    flows: deps.flows,
    models: createModels(settings),
    prices: loadPrices(settings.MODEL_PRICES),
    tools,
    deliveries,
    secrets: createSecretBox(settings),
    checkUrl: createUrlCheck({ allowPrivate: settings.EGRESS_ALLOW_PRIVATE }),
    now,
  };
  const keeper = createScheduleKeeper(
    engine,
    createTemporalSchedules(temporal, settings.TEMPORAL_NAMESPACE, settings.TEMPORAL_TASK_QUEUE),
  );
  const mlflow = mlflowOf(settings, { sql, logger, now });
  // Closed one after the other: nothing ends before what uses it.
  const sweeps = createSweeps(settings, { sql, waker, dispatcher, logger, now });
  const beside = [...mlflow, computing, tools, ...sweeps, keeper];
  const parts = [...beside, reconciler, dispatcher, deliveries, waker, listener];
  return {
    engine,
    endStreams: () => readers.end(),
    async close() {
      readers.end();
      credentials.close();
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

/** What is read live by those outside, and the end of all of it. */
function createReaders(
  deps: { sql: SqlPool; listener: WakeListener; logger: Logger; now: () => Date },
  heartbeatMs: number | undefined,
): { of: Pick<Engine, 'hub' | 'messages' | 'inbox' | 'feeds' | 'sockets'>; end(): void } {
  const hub = createLogHub(deps);
  const messages = createMessageHub(deps);
  const inbox = createInboxFeed(deps);
  const feeds = createExecutionFeeds({ ...deps, hub });
  const sockets = createSockets(heartbeatMs);
  return {
    of: { hub, messages, inbox, feeds, sockets },
    end() {
      for (const each of [sockets, hub, messages, inbox]) each.close();
      feeds.end();
    },
  };
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
