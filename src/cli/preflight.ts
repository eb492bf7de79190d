import { WorkflowNotFoundError, type HistoryAndWorkflowId } from '@temporalio/client';
import { Worker, type WorkflowBundleWithSourceMap } from '@temporalio/worker';
import type { Settings } from '../config.ts';
import type { Temporal } from '../temporal/client.ts';
import { workerDataConverter } from '../temporal/payload-codec.ts';

/** A workflow that is open in Temporal and would not go on with this build. */
export interface Broken {
  workflowId: string;
  runId: string;
  type: string;
  /** UUID of the execution; null for workflows that are none, such as deliveries. */
  executionId: string | null;
  reason: string;
}

export interface Preflight {
  checked: number;
  broken: Broken[];
}

/** A line of progress after so many. */
const PROGRESS_EVERY = 500;

/**
 * Replays the history of every workflow that is open on our task queue with the workflows of this build. Histories come one
 * page and one workflow after the other: memory does not grow with their number.
 * @param onProgress called now and then with how many have been replayed
 */
export async function preflight(
  temporal: Temporal,
  settings: Settings,
  options: { bundle: WorkflowBundleWithSourceMap; onProgress?: (checked: number) => void },
): Promise<Preflight> {
  const types = new Map<string, string>();
  const found: Preflight = { checked: 0, broken: [] };
  const results = Worker.runReplayHistories(
    { workflowBundle: options.bundle, dataConverter: workerDataConverter(settings) },
    openHistories(temporal, settings.TEMPORAL_TASK_QUEUE, types),
  );
  for await (const { workflowId, runId, error } of results) {
    found.checked += 1;
    if (found.checked % PROGRESS_EVERY === 0) options.onProgress?.(found.checked);
    const type = types.get(workflowId) ?? 'unknown';
    types.delete(workflowId);
    if (error === undefined) continue;
    const executionId = /^(?:crew|flow)-run\/(.+)$/.exec(workflowId)?.[1] ?? null;
    found.broken.push({ workflowId, runId, type, executionId, reason: error.message });
  }
  return found;
}

async function* openHistories(
  { client }: Temporal,
  taskQueue: string,
  types: Map<string, string>,
): AsyncIterable<HistoryAndWorkflowId> {
  const query = `ExecutionStatus = 'Running' AND TaskQueue = '${taskQueue.replaceAll("'", "''")}'`;
  for await (const { workflowId, runId, type } of client.workflow.list({ query, pageSize: 200 })) {
    try {
      const history = await client.workflow.getHandle(workflowId, runId).fetchHistory();
      types.set(workflowId, type);
      yield { workflowId, history };
    } catch (error) {
      // It ended, and its history was deleted, since the list was made.
      if (!(error instanceof WorkflowNotFoundError)) throw error;
    }
  }
}
