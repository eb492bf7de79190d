import { randomUUID } from 'node:crypto';
import type { EntityManager, FilterQuery } from '@mikro-orm/postgresql';
import { conflict, notFound } from '../../domain/errors.ts';
import type { OwnerScope } from '../database.ts';
import { Thread, type OnBusy } from '../entities/thread.entity.ts';

const owned = (scope: OwnerScope): { ownerId?: string } =>
  'ownerId' in scope ? { ownerId: scope.ownerId } : {};

export interface ThreadFields {
  title: string;
  graphId: string | null;
  onBusy: OnBusy;
}

/** A page of threads, newest first, and how many there are in all. */
export function listThreads(
  em: EntityManager,
  scope: OwnerScope,
  filter: { graphId?: string | undefined },
  page: { skip: number; limit: number },
): Promise<[Thread[], number]> {
  const where: FilterQuery<Thread> = {
    ...owned(scope),
    ...(filter.graphId !== undefined && { graphId: filter.graphId }),
  };
  return em.findAndCount(Thread, where, {
    orderBy: { createdAt: 'desc', id: 'desc' },
    offset: page.skip,
    limit: page.limit,
  });
}

/** One thread, or null: absent and foreign look the same. */
export const findThread = (em: EntityManager, id: string, scope: OwnerScope): Promise<Thread | null> =>
  em.findOne(Thread, { id, ...owned(scope) });

/** Makes a thread with the head that numbers its messages. */
export async function createThread(
  em: EntityManager,
  ownerId: string,
  fields: ThreadFields,
  now: Date,
): Promise<Thread> {
  const [head] = await em.execute<{ id: number }[]>(
    'insert into conversation_heads (owner_id) values (?) returning id',
    [ownerId],
  );
  if (head === undefined) throw new Error('the insert of a conversation returned no row');
  const thread = em.create(Thread, {
    id: randomUUID(),
    ownerId,
    conversationId: head.id,
    ...fields,
    createdAt: now,
    updatedAt: now,
  });
  await em.flush();
  return thread;
}

/**
 * Deletes a thread with its messages; executions that came from it stay.
 * @throws {MusterError} CONFLICT while one of them is live; NOT_FOUND.
 */
export async function deleteThread(em: EntityManager, id: string, scope: OwnerScope): Promise<void> {
  const thread = await findThread(em, id, scope);
  if (thread === null) throw notFound('thread');
  const [live] = await em.execute<{ execution_id: string }[]>(
    `select execution_id from executions
      where thread_id = ? and status not in ('completed', 'failed', 'cancelled') limit 1`,
    [id],
  );
  if (live !== undefined) {
    const { execution_id: executionId } = live;
    throw conflict(`execution ${executionId} of this thread is live: cancel it first`, {
      execution_id: executionId,
    });
  }
  await em.nativeDelete(Thread, { id });
  await em.execute('delete from conversation_heads where id = ?', [thread.conversationId]);
}
