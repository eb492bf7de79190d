import { FINAL_STATUSES } from '../domain/run/status.ts';
import type { Sql } from './sql.ts';

/** What of an execution never changes, and says who may follow it and by which name. */
export interface ExecutionFacts {
  id: number;
  uuid: string;
  ownerId: string;
  workflowId: number | null;
  /** The platform's agents in its plan. */
  agentIds: readonly number[];
}

interface FactsRow {
  id: number;
  execution_id: string;
  owner_id: string;
  workflow_id: number | null;
  agent_ids: number[];
}

/** The facts of those that exist, in one query. */
export async function readExecutionFacts(sql: Sql, ids: readonly number[]): Promise<ExecutionFacts[]> {
  const rows = await sql.query<FactsRow>(
    `select id, execution_id, owner_id, workflow_id,
            array(select (a->>'agentId')::integer
                    from jsonb_array_elements(coalesce(plan->'agents', '[]')) a
                   where a->>'agentId' is not null) as agent_ids
       from executions where id = any($1)`,
    [ids],
  );
  return rows.map((row) => ({
    id: row.id,
    uuid: row.execution_id,
    ownerId: row.owner_id,
    workflowId: row.workflow_id,
    agentIds: row.agent_ids,
  }));
}

/** The ids of executions that live or are newer than `newerThan`, with where each log stands. */
export async function readLiveExecutions(sql: Sql, newerThan: number): Promise<Map<number, number>> {
  const rows = await sql.query<{ id: number; last_seq: number }>(
    `select x.id, coalesce(h.last_seq, 0) as last_seq
       from executions x left join execution_log_heads h on h.execution_id = x.id
      where x.id > $1 or x.status <> all($2)`,
    [newerThan, FINAL_STATUSES],
  );
  return new Map(rows.map((row) => [row.id, row.last_seq]));
}

/** The largest id given so far. */
export async function latestExecutionId(sql: Sql): Promise<number> {
  const [row] = await sql.query<{ id: number | null }>('select max(id) as id from executions');
  return row?.id ?? 0;
}

/** Where each log stood at a moment: the last seq written before it. */
export async function positionsAt(sql: Sql, ids: readonly number[], at: Date): Promise<Map<number, number>> {
  const rows = await sql.query<{ execution_id: number; seq: number }>(
    `select execution_id, max(seq) as seq from execution_events
      where execution_id = any($1) and created_at < $2 group by execution_id`,
    [ids, at.toISOString()],
  );
  return new Map(rows.map((row) => [row.execution_id, row.seq]));
}
