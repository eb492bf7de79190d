import type { EntityManager, FilterQuery } from '@mikro-orm/postgresql';
import { notFound } from '../../domain/errors.ts';
import type { JsonObject } from '../../domain/json.ts';
import type { WorkflowType } from '../../domain/plan/compile-workflow.ts';
import type { OwnerScope } from '../database.ts';
import { Workflow } from '../entities/platform.entity.ts';
import { refuseWhileLive } from './live-runs.ts';

const owned = (scope: OwnerScope): { ownerId?: string } =>
  'ownerId' in scope ? { ownerId: scope.ownerId } : {};

export interface WorkflowFields {
  name: string;
  description: string;
  workflowType: WorkflowType;
  config: JsonObject | null;
  isActive: boolean;
}

/** A page of workflows, newest first, and how many there are in all. */
export function listWorkflows(
  em: EntityManager,
  scope: OwnerScope,
  filter: { activeOnly: boolean },
  page: { skip: number; limit: number },
): Promise<[Workflow[], number]> {
  const where: FilterQuery<Workflow> = { ...owned(scope), ...(filter.activeOnly && { isActive: true }) };
  return em.findAndCount(Workflow, where, { orderBy: { id: 'desc' }, offset: page.skip, limit: page.limit });
}

/** One workflow, or null: absent and foreign look the same. */
export const findWorkflow = (em: EntityManager, id: number, scope: OwnerScope): Promise<Workflow | null> =>
  em.findOne(Workflow, { id, ...owned(scope) });

export async function createWorkflow(
  em: EntityManager,
  ownerId: string,
  fields: WorkflowFields,
  now: Date,
): Promise<Workflow> {
  const workflow = em.create(Workflow, { ownerId, ...fields, createdAt: now, updatedAt: now });
  await em.flush();
  return workflow;
}

/** @throws {MusterError} NOT_FOUND */
export async function updateWorkflow(
  em: EntityManager,
  ref: { id: number; scope: OwnerScope },
  change: Partial<WorkflowFields>,
  now: Date,
): Promise<Workflow> {
  const workflow = await findWorkflow(em, ref.id, ref.scope);
  if (workflow === null) throw notFound('workflow');
  if (Object.keys(change).length === 0) return workflow;
  em.assign(workflow, { ...change, updatedAt: now });
  await em.flush();
  return workflow;
}

/**
 * Deletes a workflow with its tasks; its executions stay.
 * @throws {MusterError} CONFLICT while one of them is live; NOT_FOUND.
 */
export async function deleteWorkflow(em: EntityManager, id: number, scope: OwnerScope): Promise<void> {
  // A task that is being added to it waits, and finds it gone.
  await em.execute('select 1 from workflows where id = ? for update', [id]);
  if ((await findWorkflow(em, id, scope)) === null) throw notFound('workflow');
  await refuseWhileLive(em, 'workflow', id);
  await em.nativeDelete(Workflow, { id });
}
