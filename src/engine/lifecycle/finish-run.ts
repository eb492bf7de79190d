import type { FinalState, RunEnding, RunRef } from '../../contracts/crew-run.ts';
import type { RunErrorCode } from '../../domain/errors.ts';
import { MAX_STEP_RUNS } from '../../domain/flow/flow-progress.ts';
import type { JsonObject } from '../../domain/json.ts';
import type { CrewPlan } from '../../domain/plan/crew-plan.ts';
import { crewResult } from '../../domain/run/result.ts';
import type { ExecutionStatus, FinalStatus } from '../../domain/run/status.ts';
import { appendEvents, type NewEvent } from '../../persistence/event-log.ts';
import { toJsonb } from '../../persistence/jsonb.ts';
import { together, type Sql, type SqlPool } from '../../persistence/sql.ts';
import { settleUnfinishedTasks } from '../commands/command-run.ts';
import { closeOpenCalls, lockRun } from '../calls/record-call.ts';
import { closeQuestions, hasOpenQuestion } from '../questions/run-questions.ts';
import { ENDED_RUN } from './ended-run-columns.ts';
import type { EndedRun } from '../../domain/run/ended-run.ts';
import { releaseRuns } from '../queue/run-queue.ts';
import { resumeToEnd } from '../commands/task-commands.ts';

/**
 * The steps of a run's life that its workflow writes, after its claim: paused, cancelling, the end. By both ids: after a
 * restore of an older database the integer may be another execution's.
 */

/**
 * Writes `paused` when nothing is in flight any more, unless somebody resumed meanwhile, or nothing is left to be paused:
 * then the run is told to go on to its end.
 * @param maxActive how many runs of one owner may be active; 0 for no limit
 * @returns the ids of those queued runs that now have its slot: wake `outbox` for them
 */
export async function markPaused(
  database: SqlPool,
  ref: RunRef,
  maxActive: number,
  now: Date,
): Promise<number[]> {
  return database.transaction(async (sql) => {
    const [run] = await sql.query<{ status: ExecutionStatus }>(
      'select status from executions where id = $1 and generation = $2 and execution_id = $3 for no key update',
      [ref.id, ref.generation, ref.executionId],
    );
    if (run === undefined) return [];
    const { id, executionId: execution_id, generation } = ref;
    const resumed = await resumeToEnd(sql, { id, execution_id, generation, status: run.status }, now);
    if (resumed !== null) {
      if (resumed.length > 0) await appendEvents(sql, ref.id, resumed, now);
      return [];
    }
    const [row] = await sql.query<{ control_version: number; owner_id: string }>(
      `update executions set status = 'paused', updated_at = $3
        where id = $1 and generation = $2 and execution_id = $4 and pause_requested and status in ('running', 'waiting')
        returning control_version, owner_id`,
      [ref.id, ref.generation, now.toISOString(), ref.executionId],
    );
    if (row === undefined) return [];
    const released = await releaseRuns(sql, row.owner_id, maxActive, 1, now);
    const key = `g${ref.generation}:paused:${row.control_version}`;
    await appendEvents(sql, ref.id, [{ type: 'workflow_paused', key, status: 'paused' }], now);
    return released;
  });
}

/**
 * Writes `waiting` when a person is asked and nothing else can be done, unless there is an answer by now. Parameters and answer
 * are those of `markPaused`.
 */
export async function markWaiting(
  database: SqlPool,
  ref: RunRef,
  maxActive: number,
  now: Date,
): Promise<number[]> {
  return database.transaction(async (sql) => {
    await lockRun(sql, ref.id);
    if (!(await hasOpenQuestion(sql, ref.id))) return [];
    const [row] = await sql.query<{ last: number; owner_id: string }>(
      `update executions set status = 'waiting', updated_at = $3
        where id = $1 and generation = $2 and execution_id = $4 and not pause_requested and status = 'running'
        returning (select last_seq from execution_log_heads where execution_id = $1) as last, owner_id`,
      [ref.id, ref.generation, now.toISOString(), ref.executionId],
    );
    if (row === undefined) return [];
    const released = await releaseRuns(sql, row.owner_id, maxActive, 1, now);
    // It may wait again and again: each time has its own place in the log.
    const key = `g${ref.generation}:waiting:${row.last}`;
    await appendEvents(sql, ref.id, [{ type: 'workflow_waiting', key, status: 'waiting' }], now);
    return released;
  });
}

/** Makes a cancel that came through Temporal (the Web UI's button) known: from here on nothing may start. */
export async function markCancelling(database: SqlPool, ref: RunRef, now: Date): Promise<void> {
  await database.transaction(async (sql) => {
    const rows = await sql.query(
      `update executions set status = 'cancelling', pause_requested = false, updated_at = $3
        where id = $1 and generation = $2 and execution_id = $4 and status in ('pending', 'running', 'paused', 'waiting')
        returning id`,
      [ref.id, ref.generation, now.toISOString(), ref.executionId],
    );
    if (rows.length === 0) return;
    const key = `g${ref.generation}:cancelling`;
    await appendEvents(sql, ref.id, [{ type: 'workflow_cancelling', key, status: 'cancelling' }], now);
  });
}

interface EndRow {
  owner_id: string;
  status: ExecutionStatus;
  error_code: RunErrorCode | null;
  plan: CrewPlan;
}

/** What an ending writes into the row. */
interface Ending {
  status: FinalStatus;
  error: string | null;
  code: RunErrorCode | null;
  result: string | null;
}

/** An ending with what its writer knows beside: the words of a failure, the result of a flow. */
export type WrittenEnding = RunEnding & { note?: string; code?: RunErrorCode; result?: JsonObject };

/** How a run ended, and which of its owner's queued runs that made room for: wake `outbox` for them. */
export interface Finalised {
  state: FinalState;
  released: number[];
  /** Only there for who wrote the end, of all who may try. */
  ended?: EndedRun;
}

/**
 * Writes the end of a run, once, and gives its slot to the next of its owner. What is already final stays; a cancel asked for before a completion wins.
 * Calls still open belong to dead workers (the workflow has waited for the living): they are closed as lost
 * and their leases fenced off, so that a late answer cannot write into a finished run.
 * @param maxActive how many runs of one owner may be active; 0 for no limit
 */
export async function finaliseRun(
  database: SqlPool,
  ref: RunRef,
  ending: WrittenEnding,
  maxActive: number,
  now: Date,
): Promise<Finalised> {
  return database.transaction(async (sql) => {
    const [row] = await sql.query<EndRow>(
      `select owner_id, status, error_code, plan from executions
        where id = $1 and generation = $2 and execution_id = $3 for no key update`,
      [ref.id, ref.generation, ref.executionId],
    );
    if (row === undefined) return { state: { status: 'cancelled', code: null }, released: [] };
    if (row.status === 'completed' || row.status === 'failed' || row.status === 'cancelled') {
      return { state: { status: row.status, code: row.error_code }, released: [] };
    }
    const written =
      row.status === 'cancelling'
        ? cancelledEnding(ending.note, ending.code)
        : await endingFor(sql, ref, row, ending);
    const ended = await writeEnding(sql, ref, written, now);
    const [released] = await together([
      releaseRuns(sql, row.owner_id, maxActive, 1, now),
      appendEvents(sql, ref.id, [finalEvent(ref, written)], now),
    ]);
    return { state: { status: written.status, code: written.code }, released, ended };
  });
}

const cancelledEnding = (note = 'cancelled', code: RunErrorCode = 'CANCELLED'): Ending => ({
  status: 'cancelled',
  error: note,
  code,
  result: null,
});

async function endingFor(sql: Sql, ref: RunRef, row: EndRow, ending: WrittenEnding): Promise<Ending> {
  switch (ending.status) {
    case 'cancelled':
      return cancelledEnding(ending.note, ending.code);
    case 'failed':
      return {
        status: 'failed',
        error: ending.note ?? (await failureText(sql, ref, ending)),
        code: ending.code,
        result: null,
      };
    case 'completed': {
      if (ending.result !== undefined)
        return { status: 'completed', error: null, code: null, result: toJsonb(ending.result) };
      const outputs = await sql.query<{ task_key: string; output: unknown }>(
        'select task_key, output from task_executions where execution_id = $1 order by position',
        [ref.id],
      );
      const { hiddenOutputs } = row.plan;
      const shown = outputs.filter((task) => !hiddenOutputs.includes(task.task_key));
      const result = crewResult(shown.map((task) => task.output));
      if (result !== null) return { status: 'completed', error: null, code: null, result: toJsonb(result) };
      const error =
        row.plan.tasks.length === 0
          ? 'No task outputs available to create crew output.'
          : 'No valid task outputs available to create crew output.';
      return { status: 'failed', error, code: 'NO_OUTPUT', result: null };
    }
  }
}

async function failureText(
  sql: Sql,
  ref: RunRef,
  ending: { code: RunErrorCode; taskKey: string | null },
): Promise<string> {
  if (ending.code === 'TIMEOUT' && ending.taskKey === null)
    return 'the execution reached its timeout_seconds';
  if (ending.code === 'STEP_LIMIT')
    return `the flow ran its steps ${MAX_STEP_RUNS} times without coming to an end`;
  const [task] = await sql.query<{ name: string; error: string | null }>(
    'select name, error from task_executions where execution_id = $1 and task_key = $2',
    [ref.id, ending.taskKey],
  );
  return task === undefined
    ? `failed: ${ending.code}`
    : `task "${task.name}" failed: ${task.error ?? ending.code}`;
}

async function writeEnding(sql: Sql, ref: RunRef, ending: Ending, now: Date): Promise<EndedRun> {
  await closeOpenCalls(sql, ref.id, now);
  await closeQuestions(sql, ref.id);
  if (ending.status !== 'completed') await settleUnfinishedTasks(sql, ref.id, now);
  const [ended] = await sql.query<EndedRun>(
    `update executions set status = $2, error = $3, error_code = $4, result = $5, pause_requested = false,
       reserved_tokens = 0, reserved_cost_micro_usd = 0, completed_at = $6, updated_at = $6, queued = false
     where id = $1 returning ${ENDED_RUN}`,
    [ref.id, ending.status, ending.error, ending.code, ending.result, now.toISOString()],
  );
  if (ended === undefined) throw new Error(`execution ${ref.id} vanished while it was ended`);
  return ended;
}

const finalEvent = (ref: RunRef, ending: Ending): NewEvent => ({
  type: `workflow_${ending.status}`,
  key: `g${ref.generation}:final`,
  status: ending.status,
  final: true,
  data: ending.code === null ? {} : { error: ending.error, error_code: ending.code },
});
