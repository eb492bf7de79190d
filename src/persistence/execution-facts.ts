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

/** Where the logs of executions stand, by id. */
export type LogPositions = Map<number, number>;

/** Which executions that live somebody asks about. */
export interface LiveFilter {
  /** Of this owner; undefined for everybody's. */
  ownerId?: string | undefined;
  /** Of this workflow. */
  workflowId?: number | undefined;
}

/*
 * These statements are planned without their parameters. So the states stand in their texts, without which no partial index
 * is used, and of the newest both ends are told, without which their table is read from end to end.
 */

/** SQL: looked up one by one, by the key. */
const LAST_SEQ = `coalesce((select h.last_seq from execution_log_heads h where h.execution_id = x.id), 0) as last_seq`;

/** Those that are not over, with where each log stands. */
export async function readOpenExecutions(sql: Sql, filter: LiveFilter = {}): Promise<LogPositions> {
  const { ownerId, workflowId } = filter;
  const conditions = [
    ...(ownerId === undefined ? [] : [['x.owner_id', ownerId] as const]),
    ...(workflowId === undefined ? [] : [['x.workflow_id', workflowId] as const]),
  ];
  return positionsOf(
    await sql.query<PositionRow>(
      `select x.id, ${LAST_SEQ} from executions x
        where x.status not in ('completed', 'failed', 'cancelled')
          ${conditions.map(([column], index) => `and ${column} = $${index + 1}`).join(' ')}`,
      conditions.map(([, value]) => value),
    ),
  );
}

/**
 * What a look that is repeated has to see: executions newer than `newerThan`, and those at work. What is over, queued, paused
 * or waits for a person costs it nothing.
 */
export async function readBusyExecutions(sql: Sql, newerThan: number): Promise<LogPositions> {
  return positionsOf(
    await sql.query<PositionRow>(
      `select x.id, ${LAST_SEQ}
         from (select id from executions where id > $1 and id <= (select max(id) from executions)
               union
               select id from executions where not queued and status in ('pending', 'running', 'cancelling')) x`,
      [newerThan],
    ),
  );
}

interface PositionRow {
  id: number;
  last_seq: number;
}

const positionsOf = (rows: readonly PositionRow[]): LogPositions =>
  new Map(rows.map((row) => [row.id, row.last_seq]));

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
