import { notFound } from '../../../domain/errors.ts';
import type { Graph } from '../../../persistence/entities/graph.entity.ts';
import { findGraph } from '../../../persistence/repositories/graphs.repository.ts';
import type { Caller } from '../../context.ts';
import type { ApiServices } from '../../services.ts';
import { reachOf } from '../executions/access.ts';

/** The graph a path names. @throws {MusterError} NOT_FOUND, whether absent or somebody else's. */
export async function reachGraph(
  engine: Pick<ApiServices, 'database'>,
  caller: Caller,
  id: string,
): Promise<Graph> {
  const scope = reachOf(caller);
  const graph = await engine.database.as(scope, (em) => findGraph(em, id, scope));
  if (graph === null) throw notFound('graph');
  return graph;
}
