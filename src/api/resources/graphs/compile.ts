import { invalid } from '../../../domain/errors.ts';
import type { GraphReport, GraphSurroundings } from '../../../domain/graph/graph-document.ts';
import { knowledgeIn } from '../../../domain/graph/read-knowledge.ts';
import type { CrewPlan } from '../../../domain/plan/crew-plan.ts';
import type { GraphDocumentBody } from '../../../contracts/graph.ts';
import type { Graph } from '../../../persistence/entities/graph.entity.ts';
import { knownKnowledge } from '../../../persistence/repositories/knowledge.repository.ts';
import type { ApiServices } from '../../services.ts';
import { documentOf } from './schema.ts';

/** What a document of an owner's is checked against. */
async function surroundingsOf(
  engine: Pick<ApiServices, 'database' | 'tools'>,
  ownerId: string,
  document: GraphDocumentBody,
): Promise<GraphSurroundings> {
  const wanted = knowledgeIn(document);
  const knowledge =
    wanted.length === 0
      ? new Set<string>()
      : await engine.database.as({ ownerId }, (em) => knownKnowledge(em, ownerId, wanted));
  return { offeredTools: engine.tools.registry.names(), knowledge };
}

/** What is wrong with a document for somebody who would run it, and what a start of it would want. */
export const reportOn = async (
  engine: Pick<ApiServices, 'computing' | 'database' | 'tools'>,
  ownerId: string,
  document: GraphDocumentBody,
): Promise<GraphReport> =>
  engine.computing.run(
    'validateGraph',
    { document, surroundings: await surroundingsOf(engine, ownerId, document) },
    { owner: ownerId },
  );

/**
 * The plan a stored graph stands for. @param ownerId of the run
 * @throws {MusterError} VALIDATION_FAILED with all that keeps it from being a crew, each with its code.
 */
export async function planOfGraph(
  engine: Pick<ApiServices, 'computing' | 'database' | 'tools'>,
  ownerId: string,
  graph: Graph,
): Promise<CrewPlan> {
  const document = documentOf(graph);
  const compiled = await engine.computing.run(
    'compileGraph',
    { document, surroundings: await surroundingsOf(engine, ownerId, document) },
    { owner: ownerId },
  );
  if (compiled.ok) return compiled.plan;
  throw invalid(
    `The graph ${graph.name} is not valid`,
    compiled.report.errors.map(({ path, code, message }) => ({ path, message: `${code}: ${message}` })),
  );
}
