import type { GraphDocument, GraphEdge, GraphNode } from '../../src/domain/graph/graph-document.ts';
import type { JsonObject } from '../../src/domain/json.ts';

/** Builders of graphs: a test says what it is about, the rest is the plainest crew there is. */

export const agentNode = (id: string, data: JsonObject = {}): GraphNode => ({
  id,
  type: 'agent',
  data: { role: `role of ${id}`, goal: 'a goal', backstory: 'a story', ...data },
});

/** For the agent `writer`, unless its data say otherwise. */
export const taskNode = (id: string, data: JsonObject = {}): GraphNode => ({
  id,
  type: 'task',
  data: { description: `do ${id}`, expected_output: 'a text', agent: 'writer', ...data },
});

export const crewNode = (data: JsonObject): GraphNode => ({ id: 'crew', type: 'crew', data });
export const toolNode = (id: string, data: JsonObject): GraphNode => ({ id, type: 'tool', data });

/** @param edges as `source→target`. */
export const aGraph = (nodes: GraphNode[], ...edges: string[]): GraphDocument => ({
  name: 'letters',
  description: '',
  nodes: nodes.some(({ id }) => id === 'writer') ? nodes : [agentNode('writer'), ...nodes],
  edges: edges.map((edge): GraphEdge => {
    const [source = '', target = ''] = edge.split('→');
    return { source, target };
  }),
});
