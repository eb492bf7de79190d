import { conflict, notFound } from '../../domain/errors.ts';
import {
  commandRefusal,
  type Command,
  type ExecutionKind,
  type ExecutionStatus,
} from '../../domain/run/status.ts';
import { appendEvents, type NewEvent } from '../../persistence/event-log.ts';
import type { Sql, SqlPool } from '../../persistence/sql.ts';
import { closeOpenCalls } from '../calls/record-call.ts';
import { closeQuestions } from '../questions/run-questions.ts';
import { FRESH_START } from '../claims/task-lease.ts';
import { mustQueue, releaseRuns, threadIsBusy } from '../queue/run-queue.ts';

/**
 * What people ask of a run. Each command is one transaction: a compare-and-set on the row, the event, and
 * the outbox row from which the dispatcher tells Temporal. Whether it is possible is decided here alone.
 */

interface CommandRow {
  id: number;
  owner_id: string;
  execution_id: string;
  kind: ExecutionKind;
  status: ExecutionStatus;
  generation: number;
  claimed_run_id: string | null;
  pause_requested: boolean;
  control_version: number;
  started_at: string | null;
  queued: boolean;
  thread_id: string | null;
  owner_is_active: boolean;
}

/** The change a command makes: the row's new columns, what the log says, what Temporal is told. */
interface Change {
  status: ExecutionStatus;
  pauseRequested: boolean;
  generation: number;
  /** Whether it waits for a slot of its owner from here on. */
  queued: boolean;
  /** Forgets the claim, so that the next generation can be claimed. */
  unclaim?: boolean;
  events: NewEvent[];
  /** Null when Temporal knows nothing of the run yet and shall not. */
  deliver: 'start' | 'pause' | 'resume' | 'cancel' | null;
}

/**
 * Carries out a command; one that frees or wants a slot of the run's owner may let a queued run go.
 * @param maxActive how many runs of one owner may be active; 0 for no limit
 * @throws {MusterError} NOT_FOUND, or CONFLICT with the reason when the state forbids it.
 */
export async function commandRun(
  database: SqlPool,
  id: number,
  command: Command,
  maxActive: number,
  now: Date,
): Promise<void> {
  await database.transaction((sql) => commandIn(sql, id, command, maxActive, now));
}

/**
 * The same inside a transaction of the caller's. What is asked of a flow holds for the crews it has out, too; a retry
 * does not: each step looks after its own crew.
 */
export async function commandIn(
  sql: Sql,
  id: number,
  command: Command,
  maxActive: number,
  now: Date,
): Promise<void> {
  const [row] = await sql.query<CommandRow>(
    `select id, owner_id, execution_id, kind, status, generation, claimed_run_id, pause_requested, control_version,
            started_at, queued, thread_id, (select u.is_active from users u where u.id = owner_id) as owner_is_active
       from executions where id = $1 for no key update`,
    [id],
  );
  if (row === undefined) throw notFound('execution');
  const refusal = commandRefusal(command, { status: row.status, pauseRequested: row.pause_requested });
  if (refusal !== null) {
    throw conflict(`cannot ${command} execution ${row.execution_id}: ${refusal}`, { status: row.status });
  }
  if ((command === 'resume' || command === 'retry') && !row.owner_is_active) {
    throw conflict(
      `cannot ${command} execution ${row.execution_id}: its owner is disabled; an admin enables the owner first`,
      { status: row.status },
    );
  }
  if (command === 'cancel' && row.status === 'cancelling') return;
  const isFull = command === 'retry' && (await mustWait(sql, row, maxActive));
  const change = changeFor(command, row, isFull);
  await applyChange(sql, row, change, now);
  if (row.kind === 'flow' && command !== 'retry') await commandChildren(sql, row.id, command, maxActive, now);
  if (change.status === 'cancelled' || change.status === 'paused' || change.queued)
    await releaseRuns(sql, row.owner_id, maxActive, 1, now);
  if (change.events.length > 0) await appendEvents(sql, row.id, change.events, now);
}

/** Asks the same of every crew that a flow has out, as far as its state allows. @returns their ids */
async function commandChildren(
  sql: Sql,
  id: number,
  command: Command,
  maxActive: number,
  now: Date,
): Promise<number[]> {
  const children = await sql.query<{ id: number; status: ExecutionStatus; pause_requested: boolean }>(
    `select c.id, c.status, c.pause_requested from task_executions t join executions c on c.id = t.child_execution_id
      where t.execution_id = $1 and c.status not in ('completed', 'failed', 'cancelled') order by c.id
      for no key update of c`,
    [id],
  );
  const able = children.filter(
    ({ status, pause_requested: pauseRequested }) =>
      commandRefusal(command, { status, pauseRequested }) === null,
  );
  for (const child of able) await commandIn(sql, child.id, command, maxActive, now);
  return able.map((child) => child.id);
}

/** A flow is over, or about to be: the crews it has out are cancelled. @returns their ids: wake `control` for them */
export function cancelChildren(
  database: SqlPool,
  id: number,
  maxActive: number,
  now: Date,
): Promise<number[]> {
  return database.transaction((sql) => commandChildren(sql, id, 'cancel', maxActive, now));
}

/** Whether a retry finds its owner's slots or its thread taken. */
async function mustWait(sql: Sql, row: CommandRow, maxActive: number): Promise<boolean> {
  if (await mustQueue(sql, row.owner_id, maxActive)) return true;
  return row.thread_id !== null && threadIsBusy(sql, { id: row.thread_id, ownerId: row.owner_id }, row.id);
}

function changeFor(command: Command, row: CommandRow, isFull: boolean): Change {
  switch (command) {
    case 'pause':
      return pause(row);
    case 'resume':
      return resume(row);
    case 'cancel':
      return cancel(row);
    case 'retry':
      return retry(row, isFull);
  }
}

const keyOf = (row: CommandRow, name: string): string =>
  `g${row.generation}:${name}:${row.control_version + 1}`;

/** Nothing has claimed it yet: nothing is in flight, so the pause is complete at once. */
function pause(row: CommandRow): Change {
  const unclaimed = row.claimed_run_id === null;
  return {
    status: unclaimed ? 'paused' : row.status,
    pauseRequested: true,
    generation: row.generation,
    queued: row.queued,
    events: unclaimed ? [{ type: 'workflow_paused', key: keyOf(row, 'paused'), status: 'paused' }] : [],
    deliver: row.queued ? null : 'pause',
  };
}

/**
 * A pause that was still draining leaves no trace in the log: the run never stood still. A queued one is pending
 * again, and goes at once when there is a slot.
 */
function resume(row: CommandRow): Change {
  const wasPaused = row.status === 'paused';
  const isNew = row.started_at === null || row.queued;
  const status = wasPaused ? (isNew ? 'pending' : 'running') : row.status;
  return {
    status,
    pauseRequested: false,
    generation: row.generation,
    queued: row.queued,
    events: wasPaused ? [{ type: 'workflow_resumed', key: keyOf(row, 'resumed'), status }] : [],
    deliver: row.queued ? null : 'resume',
  };
}

/** Unclaimed work can never start once the row is final, so it is cancelled on the spot. */
function cancel(row: CommandRow): Change {
  if (row.claimed_run_id !== null) {
    return {
      status: 'cancelling',
      pauseRequested: false,
      generation: row.generation,
      queued: false,
      events: [{ type: 'workflow_cancelling', key: `g${row.generation}:cancelling`, status: 'cancelling' }],
      deliver: 'cancel',
    };
  }
  return {
    status: 'cancelled',
    pauseRequested: false,
    generation: row.generation,
    queued: false,
    events: [
      { type: 'workflow_cancelling', key: `g${row.generation}:cancelling`, status: 'cancelling' },
      {
        type: 'workflow_cancelled',
        key: `g${row.generation}:final`,
        status: 'cancelled',
        final: true,
        data: { error_code: 'CANCELLED' },
      },
    ],
    deliver: row.queued ? null : 'cancel',
  };
}

/** Above the owner's limit it is pending again, until its turn. */
function retry(row: CommandRow, isFull: boolean): Change {
  const generation = row.generation + 1;
  const status = isFull ? 'pending' : 'running';
  return {
    status,
    pauseRequested: false,
    generation,
    queued: isFull,
    unclaim: true,
    events: [
      {
        type: 'workflow_retried',
        key: `g${generation}:retried`,
        status,
        reopens: true,
        data: { generation },
      },
    ],
    deliver: isFull ? null : 'start',
  };
}

async function applyChange(sql: Sql, row: CommandRow, change: Change, now: Date): Promise<void> {
  const version = row.control_version + 1;
  const cancelled = change.status === 'cancelled';
  const retried = change.generation !== row.generation;
  await sql.query(
    `update executions set status = $2, parked = false, pause_requested = $3, generation = $4, control_version = $5,
       claimed_run_id = case when $6 then null else claimed_run_id end,
       completed_at = case when $7 then $9::timestamptz when $8 then null else completed_at end,
       error = case when $7 then 'cancelled' when $8 then null else error end,
       error_code = case when $7 then 'CANCELLED' when $8 then null else error_code end,
       result = case when $8 then null else result end,
       started_at = case when $8 then null else started_at end,
       queued = $10, updated_at = $9
     where id = $1`,
    [
      row.id,
      change.status,
      change.pauseRequested,
      change.generation,
      version,
      change.unclaim ?? false,
      cancelled,
      retried,
      now.toISOString(),
      change.queued,
    ],
  );
  if (cancelled) {
    await closeOpenCalls(sql, row.id, now);
    await settleUnfinishedTasks(sql, row.id, now);
  }
  if (retried) await reopenTasks(sql, row.id, now);
  if (change.deliver === 'resume') await reopenParked(sql, row.id, now);
  if (change.deliver !== null) {
    await sql.query(
      `insert into outbox (execution_id, execution_uuid, command, payload, due_at, created_at)
       values ($1, $2, $3, $4, $5, $5)`,
      [
        row.id,
        row.execution_id,
        change.deliver,
        JSON.stringify({ generation: change.generation, version }),
        now.toISOString(),
      ],
    );
  }
}

/** Tasks that never finished end with their run. */
export async function settleUnfinishedTasks(sql: Sql, id: number, now: Date): Promise<void> {
  await sql.query(
    `update task_executions set status = 'cancelled', completed_at = $2, updated_at = $2
      where execution_id = $1 and status in ('pending', 'running', 'waiting')`,
    [id, now.toISOString()],
  );
  await closeQuestions(sql, id);
}

/** A run that was parked for its failed tasks tries them again when it is told to go on. */
async function reopenParked(sql: Sql, id: number, now: Date): Promise<void> {
  await sql.query(
    `update task_executions t set status = 'pending', error = null, error_code = null, completed_at = null,
       updated_at = $2, unexpected_errors = 0, died_in = '{}', agent_state = ${FRESH_START}
     from executions e
     where e.id = $1 and e.on_task_failure = 'pause' and t.execution_id = e.id and t.status = 'failed'`,
    [id, now.toISOString()],
  );
}

/** Finished tasks keep their results; the others go on from the state their agent had reached. */
async function reopenTasks(sql: Sql, id: number, now: Date): Promise<void> {
  await sql.query(
    `update task_executions set status = 'pending', error = null, error_code = null, completed_at = null, updated_at = $2,
       unexpected_errors = 0, died_in = '{}', agent_state = ${FRESH_START}
      where execution_id = $1 and status not in ('completed', 'skipped')`,
    [id, now.toISOString()],
  );
}
