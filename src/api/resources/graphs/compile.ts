import { invalid } from '../../../domain/errors.ts';
import { compileGraph } from '../../../domain/graph/compile-graph.ts';
import type { GraphReport } from '../../../domain/graph/graph-document.ts';
import { validateGraph } from '../../../domain/graph/validate-graph.ts';
import type { CrewPlan } from '../../../domain/plan/crew-plan.ts';
import type { GraphDocumentBody } from '../../../contracts/graph.ts';
import type { Graph } from '../../../persistence/entities/graph.entity.ts';
import type { Engine } from '../../engine.ts';
import { documentOf } from './schema.ts';

/** What is wrong with a document, and what a start of it would want. */
export const reportOn = (engine: Engine, document: GraphDocumentBody): GraphReport =>
  validateGraph(document, { offeredTools: engine.tools.registry.names() });

/**
 * The plan a stored graph stands for.
 * @throws {MusterError} VALIDATION_FAILED with all that keeps it from being a crew, each with its code.
 */
export function planOfGraph(engine: Engine, graph: Graph): CrewPlan {
  const offeredTools = engine.tools.registry.names();
  const compiled = compileGraph(documentOf(graph), { offeredTools });
  if (compiled.ok) return compiled.plan;
  throw invalid(
    `The graph ${graph.name} is not valid`,
    compiled.report.errors.map(({ path, code, message }) => ({ path, message: `${code}: ${message}` })),
  );
}
