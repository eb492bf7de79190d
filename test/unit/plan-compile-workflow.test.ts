import { describe, expect, it } from '@jest/globals';
import {
  compileAgentTest,
  compileTask,
  compileWorkflow,
  dependencyCycle,
  type StoredAgent,
  type StoredTask,
  type StoredWorkflow,
  type WorkflowCompilation,
} from '../../src/domain/plan/compile-workflow.ts';
import type { CrewPlan } from '../../src/domain/plan/crew-plan.ts';
import { storedIds, unnamedInputs } from '../../src/domain/plan/task-inputs.ts';
import { longestReply } from '../../src/models/catalogue.ts';

const agent = (fields: Partial<StoredAgent> = {}): StoredAgent => ({
  id: 1,
  role: 'Writer',
  goal: 'write',
  backstory: '',
  model: 'llama-4-maverick-17b-128e-instruct',
  temperature: '0.6',
  maxTokens: 1_000,
  topP: '0.9',
  isActive: true,
  config: null,
  tools: [],
  ...fields,
});
const task = (id: number, fields: Partial<StoredTask> = {}): StoredTask => ({
  id,
  agentId: 1,
  name: `Task ${id}`,
  description: `Do ${id}`,
  priority: 0,
  order: 0,
  inputData: null,
  config: null,
  dependencies: [],
  isActive: true,
  ...fields,
});
const around = { offeredTools: ['calculator'], mostTokensOf: longestReply };
const compiled = (
  type: StoredWorkflow['workflowType'],
  tasks: StoredTask[],
  agents: StoredAgent[] = [agent()],
  config: StoredWorkflow['config'] = null,
): WorkflowCompilation =>
  compileWorkflow({ name: 'W', workflowType: type, config }, { tasks, agents }, around);
function planOf(...args: Parameters<typeof compiled>): CrewPlan {
  const result = compiled(...args);
  if (!result.ok) throw new Error(JSON.stringify(result.issues));
  return result.plan;
}
const messageOf = (...args: Parameters<typeof compiled>): string => {
  const result = compiled(...args);
  return result.ok ? '' : (result.issues[0]?.message ?? '');
};
const flow = (plan: CrewPlan): [string, string[]][] =>
  plan.tasks.map(({ key, dependsOn }) => [key, dependsOn]);

describe('a linear workflow', () => {
  it('runs its tasks one after another, by order, then id, each seeing all before it', () => {
    const plan = planOf('linear', [task(3), task(2, { order: 1 }), task(1, { order: 1, dependencies: [3] })]);
    expect(plan.process).toBe('sequential');
    expect(flow(plan)).toEqual([
      ['task-3', []],
      ['task-1', ['task-3']],
      ['task-2', ['task-1']],
    ]);
    expect(plan.tasks.every(({ context }) => context.kind === 'unspecified')).toBe(true);
  });

  it('leaves out inactive tasks and the tasks of inactive agents', () => {
    const agents = [agent(), agent({ id: 2, isActive: false })];
    const plan = planOf(
      'linear',
      [task(1), task(2, { isActive: false }), task(3, { agentId: 2 }), task(4)],
      agents,
    );
    expect(flow(plan)).toEqual([
      ['task-1', []],
      ['task-4', ['task-1']],
    ]);
  });

  it('cannot run without any task', () => {
    expect(messageOf('linear', [])).toContain('has no tasks');
    expect(messageOf('linear', [task(1, { isActive: false })])).toContain('inactive');
  });
});

describe('a parallel workflow', () => {
  it('runs all tasks at once, none seeing another', () => {
    const plan = planOf('parallel', [task(1), task(2, { dependencies: [1] })]);
    expect(plan.process).toBe('graph');
    expect(flow(plan)).toEqual([
      ['task-1', []],
      ['task-2', []],
    ]);
    expect(plan.tasks.map(({ context }) => context)).toEqual([
      { kind: 'tasks', keys: [] },
      { kind: 'tasks', keys: [] },
    ]);
  });
});

describe('a hierarchical workflow', () => {
  it('puts a manager over its tasks, who hands each to its agent', () => {
    const agents = [agent({ tools: ['calculator'] })];
    const plan = planOf('hierarchical', [task(1), task(2)], agents, { manager_llm: 'openai/gpt-4o' });
    expect(plan.agents.at(-1)).toMatchObject({ key: 'manager', model: 'openai/gpt-4o' });
    expect(plan.tasks).toMatchObject([
      { agentKey: 'manager', coworkers: ['agent-1'], dependsOn: [], tools: ['calculator'] },
      { agentKey: 'manager', coworkers: ['agent-1'], dependsOn: ['task-1'] },
    ]);
  });

  it('takes the default model for the manager when none is named, and says whose task it is', () => {
    const plan = planOf('hierarchical', [task(5)]);
    expect(plan.agents.at(-1)?.model).toBeNull();
    expect(plan.tasks.map((one) => storedIds(plan, one))).toEqual([{ taskId: 5, agentId: 1 }]);
  });
});

describe('a graph workflow', () => {
  it('runs each task as soon as its dependencies are done, and shows it their outputs', () => {
    const plan = planOf('graph', [task(1, { dependencies: [3] }), task(2), task(3)]);
    expect(flow(plan)).toEqual([
      ['task-2', []],
      ['task-3', []],
      ['task-1', ['task-3']],
    ]);
    expect(plan.tasks.at(-1)?.context).toEqual({ kind: 'tasks', keys: ['task-3'] });
  });

  it('lets a task wait for what a task that is left out would have waited for', () => {
    const tasks = [task(1), task(2, { isActive: false, dependencies: [1] }), task(3, { dependencies: [2] })];
    expect(flow(planOf('graph', tasks))).toEqual([
      ['task-1', []],
      ['task-3', ['task-1']],
    ]);
  });

  it('cannot run with a circle, and names the tasks on it', () => {
    const tasks = [task(1), task(2, { dependencies: [3] }), task(3, { dependencies: [2] })];
    expect(messageOf('graph', tasks)).toMatch(/circle: .*2 \("Task 2"\)/);
    expect(messageOf('graph', tasks)).not.toContain('Task 1');
    expect(dependencyCycle(tasks)).toHaveLength(2);
    expect(dependencyCycle([task(1), task(2, { dependencies: [1] })])).toEqual([]);
  });
});

describe('what a plan takes from the rows', () => {
  it('is the agent with its numbers read, its tokens clipped to its model’s, and only tools there are', () => {
    const [made] = planOf(
      'linear',
      [task(1)],
      [agent({ tools: ['hammer', 'calculator', 'calculator'], maxTokens: 100_000, config: { max_iter: 3 } })],
    ).agents;
    expect(made).toMatchObject({
      agentId: 1,
      temperature: 0.6,
      topP: 0.9,
      maxTokens: 32_768,
      maxIter: 3,
      tools: ['calculator'],
    });
    const [unknown] = planOf('linear', [task(1)], [agent({ model: 'mystery', maxTokens: 100_000 })]).agents;
    expect(unknown?.maxTokens).toBe(100_000);
  });

  it('is the highest priority of the tasks that run', () => {
    const tasks = [task(1, { priority: 2 }), task(2, { priority: 9, isActive: false }), task(3)];
    expect(compiled('linear', tasks)).toMatchObject({ priority: 2 });
  });

  it('is the expected output of the config, else a fixed text', () => {
    const plan = planOf('linear', [
      task(1, { config: { expected_output: 'A poem', human_input: true } }),
      task(2),
    ]);
    expect(plan.tasks).toMatchObject([
      { expectedOutput: 'A poem', humanInput: true },
      { expectedOutput: 'A complete and correct result of the task.', humanInput: false },
    ]);
  });
});

describe('inputs', () => {
  const tasks = [
    task(1, { description: 'About {topic} in {tone}', inputData: { tone: 'dry', size: 'small' } }),
    task(2, { description: 'Shorten it', inputData: { words: 9 } }),
  ];

  it('must bring what tasks and agents name and the task does not bring itself', () => {
    expect(planOf('linear', tasks).inputs).toEqual(['topic']);
    expect(planOf('linear', tasks, [agent({ role: '{who}' })]).inputs).toEqual(['topic', 'who']);
    expect(planOf('linear', [...tasks, task(3, { description: '{tone}' })]).inputs).toEqual([
      'tone',
      'topic',
    ]);
  });

  it('that no task names are told to every task, a task’s own to itself', () => {
    const plan = planOf('linear', tasks);
    const told = plan.tasks.map((one) => unnamedInputs(plan, one, { topic: 'tea', length: '1000 words' }));
    expect(told).toEqual(['size: small\nlength: 1000 words', 'words: 9\nlength: 1000 words']);
    const { tellsUnnamedInputs: _tells, ...silent } = plan;
    expect(plan.tasks.map((one) => unnamedInputs(silent, one, { length: 1 }))).toEqual(['', '']);
  });
});

describe('plans of one task', () => {
  it('run a task without waiting for any other, active or not', () => {
    const plan = compileTask(
      task(7, { isActive: false, dependencies: [1] }),
      agent({ isActive: false }),
      around,
    );
    expect(flow(plan)).toEqual([['task-7', []]]);
    expect(plan.tasks.map((one) => storedIds(plan, one))).toEqual([{ taskId: 7, agentId: 1 }]);
  });

  it('put an input to an agent, of which braces in the input need not be given', () => {
    const plan = compileAgentTest({ ...agent({ goal: 'serve {who}' }), name: 'A' }, 'JSON like {x}', around);
    expect(plan).toMatchObject({ name: 'A', inputs: ['who'], tasks: [{ description: 'JSON like {x}' }] });
    expect(plan.tasks.map((one) => storedIds(plan, one))).toEqual([{ taskId: null, agentId: 1 }]);
  });
});
