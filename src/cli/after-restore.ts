import { createDatabase } from '../persistence/database.ts';
import { startAnew } from '../engine/reconciling/restart-after-restore.ts';
import type { Settings } from '../config.ts';
import { WorkflowNotFoundError } from '@temporalio/client';
import { createTemporal, type Temporal } from '../temporal/client.ts';

/** What Temporal says of a workflow that a restore has left behind. */
const REASON = 'the database was restored: what is open there is started anew';
const AT_ONCE = 20;

/**
 * `muster after-restore`: for a database that is older than Temporal (it alone was restored). What is open in Temporal knows
 * of things that never were, so it is ended, and every open execution starts anew where its tasks stand. APIs and workers
 * must not run. May be repeated.
 * @returns the exit code
 */
export async function afterRestoreCommand(settings: Settings, say: (line: string) => void): Promise<number> {
  const database = await createDatabase(settings.DATABASE_URL ?? '', { poolMax: 2 });
  const temporal = await createTemporal(settings);
  try {
    say(`${await terminateOpen(temporal, settings.TEMPORAL_TASK_QUEUE)} workflows ended in Temporal.`);
    const { executions, schedules } = await startAnew(database.sql, new Date());
    say(
      `${executions} executions start anew where their tasks stand; ${schedules} schedules are told to Temporal again.`,
    );
    return 0;
  } finally {
    await temporal.close();
    await database.close();
  }
}

/** Runs and times of schedules; deliveries read what is due from the database and may stay. */
async function terminateOpen({ client }: Temporal, taskQueue: string): Promise<number> {
  const query =
    `ExecutionStatus = 'Running' AND TaskQueue = '${taskQueue.replaceAll("'", "''")}' AND ` +
    `WorkflowType IN ('crewRun', 'flowRun', 'scheduledStart')`;
  let count = 0;
  let batch: Promise<void>[] = [];
  for await (const { workflowId, runId } of client.workflow.list({ query, pageSize: 200 })) {
    batch.push(terminate(client.workflow.getHandle(workflowId, runId)));
    count += 1;
    if (batch.length < AT_ONCE) continue;
    await Promise.all(batch);
    batch = [];
  }
  await Promise.all(batch);
  return count;
}

async function terminate(handle: { terminate(reason: string): Promise<unknown> }): Promise<void> {
  try {
    await handle.terminate(REASON);
  } catch (error) {
    // It has ended since the list was made.
    if (!(error instanceof WorkflowNotFoundError)) throw error;
  }
}
