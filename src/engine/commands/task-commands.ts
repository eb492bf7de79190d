import { conflict, invalid, notFound } from '../../domain/errors.ts';
import type { JsonObject } from '../../domain/json.ts';
import type { CrewPlan } from '../../domain/plan/crew-plan.ts';
import { editTask, type TaskEdit } from '../../domain/plan/edit-task.ts';
import { interpolate } from '../../domain/plan/interpolate.ts';
import { inputsOf, storedIds } from '../../domain/plan/task-inputs.ts';
import type { TaskOutput } from '../../domain/run/result.ts';
import { taskSummary } from '../../domain/agent/prompts.ts';
import {
  isFinal,
  type ExecutionStatus,
  type OnTaskFailure,
  type TaskStatus,
} from '../../domain/run/status.ts';
import { appendEvents, type NewEvent } from '../../persistence/event-log.ts';
import { toJsonb } from '../../persistence/jsonb.ts';
import type { Sql, SqlPool } from '../../persistence/sql.ts';
import { wakeWaiting } from '../questions/run-questions.ts';
import { FRESH_START } from '../claims/task-lease.ts';
import { isNothingLeft } from '../claims/tasks-left.ts';

/**
 * What people ask of one task of a run: try it again, leave it out, change it before it starts. Each is one
 * transaction under the run's lock. Where the run was parked for a failed task, it goes on once none is left.
 */

interface RunRow {
  id: number;
  execution_id: string;
  status: ExecutionStatus;
  generation: number;
  on_task_failure: OnTaskFailure;
  claimed_run_id: string | null;
  plan: CrewPlan;
  input_data: JsonObject;
}

interface TaskRow {
  id: number;
  task_key: string;
  status: TaskStatus;
  agent: string;
  task_id: number | null;
  agent_id: number | null;
}

/** A run and one of its tasks, both locked. @throws {MusterError} NOT_FOUND */
async function lockTask(sql: Sql, id: number, taskKey: string): Promise<{ run: RunRow; task: TaskRow }> {
  const [run] = await sql.query<RunRow>(
    `select id, execution_id, status, generation, on_task_failure, claimed_run_id, plan, input_data
       from executions where id = $1 for no key update`,
    [id],
  );
  const [task] = await sql.query<TaskRow>(
    `select id, task_key, status, agent, task_id, agent_id from task_executions
      where execution_id = $1 and task_key = $2 for no key update`,
    [id, taskKey],
  );
  if (run === undefined || task === undefined) throw notFound('task');
  return { run, task };
}

const refuse = (verb: string, { task_key: key, status }: TaskRow, why: string): Error =>
  conflict(`cannot ${verb} task ${key}: ${why}`, { status });

/**
 * A failed task of a live run is of use again only where the run was parked for it: otherwise its workflow has counted it
 * as done, or is about to end for it.
 */
function refuseUnlessParked(verb: string, run: RunRow, task: TaskRow): void {
  if (run.on_task_failure === 'pause' && run.status !== 'cancelling') return;
  const why =
    run.status === 'cancelling'
      ? 'the execution is cancelling'
      : `on_task_failure is ${run.on_task_failure}; wait for the end of the execution, then retry or replay it`;
  throw refuse(verb, task, why);
}

/**
 * The workflow of a live run knows what each task waits for; a change that adds something that is not done yet would not
 * be waited for.
 */
async function refuseNewWait(sql: Sql, run: RunRow, edited: CrewPlan, task: TaskRow): Promise<void> {
  if (run.claimed_run_id === null || isFinal(run.status)) return;
  const before = run.plan.tasks.find((one) => one.key === task.task_key)?.dependsOn ?? [];
  const after = edited.tasks.find((one) => one.key === task.task_key)?.dependsOn ?? [];
  const added = after.filter((key) => !before.includes(key));
  const waiting = await sql.query<{ task_key: string }>(
    `select task_key from task_executions
      where execution_id = $1 and task_key = any($2) and status not in ('completed', 'skipped') order by position`,
    [run.id, added],
  );
  if (waiting.length === 0) return;
  const names = waiting.map((one) => one.task_key).join(', ');
  throw refuse('edit', task, `it would have to wait for ${names}, which is not done yet; try again later`);
}

/**
 * Lets a failed task of a parked run be tried again.
 * @returns false when the whole run has ended and has to be retried instead.
 * @throws {MusterError} CONFLICT when the task has not failed.
 */
export function retryTask(database: SqlPool, id: number, taskKey: string, now: Date): Promise<boolean> {
  return database.transaction(async (sql) => {
    const { run, task } = await lockTask(sql, id, taskKey);
    if (run.status === 'failed' || run.status === 'cancelled') {
      if (task.status === 'completed' || task.status === 'skipped')
        throw refuse('retry', task, `it is ${task.status}; replay the execution from it instead`);
      return false;
    }
    if (task.status !== 'failed' || run.status === 'completed')
      throw refuse('retry', task, `it is ${task.status}; only a failed task can be retried`);
    refuseUnlessParked('retry', run, task);
    await reopen(sql, task, now, false);
    const events = await goOn(sql, run, now);
    if (events.length > 0) await appendEvents(sql, id, events, now);
    return true;
  });
}

/** What a task that is left out says: nothing, under its own texts with the inputs filled in. */
function emptyOutput({ plan, input_data: runInputs }: RunRow, { task_key: key, agent }: TaskRow): TaskOutput {
  const task = plan.tasks.find((one) => one.key === key);
  const inputs = task === undefined ? runInputs : inputsOf(task, runInputs);
  const description = interpolate(task?.description ?? '', inputs);
  return {
    name: task?.name ?? key,
    description,
    expected_output: interpolate(task?.expectedOutput ?? '', inputs),
    summary: taskSummary(description),
    raw: '',
    json_dict: null,
    agent: interpolate(agent, inputs),
    output_format: 'raw',
  };
}

/** Leaves a task out: its output is empty. @throws {MusterError} CONFLICT when it runs, is over, or the run has ended. */
export async function skipTask(database: SqlPool, id: number, taskKey: string, now: Date): Promise<void> {
  await database.transaction(async (sql) => {
    const { run, task } = await lockTask(sql, id, taskKey);
    if (isFinal(run.status) || run.status === 'cancelling')
      throw refuse('skip', task, `the execution is ${run.status}`);
    if (task.status !== 'pending' && task.status !== 'failed' && task.status !== 'waiting')
      throw refuse('skip', task, `it is ${task.status}`);
    if (task.status === 'failed') refuseUnlessParked('skip', run, task);
    const output = emptyOutput(run, task);
    await sql.query(
      `update task_executions set status = 'skipped', output = $2, error = null, error_code = null,
         completed_at = $3, updated_at = $3 where id = $1`,
      [task.id, toJsonb(output), now.toISOString()],
    );
    if (task.status === 'waiting') await stopWaiting(sql, run, task, now);
    const skipped: NewEvent = {
      type: 'task_skipped',
      key: `${taskKey}/g${run.generation}:skipped`,
      taskKey,
      taskId: task.task_id,
      agentId: task.agent_id,
      status: 'skipped',
      data: { reason: 'left out by a person' },
    };
    const parkedFor = task.status === 'failed' ? await goOn(sql, run, now) : [];
    const ended = (await resumeToEnd(sql, run, now)) ?? [];
    await appendEvents(sql, id, [skipped, ...parkedFor, ...ended], now);
  });
}

/** Nobody need answer a task that is left out; its workflow is told to look. */
async function stopWaiting(sql: Sql, run: RunRow, task: TaskRow, now: Date): Promise<void> {
  await sql.query(
    `update questions set status = 'expired' where task_execution_id = $1 and status = 'open'`,
    [task.id],
  );
  await sql.query(
    `update executions set status = 'running', updated_at = $2 where id = $1 and status = 'waiting'`,
    [run.id, now.toISOString()],
  );
  // It may have asked for others too, which met the same limit: they look again, and ask themselves.
  await wakeWaiting(sql, run.id, task.task_key, true, now);
}

/**
 * Changes a task that has not started, or has failed: in the run's own plan, no graph is touched. A failed one of a
 * parked run is then tried again.
 * @throws {MusterError} CONFLICT when it has started; VALIDATION_FAILED with every rule of a crew it would break.
 */
export async function changeTask(
  database: SqlPool,
  id: number,
  taskKey: string,
  edit: TaskEdit,
  offeredTools: readonly string[],
  now: Date,
): Promise<void> {
  await database.transaction(async (sql) => {
    const { run, task } = await lockTask(sql, id, taskKey);
    if (run.status === 'completed' || run.status === 'cancelling')
      throw refuse('edit', task, `the execution is ${run.status}`);
    if (task.status !== 'pending' && task.status !== 'failed' && task.status !== 'cancelled')
      throw refuse('edit', task, `it is ${task.status}`);
    if (task.status === 'failed' && !isFinal(run.status)) refuseUnlessParked('edit', run, task);
    const edited = editTask(run.plan, taskKey, edit, { inputs: run.input_data, offeredTools });
    if (!edited.ok) throw invalid('The task cannot be changed like this', edited.issues);
    await refuseNewWait(sql, run, edited.plan, task);
    const plan = edited.plan.tasks.find((one) => one.key === taskKey);
    const agent = edited.plan.agents.find((one) => one.key === plan?.agentKey)?.role ?? task.agent;
    await sql.query('update executions set plan = $2, updated_at = $3 where id = $1', [
      id,
      toJsonb(edited.plan),
      now.toISOString(),
    ]);
    const agentId = plan === undefined ? task.agent_id : storedIds(edited.plan, plan).agentId;
    const [{ edits } = { edits: 0 }] = await sql.query<{ edits: number }>(
      `update task_executions set name = $2, agent = $3, agent_id = $4, spec = $5, agent_state = null, edits = edits + 1
        where id = $1 returning edits`,
      [task.id, plan?.name ?? taskKey, agent, agentId, plan === undefined ? null : toJsonb(plan)],
    );
    await leaveBehind(sql, task, edits);
    if (task.status === 'failed' && !isFinal(run.status)) await reopen(sql, task, now, true);
    const event: NewEvent = {
      type: 'task_edited',
      key: `${taskKey}/edited:${edits}`,
      taskKey,
      taskId: task.task_id,
      agentId: task.agent_id,
      // The log of a run that is over stays closed by its final event: the change shows in the task.
      data: { fields: Object.keys(edit).filter((name) => Reflect.get(edit, name) !== undefined) },
    };
    const gone = task.status === 'failed' ? await goOn(sql, run, now) : [];
    await appendEvents(sql, id, [event, ...gone], now);
  });
}

/** The changed task begins anew: what its former life asked, was answered and has lost is not its own any more. */
async function leaveBehind(sql: Sql, { id }: TaskRow, edits: number): Promise<void> {
  await sql.query(
    `update questions set question_key = 'before-edit-' || $2::integer || ':' || question_key,
       status = case when status = 'open' then 'expired' else status end
      where task_execution_id = $1 and question_key not like 'before-edit-%'`,
    [id, edits],
  );
  await sql.query(
    `update calls set call_key = 'before-edit-' || $2::integer || ':' || call_key
      where task_execution_id = $1 and status <> 'started' and call_key not like 'before-edit-%'`,
    [id, edits],
  );
}

async function reopen(sql: Sql, task: TaskRow, now: Date, fresh: boolean): Promise<void> {
  await sql.query(
    `update task_executions set status = 'pending', error = null, error_code = null, completed_at = null,
       updated_at = $2, unexpected_errors = 0, died_in = '{}',
       agent_state = case when $3 then null else ${FRESH_START} end, warnings = case when $3 then '[]' else warnings end
     where id = $1`,
    [task.id, now.toISOString(), fresh],
  );
}

/** A run parked for its failed tasks goes on when none is left. @returns what the log says of it */
async function goOn(sql: Sql, run: RunRow, now: Date): Promise<NewEvent[]> {
  const [row] = await sql.query<{ control_version: number }>(
    `update executions set pause_requested = false, parked = false, control_version = control_version + 1, updated_at = $2,
       status = case when status = 'paused' then 'running' else status end
     where id = $1 and parked
       and status in ('running', 'waiting', 'paused') and claimed_run_id is not null
       and not exists (select 1 from task_executions t where t.execution_id = $1 and t.status = 'failed')
     returning control_version`,
    [run.id, now.toISOString()],
  );
  if (row === undefined) return [];
  const version = row.control_version;
  await deliver(sql, run, 'resume', { generation: run.generation, version }, now);
  if (run.status !== 'paused') return [];
  return [resumed(run, version, 'running')];
}

type PausedRun = Pick<RunRow, 'id' | 'execution_id' | 'generation' | 'status'>;

const resumed = (run: PausedRun, version: number, status: ExecutionStatus): NewEvent => ({
  type: 'workflow_resumed',
  key: `g${run.generation}:resumed:${version}`,
  status,
});

/**
 * A run that is paused, or about to be, has nothing to stand still for once its last task is over: it goes on to its end, as
 * it does where that task was in flight when the pause came. What is left of a flow its workflow alone knows. Call it with
 * the run locked.
 * @returns null where something is left or no pause was asked for, else what the log says of it
 */
export async function resumeToEnd(sql: Sql, run: PausedRun, now: Date): Promise<NewEvent[] | null> {
  if (!(await isNothingLeft(sql, run.id))) return null;
  const [row] = await sql.query<{ control_version: number; status: ExecutionStatus; queued: boolean }>(
    `update executions set pause_requested = false, parked = false, control_version = control_version + 1, updated_at = $3,
       status = case when status <> 'paused' then status when started_at is null or queued then 'pending' else 'running' end
     where id = $1 and generation = $2 and kind <> 'flow' and pause_requested
       and status in ('pending', 'running', 'waiting', 'paused')
     returning control_version, status, queued`,
    [run.id, run.generation, now.toISOString()],
  );
  if (row === undefined) return null;
  const version = row.control_version;
  // Of a queued run Temporal knows nothing yet.
  if (!row.queued) await deliver(sql, run, 'resume', { generation: run.generation, version }, now);
  return run.status === 'paused' ? [resumed(run, version, row.status)] : [];
}

async function deliver(
  sql: Sql,
  run: Pick<RunRow, 'id' | 'execution_id'>,
  command: 'resume',
  payload: JsonObject,
  now: Date,
): Promise<void> {
  await sql.query(
    `insert into outbox (execution_id, execution_uuid, command, payload, due_at, created_at)
     values ($1, $2, $3, $4, $5, $5)`,
    [run.id, run.execution_id, command, JSON.stringify(payload), now.toISOString()],
  );
}

/** What a run wants when one of its tasks fails, and the version of its last command. */
export interface AfterFailure {
  policy: OnTaskFailure;
  controlVersion: number;
}

/**
 * A task of this run has failed: where the run shall be parked for it, it is asked to pause, as a person would. In
 * the transaction that writes the failure.
 */
export async function parkAfterFailure(sql: Sql, id: number, now: Date): Promise<AfterFailure> {
  const [row] = await sql.query<{ on_task_failure: OnTaskFailure; control_version: number }>(
    `update executions set
       parked = parked or (on_task_failure = 'pause' and not pause_requested),
       pause_requested = pause_requested or on_task_failure = 'pause',
       control_version = control_version + (on_task_failure = 'pause')::integer, updated_at = $2
     where id = $1 returning on_task_failure, control_version`,
    [id, now.toISOString()],
  );
  return { policy: row?.on_task_failure ?? 'fail', controlVersion: row?.control_version ?? 0 };
}
