import { describe, expect, it } from '@jest/globals';
import { compileGraph } from '../../src/domain/graph/compile-graph.ts';
import type { GraphDocument } from '../../src/domain/graph/graph-document.ts';
import type { CrewPlan, PlanTask } from '../../src/domain/plan/crew-plan.ts';
import { aGraph, agentNode, crewNode, taskNode, toolNode } from '../support/graphs.ts';

const compile = (graph: GraphDocument) =>
  compileGraph(graph, { offeredTools: ['calculator', 'hello_world'] });

function planOf(graph: GraphDocument): CrewPlan {
  const compiled = compile(graph);
  if (!compiled.ok) throw new Error(JSON.stringify(compiled.report.errors));
  return compiled.plan;
}

function taskOf(graph: GraphDocument, key: string): PlanTask {
  const task = planOf(graph).tasks.find((one) => one.key === key);
  if (task === undefined) throw new Error(`no task ${key}`);
  return task;
}

const asyncTask = (id: string, data = {}) => taskNode(id, { async_execution: true, ...data });

describe('An agent of a plan', () => {
  it('has what its node says, pydantic’s readings of texts included', () => {
    const graph = aGraph([
      agentNode('writer', {
        llm: { model: 'openai/gpt-4o', temperature: 0.2, top_p: 0.5, max_tokens: 100 },
        fallback_models: ['groq/x'],
        max_iter: ' 7 ',
        max_execution_time: '1_0.0',
        tools: ['calculator', 'calculator'],
      }),
      taskNode('t'),
    ]);
    expect(planOf(graph).agents).toEqual([
      {
        key: 'writer',
        role: 'role of writer',
        goal: 'a goal',
        backstory: 'a story',
        model: 'openai/gpt-4o',
        fallbackModels: ['groq/x'],
        tools: ['calculator'],
        maxIter: 7,
        maxTokens: 100,
        temperature: 0.2,
        topP: 0.5,
        maxExecutionTimeMs: 10_000,
      },
    ]);
  });

  it('is given tools by name, by tool node and by edge', () => {
    const graph = aGraph(
      [
        agentNode('writer', { tools: ['x'] }),
        toolNode('x', { name: 'calculator' }),
        taskNode('t'),
        toolNode('y', { name: 'hello_world' }),
      ],
      'x→writer',
      'y→t',
    );
    expect(planOf(graph).agents[0]?.tools).toEqual(['calculator']);
    expect(taskOf(graph, 't').tools).toEqual(['hello_world']);
  });
});

describe('Who does a task', () => {
  it('is its agent, who may delegate to the others only if allowed to', () => {
    const graph = aGraph([
      agentNode('writer', { allow_delegation: 'yes' }),
      agentNode('b'),
      taskNode('one'),
      taskNode('two', { agent: 'b' }),
    ]);
    expect(taskOf(graph, 'one')).toMatchObject({ agentKey: 'writer', coworkers: ['b'] });
    expect(taskOf(graph, 'two')).toMatchObject({ agentKey: 'b', coworkers: [] });
  });

  it('delegates to nobody where the crew has but one agent beside a manager', () => {
    const graph = aGraph([
      agentNode('m', { allow_delegation: true }),
      agentNode('writer'),
      taskNode('t', { agent: 'm' }),
      crewNode({ manager_agent: 'm' }),
    ]);
    expect(taskOf(graph, 't').coworkers).toEqual([]);
  });

  it('is the manager in a hierarchy, who hands over to the agent of the task, or to anybody', () => {
    const graph = aGraph([
      agentNode('boss'),
      agentNode('writer', { tools: ['calculator'] }),
      agentNode('b'),
      taskNode('one'),
      taskNode('two', { agent: null }),
      crewNode({ process: 'hierarchical', manager_agent: 'boss' }),
    ]);
    expect(taskOf(graph, 'one')).toMatchObject({
      agentKey: 'boss',
      coworkers: ['writer'],
      tools: ['calculator'],
    });
    expect(taskOf(graph, 'two')).toMatchObject({ agentKey: 'boss', coworkers: ['writer', 'b'], tools: [] });
    expect(planOf(graph).agents.map(({ key }) => key)).toEqual(['writer', 'b', 'boss']);
  });

  it('is a manager made for manager_llm, whose key nobody else has', () => {
    const graph = aGraph([
      agentNode('crew_manager'),
      taskNode('t', { agent: null }),
      crewNode({ process: 'hierarchical', manager_llm: { model: 'big', temperature: 0 } }),
    ]);
    const plan = planOf(graph);
    expect(plan.agents.at(-1)).toMatchObject({
      key: 'crew_manager_',
      role: 'Crew Manager',
      model: 'big',
      temperature: 0,
    });
    expect(plan.tasks[0]?.agentKey).toBe('crew_manager_');
  });
});

describe('The order of a plan', () => {
  const mixed = [taskNode('a'), asyncTask('b'), asyncTask('c'), taskNode('d'), asyncTask('e')];
  const waits = (graph: GraphDocument) => planOf(graph).tasks.map(({ dependsOn }) => dependsOn);

  it('lets asynchronous tasks wait for the last synchronous one, and any other for all before it', () => {
    expect(waits(aGraph(mixed))).toEqual([[], ['a'], ['a'], ['b', 'c'], ['d']]);
  });

  it('gives, when fixed, each task all that is done when it starts', () => {
    expect(planOf(aGraph(mixed)).tasks.map(({ context }) => context)).toEqual([
      { kind: 'unspecified' },
      { kind: 'unspecified' },
      { kind: 'tasks', keys: ['a'] },
      { kind: 'unspecified' },
      { kind: 'unspecified' },
    ]);
    expect(planOf(aGraph(mixed)).hiddenOutputs).toEqual([]);
  });

  it('loses, when strict, what CrewAI 0.121.1 loses', () => {
    const plan = planOf(aGraph([...mixed, crewNode({ compat: 'strict' })]));
    expect(plan.tasks.map(({ context }) => context)).toEqual([
      { kind: 'unspecified' },
      { kind: 'tasks', keys: [] },
      { kind: 'tasks', keys: [] },
      { kind: 'tasks', keys: ['b', 'c'] },
      { kind: 'tasks', keys: [] },
    ]);
    expect(plan.hiddenOutputs).toEqual(['a', 'b', 'c', 'd']);
  });

  it('keeps an empty list of context apart from none', () => {
    const graph = aGraph([taskNode('a'), taskNode('b', { context: [] }), taskNode('c', { context: null })]);
    expect(taskOf(graph, 'b').context).toEqual({ kind: 'tasks', keys: [] });
    expect(taskOf(graph, 'c').context).toEqual({ kind: 'tasks', keys: [] });
  });

  it('follows context alone under process graph', () => {
    const graph = aGraph(
      [
        taskNode('c', { context: ['b'] }),
        taskNode('a'),
        taskNode('b'),
        taskNode('d'),
        crewNode({ process: 'graph' }),
      ],
      'a→b',
    );
    expect(planOf(graph).tasks.map(({ key, dependsOn, context }) => [key, dependsOn, context])).toEqual([
      ['a', [], { kind: 'tasks', keys: [] }],
      ['b', ['a'], { kind: 'tasks', keys: ['a'] }],
      ['c', ['b'], { kind: 'tasks', keys: ['b'] }],
      ['d', [], { kind: 'tasks', keys: [] }],
    ]);
  });
});

describe('What else a task has', () => {
  it('a condition on the task before it, or under process graph on its first context task', () => {
    const condition = { json: { path: '/ok', equals: true } };
    const test = { kind: 'json', path: '/ok', equals: true };
    const nodes = [taskNode('a'), taskNode('b'), taskNode('c', { condition, context: ['a'] })];
    expect(taskOf(aGraph(nodes), 'c').condition).toEqual({ taskKey: 'b', test });
    expect(taskOf(aGraph([...nodes, crewNode({ process: 'graph' })]), 'c').condition).toEqual({
      taskKey: 'a',
      test,
    });
  });

  it('a guardrail, an output shape, a person who looks', () => {
    const schema = { type: 'object' };
    const graph = aGraph([
      taskNode('a', { guardrail: 'short', output_pydantic: schema, human_input: true, name: 'First' }),
      taskNode('b', { guardrail: schema, max_retries: -2, output_json: schema }),
      taskNode('c', { guardrail: ' ' }),
    ]);
    expect(taskOf(graph, 'a')).toMatchObject({
      name: 'First',
      guardrail: { check: { kind: 'llm', text: 'short' }, maxRetries: 3 },
      output: { format: 'pydantic', schema },
      humanInput: true,
    });
    expect(taskOf(graph, 'b')).toMatchObject({
      name: 'b',
      guardrail: { check: { kind: 'json_schema', schema }, maxRetries: 0 },
      output: { format: 'json', schema },
    });
    expect(taskOf(graph, 'c').guardrail).toBeNull();
  });
});

describe('A start', () => {
  it.each([
    ['without tasks', aGraph([agentNode('writer')]), 'graph_no_tasks'],
    [
      'without time',
      aGraph([agentNode('writer', { max_execution_time: -1 }), taskNode('t')]),
      'graph_bad_execution_time',
    ],
  ])('%s is refused, though the graph validates', (_what, graph, code) => {
    const compiled = compile(graph);
    expect(compiled).toMatchObject({ ok: false, report: { valid: false, errors: [{ code }] } });
  });

  it.each([
    [0, 'must be a number of seconds, 1 to 31536000'],
    ['60', 'must be a number of seconds, 1 to 31536000'],
    [90.5, null],
  ])('reminds of its questions after the seconds of its crew, and not after %j', (seconds, problem) => {
    const graph = aGraph([taskNode('t'), crewNode({ remind_after_seconds: seconds })]);
    const path = '/nodes/2/data/remind_after_seconds';
    expect(compile(graph)).toMatchObject(
      problem === null
        ? { ok: true, plan: { remindAfterMs: 90_500 } }
        : { ok: false, report: { errors: [{ code: 'graph_bad_reminder', path }] } },
    );
  });

  it('goes by the name it is given, the crew’s, or the graph’s', () => {
    const graph = aGraph([taskNode('t'), crewNode({ name: 'Poets' })]);
    expect(planOf(graph).name).toBe('Poets');
    expect(planOf(aGraph([taskNode('t')])).name).toBe('letters');
    expect(compileGraph(graph, { offeredTools: [], name: 'x' })).toMatchObject({ plan: { name: 'x' } });
  });
});
