import { createRunningTasks } from '../../activities/calls/running-tasks.ts';
import type { TaskDeps } from '../../activities/calls/call-deps.ts';
import { readSettings } from '../../src/config.ts';
import { createComputing } from '../../src/computing/computing.ts';
import { createModels } from '../../src/models/create-models.ts';
import { createPrices } from '../../src/models/prices.ts';
import { createWaker, type WakeListener } from '../../src/persistence/wake.ts';
import { createLogger } from '../../src/telemetry/logger.ts';
import { createToolRegistry } from '../../src/tools/registry.ts';
import { WORKER, type EngineDatabase } from './engine-database.ts';

/** A signal nobody aborts. */
export const NEVER = new AbortController().signal;

/** What a worker's tasks work with, where tests take its steps one by one; its model is never asked. */
export function workerDeps(
  { database: { sql } }: EngineDatabase,
  listener: WakeListener,
  tools = createToolRegistry(),
): TaskDeps {
  const logger = createLogger({ level: 'silent' });
  return {
    workerId: WORKER,
    sql,
    models: createModels(readSettings({ DEMO_MODEL: 'on' })),
    prices: createPrices(),
    tools,
    computing: createComputing({ processes: 2 }),
    waker: createWaker(sql, logger),
    running: createRunningTasks(sql, listener, logger),
    logger,
    maxActive: 0,
    tasksOfOneRun: 1_000,
    now: () => new Date(),
    draining: () => false,
    setAside: () => undefined,
  };
}
