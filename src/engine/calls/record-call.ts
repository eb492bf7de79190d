import type { TokenUsage } from '../../domain/agent/messages.ts';
import type { JsonObject } from '../../domain/json.ts';
import { MAX_CALL_STARTS } from '../../domain/run/retry-delay.ts';
import { toJsonb } from '../../persistence/jsonb.ts';
import { storableText } from '../../domain/storable-text.ts';
import type { Sql } from '../../persistence/sql.ts';

/** Calls to models and tools: a reserve is taken before each, and settled after it. */

/** A call about to be made. */
export interface NewCall {
  /** Names the call over all its attempts: generation, turn and tool call. */
  key: string;
  kind: 'model' | 'tool';
  /** Model or tool name. */
  name: string;
  request: JsonObject | null;
  /** Tokens to reserve; 0 for tools. */
  reserveTokens: number;
  /** Micro-USD to reserve; 0 for tools, null when the model has no price. */
  reserveCostMicroUsd: number | null;
}

/** A call that was begun and is not settled yet. */
export interface OpenCall {
  id: string;
  key: string;
  kind: 'model' | 'tool';
  name: string;
  attempt: number;
  reservedTokens: number;
  /** Micro-USD, null when unknown. */
  reservedCostMicroUsd: number | null;
  startedAt: Date;
}

/** Why a call may not begin. */
export type BeginRefusal = 'paused' | 'cancelling' | 'budget' | 'exhausted' | 'stale';

/**
 * Reserves the estimate and records the call as started, in the caller's transaction. The row of the run
 * decides: it must run, not be paused or ended, and have tokens and money left for every call in flight; so must its
 * task, which makes one call at a time.
 */
export async function beginCall(
  sql: Sql,
  run: { id: number; generation: number },
  taskId: number,
  call: NewCall,
  now: Date,
): Promise<OpenCall | BeginRefusal> {
  const [row] = await sql.query<{ id: string; attempt: number }>(
    `with run as (
       update executions set reserved_tokens = reserved_tokens + $3,
          reserved_cost_micro_usd = reserved_cost_micro_usd + coalesce($11::bigint, 0),
          status = case when status = 'waiting' then 'running' else status end
        where id = $1 and generation = $2 and status in ('running', 'waiting') and not pause_requested
          and (max_tokens_total is null or total_tokens + reserved_tokens + $3 <= max_tokens_total)
          and (max_cost_micro_usd is null
            or coalesce(cost_micro_usd + reserved_cost_micro_usd + $11::bigint <= max_cost_micro_usd, false))
          and not exists (select 1 from task_executions t where t.id = $4
            and (t.total_tokens + $3 > t.max_tokens_total
              or not coalesce(t.cost_micro_usd + $11::bigint <= t.max_cost_micro_usd, t.max_cost_micro_usd is null)))
          and (select count(*) from calls where task_execution_id = $4 and call_key = $5) < $10
        returning id
     )
     insert into calls (execution_id, task_execution_id, call_key, attempt, kind, name, status, request,
       reserved_tokens, reserved_cost_micro_usd, started_at)
     select id, $4, $5, 1 + (select count(*) from calls where task_execution_id = $4 and call_key = $5),
       $6, $7, 'started', $8, $3, $11, $9 from run
     returning id, attempt`,
    [
      run.id,
      run.generation,
      call.reserveTokens,
      taskId,
      call.key,
      call.kind,
      call.name,
      call.request === null ? null : toJsonb(call.request),
      now.toISOString(),
      MAX_CALL_STARTS,
      call.reserveCostMicroUsd,
    ],
  );
  if (row === undefined) return refusal(sql, run, taskId, call.key);
  return {
    id: row.id,
    key: call.key,
    kind: call.kind,
    name: call.name,
    attempt: row.attempt,
    reservedTokens: call.reserveTokens,
    reservedCostMicroUsd: call.reserveCostMicroUsd,
    startedAt: now,
  };
}

async function refusal(
  sql: Sql,
  run: { id: number; generation: number },
  taskId: number,
  callKey: string,
): Promise<BeginRefusal> {
  const [row] = await sql.query<{
    status: string;
    generation: number;
    pause_requested: boolean;
    starts: number;
  }>(
    `select status, generation, pause_requested,
       (select count(*)::integer from calls where task_execution_id = $2 and call_key = $3) as starts
       from executions where id = $1`,
    [run.id, taskId, callKey],
  );
  if (row === undefined || row.generation !== run.generation) return 'stale';
  if (row.status === 'cancelling') return 'cancelling';
  if (row.pause_requested || row.status === 'paused') return 'paused';
  if (row.status !== 'running' && row.status !== 'waiting') return 'stale';
  return row.starts >= MAX_CALL_STARTS ? 'exhausted' : 'budget';
}

/** Thrown when a commit went through although its answer was lost: the next attempt reads what it wrote. */
export class CallSettled extends Error {
  constructor() {
    super('this call is settled already');
    this.name = 'CallSettled';
  }
}

/** How a call ended, to be settled. What it cost is in micro-USD, null when the model has no price. */
export type CallEnd =
  | { status: 'completed'; usage: TokenUsage | null; costMicroUsd: number | null; response: JsonObject }
  | { status: 'failed'; error: string };

/**
 * Settles a call: the reserve goes back, what was really used is counted on the call, its task and its run. The task has
 * come on: workers that died with it in hand before do not count against it any more.
 */
export async function settleCall(
  sql: Sql,
  run: { id: number },
  taskId: number,
  call: OpenCall,
  end: CallEnd,
  now: Date,
): Promise<void> {
  const usage = end.status === 'completed' ? end.usage : null;
  const cost = end.status === 'completed' ? end.costMicroUsd : 0;
  // Each part draws on the one before: run, call and task are locked in this order.
  const settled = await sql.query(
    `with run as (
       update executions set reserved_tokens = greatest(reserved_tokens - $5, 0), prompt_tokens = prompt_tokens + $6,
         completion_tokens = completion_tokens + $7, total_tokens = total_tokens + $8,
         reserved_cost_micro_usd = greatest(reserved_cost_micro_usd - $12, 0), cost_micro_usd = cost_micro_usd + $13
       where id = $1 returning id
     ), call as (
       update calls set status = $9, response = $4, error = $10, prompt_tokens = $6, completion_tokens = $7,
         total_tokens = $8, cost_micro_usd = $13, finished_at = $11
       from run where calls.id = $2 and calls.status = 'started' returning calls.id
     )
     update task_executions set prompt_tokens = prompt_tokens + $6, completion_tokens = completion_tokens + $7,
       total_tokens = total_tokens + $8, cost_micro_usd = task_executions.cost_micro_usd + $13, died_in = '{}'
     from call where task_executions.id = $3
     returning task_executions.id`,
    [
      run.id,
      call.id,
      taskId,
      end.status === 'completed' ? toJsonb(end.response) : null,
      call.reservedTokens,
      usage?.promptTokens ?? 0,
      usage?.completionTokens ?? 0,
      usage?.totalTokens ?? 0,
      end.status,
      end.status === 'failed' ? storableText(end.error) : null,
      now.toISOString(),
      call.reservedCostMicroUsd ?? 0,
      cost,
    ],
  );
  if (settled.length === 0) throw new CallSettled();
}

/** What was reserved counts as used. A cost that nobody knows makes the sums unknown too. */
async function chargeReserve(
  sql: Sql,
  id: number,
  taskId: number,
  reserved: { tokens: number; costMicroUsd: number | null },
): Promise<void> {
  await sql.query(
    `with run as (
       update executions set reserved_tokens = greatest(reserved_tokens - $2, 0), prompt_tokens = prompt_tokens + $2,
         total_tokens = total_tokens + $2, cost_micro_usd = cost_micro_usd + $3,
         reserved_cost_micro_usd = greatest(reserved_cost_micro_usd - coalesce($3::bigint, 0), 0)
       where id = $1
     )
     update task_executions set prompt_tokens = prompt_tokens + $2, total_tokens = total_tokens + $2,
       cost_micro_usd = cost_micro_usd + $3
     where id = $4`,
    [id, reserved.tokens, reserved.costMicroUsd, taskId],
  );
}

/**
 * Marks calls of dead workers as lost. Nobody knows whether they were paid for, so they are charged at their
 * reserve: better a bill too high than a budget overrun.
 * @param taskId only this task's calls, or null for the whole run.
 * @returns names of the lost tool calls.
 */
export async function loseOpenCalls(
  sql: Sql,
  id: number,
  taskId: number | null,
  now: Date,
  callId: string | null = null,
): Promise<string[]> {
  const lost = await sql.query<{
    task_execution_id: number;
    kind: string;
    name: string;
    reserved_tokens: string;
    reserved_cost_micro_usd: string | null;
  }>(
    `update calls set status = 'lost', total_tokens = reserved_tokens, prompt_tokens = reserved_tokens,
        cost_micro_usd = reserved_cost_micro_usd, finished_at = $3
      where execution_id = $1 and status = 'started' and ($2::integer is null or task_execution_id = $2)
        and ($4::bigint is null or id = $4)
      returning task_execution_id, kind, name, reserved_tokens, reserved_cost_micro_usd`,
    [id, taskId, now.toISOString(), callId],
  );
  for (const call of lost) {
    const tokens = Number(call.reserved_tokens);
    if (tokens === 0) continue;
    const { reserved_cost_micro_usd: cost } = call;
    const reserved = { tokens, costMicroUsd: cost === null ? null : Number(cost) };
    await chargeReserve(sql, id, call.task_execution_id, reserved);
  }
  return lost.filter((call) => call.kind === 'tool').map((call) => call.name);
}

/** At the end of a run: no call stays open, and no worker that wakes up late can write any more. */
export async function closeOpenCalls(sql: Sql, id: number, now: Date): Promise<void> {
  await loseOpenCalls(sql, id, null, now);
  await sql.query(
    `update task_executions set lease_attempt = 2147483647
      where execution_id = $1 and status not in ('completed', 'skipped')`,
    [id],
  );
}

/** Locks the run's row first, as every transaction that touches a run does: execution → task → head. */
export async function lockRun(sql: Sql, id: number): Promise<void> {
  await sql.query('select 1 from executions where id = $1 for no key update', [id]);
}

/** How often a call was made and failed; calls lost to a crash do not count against it. */
export async function failedAttempts(sql: Sql, taskId: number, callKey: string): Promise<number> {
  const [row] = await sql.query<{ failed: number }>(
    `select count(*)::integer as failed from calls
      where task_execution_id = $1 and call_key = $2 and status = 'failed'`,
    [taskId, callKey],
  );
  return row?.failed ?? 0;
}

/** How often a worker died while a call was made, in any generation. @param key the call's, without its generation */
export async function timesLost(sql: Sql, taskId: number, key: string): Promise<number> {
  const [row] = await sql.query<{ lost: number }>(
    `select count(*)::integer as lost from calls where task_execution_id = $1 and status = 'lost'
        and substr(call_key, strpos(call_key, ':') + 1) = $2`,
    [taskId, key],
  );
  return row?.lost ?? 0;
}
