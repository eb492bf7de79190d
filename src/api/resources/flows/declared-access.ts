import { invalid, notFound } from '../../../domain/errors.ts';
import { graphIdsOf, type Prepared } from '../../../flows/declared/crew-plans.ts';
import type { FlowDefinition } from '../../../flows/declared/definition.ts';
import type { DeclaredFlow } from '../../../persistence/entities/flow.entity.ts';
import { findFlow } from '../../../persistence/repositories/flows.repository.ts';
import { findGraphs } from '../../../persistence/repositories/graphs.repository.ts';
import type { ApiServices } from '../../services.ts';
import { documentOf } from '../graphs/schema.ts';

/** With `_`, as flows are stored. */
export const storedName = (path: string): string => path.replaceAll('-', '_');

/** One of the caller's own flows. @throws {MusterError} NOT_FOUND, whether absent or somebody else's. */
export async function reachFlow(
  engine: Pick<ApiServices, 'database'>,
  ownerId: string,
  path: string,
): Promise<DeclaredFlow> {
  const flow = await engine.database.as({ ownerId }, (em) => findFlow(em, ownerId, storedName(path)));
  if (flow === null) throw notFound('flow');
  return flow;
}

/**
 * Makes plans of the crews of a definition as its owner's graphs and the tools are now.
 * @throws {MusterError} VALIDATION_FAILED with paths into the definition
 */
export async function preparedFlow(
  engine: Pick<ApiServices, 'computing' | 'database' | 'tools'>,
  ownerId: string,
  definition: FlowDefinition,
): Promise<Extract<Prepared, { ok: true }>> {
  const ids = [...new Set(graphIdsOf(definition))];
  const graphs =
    ids.length === 0 ? [] : await engine.database.as({ ownerId }, (em) => findGraphs(em, ids, ownerId));
  const surroundings = {
    offeredTools: engine.tools.registry.names(),
    graphs: new Map(graphs.map((graph) => [graph.id, documentOf(graph)])),
  };
  const prepared = await engine.computing.run(
    'prepareFlow',
    { definition, surroundings },
    { owner: ownerId },
  );
  if (!prepared.ok) throw invalid('The flow cannot be carried out here', prepared.issues);
  return prepared;
}
