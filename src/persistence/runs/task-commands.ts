import { conflict, invalid, notFound } from '../../domain/errors.ts';
import type { JsonObject } from '../../domain/json.ts';
import type { CrewPlan } from '../../domain/plan/crew-plan.ts';
import { editTask, type TaskEdit } from '../../domain/plan/edit-task.ts';
import { storedIds } from '../../domain/plan/task-inputs.ts';
import { taskSummary } from '../../domain/agent/prompts.ts';
import {
  isFinal,
  type ExecutionStatus,
  type OnTaskFailure,
  type TaskStatus,
} from '../../domain/run/status.ts';
import { appendEvents, type NewEvent } from '../event-log.ts';
import { toJsonb } from '../jsonb.ts';
import type { Sql, SqlPool } from '../sql.ts';

/**
 * What people ask of one task of a run: try it again, leave it out, change it before it starts. Each is one
 * transaction under the run's lock. Where the run was parked for a failed task, it goes on once none is left.
 */

interface RunRow {
  id: number;
  execution_id: string;
  status: ExecutionStatus;
  generation: number;
  pause_requested: boolean;
  control_version: number;
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
    `select id, execution_id, status, generation, pause_requested, control_version, plan, input_data
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
    await reopen(sql, task, now, false);
    const events = await goOn(sql, run, now);
    if (events.length > 0) await appendEvents(sql, id, events, now);
    return true;
  });
}

/** Leaves a task out: its output is empty. @throws {MusterError} CONFLICT when it runs, is over, or the run has ended. */
export async function skipTask(database: SqlPool, id: number, taskKey: string, now: Date): Promise<void> {
  await database.transaction(async (sql) => {
    const { run, task } = await lockTask(sql, id, taskKey);
    if (isFinal(run.status) || run.status === 'cancelling')
      throw refuse('skip', task, `the execution is ${run.status}`);
    if (task.status !== 'pending' && task.status !== 'failed' && task.status !== 'waiting')
      throw refuse('skip', task, `it is ${task.status}`);
    const plan = run.plan.tasks.find((one) => one.key === taskKey);
    const description = plan?.description ?? '';
    const output = {
      name: plan?.name ?? taskKey,
      description,
      expected_output: plan?.expectedOutput ?? '',
      summary: taskSummary(description),
      raw: '',
      json_dict: null,
      agent: task.agent,
      output_format: 'raw',
    };
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
    await appendEvents(sql, id, [skipped, ...(await goOn(sql, run, now))], now);
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
  await deliver(sql, run, 'answer', { generation: run.generation, taskKey: task.task_key }, now);
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
    const edited = editTask(run.plan, taskKey, edit, { inputs: run.input_data, offeredTools });
    if (!edited.ok) throw invalid('The task cannot be changed like this', edited.issues);
    const plan = edited.plan.tasks.find((one) => one.key === taskKey);
    const agent = edited.plan.agents.find((one) => one.key === plan?.agentKey)?.role ?? task.agent;
    await sql.query('update executions set plan = $2, updated_at = $3 where id = $1', [
      id,
      toJsonb(edited.plan),
      now.toISOString(),
    ]);
    const agentId = plan === undefined ? task.agent_id : storedIds(edited.plan, plan).agentId;
    await sql.query(
      'update task_executions set name = $2, agent = $3, agent_id = $4, agent_state = null where id = $1',
      [task.id, plan?.name ?? taskKey, agent, agentId],
    );
    if (task.status === 'failed' && !isFinal(run.status)) await reopen(sql, task, now, true);
    const [{ edits } = { edits: 0 }] = await sql.query<{ edits: number }>(
      `select count(*)::integer as edits from execution_events
        where execution_id = $1 and task_key = $2 and type = 'task_edited'`,
      [id, taskKey],
    );
    const event: NewEvent = {
      type: 'task_edited',
      key: `${taskKey}/edited:${edits + 1}`,
      taskKey,
      taskId: task.task_id,
      agentId: task.agent_id,
      // The log of a run that is over stays closed by its final event: the change shows in the task.
      data: { fields: Object.keys(edit).filter((name) => Reflect.get(edit, name) !== undefined) },
    };
    await appendEvents(sql, id, [event, ...(await goOn(sql, run, now))], now);
  });
}

async function reopen(sql: Sql, task: TaskRow, now: Date, fresh: boolean): Promise<void> {
  await sql.query(
    `update task_executions set status = 'pending', error = null, error_code = null, completed_at = null,
       updated_at = $2, unexpected_errors = 0, agent_state = case when $3 then null else agent_state end
     where id = $1`,
    [task.id, now.toISOString(), fresh],
  );
}

/** A run parked for its failed tasks goes on when none is left. @returns what the log says of it */
async function goOn(sql: Sql, run: RunRow, now: Date): Promise<NewEvent[]> {
  const [row] = await sql.query<{ control_version: number }>(
    `update executions set pause_requested = false, control_version = control_version + 1, updated_at = $2,
       status = case when status = 'paused' then 'running' else status end
     where id = $1 and pause_requested and on_task_failure = 'pause'
       and status in ('running', 'waiting', 'paused') and claimed_run_id is not null
       and not exists (select 1 from task_executions t where t.execution_id = $1 and t.status = 'failed')
     returning control_version`,
    [run.id, now.toISOString()],
  );
  if (row === undefined) return [];
  const version = row.control_version;
  await deliver(sql, run, 'resume', { generation: run.generation, version }, now);
  if (run.status !== 'paused') return [];
  return [{ type: 'workflow_resumed', key: `g${run.generation}:resumed:${version}`, status: 'running' }];
}

async function deliver(
  sql: Sql,
  run: RunRow,
  command: 'resume' | 'answer',
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
       pause_requested = pause_requested or on_task_failure = 'pause',
       control_version = control_version + (on_task_failure = 'pause')::integer, updated_at = $2
     where id = $1 returning on_task_failure, control_version`,
    [id, now.toISOString()],
  );
  return { policy: row?.on_task_failure ?? 'fail', controlVersion: row?.control_version ?? 0 };
}
