import type { JsonObject } from '../json.ts';
import type { Compat, ConditionTest, CrewProcess } from '../plan/crew-plan.ts';
import type { ToolApprovals } from '../plan/tool-approvals.ts';

/** A node with its `config` merged in as CrewAI does, and where each field stands in the document. */
export interface ModelNode {
  id: string;
  /** Its place in `nodes`. */
  place: number;
  /** JSON pointer of the node, `/nodes/3`. */
  path: string;
  data: JsonObject;
  /** JSON pointer of one field, `/nodes/3/data/role`. */
  pathOf: (field: string) => string;
}

export interface AgentModel extends ModelNode {
  kind: 'agent';
  /** Names of tools, from its data and from edges, each once. */
  tools: string[];
}

export interface TaskModel extends ModelNode {
  kind: 'task';
  agent: AgentModel | null;
  /** Null is CrewAI's *unspecified*; else the tasks that were named, each with where it was. */
  context: ContextEntry[] | null;
  tools: string[];
  isAsync: boolean;
  isConditional: boolean;
  /** Null when it has no condition, or none that can be read. */
  test: ConditionTest | null;
}

export interface ContextEntry {
  taskId: string;
  /** JSON pointer of the edge, or of the item of `data.context`. */
  path: string;
}

export interface CrewModel {
  /** The crew node; null when the graph has none, and everything is as CrewAI's defaults have it. */
  node: ModelNode | null;
  name: string;
  process: CrewProcess;
  compat: Compat;
  /** What tool nodes say of their tools. */
  toolApprovals: ToolApprovals;
  manager: AgentModel | null;
  /** Without the manager, in the order of the document. */
  agents: AgentModel[];
  /** In execution order. */
  tasks: TaskModel[];
}
