import { ApplicationFailure } from '@temporalio/activity';
import type { Sql } from '../../src/persistence/sql.ts';
import type { WakeListener } from '../../src/persistence/wake.ts';
import { isFinal, type ExecutionStatus } from '../../src/domain/run/status.ts';
import type { Logger } from '../../src/telemetry/logger.ts';

/** The reason a call was cut off: somebody cancelled the run. */
export class RunStopped extends Error {
  constructor() {
    super('the run is being cancelled');
    this.name = 'RunStopped';
  }
}

/** Told to Temporal: another worker takes the task at once. */
const workerEnds = (): ApplicationFailure =>
  ApplicationFailure.create({
    type: 'WorkerShutdown',
    message: 'the worker ends',
    nonRetryable: false,
    nextRetryDelay: 1,
  });

/** The tasks this process works on, so that a cancel reaches the call in flight at once. */
export interface RunningTasks {
  /** @returns a signal that aborts when the run is cancelled, and a function to call when the task is let go. */
  register(executionId: number): { signal: AbortSignal; release: () => void };
  /** Tasks in hand. */
  count(): number;
  /**
   * Takes the one place there is for a task that may kill its worker, for as long as it has not come on.
   * @param task any object that stands for this attempt at it
   * @returns whether it was free
   */
  tryAlone(task: object): boolean;
  isAlone(task: object): boolean;
  /** Frees the place, where this one has it. */
  endAlone(task: object): void;
  /** Cuts off every call in flight: this process ends, and another tries again. */
  cutOff(): void;
}

/** Looks at the runs it is woken for; after a lost connection, at all of them. */
export function createRunningTasks(sql: Sql, listener: WakeListener, logger: Logger): RunningTasks {
  const held = new Map<number, Set<AbortController>>();
  let alone: object | null = null;

  const stopCancelled = async (ids: number[]): Promise<void> => {
    const rows = await sql.query<{ id: number; status: ExecutionStatus }>(
      'select id, status from executions where id = any($1)',
      [ids],
    );
    for (const row of rows) {
      if (row.status !== 'cancelling' && !isFinal(row.status)) continue;
      for (const controller of held.get(row.id) ?? []) controller.abort(new RunStopped());
    }
  };
  const look = (ids: number[]): void => {
    const mine = ids.filter((id) => held.has(id));
    if (mine.length === 0) return;
    // A missed look costs a few seconds: Temporal's own cancel arrives with a heartbeat.
    stopCancelled(mine).catch((error: unknown) =>
      logger.warn({ err: error }, 'could not look for cancelled runs'),
    );
  };
  listener.on('control', look);
  listener.onReconnect(() => look([...held.keys()]));

  return {
    register(executionId) {
      const controller = new AbortController();
      const set = held.get(executionId) ?? new Set();
      held.set(executionId, set.add(controller));
      return {
        signal: controller.signal,
        release() {
          set.delete(controller);
          if (set.size === 0) held.delete(executionId);
        },
      };
    },
    tryAlone(task) {
      alone ??= task;
      return alone === task;
    },
    isAlone: (task) => alone === task,
    endAlone(task) {
      if (alone === task) alone = null;
    },
    cutOff() {
      for (const controllers of held.values())
        for (const controller of controllers) controller.abort(workerEnds());
    },
    count: () => [...held.values()].reduce((sum, set) => sum + set.size, 0),
  };
}
