import type { PerformTaskInput, TaskOutcome } from '../src/contracts/crew-run.ts';
import { performTask } from './agent-task/perform-task.ts';
import type { TaskDeps } from './agent-task/task-deps.ts';
import { createRunRecordActivities } from './run-record.activities.ts';

/** Everything a worker can do, made from what it works with. */
export function createActivities(deps: TaskDeps) {
  return {
    ...createRunRecordActivities(deps),
    /** One slice of one agent task. */
    performTask: (input: PerformTaskInput): Promise<TaskOutcome> => performTask(deps, input),
  };
}

export type Activities = ReturnType<typeof createActivities>;
