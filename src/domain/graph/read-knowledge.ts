import { isUuid } from '../crewai/field-types.ts';
import type { JsonValue } from '../json.ts';
import type { GraphDocument } from './graph-document.ts';
import type { Findings } from './graph-findings.ts';
import type { ModelNode } from './graph-model.ts';

/** The ids in a `knowledge_sources`, each once, as the database writes them. */
export const readKnowledge = (value: JsonValue | undefined): string[] =>
  Array.isArray(value)
    ? [
        ...new Set(
          value
            .filter((item) => typeof item === 'string')
            .filter(isUuid)
            .map((id) => id.toLowerCase()),
        ),
      ]
    : [];

/** Every knowledge source a document may name, wherever its nodes do. */
export const knowledgeIn = ({ nodes }: GraphDocument): string[] => [
  ...new Set(
    nodes.flatMap(({ data }) => {
      const { config } = data;
      const merged = typeof config === 'object' && config !== null && !Array.isArray(config) ? config : {};
      return [...readKnowledge(data.knowledge_sources), ...readKnowledge(merged.knowledge_sources)];
    }),
  ),
];

/** @param known ids of the caller's sources; undefined when nobody has looked */
export function checkKnowledge(
  node: ModelNode,
  known: ReadonlySet<string> | undefined,
  findings: Findings,
): void {
  const { knowledge_sources: sources } = node.data;
  if (!Array.isArray(sources)) return;
  for (const [place, item] of sources.entries()) {
    const path = `${node.pathOf('knowledge_sources')}/${place}`;
    if (typeof item !== 'string') {
      const message =
        'a Python source is not carried out; upload it to /api/v1/knowledge and name its id here';
      findings.warn('graph_not_carried_out', message, path, node.id);
    } else if (known !== undefined && isUuid(item) && !known.has(item.toLowerCase())) {
      const message = `you have no knowledge source with the id "${item}"`;
      findings.error('graph_unknown_knowledge', message, path, node.id);
    }
  }
}
