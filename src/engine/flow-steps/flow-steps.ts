import type { RunErrorCode } from '../../domain/errors.ts';
import type { StepRun } from '../../domain/flow/flow-shape.ts';
import type { JsonObject } from '../../domain/json.ts';
import type { FlowSnapshot } from '../../flows/declared/snapshot.ts';
import type { TaskOutput } from '../../domain/run/result.ts';
import type { OnBudget } from '../../domain/run/budget.ts';
import type { ExecutionStatus } from '../../domain/run/status.ts';
import { toJsonb } from '../../persistence/jsonb.ts';
import type { Sql } from '../../persistence/sql.ts';
import { parseTimestamp } from '../../persistence/timestamp.ts';
import { createRun, type NewRun } from '../starting/create-run.ts';
import type { Lease } from '../claims/task-lease.ts';

/** Runs of steps of flows: rows of task_executions that are made when they are first handed out. */

/** Makes the row of a run of a step, unless it is there. Under the run's lock; nothing for who has no claim on it. */
export async function ensureStep(sql: Sql, lease: Lease, place: StepRun, now: Date): Promise<void> {
  await sql.query(
    `insert into task_executions (execution_id, task_key, position, name, agent, triggered_by, updated_at)
     select id, $2, $3, $2, '', $4, $5 from executions
      where id = $1 and generation = $6 and claimed_run_id = $7
        and status not in ('completed', 'failed', 'cancelled')
     on conflict (execution_id, task_key) do nothing`,
    [
      lease.id,
      lease.taskKey,
      place.position,
      place.triggeredBy,
      now.toISOString(),
      lease.generation,
      lease.temporalRunId,
    ],
  );
}

/** All that a run of a step needs to go on. */
export interface HeldStep {
  executionId: string;
  ownerId: string;
  flowName: string;
  /** Of a declared flow. */
  snapshot: FlowSnapshot | null;
  createdAt: Date;
  request: JsonObject;
  state: JsonObject;
  status: ExecutionStatus;
  pauseRequested: boolean;
  controlVersion: number;
  priority: number;
  tags: string[];
  /** Tokens the flow may still spend, null without a limit. */
  tokensLeft: number | null;
  /** Micro-USD it may still spend, null without a limit. */
  costLeft: number | null;
  onBudget: OnBudget;
  /** What the step said that set this one off. */
  trigger: TaskOutput | null;
  /** When its wait is over, null before it began. */
  dueAt: Date | null;
  child: ChildRun | null;
}

/** The crew a step has out, as it stands. */
export interface ChildRun {
  id: number;
  executionId: string;
  /** Of the flow, when the crew was last started or tried again. */
  generation: number;
  status: ExecutionStatus;
  result: JsonObject | null;
  error: string | null;
  code: RunErrorCode | null;
  promptTokens: number;
  completionTokens: number;
  totalTokens: number;
  /** Null when unknown. */
  costMicroUsd: number | null;
}

interface StepRow {
  execution_id: string;
  owner_id: string;
  flow_name: string;
  flow_snapshot: FlowSnapshot | null;
  created_at: string;
  input_data: JsonObject;
  flow_state: JsonObject;
  status: ExecutionStatus;
  pause_requested: boolean;
  control_version: number;
  priority: number;
  tags: string[];
  tokens_left: string | null;
  cost_left: string | null;
  on_budget: OnBudget;
  trigger: TaskOutput | null;
  due_at: string | null;
  child_execution_id: number | null;
  child_generation: number | null;
  child_uuid: string | null;
  child_status: ExecutionStatus | null;
  child_result: JsonObject | null;
  child_error: string | null;
  child_code: RunErrorCode | null;
  child_prompt: string | null;
  child_completion: string | null;
  child_total: string | null;
  child_cost: string | null;
}

/** Reads a run of a step, under its lease. */
export async function readStep(sql: Sql, taskId: number): Promise<HeldStep> {
  const [row] = await sql.query<StepRow>(
    `select e.execution_id, e.owner_id, e.flow_name, e.flow_snapshot, e.created_at, e.input_data, e.flow_state, e.status, e.pause_requested,
       e.control_version, e.priority, e.tags,
       e.max_tokens_total - e.total_tokens - e.reserved_tokens as tokens_left,
       e.max_cost_micro_usd - e.cost_micro_usd - e.reserved_cost_micro_usd as cost_left, e.on_budget,
       (select b.output from task_executions b where b.execution_id = e.id and b.task_key = t.triggered_by) as trigger,
       t.due_at, t.child_execution_id, t.child_generation, c.execution_id as child_uuid, c.status as child_status,
       c.result as child_result, c.error as child_error, c.error_code as child_code, c.prompt_tokens as child_prompt,
       c.completion_tokens as child_completion, c.total_tokens as child_total,
       c.cost_micro_usd as child_cost
     from task_executions t join executions e on e.id = t.execution_id
       left join executions c on c.id = t.child_execution_id
     where t.id = $1`,
    [taskId],
  );
  if (row === undefined) throw new Error(`the step ${taskId} vanished under its lease`);
  return {
    executionId: row.execution_id,
    ownerId: row.owner_id,
    flowName: row.flow_name,
    snapshot: row.flow_snapshot,
    createdAt: parseTimestamp(row.created_at),
    request: row.input_data,
    state: row.flow_state,
    status: row.status,
    pauseRequested: row.pause_requested,
    controlVersion: row.control_version,
    priority: row.priority,
    tags: row.tags,
    tokensLeft: row.tokens_left === null ? null : Number(row.tokens_left),
    costLeft: row.cost_left === null ? null : Number(row.cost_left),
    onBudget: row.on_budget,
    trigger: row.trigger,
    dueAt: row.due_at === null ? null : parseTimestamp(row.due_at),
    child: childOf(row),
  };
}

function childOf(row: StepRow): ChildRun | null {
  const { child_execution_id: id, child_uuid: executionId, child_status: status } = row;
  if (id === null || executionId === null || status === null) return null;
  return {
    id,
    executionId,
    generation: row.child_generation ?? 0,
    status,
    result: row.child_result,
    error: row.child_error,
    code: row.child_code,
    promptTokens: Number(row.child_prompt ?? 0),
    completionTokens: Number(row.child_completion ?? 0),
    totalTokens: Number(row.child_total ?? 0),
    costMicroUsd: row.child_cost === null ? null : Number(row.child_cost),
  };
}

/** The label a router's run answered; null for other steps. */
export async function labelOf(sql: Sql, run: { id: number; taskKey: string }): Promise<string | null> {
  const [row] = await sql.query<{ label: string | null }>(
    'select label from task_executions where execution_id = $1 and task_key = $2',
    [run.id, run.taskKey],
  );
  return row?.label ?? null;
}

/** Begins a step's wait. */
export async function waitUntil(sql: Sql, taskId: number, dueAt: Date): Promise<void> {
  await sql.query('update task_executions set due_at = $2 where id = $1', [taskId, dueAt.toISOString()]);
}

/**
 * Starts the crew of a step: an execution of its own, whose end wakes the flow. It waits for no slot of its owner,
 * whose slot the flow has.
 */
export async function startChild(
  sql: Sql,
  lease: Lease,
  taskId: number,
  run: NewRun,
  now: Date,
): Promise<number> {
  const child = await createRun(sql, run, 0, now);
  await sql.query(
    `with step as (update task_executions set child_execution_id = $2, child_generation = $3 where id = $1)
     update outbox set due_at = $4 where execution_id = $2`,
    [taskId, child.id, lease.generation, now.toISOString()],
  );
  return child.id;
}

/** A step of a later generation tries its crew again. */
export async function keepChildGeneration(sql: Sql, lease: Lease, taskId: number): Promise<void> {
  await sql.query('update task_executions set child_generation = $2 where id = $1', [
    taskId,
    lease.generation,
  ]);
}

/** The state a flow has now; its row stays locked, so that steps that end at the same time take turns. */
export async function lockState(sql: Sql, id: number): Promise<JsonObject> {
  const [row] = await sql.query<{ flow_state: JsonObject }>(
    'select flow_state from executions where id = $1 for no key update',
    [id],
  );
  if (row === undefined) throw new Error(`execution ${id} vanished`);
  return row.flow_state;
}

/** Writes what a finished step leaves behind: the state, its label, its place in the order of ends, what its crew used. */
export async function keepStep(
  sql: Sql,
  id: number,
  taskId: number,
  left: { state: JsonObject; label: string | null; child: ChildRun | null },
): Promise<void> {
  const { state, label, child } = left;
  await sql.query(
    `with run as (
       update executions e set flow_state = $3, steps_finished = steps_finished + 1,
         prompt_tokens = e.prompt_tokens + $5, completion_tokens = e.completion_tokens + $6,
         total_tokens = e.total_tokens + $7, cost_micro_usd = e.cost_micro_usd + $8
       from task_executions t where e.id = $1 and t.id = $2 and t.finish_order is null
       returning e.steps_finished
     )
     update task_executions t set label = $4, finish_order = run.steps_finished,
       prompt_tokens = t.prompt_tokens + $5, completion_tokens = t.completion_tokens + $6,
       total_tokens = t.total_tokens + $7, cost_micro_usd = t.cost_micro_usd + $8
     from run where t.id = $2`,
    [
      id,
      taskId,
      toJsonb(state),
      label,
      child?.promptTokens ?? 0,
      child?.completionTokens ?? 0,
      child?.totalTokens ?? 0,
      child === null ? 0 : child.costMicroUsd,
    ],
  );
}

/** What the result of a flow is made of. */
export async function readFlowEnd(sql: Sql, id: number): Promise<FlowEnd | null> {
  const [row] = await sql.query<{
    flow_name: string;
    flow_snapshot: FlowSnapshot | null;
    input_data: JsonObject;
    flow_state: JsonObject;
    last: TaskOutput | null;
  }>(
    `select flow_name, flow_snapshot, input_data, flow_state,
       (select output from task_executions t where t.execution_id = e.id and finish_order is not null
         order by finish_order desc limit 1) as last
     from executions e where id = $1 and kind = 'flow'`,
    [id],
  );
  if (row === undefined) return null;
  const { flow_name: flowName, flow_snapshot: snapshot, input_data: request, flow_state: state, last } = row;
  return { flowName, snapshot, request, state, last };
}

/** A flow whose steps are done. */
export interface FlowEnd {
  flowName: string;
  snapshot: FlowSnapshot | null;
  request: JsonObject;
  state: JsonObject;
  /** Of the step that ended last. */
  last: TaskOutput | null;
}

/** What the last run of each step that is over put out. */
export function readOutputs(sql: Sql, id: number): Promise<{ step: string; output: TaskOutput | null }[]> {
  return sql.query<{ step: string; output: TaskOutput | null }>(
    `select distinct on (split_part(task_key, '#', 1)) split_part(task_key, '#', 1) as step, output
       from task_executions where execution_id = $1 and finish_order is not null
      order by split_part(task_key, '#', 1), finish_order desc`,
    [id],
  );
}

/** What a recorded call of this step answered in an earlier attempt. @param key without its generation */
export async function answeredCall(
  sql: Sql,
  taskId: number,
  key: string,
  digest: string,
): Promise<JsonObject | null> {
  const [row] = await sql.query<{ response: JsonObject }>(
    `select response from calls where task_execution_id = $1 and status = 'completed'
        and substr(call_key, strpos(call_key, ':') + 1) = $2 and request->>'sha256' = $3
      order by id desc limit 1`,
    [taskId, key, digest],
  );
  return row?.response ?? null;
}

/** Gives a run of a step that a person left out its place in the order of ends. */
export async function noteEnd(sql: Sql, run: { id: number; taskKey: string }): Promise<void> {
  await sql.query(
    `with step as (
       select id from task_executions where execution_id = $1 and task_key = $2 and finish_order is null
         and status in ('completed', 'skipped')
     ), run as (
       update executions set steps_finished = steps_finished + 1 where id = $1 and exists (select 1 from step)
       returning steps_finished
     )
     update task_executions t set finish_order = run.steps_finished from run, step where t.id = step.id`,
    [run.id, run.taskKey],
  );
}
