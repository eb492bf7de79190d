import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { fileURLToPath } from 'node:url';
import {
  bundleWorkflowCode,
  DefaultLogger,
  NativeConnection,
  Runtime,
  Worker,
  type WorkflowBundleWithSourceMap,
} from '@temporalio/worker';
import { type Activities, createActivities } from '../activities/index.ts';
import { createRunningTasks } from '../activities/calls/running-tasks.ts';
import getPort from 'get-port';
import { SettingsError, type Settings } from './config.ts';
import { deliveryQueue } from './domain/delivery/delivery-queue.ts';
import { loadFlows } from './flows/flow-catalogue.ts';
import { isLoopback } from './http/loopback-only.ts';
import { createComputing } from './computing/computing.ts';
import { createModels } from './models/create-models.ts';
import { loadPrices } from './models/prices-file.ts';
import { createDatabase } from './persistence/database.ts';
import type { WorkerIdentity } from './persistence/workers.ts';
import { createWakeListener, createWaker } from './persistence/wake.ts';
import { createSecretBox } from './security/secret-box.ts';
import { secretsOf } from './telemetry/hide-secrets.ts';
import { createLogger, type Logger } from './telemetry/logger.ts';
import { serveWorkerMetrics } from './telemetry/metrics/serve-worker-metrics.ts';
import { createTracing, type Tracing } from './telemetry/tracing/tracing.ts';
import { programVersion } from './version.ts';
import { createWorkerMetrics, type WorkerMetrics } from './telemetry/metrics/worker-metrics.ts';
import { executionIdOf } from './temporal/names.ts';
import { temporalConnectionOptions } from './temporal/client.ts';
import { deploymentOptions } from './temporal/current-version.ts';
import { type CodecSettings, failuresOf, workerDataConverter } from './temporal/payload-codec.ts';
import { createWorkerPresence } from './engine/workers/worker-heartbeat.ts';
import { createGuardedFetch } from './tools/guarded-fetch.ts';
import { createToolbox } from './tools/toolbox.ts';

/** How long a shutdown waits for the turns in flight, and a drain for as long as they last at most (as an activity may). */
const SHUTDOWN_GRACE_MS = 25_000;
const DRAIN_GRACE = '2 hours';
/** A killed worker's runs stand still for this long before another worker takes them. */
const STICKY_TIMEOUT = '2s';
/** About 1 MB each. */
const MAX_CACHED_WORKFLOWS = 500;
const MAX_TASKS_AT_ONCE = 100;
/**
 * Tasks of a run that one Temporal run takes before it continues as new: of a chain about as many as the server suggests
 * (4,096 events at 6 a task), and so few that a claim stays far below the 2 MB a payload may have.
 */
const TASKS_OF_ONE_RUN = 1_000;
/** Endpoints that are delivered to side by side. */
const MAX_DELIVERIES_AT_ONCE = 50;

export interface RunningWorker {
  id: string;
  /** Finishes the turns in flight (25 s at most), then closes everything. */
  close(): Promise<void>;
  /** Resolves when the worker has stopped, rejects when it broke. */
  done: Promise<void>;
  /** Whether it takes work: not before its start is over, and not any more once it stops. */
  polls(): boolean;
}

/** Builds the workflow bundle: what runs in Temporal's sandbox. Takes a second; once a process. */
export function bundleWorkflows(settings: CodecSettings): Promise<WorkflowBundleWithSourceMap> {
  return bundleWorkflowCode({
    ...failuresOf(settings),
    workflowsPath: fileURLToPath(new URL('../workflows/index.ts', import.meta.url)),
    logger: new DefaultLogger('WARN'),
  });
}

/**
 * Sends the SDK's own words to our log, and its metrics to whoever asks at an address. Once a process; later calls
 * change nothing.
 */
function installRuntime(logger: Logger, metricsAddress: string | undefined): void {
  Runtime.install({
    ...(metricsAddress !== undefined && {
      telemetryOptions: {
        metrics: {
          prometheus: {
            bindAddress: metricsAddress,
            countersTotalSuffix: true,
            unitSuffix: true,
            useSecondsForDurations: true,
          },
        },
      },
    }),
    logger: new DefaultLogger('WARN', ({ level, message, meta }) => {
      // The worker of deliveries has none on purpose.
      if (message.startsWith('No workflows registered')) return;
      const executionId = executionIdOf(String(meta?.['workflowId']));
      const about = executionId === null ? {} : { execution_id: executionId };
      logger[level === 'ERROR' ? 'error' : 'warn']({ ...meta, ...about }, message);
    }),
  });
}

/** One for runs, one for deliveries: a receiver that is slow must not hold up the tasks of crews. */
async function createWorkers(
  settings: Settings,
  { connection, identity }: { connection: NativeConnection; identity: WorkerIdentity },
  workflowBundle: WorkflowBundleWithSourceMap,
  activities: Activities,
): Promise<Worker[]> {
  const common = {
    connection,
    identity: temporalIdentity(identity),
    namespace: settings.TEMPORAL_NAMESPACE,
    dataConverter: workerDataConverter(settings),
    ...deploymentOptions(settings),
  };
  return [
    await Worker.create({
      ...common,
      taskQueue: settings.TEMPORAL_TASK_QUEUE,
      shutdownGraceTime: DRAIN_GRACE,
      workflowBundle,
      activities,
      stickyQueueScheduleToStartTimeout: STICKY_TIMEOUT,
      maxCachedWorkflows: MAX_CACHED_WORKFLOWS,
      maxConcurrentActivityTaskExecutions: MAX_TASKS_AT_ONCE,
    }),
    await Worker.create({
      ...common,
      taskQueue: deliveryQueue(settings.TEMPORAL_TASK_QUEUE),
      shutdownGraceTime: SHUTDOWN_GRACE_MS,
      activities: { deliverDue: activities.deliverDue },
      maxConcurrentActivityTaskExecutions: MAX_DELIVERIES_AT_ONCE,
    }),
  ];
}

/** Everything this worker can do. */
const activitiesOf = (
  settings: Settings,
  { logger, metrics, tracing, tasksOfOneRun = TASKS_OF_ONE_RUN }: WorkerOptions,
  parts: Pick<
    Parameters<typeof createActivities>[0],
    'workerId' | 'sql' | 'tools' | 'flows' | 'waker' | 'running' | 'draining' | 'computing'
  >,
): Activities =>
  createActivities(
    {
      ...parts,
      models: createModels(settings),
      fetch: createGuardedFetch({ allowPrivate: settings.EGRESS_ALLOW_PRIVATE }),
      secrets: createSecretBox(settings),
      prices: loadPrices(settings.MODEL_PRICES),
      retryDelaysMs: settings.WEBHOOK_RETRY_DELAYS,
      disableAfterMs: settings.WEBHOOK_DISABLE_AFTER,
      logger,
      maxActive: settings.MAX_ACTIVE_EXECUTIONS_PER_USER,
      tasksOfOneRun,
      now: () => new Date(),
    },
    metrics,
    tracing,
  );

interface WorkerOptions {
  logger: Logger;
  bundle?: WorkflowBundleWithSourceMap;
  metrics?: WorkerMetrics;
  tracing?: Tracing;
  tasksOfOneRun?: number;
}

/** Starts a worker on the settings' task queue and returns once it polls. */
export async function startWorker(
  settings: Settings & { DATABASE_URL: string },
  options: WorkerOptions,
): Promise<RunningWorker> {
  const { logger } = options;
  const flows = await loadFlows(settings.FLOWS_DIR);
  const tools = createToolbox(settings, logger);
  const bundle = options.bundle ?? (await bundleWorkflows(settings));
  const database = await createDatabase(settings.DATABASE_URL, { poolMax: 20 });
  const waker = createWaker(database.sql, logger);
  const listener = createWakeListener(settings.DATABASE_URL, logger, ['control']);
  const connection = await NativeConnection.connect(await temporalConnectionOptions(settings));
  await tools.ready();
  const computing = createComputing({
    processes: settings.COMPUTING_PROCESSES,
    observe: options.metrics?.computed,
  });
  let draining = false;
  const running = createRunningTasks(database.sql, listener, logger);
  const identity = newIdentity(settings);
  const activities = activitiesOf(settings, options, {
    workerId: identity.id,
    sql: database.sql,
    tools: tools.registry,
    flows,
    waker,
    running,
    computing,
    draining: () => draining,
  });
  const workers = await createWorkers(settings, { connection, identity }, bundle, activities);
  const shutDown = (): void => {
    draining = true;
    for (const one of workers) if (one.getState() === 'RUNNING') one.shutdown();
  };
  const presence = createWorkerPresence({
    sql: database.sql,
    worker: identity,
    tasksOut: () => running.count(),
    onDrain: () => {
      logger.info({ worker: identity.id, tasks: running.count() }, 'drained: the worker takes nothing new');
      shutDown();
    },
    logger,
    now: () => new Date(),
  });
  const runToEnd = async (): Promise<void> => {
    try {
      // Where one breaks, the other ends as well: half a worker would be taken for a whole one.
      await Promise.all(workers.map((one) => one.run().finally(shutDown)));
    } finally {
      await presence.close();
      await computing.close();
      await tools.close();
      await waker.close();
      await listener.close();
      await database.close();
      await connection.close();
    }
  };
  const done = runToEnd();
  logger.info({ taskQueue: settings.TEMPORAL_TASK_QUEUE, worker: identity.id }, 'the worker polls');
  return {
    id: identity.id,
    done,
    polls: () => workers.every((one) => one.getState() === 'RUNNING'),
    async close() {
      shutDown();
      const cut = setTimeout(() => running.cutOff(), SHUTDOWN_GRACE_MS);
      await done.finally(() => clearTimeout(cut));
    },
  };
}

const newIdentity = (settings: Settings): WorkerIdentity => ({
  id: randomUUID(),
  taskQueue: settings.TEMPORAL_TASK_QUEUE,
  host: hostname(),
  pid: process.pid,
  buildId: settings.WORKER_BUILD_ID ?? null,
  version: programVersion(),
  startedAt: new Date(),
});

/** As Temporal's histories and Web UI name the worker. */
const temporalIdentity = ({ pid, host, id }: WorkerIdentity): string => `${pid}@${host}/${id}`;

/** The `worker` role of the command line; `ended` when it was drained. @throws when an address it needs is missing. */
export async function runWorker(
  settings: Settings,
): Promise<{ close(): Promise<void>; ended: Promise<void> }> {
  const { DATABASE_URL, TEMPORAL_ADDRESS } = settings;
  if (DATABASE_URL === undefined) throw new Error('DATABASE_URL is not set: the worker needs the database');
  if (TEMPORAL_ADDRESS === undefined)
    throw new Error('TEMPORAL_ADDRESS is not set: the worker needs Temporal');
  const logger = createLogger({ level: settings.LOG_LEVEL, secrets: secretsOf(settings) }).child({
    role: 'worker',
  });
  const metrics = createWorkerMetrics();
  const tracing = createTracing(settings, { service: 'muster-worker', version: programVersion(), logger });
  const started: { worker?: RunningWorker } = {};
  const served = await metricsOf(settings, metrics, () => started.worker?.polls() ?? false);
  installRuntime(logger, served?.sdkAddress);
  const worker = await startWorker({ ...settings, DATABASE_URL }, { logger, metrics, tracing });
  started.worker = worker;
  worker.done.catch((error: unknown) => {
    logger.fatal({ err: error }, 'the worker broke');
    process.exitCode = 1;
    process.kill(process.pid, 'SIGTERM');
  });
  return {
    // What broke it ends the process by a signal, and is no end as it should be.
    ended: worker.done.catch(() => new Promise<never>(() => undefined)),
    async close() {
      await worker.close();
      await tracing.close();
      await served?.close();
    },
  };
}

/** Serves the metrics where the settings say so, for loopback or whoever has METRICS_TOKEN. @throws {SettingsError} */
async function metricsOf(
  { WORKER_METRICS_ADDRESS: address, METRICS_TOKEN: token }: Settings,
  { registry }: WorkerMetrics,
  polls: () => boolean,
): Promise<{ sdkAddress: string; close(): Promise<void> } | undefined> {
  if (address === undefined) return undefined;
  const host = address.slice(0, address.lastIndexOf(':')).replace(/^\[(.*)\]$/, '$1');
  if (token === undefined && !isLoopback(host)) {
    throw new SettingsError([`METRICS_TOKEN: must be given where WORKER_METRICS_ADDRESS is not loopback`]);
  }
  const sdkAddress = `127.0.0.1:${await getPort({ host: '127.0.0.1' })}`;
  const port = Number(address.slice(address.lastIndexOf(':') + 1));
  const server = await serveWorkerMetrics({
    host,
    port,
    token,
    registry,
    polls,
    sdkUrl: `http://${sdkAddress}/metrics`,
  });
  return { sdkAddress, close: () => server.close() };
}
