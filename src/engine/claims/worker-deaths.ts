import { isTaskFinal, type ExecutionStatus, type TaskStatus } from '../../domain/run/status.ts';
import type { Sql } from '../../persistence/sql.ts';
import { GONE_AFTER_MS } from '../../persistence/workers.ts';
import { loseOpenCalls } from '../calls/record-call.ts';
import { SUSPECT_AFTER, type Lease, type TaskIds } from './task-lease.ts';

/**
 * Tasks and steps with which workers die. A task lists the worker processes that died with it in hand and never handed it
 * back; a call that is settled empties the list. With two on it, it is tried alone: a worker has one such task at a time,
 * and a death is then that task's. A third makes it end, and one more for each
 * worker that died elsewhere meanwhile (docs/decisions/2026-12-01-tasks-that-kill-workers.md).
 */

/** So many workers may die in one task, with no call settled in between. */
export const MOST_DEATHS = 3;
/** Stands for a worker that died before it could write that it had the task. */
const UNNAMED = '00000000-0000-0000-0000-000000000000';

/** What somebody finds who takes a task over from a worker that may have died. */
export type Found =
  /** Nothing to say against it, or nothing that this lease may say: the lease decides. `alone`: it is tried alone here. */
  | { kind: 'go'; alone: boolean }
  | { kind: 'cancelling' }
  /** Another is tried alone here, or it is not yet sure that the last worker is gone. */
  | { kind: 'later'; gone: 'unsure' | 'sure' }
  /** It killed its workers: the caller ends it. */
  | { kind: 'guilty'; ids: TaskIds; deaths: number; workers: string[] };

interface Row {
  id: number;
  task_id: number | null;
  agent_id: number | null;
  attempts: number;
  status: TaskStatus;
  run_status: ExecutionStatus;
  died_in: string[];
  holder_id: string | null;
  /** The last lease was of the same hand-out: only its attempt is older. */
  same_hand_out: boolean;
  lease_attempt: number;
  is_newest: boolean;
  holder_tried: number | null;
}

/**
 * Finds out, before anything of the task is computed, whether the worker that had it last has died in it, and writes that
 * this one has it now. In a transaction of its own, so that it is known even when this worker dies over the first line;
 * `takeLease` of the same lease follows. The run's row must be locked.
 * @param lone whether this worker may try it alone
 */
export async function takeOver(sql: Sql, lease: Lease, lone: boolean, now: Date): Promise<Found> {
  const row = await readTask(sql, lease);
  if (row === undefined) return { kind: 'go', alone: false };
  if (row.run_status === 'cancelling') return { kind: 'cancelling' };
  if (!row.is_newest || isTaskFinal(row.status)) return { kind: 'go', alone: false };
  const dead = whoDied(row, lease);
  const tried = dead === row.holder_id ? row.holder_tried : null;
  const isOwnDoing = dead !== null && tried === row.id;
  const isOthersDoing = dead !== null && tried !== null && !isOwnDoing;
  // A third death counts only where the task was tried alone: any other may have been somebody else's.
  const counts = dead !== null && !isOthersDoing && (isOwnDoing || row.died_in.length < SUSPECT_AFTER);
  const listed = counts && dead !== null ? [...new Set([...row.died_in, dead])] : row.died_in;
  const lives = listed.length < MOST_DEATHS ? [] : await livingOf(sql, listed, now);
  if (lives.length > 0 && counts) {
    await keep(sql, lease, row.id, { diedIn: listed, holder: null }, now);
    return { kind: 'later', gone: 'unsure' };
  }
  // Whoever still tells that it lives, so long after, has not died.
  const diedIn = listed.filter((id) => !lives.includes(id));
  if (
    diedIn.length >= MOST_DEATHS &&
    diedIn.length >= MOST_DEATHS + (await deathsElsewhere(sql, diedIn, now))
  ) {
    const ids = { taskId: row.task_id, agentId: row.agent_id, life: row.attempts };
    await loseOpenCalls(sql, lease.id, row.id, now);
    await keep(sql, { ...lease, attempt: lease.attempt + 1 }, row.id, { diedIn, holder: null }, now);
    return { kind: 'guilty', ids, deaths: diedIn.length, workers: diedIn.filter((id) => id !== UNNAMED) };
  }
  const isSuspect = diedIn.length >= SUSPECT_AFTER;
  const mayGo = !isSuspect || (lone && (await tryAlone(sql, lease.workerId, row.id)));
  await keep(sql, lease, row.id, { diedIn, holder: mayGo ? lease.workerId : null }, now);
  return mayGo ? { kind: 'go', alone: isSuspect } : { kind: 'later', gone: 'sure' };
}

async function readTask(sql: Sql, lease: Lease): Promise<Row | undefined> {
  const [row] = await sql.query<Row>(
    `select t.id, t.task_id, t.agent_id, t.attempts, t.status, e.status as run_status, t.died_in::text[] as died_in,
       t.holder_id, t.lease_attempt, w.tries_alone as holder_tried,
       (lease_generation, lease_dispatch) = ($2, $5) and t.lease_run_id is not distinct from $3 as same_hand_out,
       (lease_generation, lease_dispatch, lease_attempt) < ($2, $5, $6) or t.lease_run_id is distinct from $3 as is_newest
     from executions e join task_executions t on t.execution_id = e.id left join workers w on w.id = t.holder_id
     where e.id = $1 and e.generation = $2 and e.claimed_run_id = $3 and t.task_key = $4
       and e.status not in ('completed', 'failed', 'cancelled')
     for no key update of t`,
    [lease.id, lease.generation, lease.temporalRunId, lease.taskKey, lease.dispatch, lease.attempt],
  );
  return row;
}

/** The worker that had this hand-out in an earlier attempt and neither handed it back nor is this one. */
function whoDied(row: Row, { attempt, workerId }: Lease): string | null {
  const isKnown = row.same_hand_out && (row.lease_attempt > 0 || row.holder_id !== null);
  // Later attempts write at once that they have it; the first one when it commits what it has opened.
  if (!isKnown) return attempt === 2 ? UNNAMED : null;
  return row.holder_id === workerId ? null : row.holder_id;
}

/** Those that have ended as they should, or told within the last seconds that they live. */
async function livingOf(sql: Sql, workers: readonly string[], now: Date): Promise<string[]> {
  const rows = await sql.query<{ id: string }>(
    'select id from workers where id = any($1::uuid[]) and (ended_at is not null or seen_at >= $2)',
    [workers, new Date(now.getTime() - GONE_AFTER_MS).toISOString()],
  );
  return rows.map(({ id }) => id);
}

/**
 * Workers that died since the first of these without the task in hand, and while they tried no other alone: where workers die
 * anyhow, that they die in this task says little.
 */
async function deathsElsewhere(sql: Sql, diedIn: readonly string[], now: Date): Promise<number> {
  const [row] = await sql.query<{ count: number }>(
    `select count(*)::integer as count from workers
      where not id = any($1::uuid[]) and ended_at is null and tries_alone is null and seen_at < $2
        and seen_at >= (select min(seen_at) from workers where id = any($1::uuid[])) - $3 * interval '1 millisecond'`,
    [
      diedIn,
      new Date(now.getTime() - GONE_AFTER_MS).toISOString(),
      // When that one died nobody knows: some seconds before the next had it.
      diedIn.includes(UNNAMED) ? GONE_AFTER_MS : 0,
    ],
  );
  return row?.count ?? 0;
}

/** @returns false while the worker is not yet in the list of workers: nobody could tell then that it died of this task */
async function tryAlone(sql: Sql, workerId: string, taskId: number): Promise<boolean> {
  const rows = await sql.query('update workers set tries_alone = $2 where id = $1 returning id', [
    workerId,
    taskId,
  ]);
  return rows.length > 0;
}

/** Writes who has it, under the number before the lease's own: `takeLease` comes next. */
async function keep(
  sql: Sql,
  lease: Lease,
  taskId: number,
  { diedIn, holder }: { diedIn: readonly string[]; holder: string | null },
  now: Date,
): Promise<void> {
  await sql.query(
    `update task_executions set died_in = $2::uuid[], holder_id = $3, lease_generation = $4, lease_dispatch = $5,
       lease_attempt = $6, lease_run_id = $7, updated_at = $8 where id = $1`,
    [
      taskId,
      diedIn,
      holder,
      lease.generation,
      lease.dispatch,
      lease.attempt - 1,
      lease.temporalRunId,
      now.toISOString(),
    ],
  );
}

/** A worker lets go of a task that it will not end, and lives: its next attempt, elsewhere, has no death to count. */
export async function letGo(sql: Sql, lease: Lease): Promise<void> {
  await sql.query(
    `update task_executions set holder_id = null where execution_id = $1 and task_key = $2 and lease_generation = $3
       and lease_dispatch = $4 and lease_attempt in ($5, $5 - 1) and lease_run_id = $6 and holder_id = $7`,
    [
      lease.id,
      lease.taskKey,
      lease.generation,
      lease.dispatch,
      lease.attempt,
      lease.temporalRunId,
      lease.workerId,
    ],
  );
}

/** What a worker had tried alone has come on, or was let go. */
export async function endTrial(sql: Sql, workerId: string): Promise<void> {
  await sql.query('update workers set tries_alone = null where id = $1', [workerId]);
}

/** Each death has one cause: those of a task that was found guilty count against nobody else. */
export async function acquitOthers(sql: Sql, id: number, taskKey: string, workers: string[]): Promise<void> {
  await sql.query(
    `update task_executions set died_in = array(select unnest(died_in) except select unnest($3::uuid[]))
      where id in (select id from task_executions where died_in <> '{}' and died_in && $3::uuid[]
        and not (execution_id = $1 and task_key = $2) for no key update skip locked)`,
    [id, taskKey, workers],
  );
}
