import type { LiveState } from '../../contracts/crew-run.ts';
import { isFinal, isTaskFinal, type ExecutionKind, type ExecutionStatus } from '../../domain/run/status.ts';
import { readSnapshotTasks, type SnapshotTask } from '../../persistence/repositories/snapshot-tasks.ts';
import { readHeads } from '../../persistence/event-log.ts';
import type { Sql } from '../../persistence/sql.ts';
import { runWorkflowId } from '../../temporal/names.ts';
import { sseFrame } from './sse-frame.ts';

/** How long the snapshot waits for the workflow's own word. */
const LIVE_STATE_MS = 300;
/** For so long a snapshot is good for whoever comes after; what has happened since is in the log. */
const SHARED_MS = 1_000;

/** What names an execution, and says whether its workflow can be asked. */
export interface SnapshotOf {
  id: number;
  executionId: string;
  kind: ExecutionKind;
}

/** What the readers of one execution begin with: read once for all who come at the same moment, however many. */
export interface Snapshots {
  /**
   * The frame, the same for all.
   * @param after where the reader stands in the log, not behind its end: nothing older than that is shown
   */
  of(execution: SnapshotOf, after: number): Promise<Buffer>;
}

interface Made {
  asOfSeq: number;
  frame: Buffer;
}

/** @param deps.show the execution as the API shows it, without result and log */
export function createSnapshots(deps: {
  sql: Sql;
  liveState: (workflowId: string, timeoutMs: number) => Promise<LiveState | null>;
  show: (id: number) => Promise<{ status: ExecutionStatus; body: object } | null>;
}): Snapshots {
  const made = new Map<number, Promise<Made>>();
  const make = (execution: SnapshotOf): Promise<Made> => {
    const making = snapshotOf(deps, execution);
    made.set(execution.id, making);
    const forget = (): void => {
      if (made.get(execution.id) === making) made.delete(execution.id);
    };
    making.then(() => setTimeout(forget, SHARED_MS).unref(), forget);
    return making;
  };
  return {
    async of(execution, after) {
      let making = made.get(execution.id) ?? make(execution);
      for (;;) {
        const { asOfSeq, frame } = await making;
        if (asOfSeq >= after) return frame;
        // The first of those who have seen more than it shows makes another, for all of them.
        const newest = made.get(execution.id);
        making = newest === undefined || newest === making ? make(execution) : newest;
      }
    },
  };
}

/** One read of Postgres, enriched by the workflow's own word while it lives. */
async function snapshotOf(deps: Parameters<typeof createSnapshots>[0], execution: SnapshotOf): Promise<Made> {
  const { sql, liveState, show } = deps;
  // Read before the rest: what is shown is at least as new as the seq it names.
  const asOfSeq = (await readHeads(sql, [execution.id])).get(execution.id)?.lastSeq ?? 0;
  const [shown, tasks] = await Promise.all([show(execution.id), readSnapshotTasks(sql, execution.id)]);
  const live =
    shown === null || isFinal(shown.status) ? null : await liveState(runWorkflowId(execution), LIVE_STATE_MS);
  const body = {
    as_of_seq: asOfSeq,
    execution: shown?.body ?? null,
    tasks,
    live: live === null ? null : { ...live, tasks: liveTasks(live, tasks) },
  };
  return { asOfSeq, frame: sseFrame('snapshot', body) };
}

/** A long run's workflow knows of the tasks that are next; the others stand where their rows say. */
function liveTasks(live: LiveState, tasks: readonly SnapshotTask[]): LiveState['tasks'] {
  if (tasks.length === live.tasks.length) return live.tasks;
  const known = new Map(live.tasks.map((task) => [task.key, task]));
  // A flow's steps are known to its workflow before they have a row.
  if (tasks.every(({ key }) => known.has(key))) return live.tasks;
  return tasks.map(
    ({ key, status }) => known.get(key) ?? { key, status: isTaskFinal(status) ? 'done' : 'pending' },
  );
}
