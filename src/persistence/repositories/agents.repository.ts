import type { EntityManager, FilterQuery } from '@mikro-orm/postgresql';
import { conflict, notFound } from '../../domain/errors.ts';
import type { JsonObject } from '../../domain/json.ts';
import type { OwnerScope } from '../database.ts';
import { Agent, Task } from '../entities/platform.entity.ts';
import { refuseWhileLive } from './live-runs.ts';

const owned = (scope: OwnerScope): { ownerId?: string } =>
  'ownerId' in scope ? { ownerId: scope.ownerId } : {};

export interface AgentFields {
  name: string;
  role: string;
  goal: string;
  backstory: string;
  model: string;
  temperature: string;
  maxTokens: number;
  topP: string;
  isActive: boolean;
  config: JsonObject | null;
  capabilities: string[];
  tools: string[];
}

/** A page of agents, newest first, and how many there are in all. */
export function listAgents(
  em: EntityManager,
  scope: OwnerScope,
  filter: { activeOnly: boolean },
  page: { skip: number; limit: number },
): Promise<[Agent[], number]> {
  const where: FilterQuery<Agent> = { ...owned(scope), ...(filter.activeOnly && { isActive: true }) };
  return em.findAndCount(Agent, where, { orderBy: { id: 'desc' }, offset: page.skip, limit: page.limit });
}

/** One agent, or null: absent and foreign look the same. */
export const findAgent = (em: EntityManager, id: number, scope: OwnerScope): Promise<Agent | null> =>
  em.findOne(Agent, { id, ...owned(scope) });

/** Those of an owner's agents that have one of these ids. */
export const findAgents = (em: EntityManager, ids: readonly number[], ownerId: string): Promise<Agent[]> =>
  em.find(Agent, { id: { $in: [...ids] }, ownerId });

export async function createAgent(
  em: EntityManager,
  ownerId: string,
  fields: AgentFields,
  now: Date,
): Promise<Agent> {
  const agent = em.create(Agent, { ownerId, ...fields, createdAt: now, updatedAt: now });
  await em.flush();
  return agent;
}

/** @throws {MusterError} NOT_FOUND */
export async function updateAgent(
  em: EntityManager,
  ref: { id: number; scope: OwnerScope },
  change: Partial<AgentFields>,
  now: Date,
): Promise<Agent> {
  const agent = await findAgent(em, ref.id, ref.scope);
  if (agent === null) throw notFound('agent');
  if (Object.keys(change).length === 0) return agent;
  em.assign(agent, { ...change, updatedAt: now });
  await em.flush();
  return agent;
}

/** @throws {MusterError} CONFLICT while a task has it, or one of its tests is live; NOT_FOUND. */
export async function deleteAgent(em: EntityManager, id: number, scope: OwnerScope): Promise<void> {
  // A task that is being given to it waits, and finds it gone.
  await em.execute('select 1 from agents where id = ? for update', [id]);
  const agent = await findAgent(em, id, scope);
  if (agent === null) throw notFound('agent');
  const tasks = await em.find(Task, { agentId: id }, { orderBy: { id: 'asc' }, limit: 20 });
  if (tasks.length > 0) {
    const names = tasks.map((task) => `${task.id} ("${task.name}")`).join(', ');
    throw conflict(`the agent has tasks: ${names}; delete them or give them to another agent first`, {
      task_ids: tasks.map((task) => task.id),
    });
  }
  await refuseWhileLive(em, 'agent', id);
  await em.nativeDelete(Agent, { id });
}
