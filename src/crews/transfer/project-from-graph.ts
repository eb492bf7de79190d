import type { Issue } from '../../domain/errors.ts';
import type { GraphDocument, GraphSurroundings } from '../../domain/graph/graph-document.ts';

export type ExportedProject =
  { ok: true; files: ReadonlyMap<string, string> } | { ok: false; why: string; issues: Issue[] };

export function projectFromGraph(
  _document: GraphDocument,
  _surroundings: GraphSurroundings,
): ExportedProject {
  return { ok: false, why: 'not yet', issues: [] };
}
