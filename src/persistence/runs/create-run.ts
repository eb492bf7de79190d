import { randomUUID } from 'node:crypto';
import type { FlowShape } from '../../domain/flow/flow-shape.ts';
import type { JsonObject } from '../../domain/json.ts';
import type { CrewPlan } from '../../domain/plan/crew-plan.ts';
import type { OnBudget } from '../../domain/run/budget.ts';
import { storedIds } from '../../domain/plan/task-inputs.ts';
import type { ExecutionKind, OnTaskFailure } from '../../domain/run/status.ts';
import { toJsonb } from '../jsonb.ts';
import type { Sql } from '../sql.ts';
import { parseTimestamp } from '../timestamp.ts';

/** Who commits a start delivers it; if that process dies, another takes over after this. */
const START_LEASE_MS = 5_000;

export interface NewRun {
  ownerId: string;
  kind: ExecutionKind;
  /** Null for a flow. */
  crewName: string | null;
  /** The flow it runs: its shape, and the state it begins with. Its plan has no tasks then. */
  flow?: { name: string; shape: FlowShape; state: JsonObject } | undefined;
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
  /** What must not start twice: a second run of the same owner and reference is the first one. */
  idempotencyRef?: string | undefined;
}

export interface CreatedRun {
  id: number;
  executionId: string;
  createdAt: Date;
  /** The start in the outbox, the caller's to deliver; null when there is none (queued, or found). */
  outboxId: string | null;
}

/**
 * Commits a run: its row with the plan's snapshot, its tasks, the head of its log, the agent instance that a crew's run
 * is, and the command to start it, unless its owner has `maxActive` runs already, or its thread a live one: then it is queued. One statement, one commit; from here on
 * it cannot be lost.
 * @param maxActive 0 for no limit
 */
export async function createRun(sql: Sql, run: NewRun, maxActive: number, now: Date): Promise<CreatedRun> {
  const executionId = randomUUID();
  const [row] = await sql.query<{ id: number; outbox_id: string | null }>(
    `with run as (
       insert into executions (execution_id, owner_id, kind, crew_name, status, plan, input_data, priority, tags,
         timeout_seconds, max_tokens_total, model, created_at, updated_at, idempotency_key, graph_id, thread_id, on_task_failure,
         parent_execution_id, workflow_id, flow_name, flow_shape, flow_state, max_cost_micro_usd, on_budget, queued)
       values ($1, $2, $3, $4, 'pending', $5, $6, $7, $8, $9, $10, $11, $12, $12, $14, $17, $18, $19, $20, $21, $22, $23, $24, $26, $27,
         take_run_slot($2, $15) or thread_is_busy($2, $18, null))
       on conflict (owner_id, idempotency_key) where idempotency_key is not null do nothing
       returning id, queued
     ), tasks as (
       insert into task_executions (execution_id, task_key, position, name, agent, task_id, agent_id, max_tokens_total,
         max_cost_micro_usd, updated_at)
       select run.id, t.task_key, t.position, t.name, t.agent, t.task_id, t.agent_id, t.max_tokens_total,
         t.max_cost_micro_usd, $12
         from run, jsonb_to_recordset($13::jsonb) as
           t(task_key text, position integer, name text, agent text, task_id integer, agent_id integer,
             max_tokens_total bigint, max_cost_micro_usd bigint)
     ), head as (
       insert into execution_log_heads (execution_id) select id from run
     ), command as (
       insert into outbox (execution_id, execution_uuid, command, payload, due_at, created_at)
       select id, $1, 'start', '{"generation": 1}', $16, $12 from run where not queued returning id
     ), type as (
       insert into agent_types (id, owner_id, name, created_at)
       select agent_type_id($2, $25), $2, $25, $12 from run where $3 = 'crew' on conflict (id) do nothing
     ), conversation as (
       insert into conversation_heads (owner_id) select $2 from run where $3 = 'crew' and $18::uuid is null returning id
     ), instance as (
       insert into agent_instances (owner_id, id, agent_type_id, conversation_id, execution_id, name, status, started_at,
         updated_at)
       select $2, $1, agent_type_id($2, $25), c.id, run.id, $4, 'ACTIVE', $12, $12
         from run, (select id from conversation union all select conversation_id from threads where id = $18) c
        where $3 = 'crew'
     )
     select id, (select id from command) as outbox_id from run`,
    [
      executionId,
      run.ownerId,
      run.kind,
      run.crewName,
      JSON.stringify(run.plan),
      JSON.stringify(run.inputs),
      run.priority ?? 0,
      run.tags ?? [],
      run.timeoutSeconds ?? null,
      run.maxTokensTotal ?? null,
      run.model,
      now.toISOString(),
      JSON.stringify(taskRows(run.plan)),
      run.idempotencyRef ?? null,
      maxActive,
      new Date(now.getTime() + START_LEASE_MS).toISOString(),
      run.graphId ?? null,
      run.threadId ?? null,
      run.onTaskFailure ?? 'fail',
      run.parentExecutionId ?? null,
      run.workflowId ?? null,
      run.flow?.name ?? null,
      run.flow === undefined ? null : JSON.stringify(run.flow.shape),
      run.flow === undefined ? null : toJsonb(run.flow.state),
      run.crewName ?? 'crew',
      run.maxCostMicroUsd ?? null,
      run.onBudget ?? 'fail',
    ],
  );
  return row === undefined
    ? findByReference(sql, run)
    : { id: row.id, executionId, createdAt: now, outboxId: row.outbox_id };
}

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
