import { randomUUID } from 'node:crypto';
import type { FlowShape } from '../../domain/flow/flow-shape.ts';
import type { JsonObject } from '../../domain/json.ts';
import type { FlowSnapshot } from '../../flows/declared/snapshot.ts';
import type { CrewPlan } from '../../domain/plan/crew-plan.ts';
import type { OnBudget } from '../../domain/run/budget.ts';
import { storedIds } from '../../domain/plan/task-inputs.ts';
import type { ExecutionKind, OnTaskFailure } from '../../domain/run/status.ts';
import { currentTraceparent } from '../../telemetry/tracing/ambient.ts';
import { toJsonb } from '../../persistence/jsonb.ts';
import type { Sql } from '../../persistence/sql.ts';
import { parseTimestamp } from '../../persistence/timestamp.ts';

/** Who commits a start delivers it; if that process dies, another takes over after this. */
const START_LEASE_MS = 5_000;

export interface NewRun {
  ownerId: string;
  kind: ExecutionKind;
  /** Null for a flow. */
  crewName: string | null;
  /** The flow it runs: its shape, and the state it begins with. Its plan has no tasks then. */
  flow?:
    | {
        name: string;
        shape: FlowShape;
        state: JsonObject;
        /** Of a declared flow: what it runs. */
        snapshot?: FlowSnapshot | undefined;
      }
    | undefined;
  plan: CrewPlan;
  inputs: JsonObject;
  priority?: number;
  tags?: string[];
  timeoutSeconds?: number | null;
  maxTokensTotal?: number | null;
  maxCostMicroUsd?: number | null;
  onBudget?: OnBudget;
  onTaskFailure?: OnTaskFailure;
  /** The run it replays. */
  parentExecutionId?: string | undefined;
  /** `provider/model` of the first agent, for lists; each task names its own. */
  model: string | null;
  /** The graph it was compiled from. */
  graphId?: string | undefined;
  /** The stored workflow it was compiled from. */
  workflowId?: number | undefined;
  /** The conversation it belongs to: one run of a thread at a time, the others queue. */
  threadId?: string | undefined;
  /** The batch it was started in. */
  batchId?: string | undefined;
  /** What must not start twice: a second run of the same owner and reference is the first one. */
  idempotencyRef?: string | undefined;
}

export interface CreatedRun {
  id: number;
  executionId: string;
  createdAt: Date;
  /** The start in the outbox, the caller's to deliver; null when there is none (queued, or found). */
  outboxId: string | null;
  /** Where its trace hangs; left out for one of its own. */
  traceparent?: string;
}

/** What tells one run from the others that are made with it. */
export interface RunItem {
  inputs: JsonObject;
  /** As `idempotencyRef`. */
  idempotencyRef?: string | undefined;
}

/**
 * Commits a run: its row with the plan's snapshot, its tasks, the head of its log, the agent instance that a crew's run
 * is, and the command to start it, unless its owner has `maxActive` runs already, or its thread a live one: then it is queued. One statement, one commit; from here on
 * it cannot be lost.
 * @param maxActive 0 for no limit
 */
export async function createRun(sql: Sql, run: NewRun, maxActive: number, now: Date): Promise<CreatedRun> {
  const dueAt = new Date(now.getTime() + START_LEASE_MS);
  const traceparent = currentTraceparent();
  const [created] = await createRuns(sql, run, [run], { maxActive, now, dueAt, traceparent });
  return created ?? findByReference(sql, run);
}

/**
 * The same for many runs that differ in their inputs only, in their order; those whose reference is taken are left out.
 * @param run `inputs` and `idempotencyRef` are those of `items`; with a thread there may be one item only
 * @param options.traceparent where all of them hang in one trace; left out, each is a trace of its own
 */
export async function createRuns(
  sql: Sql,
  run: Omit<NewRun, 'inputs' | 'idempotencyRef'>,
  items: readonly RunItem[],
  {
    maxActive,
    now,
    dueAt,
    traceparent = null,
  }: { maxActive: number; now: Date; dueAt: Date; traceparent?: string | null },
): Promise<CreatedRun[]> {
  const rows = await sql.query<{ id: number; execution_id: string; outbox_id: string | null }>(CREATE_RUNS, [
    JSON.stringify(items.map(toItemRow)),
    run.ownerId,
    run.kind,
    run.crewName,
    JSON.stringify(run.plan),
    run.batchId ?? null,
    run.priority ?? 0,
    run.tags ?? [],
    run.timeoutSeconds ?? null,
    run.maxTokensTotal ?? null,
    run.model,
    now.toISOString(),
    JSON.stringify(taskRows(run.plan)),
    maxActive,
    dueAt.toISOString(),
    run.graphId ?? null,
    run.threadId ?? null,
    run.onTaskFailure ?? 'fail',
    run.parentExecutionId ?? null,
    run.workflowId ?? null,
    run.flow?.name ?? null,
    run.flow === undefined ? null : JSON.stringify(run.flow.shape),
    run.flow === undefined ? null : toJsonb(run.flow.state),
    run.crewName ?? 'crew',
    run.flow?.snapshot === undefined ? null : JSON.stringify(run.flow.snapshot),
    run.maxCostMicroUsd ?? null,
    run.onBudget ?? 'fail',
    traceparent,
  ]);
  return rows.map((row) => ({
    id: row.id,
    executionId: row.execution_id,
    createdAt: now,
    outboxId: row.outbox_id,
    ...(traceparent !== null && { traceparent }),
  }));
}

/**
 * SQL: everything a run is made of, for each item. `take_run_slot` sees the rows before its own: those above the limit queue.
 * Which conversation goes with which run is settled by their order.
 */
const CREATE_RUNS = `
with run as (
  insert into executions (execution_id, owner_id, kind, crew_name, status, plan, input_data, priority, tags,
    timeout_seconds, max_tokens_total, model, created_at, updated_at, idempotency_key, graph_id, thread_id, on_task_failure,
    parent_execution_id, workflow_id, flow_name, flow_shape, flow_state, flow_snapshot, max_cost_micro_usd, on_budget, batch_id,
    traceparent, queued)
  select i.execution_id, $2, $3, $4, 'pending', $5, i.input_data, $7, $8, $9, $10, $11, $12, $12, i.idempotency_key, $16, $17, $18,
    $19, $20, $21, $22, $23, $25, $26, $27, $6, $28, take_run_slot($2, $14) or thread_is_busy($2, $17, null)
    from jsonb_to_recordset($1::jsonb) as i(execution_id uuid, input_data jsonb, idempotency_key text)
  on conflict (owner_id, idempotency_key) where idempotency_key is not null do nothing
  returning id, execution_id, queued
), tasks as (
  insert into task_executions (execution_id, task_key, position, name, agent, task_id, agent_id, max_tokens_total,
    max_cost_micro_usd, spec, updated_at)
  select run.id, t.task_key, t.position, t.name, t.agent, t.task_id, t.agent_id, t.max_tokens_total,
    t.max_cost_micro_usd, p.task, $12
    from run, jsonb_to_recordset($13::jsonb) as
      t(task_key text, position integer, name text, agent text, task_id integer, agent_id integer,
        max_tokens_total bigint, max_cost_micro_usd bigint)
    join jsonb_array_elements($5::jsonb->'tasks') with ordinality p(task, place) on p.place = t.position + 1
), head as (
  insert into execution_log_heads (execution_id) select id from run
), command as (
  insert into outbox (execution_id, execution_uuid, command, payload, due_at, created_at)
  select id, execution_id, 'start', '{"generation": 1}', $15, $12 from run where not queued order by id
  returning id, execution_id
), type as (
  insert into agent_types (id, owner_id, name, created_at)
  select agent_type_id($2, $24), $2, $24, $12 where $3 = 'crew' and exists (select 1 from run) on conflict (id) do nothing
), conversation as (
  insert into conversation_heads (owner_id) select $2 from run where $3 = 'crew' and $17::uuid is null returning id
), instance as (
  insert into agent_instances (owner_id, id, agent_type_id, conversation_id, execution_id, name, status, started_at,
    updated_at)
  select $2, r.execution_id, agent_type_id($2, $24), c.id, r.id, $4, 'ACTIVE', $12, $12
    from (select id, execution_id, row_number() over (order by id) as place from run) r
    join (select id, row_number() over (order by id) as place from conversation
          union all select conversation_id, 1 from threads where id = $17) c on c.place = r.place
   where $3 = 'crew'
)
select run.id, run.execution_id, command.id as outbox_id
  from run left join command on command.execution_id = run.id order by run.id`;

const toItemRow = ({ inputs, idempotencyRef }: RunItem): JsonObject => ({
  execution_id: randomUUID(),
  input_data: inputs,
  idempotency_key: idempotencyRef ?? null,
});

/** The rows of its tasks, as the statement reads them. */
const taskRows = (plan: CrewPlan): JsonObject[] =>
  plan.tasks.map((task, position) => ({
    task_key: task.key,
    position,
    name: task.name,
    agent: plan.agents.find((agent) => agent.key === task.agentKey)?.role ?? task.agentKey,
    task_id: storedIds(plan, task).taskId,
    agent_id: storedIds(plan, task).agentId,
    max_tokens_total: task.maxTokensTotal ?? null,
    max_cost_micro_usd: task.maxCostMicroUsd ?? null,
  }));

/** The run that was there before: made in the name of the same request, whose answer was lost. */
async function findByReference(sql: Sql, run: NewRun): Promise<CreatedRun> {
  const [row] = await sql.query<{ id: number; execution_id: string; created_at: string }>(
    'select id, execution_id, created_at from executions where owner_id = $1 and idempotency_key = $2',
    [run.ownerId, run.idempotencyRef],
  );
  if (row === undefined) throw new Error('the insert of an execution returned no row');
  return {
    id: row.id,
    executionId: row.execution_id,
    createdAt: parseTimestamp(row.created_at),
    outboxId: null,
  };
}
