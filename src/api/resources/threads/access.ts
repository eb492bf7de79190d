import { invalid, notFound } from '../../../domain/errors.ts';
import type { Thread } from '../../../persistence/entities/thread.entity.ts';
import { findGraph } from '../../../persistence/repositories/graphs.repository.ts';
import { findThread } from '../../../persistence/repositories/threads.repository.ts';
import type { Caller } from '../../context.ts';
import type { ApiServices } from '../../services.ts';
import { reachOf } from '../executions/access.ts';

/** The thread a path names. @throws {MusterError} NOT_FOUND, whether absent or somebody else's. */
export async function reachThread(
  engine: Pick<ApiServices, 'database'>,
  caller: Caller,
  id: string,
): Promise<Thread> {
  const scope = reachOf(caller);
  const thread = await engine.database.as(scope, (em) => findThread(em, id, scope));
  if (thread === null) throw notFound('thread');
  return thread;
}

/** A thread runs only graphs of its owner. @throws {MusterError} VALIDATION_FAILED */
export async function checkGraphOf(
  engine: Pick<ApiServices, 'database'>,
  ownerId: string,
  graphId: string | null,
): Promise<void> {
  if (graphId === null) return;
  const scope = { ownerId };
  const graph = await engine.database.as(scope, (em) => findGraph(em, graphId, scope));
  if (graph === null)
    throw invalid('The request does not fit', [{ path: '/graph_id', message: 'there is no such graph' }]);
}
