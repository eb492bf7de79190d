import { describe, expect, it } from '@jest/globals';
import { importCrew } from '../../src/crews/transfer/import-crew.ts';
import type { ImportedCrew, ImportOptions } from '../../src/crews/transfer/imported-crew.ts';
import { readFileTexts } from '../../src/crews/transfer/uploaded-files.ts';
import { MusterError } from '../../src/domain/errors.ts';
import { validateGraph } from '../../src/domain/graph/validate-graph.ts';

/** Projects as people have them: nothing of them may be lost in silence. */

const importFiles = (files: Record<string, string>, options: ImportOptions = {}): ImportedCrew =>
  importCrew(readFileTexts(files), options);
const OFFERED = { offeredTools: [] };

function refusal(files: Record<string, string>, options: ImportOptions = {}): string {
  try {
    importFiles(files, options);
  } catch (error) {
    if (error instanceof MusterError)
      return error.issues.map(({ path, message }) => `${path} ${message}`).join('\n');
    throw error;
  }
  throw new Error('it was taken');
}

const nodesOf = ({ document }: ImportedCrew): string[] =>
  document.nodes.map(({ id, type }) => `${type} ${id}`);
const dataOf = ({ document }: ImportedCrew, id: string) =>
  document.nodes.find((node) => node.id === id)?.data;

const AGENTS = `planner:
  role: Planner
  goal: Plan {thing}
  backstory: Plans.
critic:
  role: Critic
  goal: Judge
  backstory: Judges.
`;
const TASKS = `plan:
  description: Plan {thing}
  expected_output: A plan
  agent: planner
judge:
  description: Judge the plan
  expected_output: A score
  agent: critic
`;
const crewClass = (name: string, agents: string[], tasks: string[], crew = ''): string => `
@CrewBase
class ${name}:
    agents_config = "config/agents.yaml"
    tasks_config = "config/tasks.yaml"
${agents.map((agent) => `    @agent\n    def ${agent}(self) -> Agent:\n        return Agent(config=self.agents_config["${agent}"])\n`).join('')}
${tasks.map((task) => `    @task\n    def ${task}(self) -> Task:\n        text = """\nnot indented\n"""\n        return Task(\n  config=self.tasks_config["${task}"]\n)\n`).join('')}
    @crew
    def crew(self) -> Crew:
        return Crew(agents=self.agents, tasks=self.tasks${crew})
`;
const HEAD =
  'from crewai import Agent, Crew, Process, Task\nfrom crewai.project import CrewBase, agent, crew, task\n';

describe('a program that is not called crew.py', () => {
  const program =
    HEAD +
    crewClass(
      'PlanCrew',
      ['planner', 'critic'],
      ['plan', 'judge'],
      ', process=Process.hierarchical, manager_llm="gpt-4o"',
    );
  const files = { 'config/agents.yaml': AGENTS, 'config/tasks.yaml': TASKS };

  it.each(['plan_crew.py', 'src/plan_crew.py'])('is found as %s', (path) => {
    const below = path.includes('/') ? 'src/' : '';
    const imported = importFiles(
      Object.fromEntries([
        ...Object.entries(files).map(([name, text]) => [`${below}${name}`, text]),
        [path, program],
        ['tools.py', 'import crewai\n'],
      ]),
      { folder: 'other-name' },
    );
    expect(dataOf(imported, 'crew')).toEqual({ process: 'hierarchical', manager_llm: 'gpt-4o' });
    expect(imported.document.name).toBe('other-name');
    expect(imported.warnings).toEqual([]);
  });

  it('in which nothing is of CrewAI is passed over', () => {
    const imported = importFiles({ ...files, 'main.py': 'Crew(process="x")' });
    expect(imported.warnings.map(({ message }) => message)).toEqual([
      expect.stringContaining('there is no program'),
    ]);
  });
});

describe('a program with several crews', () => {
  const files = {
    'config/agents.yaml': AGENTS,
    'config/tasks.yaml': TASKS,
    'crew.py':
      HEAD +
      crewClass('First', ['planner'], ['plan']) +
      crewClass('Second', ['critic'], ['judge'], ', verbose=True'),
  };

  it('wants to be told which one is meant', () => {
    expect(refusal(files)).toMatch(/crew\.py holds the crews First and Second: .*--crew First/);
    expect(refusal(files, { crew: 'Third' })).toContain('there are the classes First, Second');
  });

  it.each([
    ['First', ['agent planner', 'task plan']],
    ['Second', ['crew crew', 'agent critic', 'task judge']],
  ])('gives %s alone, named after it, and says what it left out', (crew, nodes) => {
    const imported = importFiles(files, { crew, folder: 'three-classes' });
    expect(nodesOf(imported)).toEqual(nodes);
    expect(imported.document.name).toBe(crew);
    expect(imported.warnings).toHaveLength(2);
  });
});

describe('a project with several crews in folders', () => {
  const files = {
    'a/config/agents.yaml': AGENTS,
    'a/config/tasks.yaml': TASKS,
    'b/config/agents.yaml': AGENTS,
    'b/config/tasks.yaml': TASKS.replace('Judge the plan', 'Judge b'),
  };

  it('wants to be told which one is meant', () => {
    expect(refusal(files)).toContain(
      'say which crew is meant by its folder: crew=a or crew=b (muster graphs import … --crew a)',
    );
  });

  it('gives the one in the folder that is named', () => {
    const imported = importFiles(files, { crew: 'b' });
    expect(dataOf(imported, 'judge')).toMatchObject({ description: 'Judge b' });
    expect(imported.document.name).toBe('b');
  });
});

describe('a crew that stands in Python alone', () => {
  const program = `from crewai import Agent, Task, Crew
a = Agent(role="Writer", goal="Write", backstory="Old")
t = Task(description="Write about {x}", expected_output="Text", agent=a)
crew = Crew(agents=[a], tasks=[t])
`;

  it('becomes a graph', () => {
    const imported = importFiles({ 'crew.py': program }, { folder: 'inline' });
    expect(nodesOf(imported)).toEqual(['agent a', 'task t']);
    expect(imported.document.name).toBe('inline');
    expect(validateGraph(imported.document, OFFERED)).toMatchObject({ valid: true, inputs: ['x'] });
  });

  it('keeps agents that only the crew names', () => {
    const more = program
      .replace('t = ', 'b = Agent(role="Helper", goal="Help", backstory="Kind")\nt = ')
      .replace('[a]', '[a, b]');
    expect(nodesOf(importFiles({ 'crew.py': more }))).toEqual(['agent a', 'agent b', 'task t']);
  });

  it('of which nothing can be read says so', () => {
    expect(
      refusal({ 'crew.py': 'from crewai import Crew\ncrew = Crew(agents=make(), tasks=make())' }),
    ).toContain('it makes no Task(…) that can be read');
    expect(refusal({ 'main.py': 'print(1)' })).toContain('no agents.yaml, tasks.yaml or crew.jsonc');
  });
});

describe('what a program says of its model', () => {
  const project = (llm: string): ImportedCrew =>
    importFiles({
      'agents.yaml': 'w:\n  role: R\n  goal: g\n  backstory: b\n',
      'tasks.yaml': 't:\n  description: Secret staff data of {x}\n  expected_output: o\n  agent: w\n',
      'crew.py': `${HEAD}
@CrewBase
class InHouse:
    @agent
    def w(self): return Agent(config=self.agents_config["w"], llm=${llm})
    @task
    def t(self): return Task(config=self.tasks_config["t"])
    @crew
    def crew(self):
        c = Crew(agents=self.agents, tasks=self.tasks)
        c.manager_llm = "openai/gpt-4o"
        return c
`,
    });

  it.each(['"http://127.0.0.1:8999/v1"', 'os.getenv("BASE")'])(
    'and its address %s makes the graph invalid: its prompts must not go elsewhere',
    (address) => {
      const imported = project(
        `LLM(model="openai/llama3", base_url=${address}, api_key="none", timeout=wait)`,
      );
      const report = validateGraph(imported.document, OFFERED);
      expect(report.valid).toBe(false);
      expect(report.errors).toEqual([
        expect.objectContaining({ code: 'graph_bad_llm', path: expect.stringContaining('/llm/base_url') }),
      ]);
      expect(JSON.stringify(imported.document)).not.toContain('api_key');
      expect(imported.warnings.map(({ message }) => message)).toEqual([
        expect.stringContaining('api_key of LLM(…) was left out: keys are settings'),
        'timeout of LLM(…) is Python and was left out',
        expect.stringContaining('c.manager_llm = … is set outside Crew(…)'),
      ]);
    },
  );
});

describe('a crew.jsonc that names its agents', () => {
  const crew =
    '{ "name": "refs_crew", "agents": ["reader"], "tasks": [{"name": "read", "description": "d", "expected_output": "e", "agent": "reader"}], "inputs": {} }';

  it('finds each in agents/<name>.jsonc, with its settings', () => {
    const reader =
      '{ /* who */ "role": "Reader of {topic}", "goal": "Read", "backstory": "Reads.", "settings": {"max_iter": 3} }';
    const imported = importFiles({ 'x/crew.jsonc': crew, 'x/agents/reader.jsonc': reader });
    expect(dataOf(imported, 'reader')).toEqual({
      role: 'Reader of {topic}',
      goal: 'Read',
      backstory: 'Reads.',
      max_iter: 3,
    });
    expect(imported.warnings).toEqual([]);
  });

  it('says which is missing or broken, with its place', () => {
    expect(refusal({ 'crew.jsonc': crew })).toContain(
      "agent 'reader' not found (tried agents/reader.jsonc and agents/reader.json)",
    );
    expect(refusal({ 'crew.jsonc': crew, 'agents/reader.json': '{"role": }' })).toContain(
      'agents/reader.json:1:10',
    );
  });

  it('may have a manager of its own', () => {
    const managed = crew.replace('"agents"', '"process": "hierarchical", "manager_agent": "boss", "agents"');
    const agent = '{"role": "R", "goal": "g", "backstory": "b"}';
    const imported = importFiles({
      'crew.jsonc': managed,
      'agents/reader.jsonc': agent,
      'agents/boss.jsonc': agent,
    });
    expect(dataOf(imported, 'crew')).toMatchObject({ manager_agent: 'boss' });
    expect(nodesOf(imported)).toContain('agent boss');
  });
});

describe('a flow beside a crew', () => {
  const flow =
    'from crewai.flow import Flow, start\nclass PoemFlow(Flow[PoemState]):\n    @start()\n    def go(self): pass\n';

  it('in Python is named as left out', () => {
    const imported = importFiles({
      'src/y/main.py': flow,
      'src/y/crews/poem_crew/config/agents.yaml': AGENTS,
      'src/y/crews/poem_crew/config/tasks.yaml': TASKS,
      'src/y/crews/poem_crew/poem_crew.py':
        HEAD + crewClass('PoemCrew', ['planner', 'critic'], ['plan', 'judge']),
    });
    expect(imported.document.name).toBe('poem_crew');
    expect(imported.warnings).toEqual([
      {
        path: 'src/y/main.py',
        message: 'the flow in it is Python and was left out: only its crew is imported',
      },
    ]);
  });

  it('as a declaration alone is sent to where flows go', () => {
    expect(refusal({ 'src/y/flow.yaml': 'schema: crewai.flow/v1\n' })).toContain(
      'upload it with POST /api/v1/flows',
    );
  });
});

describe('texts', () => {
  it.each([
    ['a tag', 'plan:\n  description: !file secret.txt\n', 'tasks.yaml:2:16 the tag !file is unknown here'],
    ['a tag of Python', 'plan: !!python/object:os.system {}\n', 'tasks.yaml:1:7 the tag'],
    [
      'bytes that somebody else could not read',
      'plan:\n  description: \uFFFD\uFFFD\n',
      'tasks.yaml it holds the character U+FFFD',
    ],
  ])('with %s are refused with their place', (_what, text, words) => {
    expect(refusal({ 'agents.yaml': AGENTS, 'tasks.yaml': text })).toContain(words);
  });

  it('may begin with a byte order mark', () => {
    expect(
      nodesOf(importFiles({ 'agents.yaml': `\uFEFF${AGENTS}`, 'tasks.yaml': `\uFEFF${TASKS}` })),
    ).toHaveLength(4);
  });
});
