import type { JsonObject } from '../json.ts';

/** The visual builder's document of a crew, in React Flow's shape. Of the right shape, otherwise unchecked. */
export interface GraphDocument {
  name: string;
  description: string;
  nodes: GraphNode[];
  edges: GraphEdge[];
}

export interface GraphNode {
  id: string;
  /** `agent`, `task`, `crew` or `tool`; anything else is an error that validation tells. */
  type: string;
  /** Where the builder shows it; says nothing about the crew. */
  position?: { x: number; y: number } | undefined;
  /** The fields of what the node stands for, in CrewAI's words. */
  data: JsonObject;
}

/** agent→task assigns, task→task gives context, tool→agent and tool→task hand the tool over. */
export interface GraphEdge {
  id?: string | undefined;
  source: string;
  target: string;
}

/** One thing validation has to say. */
export interface GraphFinding {
  /** CrewAI 0.121.1's own error type where it has one, else a word of ours that begins with `graph_`. */
  code: string;
  message: string;
  /** A JSON pointer into the document, such as `/nodes/3/data/role`. */
  path: string;
  /** The node meant, where it is about one. */
  node_id?: string;
}

/** What `…/validate` answers (contract §9). */
export interface GraphReport {
  valid: boolean;
  errors: GraphFinding[];
  warnings: GraphFinding[];
  crewai_version: '0.121.1';
  /** Ids of the task nodes in the order they run, or, under `process: graph`, are listed. */
  execution_order: string[];
  /** Names of the `{variables}` a start has to bring, sorted. */
  inputs: string[];
}

/** What a graph is checked against. */
export interface GraphSurroundings {
  /** Names of the tools this installation has. */
  offeredTools: readonly string[];
  /** Ids of the knowledge sources whoever asks has; left out when nobody has looked, and then none is missed. */
  knowledge?: ReadonlySet<string>;
}
