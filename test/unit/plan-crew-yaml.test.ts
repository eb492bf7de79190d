import { describe, expect, it } from '@jest/globals';
import { compileCrewYaml } from '../../src/crews/compile-crew-yaml.ts';
import type { Issue } from '../../src/domain/errors.ts';
import type { CrewPlan } from '../../src/domain/plan/crew-plan.ts';

const AGENTS = `
cook:
  role: Cook of {dish}
  goal: Cook
  backstory: Trained in {town}
guest:
  role: Guest
  goal: Eat
  backstory: ''
`;
const TASKS = `
cook_it:
  description: 'Cook {dish} and say {"json": 1}'
  expected_output: A plate
  agent: cook
eat_it:
  description: Eat
  expected_output: A verdict
  agent: guest
`;

const compile = (agentsYaml: string, tasksYaml: string) =>
  compileCrewYaml({ name: 'kitchen', agentsYaml, tasksYaml, offeredTools: ['calculator', 'hello_world'] });

const planOf = (agents: string, tasks: string): CrewPlan => {
  const result = compile(agents, tasks);
  if (!result.ok) throw new Error(JSON.stringify(result.issues));
  return result.plan;
};
const issuesOf = (agents: string, tasks: string): Issue[] => {
  const result = compile(agents, tasks);
  return result.ok ? [] : result.issues;
};
const warningsOf = (agents: string, tasks: string): Issue[] => {
  const result = compile(agents, tasks);
  return result.ok ? result.warnings : [];
};
const task = (extra: string): string =>
  `one:\n  description: d\n  expected_output: e\n  agent: cook\n${extra}`;

describe('a crew in YAML', () => {
  it('becomes a sequential plan with CrewAI’s defaults', () => {
    expect(planOf(AGENTS, TASKS)).toEqual({
      schemaVersion: 1,
      name: 'kitchen',
      process: 'sequential',
      compat: 'fixed',
      hiddenOutputs: [],
      agents: [
        {
          key: 'cook',
          role: 'Cook of {dish}',
          goal: 'Cook',
          backstory: 'Trained in {town}',
          model: null,
          fallbackModels: [],
          maxExecutionTimeMs: null,
          tools: [],
          maxIter: 25,
          maxTokens: null,
          temperature: null,
          topP: null,
        },
        expect.objectContaining({ key: 'guest', backstory: '' }),
      ],
      tasks: [
        {
          key: 'cook_it',
          name: 'cook_it',
          description: 'Cook {dish} and say {"json": 1}',
          expectedOutput: 'A plate',
          agentKey: 'cook',
          coworkers: [],
          context: { kind: 'unspecified' },
          tools: [],
          dependsOn: [],
          condition: null,
          guardrail: null,
          output: null,
          humanInput: false,
        },
        expect.objectContaining({ key: 'eat_it', dependsOn: ['cook_it'] }),
      ],
      inputs: ['dish', 'town'],
    });
    expect(warningsOf(AGENTS, TASKS)).toEqual([]);
  });

  it('keeps the order of the file even when names are numbers', () => {
    const numbered = TASKS.replace('cook_it:', '10:').replace('eat_it:', '2:');
    expect(planOf(AGENTS, numbered).tasks.map((one) => one.key)).toEqual(['10', '2']);
  });

  it('trims folded texts and takes all that an agent and a task may say', () => {
    const agents = `${AGENTS}
sage:
  role: >
    A sage
  goal: g
  backstory: b
  llm: groq/llama
  tools: [calculator, calculator]
  max_iter: 3
  max_tokens: 100
  verbose: true
`;
    const tasks = task('  name: The one\n  tools: [hello_world]\n');
    const plan = planOf(agents, tasks);
    expect(plan.agents[2]).toMatchObject({
      role: 'A sage',
      model: 'groq/llama',
      tools: ['calculator'],
      maxIter: 3,
      maxTokens: 100,
    });
    expect(plan.tasks[0]).toMatchObject({ key: 'one', name: 'The one', tools: ['hello_world'] });
  });

  it('takes which tools a person is asked about, of an agent and of a task', () => {
    const agents = AGENTS.replace("''", "''\n  tool_approvals: {calculator: ask, hello_world: allow}");
    const plan = planOf(agents, task('  tools: [calculator]\n  tool_approvals: {calculator: deny}\n'));
    expect(plan.agents.map(({ toolApprovals }) => toolApprovals)).toEqual([
      undefined,
      { calculator: 'ask', hello_world: 'allow' },
    ]);
    expect(plan.tasks[0]?.toolApprovals).toEqual({ calculator: 'deny' });
    expect(warningsOf(agents, TASKS)).toEqual([]);
  });

  it('takes the model’s parameters from an llm mapping', () => {
    const agents = AGENTS.replace(
      "backstory: ''",
      "backstory: ''\n  llm: {model: gpt-4o, temperature: 0.2, top_p: 0.9, max_tokens: 50}",
    );
    expect(planOf(agents, TASKS).agents[1]).toMatchObject({
      model: 'gpt-4o',
      temperature: 0.2,
      topP: 0.9,
      maxTokens: 50,
    });
  });

  it('understands anchors and merge keys', () => {
    const agents = 'a: &base\n  role: r\n  goal: g\n  backstory: b\ncook:\n  <<: *base\n  role: other\n';
    expect(planOf(agents, task('')).agents[1]).toMatchObject({ key: 'cook', role: 'other', goal: 'g' });
  });

  it.each([
    ['', { kind: 'unspecified' }],
    ['  context:\n', { kind: 'tasks', keys: [] }],
    ['  context: null\n', { kind: 'tasks', keys: [] }],
    ['  context: []\n', { kind: 'tasks', keys: [] }],
    ['  context: [cook_it]\n', { kind: 'tasks', keys: ['cook_it'] }],
  ])('tells apart what is said of the context: %j', (said, context) => {
    expect(planOf(AGENTS, `${TASKS}${said}`).tasks[1]?.context).toEqual(context);
  });
});

describe('what is wrong with a crew', () => {
  const one = (agents: string, tasks: string): string[] =>
    issuesOf(agents, tasks).map((issue) => `${issue.path} ${issue.message}`);

  it.each<[what: string, agents: string, tasks: string, issue: RegExp]>([
    [
      'leave for a tool that nobody knows',
      AGENTS.replace("''", "''\n  tool_approvals:\n    calculater: ask"),
      TASKS,
      /^agents\.yaml:11:5 no tool is called "calculater"; there are: calculator, hello_world$/,
    ],
    [
      'leave in a word that nobody knows',
      AGENTS,
      task('  tool_approvals: {calculator: maybe}\n'),
      /^tasks\.yaml:5:20 tool_approvals of calculator must be allow or ask or deny$/,
    ],
    [
      'leave that is a list',
      AGENTS,
      task('  tool_approvals: [calculator]\n'),
      /^tasks\.yaml:5:3 tool_approvals must be a mapping of names, each to allow or ask or deny, not a list$/,
    ],
    ['a missing role', 'cook:\n  goal: g\n  backstory: b\n', task(''), /^agents\.yaml:1:1 role is missing$/],
    [
      'a missing backstory',
      'cook:\n  role: r\n  goal: g\n',
      task(''),
      /^agents\.yaml:1:1 backstory is missing$/,
    ],
    [
      'a role that is no text',
      'cook:\n  goal: g\n  backstory: b\n  role: 5\n',
      task(''),
      /^agents\.yaml:4:3 role must be a text, not a number$/,
    ],
    [
      'an agent that is no mapping',
      `${AGENTS}x: 5\n`,
      TASKS,
      /^agents\.yaml:10:1 x must be a mapping of fields, not a number$/,
    ],
    [
      'a list of agents',
      '- cook\n',
      task(''),
      /^agents\.yaml:1:1 the file must be a mapping of names, not a list$/,
    ],
    ['no tasks', AGENTS, '', /^tasks\.yaml:1:1 a crew needs at least one task$/],
    [
      'a missing description',
      AGENTS,
      'one:\n  expected_output: e\n  agent: cook\n',
      /^tasks\.yaml:1:1 description is missing$/,
    ],
    [
      'a missing expected output',
      AGENTS,
      'one:\n  description: e\n  agent: cook\n',
      /^tasks\.yaml:1:1 expected_output is missing$/,
    ],
    [
      'no agent',
      AGENTS,
      'one:\n  description: Do it\n  expected_output: e\n',
      /^tasks\.yaml:1:1 Sequential process error: Agent is missing in the task with the following description: Do it$/,
    ],
    [
      'an unknown agent',
      AGENTS,
      task('').replace('cook', 'nobody'),
      /^tasks\.yaml:4:3 no agent in agents\.yaml is called "nobody"; there are: cook, guest$/,
    ],
    [
      'an unknown tool of an agent',
      AGENTS.replace("''", "''\n  tools:\n    - calculator\n    - magic"),
      TASKS,
      /^agents\.yaml:12:7 no tool is called "magic"; there are: calculator, hello_world$/,
    ],
    [
      'an unknown tool of a task',
      AGENTS,
      task('  tools: [magic]\n'),
      /^tasks\.yaml:5:11 no tool is called "magic"/,
    ],
    [
      'a tool that is no name',
      AGENTS,
      task('  tools: [5]\n'),
      /^tasks\.yaml:5:11 tools must be a list of names; this is a number$/,
    ],
    [
      'tools that are no list',
      AGENTS,
      task('  tools: magic\n'),
      /^tasks\.yaml:5:3 tools must be a list, not a text$/,
    ],
    [
      'an unknown context',
      AGENTS,
      task('  context: [nothing]\n'),
      /^tasks\.yaml:5:13 no task in tasks\.yaml is called "nothing"; there are: one$/,
    ],
    [
      'a context that is no list',
      AGENTS,
      task('  context: one\n'),
      /^tasks\.yaml:5:3 context must be a list, not a text$/,
    ],
    [
      'a task in its own context',
      AGENTS,
      task('  context: [one]\n'),
      /^tasks\.yaml:5:13 Task 'one' has a context dependency on itself, which is not allowed\.$/,
    ],
    [
      'a later task in the context',
      AGENTS,
      TASKS.replace('agent: cook', 'agent: cook\n  context:\n    - eat_it'),
      /^tasks\.yaml:7:7 Task 'cook_it' has a context dependency on a future task 'eat_it', which is not allowed\.$/,
    ],
    [
      'too few iterations',
      AGENTS.replace("''", "''\n  max_iter: 0"),
      TASKS,
      /^agents\.yaml:10:3 max_iter must be a whole number, 1 or more$/,
    ],
    [
      'half a token',
      AGENTS.replace("''", "''\n  max_tokens: 1.5"),
      TASKS,
      /^agents\.yaml:10:3 max_tokens must be a whole number/,
    ],
    [
      'a temperature too high',
      AGENTS.replace("''", "''\n  llm: {model: m, temperature: 3}"),
      TASKS,
      /^agents\.yaml:10:19 temperature must be a number from 0 to 2$/,
    ],
    [
      'an llm without a model',
      AGENTS.replace("''", "''\n  llm: {temperature: 1}"),
      TASKS,
      /^agents\.yaml:10:3 model is missing$/,
    ],
    [
      'a name used twice',
      `${AGENTS}cook:\n  role: r\n`,
      TASKS,
      /^agents\.yaml:10:1 the name "cook" stands twice in one mapping$/,
    ],
    [
      'a field used twice',
      AGENTS,
      task('  agent: guest\n'),
      /^tasks\.yaml:5:3 the name "agent" stands twice in one mapping$/,
    ],
    ['broken YAML', AGENTS, 'one: [', /^tasks\.yaml:1:7 /],
    ['two documents', AGENTS, `${TASKS}---\n${TASKS}`, /^tasks\.yaml:10:1 .*more than one document$/],
    ['an alias of nothing', 'cook: *who\n', task(''), /^agents\.yaml:1:1 .*who/],
  ])('%s is found, with its place', (_what, agents, tasks, issue) => {
    const found = one(agents, tasks);
    expect(found).toEqual([expect.stringMatching(issue)]);
  });

  it('is said all at once, in the order of the files', () => {
    const agents = 'cook:\n  role: 1\n  tools: [magic]\nguest: 7\n';
    const tasks =
      'one:\n  description: d\n  agent: who\ntwo:\n  expected_output: e\n  context: [three]\n  agent: guest\n';
    expect(one(agents, tasks)).toEqual([
      'agents.yaml:1:1 goal is missing',
      'agents.yaml:1:1 backstory is missing',
      'agents.yaml:2:3 role must be a text, not a number',
      expect.stringMatching(/^agents\.yaml:3:11 no tool/),
      expect.stringMatching(/^agents\.yaml:4:1 guest must be a mapping/),
      'tasks.yaml:1:1 expected_output is missing',
      expect.stringMatching(/^tasks\.yaml:3:3 no agent .*"who"/),
      'tasks.yaml:4:1 description is missing',
      expect.stringMatching(/^tasks\.yaml:6:13 no task .*"three"/),
    ]);
  });

  it('is broken YAML of both files at once', () => {
    expect(one('a: [', 'b: {').map((issue) => issue.split(':')[0])).toEqual(['agents.yaml', 'tasks.yaml']);
  });

  it('is an alias bomb, quickly', () => {
    const bomb = [
      'a0: &a0 [x, x]',
      ...Array.from({ length: 9 }, (_, i) => `a${i + 1}: &a${i + 1} [${`*a${i},`.repeat(9)}]`),
    ].join('\n');
    const started = Date.now();
    expect(one(bomb, task(''))).toEqual([expect.stringMatching(/alias/)]);
    expect(Date.now() - started).toBeLessThan(2_000);
  });
});

describe('a warning', () => {
  it.each<[what: string, extra: string, warning: RegExp | undefined]>([
    [
      'an unknown field',
      '  colour: red\n',
      /^tasks\.yaml:5:3 colour is no field that CrewAI 0\.121\.1 knows/,
    ],
    ['a file to write', '  output_file: out.md\n', /output_file is not carried out yet/],
    ['running apart', '  async_execution: true\n', /async_execution is not carried out yet/],
    ['asking a person', '  human_input: yes\n', /human_input is not carried out yet/],
    ['a guardrail', '  guardrail: must rhyme\n', /guardrail is not carried out yet/],
    [
      'what is off anyway',
      '  async_execution: false\n  human_input: no\n  guardrail: null\n  output_file:\n',
      undefined,
    ],
    [
      'a callback',
      '  callback: hook\n',
      /callback is Python and is not called: make a webhook on task_completed/,
    ],
    ['what changes nothing', '  callback:\n  max_retries: 2\n', undefined],
  ])('for %s', (_what, extra, warning) => {
    const warnings = warningsOf(AGENTS, task(extra)).map((one) => `${one.path} ${one.message}`);
    expect(warnings).toEqual(warning === undefined ? [] : [expect.stringMatching(warning)]);
  });

  it('for no limit of calls a minute: it is kept to, and 0 is none', () => {
    const limited = (rpm: number): string => AGENTS.replace("''", `''\n  max_rpm: ${rpm}`);
    expect(warningsOf(limited(7), TASKS)).toEqual([]);
    expect(planOf(limited(7), TASKS).agents.map(({ maxRpm }) => maxRpm)).toEqual([undefined, 7]);
    expect(planOf(limited(0), TASKS).agents.map(({ maxRpm }) => maxRpm)).toEqual([undefined, undefined]);
  });

  it('for delegation, but not for verbosity', () => {
    const agents = AGENTS.replace(
      "''",
      "''\n  allow_delegation: true\n  verbose: true\n  max_retry_limit: 4",
    );
    expect(warningsOf(agents, TASKS)).toEqual([
      { path: 'agents.yaml:10:3', message: expect.stringMatching(/allow_delegation/) },
    ]);
  });
});
