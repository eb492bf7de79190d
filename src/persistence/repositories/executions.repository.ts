import type { EntityManager, FilterQuery } from '@mikro-orm/postgresql';
import type { ExecutionKind, ExecutionStatus } from '../../domain/run/status.ts';
import type { OwnerScope } from '../database.ts';
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
}

const owned = (scope: OwnerScope): { ownerId?: string } =>
  'ownerId' in scope ? { ownerId: scope.ownerId } : {};

/** One execution, or null: absent and foreign look the same. */
export function findExecution(
  em: EntityManager,
  ref: ExecutionRef,
  scope: OwnerScope,
): Promise<Execution | null> {
  return em.findOne(Execution, { ...ref, ...owned(scope) });
}

/** A page of executions, newest first, and how many there are in all. */
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
