import { together, type SqlPool } from './sql.ts';

/** Executions that have ended and that MLflow has not been told of yet: taken for a while, put off, or done. */

/** An execution with what it did. Times in milliseconds since 1970, money in micro-USD. */
export interface FinishedExecution {
  id: number;
  executionId: string;
  ownerId: string;
  kind: string;
  name: string;
  model: string | null;
  status: 'completed' | 'failed' | 'cancelled';
  errorCode: string | null;
  startedAt: number;
  completedAt: number;
  promptTokens: number;
  completionTokens: number;
  costMicroUsd: number | null;
  tags: string[];
  tasks: FinishedTask[];
  /** Model and tool calls in their order. */
  calls: FinishedCall[];
}

export interface FinishedTask {
  id: number;
  key: string;
  name: string;
  agent: string;
  status: string;
  attempts: number;
  startedAt: number | null;
  completedAt: number | null;
  promptTokens: number;
  completionTokens: number;
}

export interface FinishedCall {
  id: string;
  taskId: number;
  kind: 'model' | 'tool';
  name: string;
  status: string;
  startedAt: number;
  finishedAt: number | null;
  promptTokens: number;
  completionTokens: number;
}

/** Calls of one execution that are told; a run with more has a trace that ends there. */
const MOST_CALLS = 5_000;
/** Tasks of one execution that are told. */
const MOST_TASKS = 2_000;

const millis = (column: string): string => `(extract(epoch from ${column}) * 1000)::float8`;

/**
 * Takes what is due, oldest first, and hides it from other processes until `putOffUntil`.
 * @param since executions that ended before are left alone
 */
export async function takeFinished(
  sql: SqlPool,
  { at, since, putOffUntil, limit }: { at: Date; since: Date; putOffUntil: Date; limit: number },
): Promise<number[]> {
  const rows = await sql.query<{ id: number }>(
    `update executions set mlflow_due_at = $1 where id in (
       select id from executions where mlflow_due_at <= $2 and completed_at >= $3
        order by mlflow_due_at limit $4 for update skip locked)
     returning id`,
    [putOffUntil.toISOString(), at.toISOString(), since.toISOString(), limit],
  );
  return rows.map(({ id }) => id);
}

/** @returns undefined when it has been retried, or deleted, meanwhile */
export async function readFinished(sql: SqlPool, id: number): Promise<FinishedExecution | undefined> {
  const of = [id];
  const [[execution], tasks, calls] = await together([
    sql.query<Omit<FinishedExecution, 'tasks' | 'calls'>>(
      `select id, execution_id as "executionId", owner_id as "ownerId", kind, model, status,
              coalesce(crew_name, flow_name, kind) as name, error_code as "errorCode", tags,
              ${millis('coalesce(started_at, created_at)')} as "startedAt", ${millis('completed_at')} as "completedAt",
              prompt_tokens::float8 as "promptTokens", completion_tokens::float8 as "completionTokens",
              cost_micro_usd::float8 as "costMicroUsd"
         from executions where id = $1 and status in ('completed', 'failed', 'cancelled')`,
      of,
    ),
    sql.query<FinishedTask>(
      `select id, task_key as key, name, agent, status, attempts, ${millis('started_at')} as "startedAt",
              ${millis('completed_at')} as "completedAt", prompt_tokens::float8 as "promptTokens",
              completion_tokens::float8 as "completionTokens"
         from task_executions where execution_id = $1 order by position limit ${MOST_TASKS}`,
      of,
    ),
    sql.query<FinishedCall>(
      `select id, task_execution_id as "taskId", kind, name, status, ${millis('started_at')} as "startedAt",
              ${millis('finished_at')} as "finishedAt", prompt_tokens::float8 as "promptTokens",
              completion_tokens::float8 as "completionTokens"
         from calls where execution_id = $1 order by id limit ${MOST_CALLS}`,
      of,
    ),
  ]);
  return execution === undefined ? undefined : { ...execution, tasks, calls };
}

/** MLflow has it; what ended anew meanwhile stays due. */
export async function markTold(
  sql: SqlPool,
  { id, completedAt }: { id: number; completedAt: number },
  mlflowRunId: string,
): Promise<void> {
  await sql.query(
    `update executions set mlflow_run_id = $2,
            mlflow_due_at = case when ${millis('completed_at')} = $3::float8 then null else mlflow_due_at end
      where id = $1`,
    [id, mlflowRunId, completedAt],
  );
}
