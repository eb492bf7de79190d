import type { EntityManager } from '@mikro-orm/postgresql';
import type { ExecutionStatus } from '../../domain/run/status.ts';
import type { OwnerScope } from '../database.ts';
import type { Sql } from '../sql.ts';

/** The runs that were started in one request, for many inputs. */
export interface BatchCounts {
  crew_name: string | null;
  graph_id: string | null;
  workflow_id: number | null;
  owner_id: string;
  status: ExecutionStatus;
  count: number;
  prompt_tokens: string;
  completion_tokens: string;
  total_tokens: string;
  /** Null when one of them asked a model without a price. */
  cost: string | null;
  created_at: string;
  completed_at: string | null;
}

/** The executions of a batch, in the order of its inputs. */
export async function findBatch(
  sql: Sql,
  ownerId: string,
  batchId: string,
): Promise<{ id: number; executionId: string }[]> {
  const rows = await sql.query<{ id: number; execution_id: string }>(
    'select id, execution_id from executions where batch_id = $1 and owner_id = $2 order by id',
    [batchId, ownerId],
  );
  return rows.map((row) => ({ id: row.id, executionId: row.execution_id }));
}

/** SQL: whose rows; `em` sees no others anyhow. */
const ownedBy = (scope: OwnerScope): { sql: string; values: string[] } =>
  'ownerId' in scope ? { sql: 'and owner_id = ?', values: [scope.ownerId] } : { sql: '', values: [] };

/** How its executions stand, by state; none when there is no such batch within the scope. */
export function countBatch(em: EntityManager, batchId: string, scope: OwnerScope): Promise<BatchCounts[]> {
  const owned = ownedBy(scope);
  return em.execute(
    `select crew_name, graph_id, workflow_id, owner_id, status, count(*)::integer as count,
       sum(prompt_tokens) as prompt_tokens, sum(completion_tokens) as completion_tokens,
       sum(total_tokens) as total_tokens,
       case when bool_and(cost_micro_usd is not null) then sum(cost_micro_usd) end as cost,
       min(created_at) as created_at, max(completed_at) as completed_at
     from executions where batch_id = ? ${owned.sql}
     group by crew_name, graph_id, workflow_id, owner_id, status`,
    [batchId, ...owned.values],
  );
}

/** Its executions that are not final: those that wait for a slot first, so that none is started only to be stopped. */
export function liveRunsOfBatch(
  em: EntityManager,
  batchId: string,
  scope: OwnerScope,
): Promise<{ id: number; execution_id: string }[]> {
  const owned = ownedBy(scope);
  return em.execute(
    `select id, execution_id from executions where batch_id = ? ${owned.sql}
       and status not in ('completed', 'failed', 'cancelled') order by id desc`,
    [batchId, ...owned.values],
  );
}
