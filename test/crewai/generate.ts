import {
  GRAPH_AGENT_FIELDS,
  GRAPH_CREW_FIELDS,
  GRAPH_TASK_FIELDS,
} from '../../src/domain/crewai/graph-fields.ts';
import type { GraphDocument, GraphNode } from '../../src/domain/graph/graph-document.ts';
import type { JsonObject, JsonValue } from '../../src/domain/json.ts';
import { BREAKERS } from './break-rules.ts';
import { createRandom } from './random.ts';
import type { Random } from './random.ts';

export interface GeneratedGraph {
  /** What it is about: `plain`, `field agent.role`, or the names of the rules that were broken in it. */
  about: string;
  graph: GraphDocument;
}

/** Tools that stand in for an installation's, in both worlds. */
export const TOOLS: readonly string[] = ['hello_world', 'calculator', 'current_time'];

/** Plain crews, every field with every odd value, each rule broken alone, and pairs of broken rules. */
export function generateGraphs(seed: number): GeneratedGraph[] {
  const random = createRandom(seed);
  const graphs: GeneratedGraph[] = [];
  for (let count = 0; count < 800; count += 1) graphs.push({ about: 'plain', graph: aGraph(random) });
  graphs.push(...oddFields(random));
  for (const [name, breakRule] of BREAKERS) {
    for (let count = 0; count < 6; count += 1) {
      const graph = aGraph(random);
      breakRule(graph, random);
      graphs.push({ about: name, graph });
    }
  }
  for (let count = 0; count < 900; count += 1) {
    const graph = aGraph(random);
    const [one, other] = [random.pick(BREAKERS), random.pick(BREAKERS)];
    one[1](graph, random);
    other[1](graph, random);
    graphs.push({ about: `${one[0]} + ${other[0]}`, graph });
  }
  return graphs;
}

/** Most of them valid; where asynchronous and conditional tasks fall together it is for the rules to say. */
export function aGraph(random: Random): GraphDocument {
  const agents = Array.from({ length: 1 + random.below(4) }, (_, index) => anAgent(random, `agent-${index}`));
  const tasks = Array.from({ length: 1 + random.below(6) }, (_, index) => aTask(random, `task-${index}`));
  const graph: GraphDocument = { name: 'crew', description: '', nodes: [...agents, ...tasks], edges: [] };
  const isHierarchical = random.chance(0.35);
  for (const [index, task] of tasks.entries()) {
    if (!isHierarchical || random.chance(0.5) || typeof task.data.guardrail === 'string')
      assign(random, graph, task, agents[random.below(agents.length)]?.id ?? '');
    giveContext(random, graph, task, tasks.slice(0, index));
  }
  if (random.chance(0.4)) giveTools(random, graph);
  if (isHierarchical || random.chance(0.6)) graph.nodes.push(aCrew(random, isHierarchical, agents));
  if (random.chance(0.3)) shuffle(random, graph.nodes);
  return graph;
}

function anAgent(random: Random, id: string): GraphNode {
  const data: JsonObject = {
    role: random.pick(['Writer', 'Critic {topic}', 'Researcher', '']),
    goal: random.pick(['write well', 'find {what}', '']),
    backstory: random.pick(['long ago', '']),
  };
  if (random.chance(0.3)) data.allow_delegation = random.pick<JsonValue>([true, false, 'yes', 1]);
  if (random.chance(0.3))
    data.llm = random.pick<JsonValue>(['openai/gpt-4o', null, { model: 'gpt-4o', temperature: 0.5 }]);
  if (random.chance(0.2)) data.max_iter = random.pick<JsonValue>([3, '7', 0, -1]);
  if (random.chance(0.2)) data.max_execution_time = random.pick<JsonValue>([30, null, '5']);
  if (random.chance(0.2)) data.verbose = true;
  if (random.chance(0.1)) data.mood = 'fine';
  if (random.chance(0.1)) {
    data.config = { role: 'From config', goal: data.goal ?? '' };
    delete data.role;
  }
  return { id, type: 'agent', data };
}

function aTask(random: Random, id: string): GraphNode {
  const data: JsonObject = {
    description: random.pick([`do ${id}`, `do ${id} about {topic}`, '']),
    expected_output: random.pick(['a text', '']),
  };
  if (random.chance(0.3)) data.async_execution = random.pick<JsonValue>([true, true, false, null, 'on']);
  if (random.chance(0.15)) data.condition = { contains: 'yes' };
  if (random.chance(0.15)) data.guardrail = random.pick<JsonValue>(['must be short', { type: 'object' }]);
  if (random.chance(0.15)) data.output_file = random.pick(['out.md', '/abs/x.txt', '{name}.md']);
  if (random.chance(0.15)) data[random.pick(['output_json', 'output_pydantic'])] = { type: 'object' };
  if (random.chance(0.15)) data.human_input = random.pick<JsonValue>([true, null]);
  if (random.chance(0.1)) data.callbacks = ['log'];
  return { id, type: 'task', data };
}

function aCrew(random: Random, isHierarchical: boolean, agents: readonly GraphNode[]): GraphNode {
  const data: JsonObject = {};
  if (isHierarchical) {
    data.process = 'hierarchical';
    if (random.chance(0.5)) data.manager_llm = random.pick<JsonValue>(['gpt-4o', { model: 'gpt-4o' }]);
    else data.manager_agent = agents[random.below(agents.length)]?.id ?? '';
  } else if (random.chance(0.5)) {
    data.process = 'sequential';
  }
  if (random.chance(0.2)) data.name = 'The crew';
  if (random.chance(0.2)) data.compat = random.pick(['fixed', 'strict']);
  return { id: 'crew', type: 'crew', data };
}

function assign(random: Random, graph: GraphDocument, task: GraphNode, agent: string): void {
  if (random.chance(0.5)) task.data.agent = agent;
  if (task.data.agent === undefined || random.chance(0.3))
    graph.edges.push({ source: agent, target: task.id });
}

function giveContext(
  random: Random,
  graph: GraphDocument,
  task: GraphNode,
  earlier: readonly GraphNode[],
): void {
  const from = earlier.filter(() => random.chance(0.25)).map(({ id }) => id);
  if (random.chance(0.25)) {
    for (const source of from) graph.edges.push({ source, target: task.id });
  } else if (from.length > 0 || random.chance(0.15)) {
    task.data.context = random.chance(0.05) ? null : from;
  }
}

function giveTools(random: Random, graph: GraphDocument): void {
  const owner = graph.nodes[random.below(graph.nodes.length)];
  const name = TOOLS[random.below(TOOLS.length)] ?? '';
  if (owner === undefined) return;
  if (random.chance(0.5)) {
    owner.data.tools = [name];
    return;
  }
  graph.nodes.push({ id: 'tool', type: 'tool', data: { name } });
  graph.edges.push({ source: 'tool', target: owner.id });
}

function shuffle(random: Random, list: GraphNode[]): void {
  for (let index = list.length - 1; index > 0; index -= 1) {
    const other = random.below(index + 1);
    const [one, two] = [list[index], list[other]];
    if (one === undefined || two === undefined) continue;
    list[index] = two;
    list[other] = one;
  }
}

const ODD_VALUES: readonly JsonValue[] = [
  null,
  true,
  false,
  0,
  1,
  2,
  -1,
  1.5,
  '',
  'x',
  'yes',
  'OFF',
  '12',
  ' 12 ',
  '1_0',
  '12.0',
  '1.5',
  [],
  [1],
  ['x'],
  {},
  { a: 1 },
];

/** What these mean depends on the machine, or wants an account: see docs/crewai-compatibility.md. */
/** … or fields that are ours, added after the answers were recorded. */
const MACHINE_FIELDS = new Set([
  'agent.from_repository',
  'crew.memory',
  'agent.tool_approvals',
  'crew.tool_approvals',
  'task.tool_approvals',
  'crew.tool_approval_timeout_seconds',
  'crew.remind_after_seconds',
  'task.max_tokens_total',
  'task.max_cost_usd',
]);

function oddFields(random: Random): GeneratedGraph[] {
  const tables = { agent: GRAPH_AGENT_FIELDS, task: GRAPH_TASK_FIELDS, crew: GRAPH_CREW_FIELDS };
  return Object.entries(tables).flatMap(([type, fields]) =>
    [...fields.keys()]
      .filter((field) => !MACHINE_FIELDS.has(`${type}.${field}`))
      .flatMap((field) =>
        ODD_VALUES.map((value) => ({
          about: `field ${type}.${field}`,
          graph: withField(random, type, field, value),
        })),
      ),
  );
}

function withField(random: Random, type: string, field: string, value: JsonValue): GraphDocument {
  const tail: GraphNode = {
    id: 'last',
    type: 'task',
    data: { description: 'end', expected_output: 'text', agent: 'one' },
  };
  const graph: GraphDocument = {
    name: 'crew',
    description: '',
    nodes: [
      { id: 'one', type: 'agent', data: { role: 'R', goal: 'G', backstory: 'B' } },
      { id: 'first', type: 'task', data: { description: 'begin', expected_output: 'text', agent: 'one' } },
      { id: 'second', type: 'task', data: { description: 'go on', expected_output: 'text', agent: 'one' } },
      tail,
      { id: 'crew', type: 'crew', data: {} },
    ],
    edges: [],
  };
  const node = graph.nodes.find((one) => one.type === type && one.id !== 'first');
  const inConfig = type !== 'crew' && field !== 'config' && field !== 'condition' && random.chance(0.15);
  if (node !== undefined && inConfig) {
    delete node.data[field];
    node.data.config = { [field]: value };
  } else if (node !== undefined) {
    node.data[field] = value;
  }
  return graph;
}
