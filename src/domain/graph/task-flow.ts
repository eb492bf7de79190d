import type { Compat, TaskContext } from '../plan/crew-plan.ts';

/** What the order of a crew says about one task. */
export interface FlowTask {
  id: string;
  isAsync: boolean;
  isConditional: boolean;
  /** Null is CrewAI's *unspecified*. */
  context: readonly { taskId: string }[] | null;
}

export interface FlowStep {
  /** Direct predecessors only. */
  dependsOn: string[];
  context: TaskContext;
  /** The task before, whose output a condition looks at. */
  previous: string | null;
}

export interface TaskFlow {
  /** One for each task, in order. */
  steps: FlowStep[];
  /** Ids of tasks whose outputs CrewAI 0.121.1 loses from its result; empty when fixed. */
  hidden: string[];
}

/**
 * Follows CrewAI's loop over the tasks of a sequential or hierarchical crew. Asynchronous tasks start when the
 * loop comes by, that is, when the last synchronous one is done; any other task waits for all before it.
 *
 * `strict` also keeps what 0.121.1 gets wrong (crewai-0.121.1.md §6): an asynchronous task with unspecified
 * context is given none; the outputs of asynchronous tasks take the place of all earlier ones, and those of a
 * batch that a conditional task waited for are dropped.
 */
export function taskFlow(tasks: readonly FlowTask[], compat: Compat): TaskFlow {
  const steps: FlowStep[] = [];
  let batch: string[] = [];
  let lastSync: string | null = null;
  /** What CrewAI's `task_outputs` holds at this point. */
  let kept: string[] = [];
  for (const [place, task] of tasks.entries()) {
    const waitsInLine: boolean = !task.isAsync || task.isConditional;
    const before: string[] = lastSync === null ? [] : [lastSync];
    const dependsOn: string[] = waitsInLine && batch.length > 0 ? batch : before;
    if (waitsInLine) {
      if (compat === 'fixed') kept.push(...batch);
      else if (batch.length > 0 && !task.isConditional) kept = [...batch];
      batch = [];
    }
    const seen = task.isAsync && compat === 'strict' ? [] : kept;
    steps.push({
      dependsOn,
      context: contextOf(task, seen, place, compat),
      previous: tasks[place - 1]?.id ?? null,
    });
    if (waitsInLine) {
      kept.push(task.id);
      lastSync = task.id;
    } else {
      batch.push(task.id);
    }
  }
  if (batch.length > 0) kept = compat === 'fixed' ? [...kept, ...batch] : batch;
  const shown = new Set(kept);
  return { steps, hidden: tasks.map(({ id }) => id).filter((id) => !shown.has(id)) };
}

function contextOf(task: FlowTask, seen: readonly string[], place: number, compat: Compat): TaskContext {
  if (task.context === null) {
    // saying nothing means all earlier tasks: keys are needed only where it is not all of them
    return seen.length === place ? { kind: 'unspecified' } : { kind: 'tasks', keys: [...seen] };
  }
  const keys = task.context.map(({ taskId }) => taskId).filter((id) => id !== task.id);
  return { kind: 'tasks', keys: compat === 'fixed' ? [...new Set(keys)] : keys };
}
