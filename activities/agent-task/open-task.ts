import type { EarlierOutput } from '../../src/domain/agent/prompts.ts';
import { FilledTextTooLarge } from '../../src/domain/plan/interpolate.ts';
import { lockRun } from '../../src/engine/calls/record-call.ts';
import { takeLease, type HeldTask, type Lease } from '../../src/engine/claims/task-lease.ts';
import { openAfterDeaths } from '../calls/after-worker-deaths.ts';
import { outcomeOf, proceed, type Position } from './positions.ts';
import { limitOf } from './read-reply.ts';
import type { TaskDeps } from '../calls/call-deps.ts';
import { prepareTask, type TaskMaterial } from './task-context.ts';
import { append, failTask, skipTask, type BareEvent } from '../calls/task-record.ts';

/** Takes the lease and begins the first call; where workers have died in the task, only after `openAfterDeaths` has checked it. */
export const openTask = (deps: TaskDeps, lease: Lease, signal: AbortSignal): Promise<Position> =>
  openAfterDeaths<Position>(deps, lease, { kind: 'task' }, () => open(deps, lease, signal));

/** @returns null where workers have died in the task and nobody has checked it */
async function open(deps: TaskDeps, lease: Lease, signal: AbortSignal): Promise<Position | null> {
  const now = deps.now();
  const position = await deps.sql.transaction(async (sql) => {
    const answer = await takeLease(sql, lease, now);
    if (answer.kind === 'suspect') return null;
    if (answer.kind !== 'held') return { kind: 'outcome', outcome: outcomeOf(answer) } satisfies Position;
    const { task } = answer;
    const events: BareEvent[] = [...task.events];
    const material = preparedOrTooLarge(task, lease.taskKey);
    if (material instanceof FilledTextTooLarge) {
      const failure = { error: material.message, code: 'COMPUTATION_LIMIT' as const };
      return failTask(sql, lease, task.ids, failure, events, now);
    }
    if (material.task.condition === null) return proceed(deps, sql, lease, material, events, now);
    await append(sql, lease, material.ids, events, now);
    return { kind: 'conditional', material, earlier: task.earlier, owner: task.ownerId } as const;
  });
  const reached =
    position?.kind === 'conditional' ? await openConditional(deps, lease, position, signal) : position;
  deps.waker.wake('log', lease.id);
  return reached;
}

/** @returns the error where its texts are too long, which a later attempt would find again */
function preparedOrTooLarge(task: HeldTask, taskKey: string): TaskMaterial | FilledTextTooLarge {
  try {
    return prepareTask(task, taskKey);
  } catch (error) {
    if (error instanceof FilledTextTooLarge) return error;
    throw error;
  }
}

/**
 * The condition of a task is about one earlier output (crewai-0.121.1.md §5.8); one that was skipped said nothing. It is
 * evaluated between two transactions: a pattern takes as long as it takes.
 */
async function openConditional(
  deps: TaskDeps,
  lease: Lease,
  opened: { material: TaskMaterial; earlier: readonly EarlierOutput[]; owner: string },
  signal: AbortSignal,
): Promise<Position> {
  const { material, earlier, owner } = opened;
  const { condition } = material.task;
  if (condition === null) throw new Error('the task has no condition');
  const raw = earlier.find((output) => output.taskKey === condition.taskKey)?.raw ?? '';
  const holds = await deps.computing
    .run('testCondition', { test: condition.test, raw }, { owner, signal })
    .catch((error: unknown) => limitOf(error));
  return deps.sql.transaction(async (sql) => {
    const now = deps.now();
    // As everywhere: the run before its task.
    await lockRun(sql, lease.id);
    if (holds === true) return proceed(deps, sql, lease, material, [], now);
    if (holds === false) return skipTask(sql, lease, material, now);
    return failTask(sql, lease, material.ids, { error: holds.exceeded, code: 'COMPUTATION_LIMIT' }, [], now);
  });
}
