import { randomUUID } from 'node:crypto';
import { UniqueConstraintViolationException } from '@mikro-orm/core';
import type { EntityManager } from '@mikro-orm/postgresql';
import { conflict, notFound } from '../../domain/errors.ts';
import type { FlowDefinition } from '../../flows/declared/definition.ts';
import { DeclaredFlow } from '../entities/flow.entity.ts';

/** What an upload says. */
export interface FlowSave {
  name: string;
  source: string;
  definition: FlowDefinition;
  now: Date;
}

/** A page of somebody's declared flows by name, and how many there are in all. */
export const listFlows = (
  em: EntityManager,
  ownerId: string,
  page: { skip: number; limit: number },
): Promise<[DeclaredFlow[], number]> =>
  em.findAndCount(
    DeclaredFlow,
    { ownerId },
    { orderBy: { name: 'asc' }, offset: page.skip, limit: page.limit },
  );

/** One of somebody's flows, or null. */
export const findFlow = (em: EntityManager, ownerId: string, name: string): Promise<DeclaredFlow | null> =>
  em.findOne(DeclaredFlow, { ownerId, name });

/** @throws {MusterError} CONFLICT when its owner has one of this name. */
export async function createFlow(em: EntityManager, ownerId: string, save: FlowSave): Promise<DeclaredFlow> {
  const { name, source, definition, now } = save;
  const flow = em.create(DeclaredFlow, {
    id: randomUUID(),
    ownerId,
    name,
    source,
    definition,
    createdAt: now,
    updatedAt: now,
  });
  try {
    await em.flush();
  } catch (error) {
    if (error instanceof UniqueConstraintViolationException)
      throw conflict(`you have a flow ${name} already: replace it with PUT /api/v1/flows/${name}`, { name });
    throw error;
  }
  return flow;
}

/** Replaces a flow; runs that are under way keep what they run. @throws {MusterError} NOT_FOUND */
export async function replaceFlow(em: EntityManager, ownerId: string, save: FlowSave): Promise<DeclaredFlow> {
  const flow = await findFlow(em, ownerId, save.name);
  if (flow === null) throw notFound('flow');
  flow.source = save.source;
  flow.definition = save.definition;
  flow.updatedAt = save.now;
  await em.flush();
  return flow;
}

/** Deletes a flow; its executions stay. @throws {MusterError} CONFLICT while one of them is live; NOT_FOUND. */
export async function deleteFlow(em: EntityManager, ownerId: string, name: string): Promise<void> {
  const flow = await findFlow(em, ownerId, name);
  if (flow === null) throw notFound('flow');
  const [live] = await em.execute<{ execution_id: string }[]>(
    `select execution_id from executions where owner_id = ? and flow_name = ? and flow_snapshot is not null
        and status not in ('completed', 'failed', 'cancelled') limit 1`,
    [ownerId, name],
  );
  if (live !== undefined) {
    const { execution_id: executionId } = live;
    throw conflict(`execution ${executionId} of this flow is live: cancel it first`, {
      execution_id: executionId,
    });
  }
  await em.nativeDelete(DeclaredFlow, { id: flow.id });
}
