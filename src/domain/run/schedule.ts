/** What the scheduler needs to know of a task. */
export interface SchedulableTask {
  key: string;
  dependsOn: readonly string[];
}

/** Keys of the tasks that may start now: not begun, everything they depend on done. In plan order. */
export function readyTasks(
  tasks: readonly SchedulableTask[],
  done: ReadonlySet<string>,
  begun: ReadonlySet<string>,
): string[] {
  return tasks
    .filter((task) => !done.has(task.key) && !begun.has(task.key))
    .filter((task) => task.dependsOn.every((key) => done.has(key)))
    .map((task) => task.key);
}
