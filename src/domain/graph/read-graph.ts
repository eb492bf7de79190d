import { asBool } from '../crewai/field-types.ts';
import { GRAPH_AGENT_FIELDS, GRAPH_CREW_FIELDS, GRAPH_TASK_FIELDS } from '../crewai/graph-fields.ts';
import {
  approvalProblems,
  mergeApprovals,
  readApprovals,
  type ToolApprovals,
} from '../plan/tool-approvals.ts';
import { checkFields, modelNode } from './check-fields.ts';
import { readCondition } from './condition-test.ts';
import type { GraphDocument, GraphNode, GraphSurroundings } from './graph-document.ts';
import type { Findings } from './graph-findings.ts';
import type { AgentModel, CrewModel, ModelNode, TaskModel } from './graph-model.ts';
import { findCycle, topologicalOrder } from './order-tasks.ts';
import { readCrewNode } from './read-crew-node.ts';
import { readEdges } from './read-edges.ts';
import type { EdgesByTarget } from './read-edges.ts';
import { createReferences } from './read-references.ts';
import type { References } from './read-references.ts';

const NODE_TYPES = ['agent', 'task', 'crew', 'tool'];

/**
 * The document as a crew. Everything that is wrong with a node by itself, or with what it refers to, is taken
 * down; what is unusable is left out, so that the crew's own rules can be looked at all the same.
 */
export function readGraph(
  document: GraphDocument,
  surroundings: GraphSurroundings,
  findings: Findings,
): CrewModel {
  const nodes = knownNodes(document, findings);
  const typeOf = new Map(nodes.map(({ node }) => [node.id, node.type]));
  const edges = readEdges(document, typeOf, findings);
  const references = createReferences({ nodes, edges, offeredTools: surroundings.offeredTools, findings });
  const agents = new Map<string, AgentModel>();
  for (const { node, place } of nodes) {
    if (node.type === 'agent') agents.set(node.id, readAgent(node, place, references, findings));
  }
  const tasks = nodes
    .filter(({ node }) => node.type === 'task')
    .map(({ node, place }) => readTask(node, place, agents, references, findings));
  references.checkToolNodes();
  const crewNodes = nodes.filter(({ node }) => node.type === 'crew');
  for (const { node, place } of crewNodes.slice(1)) {
    findings.error('graph_two_crews', 'a graph has at most one crew node', `/nodes/${place}`, node.id);
  }
  const crewNode = crewNodes[0];
  const node = crewNode === undefined ? null : modelCrew(crewNode.node, crewNode.place, findings);
  const crew = readCrewNode(node, agents, findings);
  return {
    node,
    name: crew.name ?? document.name,
    process: crew.process,
    compat: crew.compat,
    toolApprovals: toolNodeApprovals(nodes, findings),
    manager: crew.manager,
    agents: [...agents.values()].filter((agent) => agent !== crew.manager),
    tasks: inOrder(tasks, edges, crew.process === 'graph', findings),
  };
}

/** `approval` of tool nodes, which holds for the tool wherever the crew uses it; of two nodes the stricter one counts. */
function toolNodeApprovals(
  nodes: readonly { node: GraphNode; place: number }[],
  findings: Findings,
): ToolApprovals {
  const said = nodes.flatMap(({ node, place }) => {
    const { name, approval = null } = node.data;
    if (node.type !== 'tool' || typeof name !== 'string' || approval === null) return [];
    const given = { [name]: approval };
    if (approvalProblems(given).length > 0)
      findings.error(
        'graph_bad_approval',
        'approval must be allow, ask or deny',
        `/nodes/${place}/data/approval`,
        node.id,
      );
    return [readApprovals(given)];
  });
  return mergeApprovals(said);
}

/** Nodes of a type there is, the first of each id. */
function knownNodes(document: GraphDocument, findings: Findings): { node: GraphNode; place: number }[] {
  const ids = new Set<string>();
  const nodes: { node: GraphNode; place: number }[] = [];
  for (const [place, node] of document.nodes.entries()) {
    if (ids.has(node.id)) {
      findings.error(
        'graph_duplicate_id',
        `another node has the id "${node.id}"`,
        `/nodes/${place}/id`,
        node.id,
      );
      continue;
    }
    ids.add(node.id);
    if (!NODE_TYPES.includes(node.type)) {
      const message = `a node is one of ${NODE_TYPES.join(', ')}, not "${node.type}"`;
      findings.error('graph_unknown_node_type', message, `/nodes/${place}/type`, node.id);
    }
    nodes.push({ node, place });
  }
  return nodes;
}

/** A crew's `config` is another crew, not fields of this one: it is not merged. */
function modelCrew(node: GraphNode, place: number, findings: Findings): ModelNode {
  const { config, ...data } = node.data;
  const model = modelNode({ ...node, data }, place, GRAPH_CREW_FIELDS);
  const whole = { ...model, data: config === undefined ? data : { ...data, config } };
  checkFields(whole, GRAPH_CREW_FIELDS, findings);
  return whole;
}

function readAgent(node: GraphNode, place: number, references: References, findings: Findings): AgentModel {
  const model = modelNode(node, place, GRAPH_AGENT_FIELDS);
  checkFields(model, GRAPH_AGENT_FIELDS, findings);
  return { ...model, kind: 'agent', tools: references.toolsOf(model) };
}

function readTask(
  node: GraphNode,
  place: number,
  agents: ReadonlyMap<string, AgentModel>,
  references: References,
  findings: Findings,
): TaskModel {
  const model = modelNode(node, place, GRAPH_TASK_FIELDS);
  checkFields(model, GRAPH_TASK_FIELDS, findings);
  const agentId = references.agentOf(model);
  const { condition } = model.data;
  const isConditional = condition !== undefined && condition !== null;
  const reading = isConditional ? readCondition(condition) : null;
  if (reading?.ok === false)
    findings.error(reading.code, reading.message, model.pathOf('condition') + reading.below, model.id);
  return {
    ...model,
    kind: 'task',
    agent: agentId === null ? null : (agents.get(agentId) ?? null),
    context: references.contextOf(model),
    tools: references.toolsOf(model),
    isAsync: asBool(model.data.async_execution),
    isConditional,
    test: reading?.ok === true ? reading.test : null,
  };
}

/**
 * Tasks in execution order. Edges decide; under `graph` every context does, because there a task may name
 * any other one.
 */
function inOrder(
  tasks: readonly TaskModel[],
  edges: EdgesByTarget,
  byContext: boolean,
  findings: Findings,
): TaskModel[] {
  const placeOf = new Map(tasks.map((task, place) => [task.id, place]));
  const followers: number[][] = tasks.map(() => []);
  for (const [place, task] of tasks.entries()) {
    const sources = (edges.giving.get(task.id) ?? []).map(({ sourceId }) => sourceId);
    if (byContext) sources.push(...(task.context ?? []).map(({ taskId }) => taskId));
    for (const from of new Set(sources)) followers[placeOf.get(from) ?? place]?.push(place);
  }
  const { order, stuck } = topologicalOrder(tasks.length, followers);
  if (stuck.length > 0) {
    const cycle = findCycle(stuck, followers).flatMap((place) => tasks[place] ?? []);
    const first = cycle[0];
    const names = [...cycle, ...cycle.slice(0, 1)].map(({ id }) => id).join(' → ');
    findings.error('graph_cycle', `tasks wait for one another: ${names}`, first?.path ?? '', first?.id);
  }
  return order.flatMap((place) => tasks[place] ?? []);
}
