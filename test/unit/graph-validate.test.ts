import { describe, expect, it } from '@jest/globals';
import type { GraphDocument } from '../../src/domain/graph/graph-document.ts';
import { validateGraph } from '../../src/domain/graph/validate-graph.ts';
import { aGraph, agentNode, crewNode, taskNode, toolNode } from '../support/graphs.ts';

const validate = (graph: GraphDocument) =>
  validateGraph(graph, { offeredTools: ['calculator', 'hello_world'] });
const errorsOf = (graph: GraphDocument): string[] =>
  validate(graph).errors.map(({ code, path }) => `${code} ${path}`);
const warningsOf = (graph: GraphDocument): string[] =>
  validate(graph).warnings.map(({ code, path }) => `${code} ${path}`);

describe('A graph that is fine', () => {
  it('is valid, in order, and says what it wants to know', () => {
    const graph = aGraph(
      [
        agentNode('writer', { goal: 'write about {topic}' }),
        taskNode('b'),
        taskNode('a', { description: '{who}' }),
      ],
      'a→b',
    );
    expect(validate(graph)).toEqual({
      valid: true,
      errors: [],
      warnings: [],
      crewai_version: '0.121.1',
      execution_order: ['a', 'b'],
      inputs: ['topic', 'who'],
    });
  });

  it('breaks ties of order by place in the document', () => {
    const nodes = ['d', 'c', 'b', 'a'].map((id) => taskNode(id));
    expect(validate(aGraph(nodes, 'a→c', 'b→c')).execution_order).toEqual(['d', 'b', 'a', 'c']);
  });

  it('may use names that every object has', () => {
    const graph = aGraph([taskNode('constructor'), taskNode('__proto__', { context: ['constructor'] })]);
    expect(errorsOf(graph)).toEqual([]);
  });
});

describe('A broken graph', () => {
  it('tells all that is wrong at once, each with its place and node', () => {
    const graph = aGraph([
      agentNode('writer', { role: 5, max_iter: 'many' }),
      taskNode('one', { agent: 'nobody', tools: ['hammer'] }),
    ]);
    expect(validate(graph).errors).toEqual([
      {
        code: 'string_type',
        message: 'Input should be a valid string',
        path: '/nodes/0/data/role',
        node_id: 'writer',
      },
      expect.objectContaining({ code: 'int_parsing', path: '/nodes/0/data/max_iter' }),
      expect.objectContaining({ code: 'graph_unknown_agent', path: '/nodes/1/data/agent' }),
      expect.objectContaining({ code: 'graph_unknown_tool', path: '/nodes/1/data/tools/0', node_id: 'one' }),
      expect.objectContaining({ code: 'missing_agent_in_task', path: '/nodes/1' }),
    ]);
  });

  it('points into config where a field comes from there', () => {
    const graph = aGraph([
      agentNode('writer', { max_iter: null, config: { max_iter: 'x', goal: 5 } }),
      taskNode('t'),
    ]);
    expect(errorsOf(graph)).toEqual(['int_parsing /nodes/0/data/config/max_iter']);
  });

  it('escapes what a JSON pointer has to', () => {
    const graph = aGraph([agentNode('writer', { 'a/b~c': 1 }), taskNode('t')]);
    expect(warningsOf(graph)).toEqual(['graph_unknown_field /nodes/0/data/a~1b~0c']);
  });

  it.each<[string, GraphDocument, string]>([
    [
      'leave of an agent for a tool that nobody knows',
      aGraph([agentNode('a', { tool_approvals: { calculater: 'ask' } }), taskNode('t')]),
      'graph_unknown_tool /nodes/1/data/tool_approvals/calculater',
    ],
    [
      'leave of a task for a tool that nobody knows',
      aGraph([taskNode('t', { tool_approvals: { calculater: 'ask' } })]),
      'graph_unknown_tool /nodes/1/data/tool_approvals/calculater',
    ],
    [
      'leave of a task that is none',
      aGraph([taskNode('t', { tool_approvals: { calculator: 'maybe' } })]),
      'graph_bad_approval /nodes/1/data/tool_approvals/calculator',
    ],
    ['an edge from nowhere', aGraph([taskNode('t')], 'x→t'), 'graph_dangling_edge /edges/0/source'],
    ['an edge to nowhere', aGraph([taskNode('t')], 't→x'), 'graph_dangling_edge /edges/0/target'],
    ['an edge to itself', aGraph([taskNode('t')], 't→t'), 'graph_self_edge /edges/0'],
    ['an id twice', aGraph([taskNode('t'), taskNode('t')]), 'graph_duplicate_id /nodes/2/id'],
    [
      'a type nobody knows',
      aGraph([taskNode('t'), { ...taskNode('x'), type: 'note' }]),
      'graph_unknown_node_type /nodes/2/type',
    ],
    [
      'two crews',
      aGraph([taskNode('t'), crewNode({}), { ...crewNode({}), id: 'c2' }]),
      'graph_two_crews /nodes/3',
    ],
    [
      'two agents for one task',
      aGraph([agentNode('b'), taskNode('t', { agent: null })], 'writer→t', 'b→t'),
      'graph_two_agents /edges/1',
    ],
    [
      'an edge against data.agent',
      aGraph([agentNode('b'), taskNode('t')], 'b→t'),
      'graph_contradiction /nodes/2/data/agent',
    ],
    [
      'an edge against data.context',
      aGraph([taskNode('a'), taskNode('b', { context: [] })], 'a→b'),
      'graph_contradiction /nodes/2/data/context',
    ],
    [
      'an edge against data.tools',
      aGraph([toolNode('x', { name: 'calculator' }), taskNode('t', { tools: ['hello_world'] })], 'x→t'),
      'graph_contradiction /edges/0',
    ],
    [
      'a context nobody has',
      aGraph([taskNode('t', { context: ['writer'] })]),
      'graph_unknown_context /nodes/1/data/context/0',
    ],
    [
      'a tool without a name',
      aGraph([taskNode('t'), toolNode('x', {})], 'x→t'),
      'graph_tool_without_name /nodes/2/data/name',
    ],
    [
      'a tool nobody offers',
      aGraph([taskNode('t'), toolNode('x', { name: 'saw' })], 'x→t'),
      'graph_unknown_tool /nodes/2/data/name',
    ],
    [
      'a model that is none',
      aGraph([agentNode('writer', { llm: { temperature: 3 } }), taskNode('t')]),
      'graph_bad_llm /nodes/0/data/llm/temperature',
    ],
    [
      'fallback models that are none',
      aGraph([agentNode('writer', { fallback_models: ['a', 5] }), taskNode('t')]),
      'graph_bad_llm /nodes/0/data/fallback_models',
    ],
    [
      'a promise nobody knows',
      aGraph([taskNode('t'), crewNode({ compat: 'loose' })]),
      'graph_bad_compat /nodes/2/data/compat',
    ],
    [
      'a condition of two kinds',
      aGraph([taskNode('a'), taskNode('t', { condition: { contains: 'a', matches: 'b' } })]),
      'graph_bad_condition /nodes/2/data/condition',
    ],
    [
      'a condition with a bad path',
      aGraph([taskNode('a'), taskNode('t', { condition: { json: { path: 'a', equals: 1 } } })]),
      'graph_bad_condition /nodes/2/data/condition/json/path',
    ],
    [
      'a pattern with a back reference',
      aGraph([taskNode('a'), taskNode('t', { condition: { matches: String.raw`(a)\1` } })]),
      'graph_bad_pattern /nodes/2/data/condition/matches',
    ],
    [
      'a pattern that looks around',
      aGraph([taskNode('a'), taskNode('t', { condition: { matches: '(?=a)' } })]),
      'graph_bad_pattern /nodes/2/data/condition/matches',
    ],
    [
      'a schema that is none',
      aGraph([taskNode('t', { output_json: { type: 'text' } })]),
      'graph_bad_schema /nodes/1/data/output_json/type',
    ],
    [
      'a guardrail that is no schema',
      aGraph([taskNode('t', { guardrail: { properties: { a: { $ref: 'http://x/y' } } } })]),
      'graph_bad_schema /nodes/1/data/guardrail/properties/a/$ref',
    ],
    [
      'a crew in config',
      aGraph([taskNode('t'), crewNode({ config: { agents: [{}], tasks: [{}] } })]),
      'graph_crew_config /nodes/2/data/config',
    ],
    [
      'memory that is configured wrongly',
      aGraph([
        taskNode('t'),
        crewNode({ memory: true, memory_config: { provider: 'mem0', user_memory: 'x' } }),
      ]),
      'TypeError /nodes/2/data/memory_config/user_memory',
    ],
    [
      'a graph process with a condition on nothing',
      aGraph([taskNode('t', { condition: { contains: 'a' } }), crewNode({ process: 'graph' })]),
      'graph_condition_without_context /nodes/1/data/condition',
    ],
  ])('names %s', (_what, graph, error) => {
    expect(errorsOf(graph)).toContain(error);
  });

  it('shows one circle of tasks, in the order of its edges', () => {
    const graph = aGraph(
      [taskNode('a'), taskNode('b'), taskNode('c'), taskNode('d')],
      'a→b',
      'b→c',
      'c→b',
      'c→d',
    );
    const [cycle] = validate(graph).errors.filter(({ code }) => code === 'graph_cycle');
    expect(cycle?.message).toMatch(/b → c → b|c → b → c/);
    expect(validate(graph).execution_order).toEqual(['a', 'b', 'c', 'd']);
  });

  it('finds a circle of contexts under process graph, where order does not forbid it', () => {
    const graph = aGraph([
      taskNode('a', { context: ['b'] }),
      taskNode('b', { context: ['a'] }),
      crewNode({ process: 'graph' }),
    ]);
    expect(errorsOf(graph)).toEqual([expect.stringContaining('graph_cycle')]);
  });
});

describe('A warning', () => {
  it.each<[string, GraphDocument, string]>([
    [
      'a field nobody knows',
      aGraph([taskNode('t', { mood: 'fine' })]),
      'graph_unknown_field /nodes/1/data/mood',
    ],
    [
      "YAML's callbacks",
      aGraph([taskNode('t', { callbacks: ['log'] })]),
      'graph_unknown_field /nodes/1/data/callbacks',
    ],
    [
      'a field that is not carried out',
      aGraph([agentNode('writer', { reasoning: true }), taskNode('t')]),
      'graph_not_carried_out /nodes/0/data/reasoning',
    ],
    [
      'a variable where none is filled in',
      aGraph([taskNode('t', { guardrail: 'about {topic}' })]),
      'graph_not_interpolated /nodes/1/data/guardrail',
    ],
    [
      'a role twice',
      aGraph([agentNode('writer', { role: 'A' }), agentNode('b', { role: 'a ' }), taskNode('t')]),
      'graph_duplicate_role /nodes/1/data/role',
    ],
    [
      'an agent without work',
      aGraph([agentNode('writer'), agentNode('b'), taskNode('t')]),
      'graph_unused_agent /nodes/1',
    ],
    [
      'a tool for nobody',
      aGraph([taskNode('t'), toolNode('x', { name: 'calculator' })]),
      'graph_unused_tool /nodes/2',
    ],
    [
      'delegation to nobody',
      aGraph([agentNode('writer', { allow_delegation: true }), taskNode('t')]),
      'graph_nobody_to_delegate_to /nodes/0/data/allow_delegation',
    ],
    [
      'a manager without a hierarchy',
      aGraph([taskNode('t'), crewNode({ manager_llm: 'x' })]),
      'graph_unused_manager /nodes/2/data/manager_llm',
    ],
    ['an edge without a meaning', aGraph([taskNode('t')], 't→writer'), 'graph_meaningless_edge /edges/0'],
    [
      'a callback of a task',
      aGraph([taskNode('t', { callback: 'log' })]),
      'graph_not_carried_out /nodes/1/data/callback',
    ],
    [
      'a callback for steps',
      aGraph([taskNode('t'), crewNode({ step_callback: 'log', task_callback: null })]),
      'graph_not_carried_out /nodes/2/data/step_callback',
    ],
    ['an edge twice', aGraph([taskNode('a'), taskNode('b')], 'a→b', 'a→b'), 'graph_duplicate_edge /edges/1'],
    [
      'a task that names itself',
      aGraph([taskNode('t', { context: ['t'] })]),
      'graph_self_context /nodes/1/data/context/0',
    ],
    [
      'a process CrewAI does not have',
      aGraph([taskNode('t'), crewNode({ process: 'graph' })]),
      'graph_not_exportable /nodes/2/data/process',
    ],
    ['no task at all', aGraph([agentNode('writer')]), 'graph_no_tasks /nodes'],
    [
      'no time at all',
      aGraph([agentNode('writer', { max_execution_time: 0 }), taskNode('t')]),
      'graph_bad_execution_time /nodes/0/data/max_execution_time',
    ],
    [
      'a manager with tools',
      aGraph([
        agentNode('m', { tools: ['calculator'] }),
        taskNode('t'),
        crewNode({ process: 'hierarchical', manager_agent: 'm' }),
      ]),
      'graph_manager_with_tools /nodes/1/data/tools',
    ],
    [
      'strict: an asynchronous task without context',
      aGraph([
        taskNode('a'),
        taskNode('b', { async_execution: true }),
        taskNode('c'),
        crewNode({ compat: 'strict' }),
      ]),
      'graph_strict_async_context /nodes/2/data/async_execution',
    ],
    [
      'strict: a lost output',
      aGraph([
        taskNode('a'),
        taskNode('b', { async_execution: true }),
        taskNode('c'),
        crewNode({ compat: 'strict' }),
      ]),
      'graph_strict_lost_output /nodes/1',
    ],
  ])('tells of %s, and the graph stays valid', (_what, graph, warning) => {
    expect(errorsOf(graph)).toEqual([]);
    expect(warningsOf(graph)).toContain(warning);
  });
});
