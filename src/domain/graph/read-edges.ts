import type { GraphDocument, GraphEdge } from './graph-document.ts';
import type { Findings } from './graph-findings.ts';

/** Where an edge comes from, and its JSON pointer. */
export interface EdgeEnd {
  sourceId: string;
  path: string;
}

/** The edges that mean something, by the id of the node they lead to, in the order of the document. */
export interface EdgesByTarget {
  /** agent → task */
  assigning: ReadonlyMap<string, EdgeEnd[]>;
  /** task → task */
  giving: ReadonlyMap<string, EdgeEnd[]>;
  /** tool → agent, tool → task */
  handing: ReadonlyMap<string, EdgeEnd[]>;
}

type Meaning = keyof EdgesByTarget;

const MEANINGS: ReadonlyMap<string, Meaning> = new Map([
  ['agent→task', 'assigning'],
  ['task→task', 'giving'],
  ['tool→agent', 'handing'],
  ['tool→task', 'handing'],
]);

/** @param typeOf the type of a node by its id; absent for ids nobody has. */
export function readEdges(
  document: GraphDocument,
  typeOf: ReadonlyMap<string, string>,
  findings: Findings,
): EdgesByTarget {
  const edges = {
    assigning: new Map<string, EdgeEnd[]>(),
    giving: new Map<string, EdgeEnd[]>(),
    handing: new Map<string, EdgeEnd[]>(),
  };
  const seen = new Map<string, Set<string>>();
  for (const [index, edge] of document.edges.entries()) {
    const path = `/edges/${index}`;
    const meaning = meaningOf(edge, path, typeOf, findings);
    if (meaning === null) continue;
    const sources = seen.get(edge.target) ?? new Set();
    seen.set(edge.target, sources);
    if (sources.has(edge.source)) {
      findings.warn('graph_duplicate_edge', 'the same edge stands here twice', path);
      continue;
    }
    sources.add(edge.source);
    const ends = edges[meaning].get(edge.target) ?? [];
    edges[meaning].set(edge.target, ends);
    ends.push({ sourceId: edge.source, path });
  }
  return edges;
}

function meaningOf(
  edge: GraphEdge,
  path: string,
  typeOf: ReadonlyMap<string, string>,
  findings: Findings,
): Meaning | null {
  const from = typeOf.get(edge.source);
  const to = typeOf.get(edge.target);
  if (from === undefined)
    findings.error('graph_dangling_edge', `no node has the id "${edge.source}"`, `${path}/source`);
  if (to === undefined)
    findings.error('graph_dangling_edge', `no node has the id "${edge.target}"`, `${path}/target`);
  if (from === undefined || to === undefined) return null;
  if (edge.source === edge.target) {
    findings.error('graph_self_edge', 'an edge leads from a node to itself', path, edge.source);
    return null;
  }
  const meaning = MEANINGS.get(`${from}→${to}`);
  if (meaning !== undefined) return meaning;
  findings.warn(
    'graph_meaningless_edge',
    `an edge from ${from} to ${to} has no meaning; it has no effect`,
    path,
  );
  return null;
}
