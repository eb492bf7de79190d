import type { EntityManager, FilterQuery } from '@mikro-orm/postgresql';
import type { JsonObject } from '../../domain/json.ts';
import type { ExecutionKind, ExecutionStatus } from '../../domain/run/status.ts';
import type { OwnerScope } from '../database.ts';
import type { SqlPool } from '../sql.ts';
import { Execution } from '../entities/execution.entity.ts';
import { TaskExecution } from '../entities/task-execution.entity.ts';

/** An execution is named by its integer id or by its UUID, wherever a path names one. */
export type ExecutionRef = { id: number } | { executionId: string };

export interface ExecutionFilter {
  statuses?: readonly ExecutionStatus[];
  kind?: ExecutionKind;
  flowName?: string;
  workflowId?: number;
  graphId?: string;
  threadId?: string;
  scheduleId?: string;
  batchId?: string;
}

const owned = (scope: OwnerScope): { ownerId?: string } =>
  'ownerId' in scope ? { ownerId: scope.ownerId } : {};

/**
 * One execution, or null: absent and foreign look the same.
 * @param options.result whether its result, which may have megabytes, and what its client gave with it are read too. Default true
 */
export function findExecution(
  em: EntityManager,
  ref: ExecutionRef,
  scope: OwnerScope,
  { result = true }: { result?: boolean } = {},
): Promise<Execution | null> {
  return em.findOne(
    Execution,
    { ...ref, ...owned(scope) },
    {
      populate: result ? ['result', 'meta'] : [],
    },
  );
}

/** Of each value of a result so much is shown in a list. */
const SHOWN_IN_LISTS = 1_000;

/** The results of some executions, each value cut where it is long; null where there is none. */
export async function readCutResults(
  em: EntityManager,
  ids: readonly number[],
): Promise<Map<number, JsonObject | null>> {
  if (ids.length === 0) return new Map();
  const rows = await em.execute<{ id: number; result: JsonObject | null }[]>(
    `select id, cut_texts(result, ${SHOWN_IN_LISTS}, 'the whole: GET /api/v1/executions/' || id) as result
       from executions where id in (${ids.map(() => '?').join(', ')})`,
    [...ids],
  );
  return new Map(rows.map(({ id, result }) => [id, result]));
}

/** A page of executions, newest first, without their results, and how many there are in all. */
export async function listExecutions(
  em: EntityManager,
  scope: OwnerScope,
  filter: ExecutionFilter,
  page: { skip: number; limit: number },
): Promise<[Execution[], number]> {
  const where: FilterQuery<Execution> = {
    ...owned(scope),
    ...(filter.statuses !== undefined && { status: { $in: [...filter.statuses] } }),
    ...(filter.kind !== undefined && { kind: filter.kind }),
    ...(filter.flowName !== undefined && { flowName: filter.flowName }),
    ...(filter.workflowId !== undefined && { workflowId: filter.workflowId }),
    ...(filter.graphId !== undefined && { graphId: filter.graphId }),
    ...(filter.threadId !== undefined && { threadId: filter.threadId }),
    ...(filter.scheduleId !== undefined && { scheduleId: filter.scheduleId }),
    ...(filter.batchId !== undefined && { batchId: filter.batchId }),
  };
  return em.findAndCount(Execution, where, {
    orderBy: { id: 'desc' },
    offset: page.skip,
    limit: page.limit,
  });
}

/** The tasks of an execution in plan order. */
export function listTasks(em: EntityManager, executionId: number): Promise<TaskExecution[]> {
  return em.find(TaskExecution, { executionId }, { orderBy: { position: 'asc' } });
}

/** A page of them, and how many there are in all. */
export function pageOfTasks(
  em: EntityManager,
  executionId: number,
  page: { skip: number; limit: number },
): Promise<[TaskExecution[], number]> {
  return em.findAndCount(
    TaskExecution,
    { executionId },
    { orderBy: { position: 'asc' }, offset: page.skip, limit: page.limit },
  );
}

/** One task of an execution, or null. */
export function findTaskRun(
  em: EntityManager,
  executionId: number,
  taskKey: string,
): Promise<TaskExecution | null> {
  return em.findOne(TaskExecution, { executionId, taskKey });
}

/** What a bulk action is about; each field narrows it down. */
export interface BulkFilter {
  execution_ids?: readonly string[] | undefined;
  status?: readonly ExecutionStatus[] | undefined;
  kind?: ExecutionKind | undefined;
  crew_name?: string | undefined;
  owner_id?: string | undefined;
  created_before?: string | undefined;
  created_after?: string | undefined;
}

/**
 * Executions of every owner that a filter meets, the oldest first. Which index finds them depends on what is asked for: our
 * connections plan statements without their parameters, this one is planned with them.
 */
export function findExecutionIds(
  database: SqlPool,
  filter: BulkFilter,
  limit: number,
): Promise<{ id: number; execution_id: string }[]> {
  const params: unknown[] = [limit];
  const conditions: string[] = [];
  const and = (condition: string, value: unknown): void => {
    if (value !== undefined) conditions.push(condition.replace('?', `$${params.push(value)}`));
  };
  and('execution_id = any(?::uuid[])', filter.execution_ids);
  and('status = any(?::text[])', filter.status);
  and('kind = ?', filter.kind);
  and('crew_name = ?', filter.crew_name);
  and('owner_id = ?::uuid', filter.owner_id);
  and('created_at < ?::timestamptz', filter.created_before);
  and('created_at > ?::timestamptz', filter.created_after);
  return database.transaction(async (sql) => {
    await sql.query('set local plan_cache_mode = force_custom_plan');
    return sql.query(
      `select id, execution_id from executions where ${conditions.join(' and ')} order by id limit $1`,
      params,
    );
  });
}
