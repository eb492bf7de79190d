import type { TaskOutcome } from '../../src/contracts/crew-run.ts';
import type { AgentEnd } from '../../src/domain/agent/agent-state.ts';
import type { RunErrorCode } from '../../src/domain/errors.ts';
import { appendEvents, type NewEvent } from '../../src/persistence/event-log.ts';
import { remember } from '../../src/persistence/memory-search.ts';
import { parkAfterFailure, type AfterFailure } from '../../src/engine/commands/task-commands.ts';
import { saveProgress, type Lease, type TaskIds } from '../../src/engine/claims/task-lease.ts';
import { together, type Sql } from '../../src/persistence/sql.ts';
import type { TaskMaterial } from '../agent-task/task-context.ts';

/** What a task writes about itself: its end, and its events. Each runs inside the caller's transaction. */

/** An event of this task: `append` adds the task and its agent, to its key too, unless the key is the whole run's. */
export type BareEvent = Omit<NewEvent, 'taskKey' | 'taskId' | 'agentId'> & { ofRun?: boolean };
/** The task is over for this hand-out. */
export interface Ended {
  kind: 'outcome';
  outcome: TaskOutcome;
}

export async function completeTask(
  sql: Sql,
  lease: Lease,
  material: TaskMaterial,
  { raw, json }: Extract<AgentEnd, { kind: 'done' }>,
  events: BareEvent[],
  now: Date,
): Promise<Ended> {
  const output = material.output(raw, json);
  const { memories, vectors, ...state } = material.state;
  const { recollection } = material;
  const done: BareEvent = {
    type: 'task_completed',
    key: `g${lease.generation}:over`,
    status: 'completed',
    data: { agent: output.agent, summary: output.summary, raw: output.raw },
  };
  await together([
    recollection === null || memories === undefined
      ? undefined
      : remember(
          sql,
          { executionId: lease.id, taskKey: lease.taskKey },
          recollection,
          memories,
          vectors ?? null,
          now,
        ),
    saveProgress(sql, lease, { kind: 'completed', state, output }, now),
    append(sql, lease, material.ids, [...events, done], now),
  ]);
  return { kind: 'outcome', outcome: { kind: 'completed' } };
}

export async function failTask(
  sql: Sql,
  lease: Lease,
  ids: TaskIds,
  failure: { error: string; code: RunErrorCode },
  events: BareEvent[],
  now: Date,
): Promise<Ended> {
  const failed: BareEvent = {
    type: 'task_failed',
    key: `g${lease.generation}:over`,
    status: 'failed',
    data: { error: failure.error, error_code: failure.code },
  };
  await together([
    saveProgress(sql, lease, { kind: 'failed', ...failure }, now),
    append(sql, lease, ids, [...events, failed], now),
  ]);
  return {
    kind: 'outcome',
    outcome: failureOutcome(await parkAfterFailure(sql, lease.id, now), failure.code),
  };
}

export async function append(
  sql: Sql,
  lease: Lease,
  ids: TaskIds,
  events: readonly BareEvent[],
  now: Date,
): Promise<void> {
  if (events.length === 0) return;
  const { taskKey } = lease;
  const { life, ...stored } = ids;
  const full = events.map(({ ofRun = false, ...event }) => ({
    ...event,
    // A task that a person has tried again lives anew, in the same generation of its run.
    key: ofRun ? event.key : `${taskKey}/${life}/${event.key}`,
    taskKey,
    ...stored,
  }));
  await appendEvents(sql, lease.id, full, now);
}

/** A conditional task whose condition does not hold: its output is empty, and the run goes on. */
export async function skipTask(sql: Sql, lease: Lease, material: TaskMaterial, now: Date): Promise<Ended> {
  const output = material.output('', null);
  const skipped: BareEvent = {
    type: 'task_skipped',
    key: `g${lease.generation}:over`,
    status: 'skipped',
    data: { agent: output.agent, summary: output.summary, reason: 'its condition does not hold' },
  };
  await together([
    saveProgress(sql, lease, { kind: 'skipped', output }, now),
    append(sql, lease, material.ids, [skipped], now),
  ]);
  return { kind: 'outcome', outcome: { kind: 'completed' } };
}

/** What a failed task means for its run: the end, a stop until somebody says what to do, or nothing. */
export function failureOutcome({ policy, controlVersion }: AfterFailure, code: RunErrorCode): TaskOutcome {
  switch (policy) {
    case 'fail':
      return { kind: 'failed', code };
    case 'pause':
      return { kind: 'paused', controlVersion };
    case 'continue':
      return { kind: 'completed' };
  }
}
