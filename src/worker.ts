import { fileURLToPath } from 'node:url';
import {
  bundleWorkflowCode,
  DefaultLogger,
  NativeConnection,
  Runtime,
  Worker,
  type WorkflowBundleWithSourceMap,
} from '@temporalio/worker';
import { createActivities } from '../activities/index.ts';
import { createRunningTasks } from '../activities/agent-task/running-tasks.ts';
import type { Settings } from './config.ts';
import { deliveryQueue } from './domain/delivery/delivery-queue.ts';
import { loadFlows } from './flows/flow-catalogue.ts';
import { createModels } from './models/create-models.ts';
import { createDatabase } from './persistence/database.ts';
import { createWakeListener, createWaker } from './persistence/wake.ts';
import { createSecretBox } from './security/secret-box.ts';
import { createLogger, type Logger } from './telemetry/logger.ts';
import { temporalConnectionOptions } from './temporal/client.ts';
import { createGuardedFetch } from './tools/guarded-fetch.ts';
import { createToolbox } from './tools/toolbox.ts';

/** How long a shutdown waits for the turns in flight. */
const SHUTDOWN_GRACE = '25s';
/** A killed worker's runs stand still for this long before another worker takes them. */
const STICKY_TIMEOUT = '2s';
/** About 1 MB each. */
const MAX_CACHED_WORKFLOWS = 500;
const MAX_TASKS_AT_ONCE = 100;
/** Endpoints that are delivered to side by side. */
const MAX_DELIVERIES_AT_ONCE = 50;

export interface RunningWorker {
  /** Finishes the turns in flight, then closes everything. */
  close(): Promise<void>;
  /** Resolves when the worker has stopped, rejects when it broke. */
  done: Promise<void>;
}

/** Builds the workflow bundle: what runs in Temporal's sandbox. Takes a second; once a process. */
export function bundleWorkflows(): Promise<WorkflowBundleWithSourceMap> {
  return bundleWorkflowCode({
    workflowsPath: fileURLToPath(new URL('../workflows/index.ts', import.meta.url)),
    logger: new DefaultLogger('WARN'),
  });
}

/** Sends the SDK's own words to our log. Once a process; later calls change nothing. */
function installRuntimeLogger(logger: Logger): void {
  Runtime.install({
    logger: new DefaultLogger('WARN', ({ level, message, meta }) => {
      logger[level === 'ERROR' ? 'error' : 'warn']({ ...meta }, message);
    }),
  });
}

/** Starts a worker on the settings' task queue and returns once it polls. */
export async function startWorker(
  settings: Settings & { DATABASE_URL: string },
  options: { logger: Logger; bundle?: WorkflowBundleWithSourceMap },
): Promise<RunningWorker> {
  const { logger } = options;
  const flows = await loadFlows(settings.FLOWS_DIR);
  const tools = createToolbox(settings, logger);
  const bundle = options.bundle ?? (await bundleWorkflows());
  const database = await createDatabase(settings.DATABASE_URL, { poolMax: 20 });
  const waker = createWaker(database.sql, logger);
  const listener = createWakeListener(settings.DATABASE_URL, logger, ['control']);
  const connection = await NativeConnection.connect(await temporalConnectionOptions(settings));
  await tools.ready();
  let draining = false;
  const running = createRunningTasks(database.sql, listener, logger);
  const activities = createActivities({
    sql: database.sql,
    models: createModels(settings),
    tools: tools.registry,
    flows,
    fetch: createGuardedFetch({ allowPrivate: settings.EGRESS_ALLOW_PRIVATE }),
    secrets: createSecretBox(settings),
    retryDelaysMs: settings.WEBHOOK_RETRY_DELAYS,
    disableAfterMs: settings.WEBHOOK_DISABLE_AFTER,
    waker,
    running,
    logger,
    maxActive: settings.MAX_ACTIVE_EXECUTIONS_PER_USER,
    now: () => new Date(),
    draining: () => draining,
  });
  const common = { connection, namespace: settings.TEMPORAL_NAMESPACE, shutdownGraceTime: SHUTDOWN_GRACE };
  const worker = await Worker.create({
    ...common,
    taskQueue: settings.TEMPORAL_TASK_QUEUE,
    workflowBundle: bundle,
    activities,
    stickyQueueScheduleToStartTimeout: STICKY_TIMEOUT,
    maxCachedWorkflows: MAX_CACHED_WORKFLOWS,
    maxConcurrentActivityTaskExecutions: MAX_TASKS_AT_ONCE,
  });
  const deliverer = await Worker.create({
    ...common,
    taskQueue: deliveryQueue(settings.TEMPORAL_TASK_QUEUE),
    activities: { deliverDue: activities.deliverDue },
    maxConcurrentActivityTaskExecutions: MAX_DELIVERIES_AT_ONCE,
  });
  const workers = [worker, deliverer];
  const shutDown = (): void => {
    for (const one of workers) if (one.getState() === 'RUNNING') one.shutdown();
  };
  const runToEnd = async (): Promise<void> => {
    try {
      // Where one breaks, the other ends as well: half a worker would be taken for a whole one.
      await Promise.all(workers.map((one) => one.run().finally(shutDown)));
    } finally {
      await tools.close();
      await waker.close();
      await listener.close();
      await database.close();
      await connection.close();
    }
  };
  const done = runToEnd();
  logger.info({ taskQueue: settings.TEMPORAL_TASK_QUEUE }, 'the worker polls');
  return {
    done,
    async close() {
      draining = true;
      shutDown();
      await done;
    },
  };
}

/** The `worker` role of the command line. @throws when an address it needs is missing. */
export async function runWorker(settings: Settings): Promise<{ close(): Promise<void> }> {
  const { DATABASE_URL, TEMPORAL_ADDRESS } = settings;
  if (DATABASE_URL === undefined) throw new Error('DATABASE_URL is not set: the worker needs the database');
  if (TEMPORAL_ADDRESS === undefined)
    throw new Error('TEMPORAL_ADDRESS is not set: the worker needs Temporal');
  const logger = createLogger({ level: settings.LOG_LEVEL }).child({ role: 'worker' });
  installRuntimeLogger(logger);
  const worker = await startWorker({ ...settings, DATABASE_URL }, { logger });
  worker.done.catch((error: unknown) => {
    logger.fatal({ err: error }, 'the worker broke');
    process.exitCode = 1;
    process.kill(process.pid, 'SIGTERM');
  });
  return { close: () => worker.close() };
}
