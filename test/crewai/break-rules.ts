import type { GraphDocument, GraphNode } from '../../src/domain/graph/graph-document.ts';
import type { JsonObject, JsonValue } from '../../src/domain/json.ts';
import type { Random } from './random.ts';

/** Breaks one rule in a graph; where the graph has nothing to break it in, it stays as it is. */
export type Breaker = (graph: GraphDocument, random: Random) => void;

const nodesOf = (graph: GraphDocument, type: string): GraphNode[] =>
  graph.nodes.filter((node) => node.type === type);

const anyOf = (graph: GraphDocument, type: string, random: Random): GraphNode | undefined => {
  const nodes = nodesOf(graph, type);
  return nodes[random.below(nodes.length)];
};

const crewData = (graph: GraphDocument): JsonObject => {
  const [found] = nodesOf(graph, 'crew');
  if (found !== undefined) return found.data;
  const data: JsonObject = {};
  graph.nodes.push({ id: 'crew', type: 'crew', data });
  return data;
};

const setOn =
  (type: 'agent' | 'task', field: string, ...values: [JsonValue, ...JsonValue[]]): Breaker =>
  (graph, random) => {
    const node = anyOf(graph, type, random);
    if (node !== undefined) node.data[field] = random.pick(values);
  };

const dropOn =
  (type: 'agent' | 'task', field: string): Breaker =>
  (graph, random) => {
    const node = anyOf(graph, type, random);
    if (node === undefined) return;
    delete node.data[field];
    delete node.data.config;
  };

const setOnCrew =
  (field: string, ...values: [JsonValue, ...JsonValue[]]): Breaker =>
  (graph, random) => {
    crewData(graph)[field] = random.pick(values);
  };

const UNIQUE_ID = '7d8f6a5e-40a4-4f0c-8a53-7f8f2a9a4b11';

/** By the numbers of the table of rules where CrewAI has one. */
export const BREAKERS: readonly [[string, Breaker], ...[string, Breaker][]] = [
  ['C-1 crew id', setOnCrew('id', UNIQUE_ID, 'x')],
  ['C-2 process', setOnCrew('process', 'parallel', 'SEQUENTIAL', 5, null)],
  [
    'C-4 no manager',
    (graph) => {
      const data = crewData(graph);
      data.process = 'hierarchical';
      delete data.manager_llm;
      delete data.manager_agent;
    },
  ],
  [
    'C-4 empty manager_llm',
    (graph) => {
      const data = crewData(graph);
      Object.assign(data, { process: 'hierarchical', manager_llm: '' });
      delete data.manager_agent;
    },
  ],
  [
    'C-6 nothing',
    (graph) => {
      graph.nodes = nodesOf(graph, 'crew');
      graph.edges = [];
      delete crewData(graph).manager_agent;
    },
  ],
  ['C-7 config without agents', setOnCrew('config', { tasks: [{}] }, { agents: [] })],
  [
    'C-9 no agent',
    (graph, random) => {
      const task = anyOf(graph, 'task', random);
      if (task === undefined) return;
      delete task.data.agent;
      graph.edges = graph.edges.filter(
        ({ source, target }) => target !== task.id || !source.startsWith('agent'),
      );
    },
  ],
  [
    'C-10 async end',
    (graph) => {
      for (const task of nodesOf(graph, 'task').slice(-2)) task.data.async_execution = true;
    },
  ],
  [
    'C-11 only conditional',
    (graph) => {
      for (const task of nodesOf(graph, 'task')) task.data.condition = { contains: 'a' };
    },
  ],
  [
    'C-12 conditional first',
    (graph) => {
      const [first] = nodesOf(graph, 'task');
      if (first !== undefined) first.data.condition = { not_contains: 'a' };
    },
  ],
  [
    'C-13 async conditional',
    (graph, random) => {
      const task = anyOf(graph, 'task', random);
      if (task !== undefined)
        Object.assign(task.data, { condition: { contains: 'a' }, async_execution: true });
    },
  ],
  [
    'C-14 async context of async',
    (graph) => {
      const [one, other] = nodesOf(graph, 'task').slice(-3);
      if (one === undefined || other === undefined) return;
      one.data.async_execution = true;
      Object.assign(other.data, { async_execution: true, context: [one.id] });
    },
  ],
  [
    'C-15 future context',
    (graph) => {
      const tasks = nodesOf(graph, 'task');
      const [first] = tasks;
      const last = tasks.at(-1);
      if (first !== undefined && last !== undefined) first.data.context = [last.id];
    },
  ],
  [
    'context of itself',
    (graph, random) => {
      const task = anyOf(graph, 'task', random);
      if (task !== undefined) task.data.context = [task.id];
    },
  ],
  ['T-1 description', dropOn('task', 'description')],
  ['T-1 expected_output', dropOn('task', 'expected_output')],
  ['T-1 null', setOn('task', 'expected_output', null)],
  ['T-2 task id', setOn('task', 'id', UNIQUE_ID, 5)],
  [
    'T-3 two outputs',
    (graph, random) => {
      const task = anyOf(graph, 'task', random);
      if (task !== undefined)
        Object.assign(task.data, { output_json: { type: 'object' }, output_pydantic: {} });
    },
  ],
  ['T-4 traversal', setOn('task', 'output_file', '../x', 'a/../b', 'a..b')],
  ['T-5 expansion', setOn('task', 'output_file', '~/x', '$HOME/x', '~')],
  ['T-6 shell', setOn('task', 'output_file', 'a|b', 'a>b', 'a<b', 'a&b', 'a;b')],
  ['T-7 variable', setOn('task', 'output_file', '{1a}', '{a b}', '{}', '{a-b}', '{a', '}{', 'x}')],
  ['T-7 fine', setOn('task', 'output_file', '{a}', '{ä}/{_b}', '{a1}.md', 'x}', '{日本}')],
  [
    'T-10 guardrail without agent',
    (graph, random) => {
      const task = anyOf(graph, 'task', random);
      if (task === undefined) return;
      task.data.guardrail = random.pick(['short', '']);
      delete task.data.agent;
      graph.edges = graph.edges.filter(
        ({ source, target }) => target !== task.id || !source.startsWith('agent'),
      );
    },
  ],
  ['A-1 role', dropOn('agent', 'role')],
  ['A-1 goal', dropOn('agent', 'goal')],
  ['A-1 backstory', dropOn('agent', 'backstory')],
  ['A-2 agent id', setOn('agent', 'id', UNIQUE_ID, 'x', 1)],
  ['A-3 tool', setOn('agent', 'tools', [5], [null], 'calculator', [{}])],
  ['A-3 tool of a task', setOn('task', 'tools', [5], 'calculator', {})],
  ['A-4 mode', setOn('agent', 'code_execution_mode', 'fast', null, 1)],
  ['A-5 code', setOn('agent', 'allow_code_execution', true)],
  ['type of a text', setOn('agent', 'role', 5, null, ['a'], {})],
  ['type of a number', setOn('agent', 'max_iter', 'many', 1.5, null, [], true)],
  ['type of a flag', setOn('task', 'async_execution', 'maybe', 2, 0.5, [], 'T')],
  ['type of a list', setOn('task', 'context', 'task-0', 5, {}, [5], [null])],
  ['type of an agent', setOn('task', 'agent', 5, [], {}, true)],
  ['type of a manager', setOnCrew('manager_agent', 5, [], {}, true)],
  ['type of a guardrail', setOn('task', 'guardrail', 5, [], true)],
  ['type of a shape', setOn('task', 'output_json', 'x', 5, [], true, '')],
  [
    'config of an agent',
    setOn('agent', 'config', { max_iter: 'many' }, { role: 'x' }, {}, 'x', null, { nobody: 1 }),
  ],
  [
    'config of a task',
    setOn('task', 'config', { max_retries: 'x' }, { description: 5 }, {}, [], { async_execution: true }),
  ],
  ['unknown tool', setOn('agent', 'tools', ['hammer'])],
  ['unknown agent', setOn('task', 'agent', 'nobody')],
  ['unknown context', setOn('task', 'context', ['nothing'])],
  [
    'agents alone',
    (graph) => {
      graph.nodes = graph.nodes.filter(({ type }) => type !== 'task');
      graph.edges = graph.edges.filter(({ target }) => graph.nodes.some(({ id }) => id === target));
    },
  ],
  [
    'edges backwards',
    (graph, random) => {
      const tasks = nodesOf(graph, 'task');
      const [first] = tasks;
      const other = tasks[1 + random.below(tasks.length)];
      if (first !== undefined && other !== undefined)
        graph.edges.push({ source: other.id, target: first.id });
    },
  ],
  [
    'edge against data',
    (graph) => {
      const [one, other, last] = nodesOf(graph, 'task');
      if (one === undefined || other === undefined) return;
      other.data.context = last === undefined ? [] : [last.id];
      graph.edges.push({ source: one.id, target: other.id });
    },
  ],
  [
    'a circle of edges',
    (graph) => {
      const [one, other] = nodesOf(graph, 'task');
      if (one === undefined || other === undefined) return;
      delete one.data.context;
      delete other.data.context;
      graph.edges.push({ source: one.id, target: other.id }, { source: other.id, target: one.id });
    },
  ],
  [
    'two agents of one role',
    (graph) => {
      for (const agent of nodesOf(graph, 'agent')) agent.data.role = 'Writer';
    },
  ],
];
