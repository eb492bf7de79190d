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

/** The reason a long tool call was cut off: somebody paused the run, and would otherwise wait for it. */
export class RunPaused extends Error {
  constructor() {
    super('the run is being paused');
    this.name = 'RunPaused';
  }
}

/** So long a pause waits for the tool call in flight. */
const PAUSE_GRACE_MS = 10_000;

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
  /**
   * @returns a signal that aborts when the run is cancelled, one that aborts some seconds after it was paused, for calls
   *   that may last long, and a function to call when the task is let go.
   */
  register(executionId: number): { signal: AbortSignal; paused: AbortSignal; release: () => void };
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

interface HeldTask {
  stop: AbortController;
  pause: AbortController;
  /** Runs since the pause was seen. */
  pauseTimer: NodeJS.Timeout | undefined;
}

function clearPause(task: HeldTask): void {
  clearTimeout(task.pauseTimer);
  task.pauseTimer = undefined;
}

/** Looks at the runs it is woken for; after a lost connection, at all of them. */
export function createRunningTasks(
  sql: Sql,
  listener: WakeListener,
  logger: Logger,
  pauseGraceMs = PAUSE_GRACE_MS,
): RunningTasks {
  const held = new Map<number, Set<HeldTask>>();
  let alone: object | null = null;

  const obey = async (ids: number[]): Promise<void> => {
    const rows = await sql.query<{ id: number; status: ExecutionStatus; pause_requested: boolean }>(
      'select id, status, pause_requested from executions where id = any($1)',
      [ids],
    );
    for (const row of rows) {
      const stops = row.status === 'cancelling' || isFinal(row.status);
      for (const task of held.get(row.id) ?? []) {
        if (stops) task.stop.abort(new RunStopped());
        if (!row.pause_requested || stops) clearPause(task);
        else task.pauseTimer ??= setTimeout(() => task.pause.abort(new RunPaused()), pauseGraceMs);
      }
    }
  };
  const look = (ids: number[]): void => {
    const mine = ids.filter((id) => held.has(id));
    if (mine.length === 0) return;
    // A missed look costs a few seconds: Temporal's own cancel arrives with a heartbeat.
    obey(mine).catch((error: unknown) =>
      logger.warn({ err: error }, 'could not look for cancelled and paused runs'),
    );
  };
  listener.on('control', look);
  listener.onReconnect(() => look([...held.keys()]));

  return {
    register(executionId) {
      const task: HeldTask = {
        stop: new AbortController(),
        pause: new AbortController(),
        pauseTimer: undefined,
      };
      const set = held.get(executionId) ?? new Set();
      held.set(executionId, set.add(task));
      return {
        signal: task.stop.signal,
        paused: task.pause.signal,
        release() {
          clearPause(task);
          set.delete(task);
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
      for (const tasks of held.values()) for (const { stop } of tasks) stop.abort(workerEnds());
    },
    count: () => [...held.values()].reduce((sum, set) => sum + set.size, 0),
  };
}
