import { isJsonObject } from '../crewai/field-types.ts';
import type { JsonValue } from '../json.ts';
import { unknownTool } from '../plan/unknown-tool.ts';
import type { GraphNode } from './graph-document.ts';
import type { Findings } from './graph-findings.ts';
import type { ContextEntry, ModelNode } from './graph-model.ts';
import type { EdgeEnd, EdgesByTarget } from './read-edges.ts';

/** Finds what nodes refer to, be it by edge or in their data, and takes down where the two contradict. */
export interface References {
  /** Id of the agent node of a task. */
  agentOf: (task: ModelNode) => string | null;
  /** Null when neither data nor an edge speaks of a context. */
  contextOf: (task: ModelNode) => ContextEntry[] | null;
  /** Names of tools, each once. */
  toolsOf: (node: ModelNode) => string[];
  /** Warns of tool nodes that nothing refers to; asked after all `toolsOf`. */
  checkToolNodes: () => void;
}

interface Known {
  nodes: readonly { node: GraphNode; place: number }[];
  edges: EdgesByTarget;
  offeredTools: readonly string[];
  findings: Findings;
}

export function createReferences(known: Known): References {
  const { edges, findings } = known;
  const typeOf = new Map(known.nodes.map(({ node }) => [node.id, node.type]));
  const tools = createTools(known);
  return {
    agentOf: (task) => agentOf(task, edges.assigning.get(task.id) ?? [], typeOf, findings),
    contextOf: (task) => contextOf(task, edges.giving.get(task.id) ?? [], typeOf, findings),
    toolsOf: (node) => tools.of(node, edges.handing.get(node.id) ?? []),
    checkToolNodes: () => tools.checkUnused(),
  };
}

function agentOf(
  task: ModelNode,
  ends: readonly EdgeEnd[],
  typeOf: ReadonlyMap<string, string>,
  findings: Findings,
): string | null {
  const { agent } = task.data;
  const [edge, ...more] = ends;
  for (const { path } of more)
    findings.error('graph_two_agents', 'a task has one agent; another edge assigns it too', path, task.id);
  if (agent === undefined || agent === null || agent === '') return edge?.sourceId ?? null;
  const path = task.pathOf('agent');
  if (typeof agent !== 'string') {
    findings.error(notAnInstance(agent), 'agent is the id of an agent node', path, task.id);
    return edge?.sourceId ?? null;
  }
  if (typeOf.get(agent) !== 'agent') {
    findings.error('graph_unknown_agent', `no agent node has the id "${agent}"`, path, task.id);
    return edge?.sourceId ?? null;
  }
  if (edge !== undefined && edge.sourceId !== agent) {
    const message = `the task names the agent "${agent}", an edge assigns "${edge.sourceId}"`;
    findings.error('graph_contradiction', message, path, task.id);
  }
  return agent;
}

function contextOf(
  task: ModelNode,
  ends: readonly EdgeEnd[],
  typeOf: ReadonlyMap<string, string>,
  findings: Findings,
): ContextEntry[] | null {
  const fromEdges = ends.map(({ sourceId, path }) => ({ taskId: sourceId, path }));
  const { context } = task.data;
  if (context === undefined || (context === null && ends.length > 0))
    return fromEdges.length > 0 ? fromEdges : null;
  if (context === null) return [];
  const path = task.pathOf('context');
  if (!Array.isArray(context)) {
    findings.error('list_type', 'Input should be a valid list', path, task.id);
    return fromEdges;
  }
  const edgeOf = new Map(fromEdges.map((entry) => [entry.taskId, entry]));
  const entries: ContextEntry[] = [];
  const named = new Set<string>();
  for (const [index, item] of context.entries()) {
    const at = `${path}/${index}`;
    if (typeof item !== 'string') {
      findings.error(notAnInstance(item), 'a context is a list of ids of task nodes', at, task.id);
    } else if (typeOf.get(item) === 'task') {
      if (named.has(item))
        findings.warn('graph_duplicate_context', `"${item}" stands here twice`, at, task.id);
      named.add(item);
      entries.push(edgeOf.get(item) ?? { taskId: item, path: at });
    } else {
      findings.error('graph_unknown_context', `no task node has the id "${item}"`, at, task.id);
    }
  }
  for (const { taskId } of fromEdges.filter((entry) => !named.has(entry.taskId))) {
    const message = `an edge gives the output of "${taskId}", but data.context does not name it`;
    findings.error('graph_contradiction', message, path, task.id);
  }
  return entries;
}

/** Pydantic takes a mapping for the fields of a new instance, and misses some. */
export const notAnInstance = (value: JsonValue): string => (isJsonObject(value) ? 'missing' : 'model_type');

interface ToolNode {
  name: string | null;
  place: number;
  id: string;
  used: boolean;
}

interface Tools {
  of: (node: ModelNode, ends: readonly EdgeEnd[]) => string[];
  checkUnused: () => void;
}

function createTools({ nodes, offeredTools, findings }: Known): Tools {
  const offered = new Set(offeredTools);
  const toolNodes = new Map<string, ToolNode>();
  const check = (name: string, path: string, nodeId: string): boolean => {
    if (!offered.has(name))
      findings.error('graph_unknown_tool', unknownTool(name, offeredTools), path, nodeId);
    return offered.has(name);
  };
  for (const { node, place } of nodes) {
    if (node.type === 'tool') toolNodes.set(node.id, readToolNode(node, place, check, findings));
  }
  return {
    of: (node, ends) => {
      const named = namedTools(node, toolNodes, check, findings);
      const fromEdges = ends.flatMap(({ sourceId, path }) => {
        const tool = toolNodes.get(sourceId);
        if (tool === undefined) return [];
        tool.used = true;
        if (named.length > 0 && tool.name !== null && !named.includes(tool.name)) {
          const message = `an edge hands "${tool.name}" over, but data.tools does not name it`;
          findings.error('graph_contradiction', message, path, node.id);
        }
        return tool.name ?? [];
      });
      return [...new Set([...named, ...fromEdges])];
    },
    checkUnused: () => {
      for (const { used, place, id } of toolNodes.values())
        if (!used) findings.warn('graph_unused_tool', 'nobody is given this tool', `/nodes/${place}`, id);
    },
  };
}

function readToolNode(
  node: GraphNode,
  place: number,
  isOffered: (name: string, path: string, nodeId: string) => boolean,
  findings: Findings,
): ToolNode {
  const { name, config, approval: _approval, ...more } = node.data;
  const path = `/nodes/${place}/data`;
  for (const field of Object.keys(more))
    findings.warn('graph_unknown_field', `${field} is no field of a tool node`, `${path}/${field}`, node.id);
  if (config !== undefined && config !== null) {
    if (!isJsonObject(config))
      findings.error('graph_bad_tool_config', 'config is an object', `${path}/config`, node.id);
    else if (Object.keys(config).length > 0)
      findings.warn(
        'graph_not_carried_out',
        'config is not carried out; it has no effect',
        `${path}/config`,
        node.id,
      );
  }
  const nothing = { name: null, place, id: node.id, used: false };
  if (typeof name !== 'string' || name === '') {
    findings.error('graph_tool_without_name', 'a tool node names its tool', `${path}/name`, node.id);
    return nothing;
  }
  return isOffered(name, `${path}/name`, node.id) ? { ...nothing, name } : nothing;
}

/** `data.tools`: names of tools, or ids of tool nodes. */
function namedTools(
  node: ModelNode,
  toolNodes: ReadonlyMap<string, ToolNode>,
  isOffered: (name: string, path: string, nodeId: string) => boolean,
  findings: Findings,
): string[] {
  const { tools } = node.data;
  if (tools === undefined || tools === null) return [];
  const path = node.pathOf('tools');
  if (!Array.isArray(tools)) {
    findings.error('list_type', 'Input should be a valid list', path, node.id);
    return [];
  }
  return tools.flatMap((item, index) => {
    const at = `${path}/${index}`;
    if (typeof item !== 'string') {
      findings.error(
        notAnInstance(item),
        'tools is a list of names of tools or ids of tool nodes',
        at,
        node.id,
      );
      return [];
    }
    const toolNode = toolNodes.get(item);
    if (toolNode !== undefined) {
      toolNode.used = true;
      return toolNode.name ?? [];
    }
    return isOffered(item, at, node.id) ? [item] : [];
  });
}
