import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import { importCrew } from '../../src/crews/transfer/import-crew.ts';
import type { ImportedCrew } from '../../src/crews/transfer/imported-crew.ts';
import { readFileTexts } from '../../src/crews/transfer/uploaded-files.ts';
import { MusterError } from '../../src/domain/errors.ts';
import { compileGraph } from '../../src/domain/graph/compile-graph.ts';
import { validateGraph } from '../../src/domain/graph/validate-graph.ts';

const OFFERED = { offeredTools: ['calculator', 'current_time', 'hello_world'] };
const importFiles = (files: Record<string, string>, name?: string): ImportedCrew =>
  importCrew(readFileTexts(files), { name });

/** What a refusal says, as `path message`. */
function refused(files: Record<string, string>): string[] {
  try {
    importFiles(files);
  } catch (error) {
    if (!(error instanceof MusterError)) throw error;
    expect(error.code).toBe('VALIDATION_FAILED');
    return error.issues.map(({ path, message }) => `${path} ${message}`);
  }
  return [];
}

const AGENTS = 'writer:\n  role: Writer\n  goal: write\n  backstory: You write.\n';
const task = (name: string, more = ''): string =>
  `${name}:\n  description: Do ${name}\n  expected_output: It\n  agent: writer\n${more}`;
const summary = ({ document }: ImportedCrew): unknown => ({
  nodes: document.nodes.map(({ id, type }) => `${type} ${id}`),
  edges: document.edges.map(({ source, target }) => `${source} → ${target}`),
});

describe('the YAML files of a CrewAI project', () => {
  it('become nodes by their names, with edges for agents and contexts', () => {
    const imported = importFiles({
      'agents.yaml': AGENTS,
      'tasks.yaml': task('plan') + task('letter', '  context: [plan]\n'),
    });
    expect(summary(imported)).toEqual({
      nodes: ['agent writer', 'task plan', 'task letter'],
      edges: ['writer → plan', 'writer → letter', 'plan → letter'],
    });
    expect(imported.document.nodes[2]?.data).toEqual({ description: 'Do letter', expected_output: 'It' });
    expect(validateGraph(imported.document, OFFERED)).toMatchObject({ valid: true, warnings: [] });
  });

  it.each(['', 'config/', 'letters/src/letters/config/'])('are found in the folder "%s"', (folder) => {
    const imported = importFiles({ [`${folder}agents.yaml`]: AGENTS, [`${folder}tasks.yaml`]: task('a') });
    expect(imported.document.nodes).toHaveLength(2);
  });

  it('are refused when there are two of a kind, both named', () => {
    expect(refused({ 'a/tasks.yaml': task('a'), 'b/tasks.yml': task('a') })[0]).toContain(
      'a/tasks.yaml and b/tasks.yml',
    );
    expect(refused({ 'tasks.yaml': task('a'), 'crew.jsonc': '{}' })[0]).toContain(
      'crew.jsonc and tasks.yaml',
    );
    expect(refused({ 'README.md': 'x' })[0]).toContain('no agents.yaml, tasks.yaml or crew.jsonc');
  });

  it('of installed packages and hidden folders are passed over', () => {
    const imported = importFiles({
      'agents.yaml': AGENTS,
      'tasks.yaml': task('a'),
      '.venv/lib/site-packages/x/tasks.yaml': ': broken',
      '__MACOSX/tasks.yaml': ': broken',
    });
    expect(imported.document.nodes).toHaveLength(2);
  });

  it('may call an agent and a task the same', () => {
    const imported = importFiles({
      'agents.yaml': AGENTS,
      'tasks.yaml': task('writer') + task('check', '  context: [writer]\n'),
    });
    expect(summary(imported)).toEqual({
      nodes: ['agent writer', 'task writer_task', 'task check'],
      edges: ['writer → writer_task', 'writer → check', 'writer_task → check'],
    });
  });

  it('keep an empty context, an unknown agent, a later task and unknown fields for validation to speak of', () => {
    const { document } = importFiles({
      'agents.yaml': `${AGENTS}  mood: good\n  tools: [calculator, fly]\n`,
      'tasks.yaml':
        task('a', '  context: [b]\n') + task('b', '  context: []\n') + task('c').replace('writer', 'nobody'),
    });
    expect(document.nodes.map(({ data }) => data)).toMatchObject([
      { mood: 'good', tools: ['calculator', 'fly'] },
      { context: ['b'] },
      { context: [] },
      { agent: 'nobody' },
    ]);
    const report = validateGraph(document, OFFERED);
    expect(report.errors.map(({ code }) => code)).toEqual(
      expect.arrayContaining(['graph_unknown_tool', 'graph_unknown_agent', 'value_error']),
    );
    expect(report.warnings.map(({ code }) => code)).toContain('graph_unknown_field');
  });

  it.each([
    ['a: 1\na: 2\n', 'tasks.yaml:2:1 the name "a" stands twice in one mapping'],
    ['a: {}\n---\nb: {}\n', 'tasks.yaml:2:1 the file holds more than one document'],
    ['a: [\n', 'tasks.yaml:2:1'],
    ['- a\n', 'tasks.yaml:1:1 the file must be a mapping'],
    ['a: text\n', 'tasks.yaml:1:1 a must be a mapping'],
    ['a:\n  description: "\\0"\n', 'tasks.yaml:2:3 text must not contain the NUL character'],
    ['a:\n  description: .inf\n', 'tasks.yaml:2:3 not a number that can be kept'],
    ['a: &a\n  context: *a\n', 'levels deep'],
    ['x'.repeat(1_000_001), 'tasks.yaml:1:1'],
  ])('that cannot be read are refused with the place: %#', (text, problem) => {
    const issues = text.length > 1_000_000 ? ['tasks.yaml:1:1'] : refused({ 'tasks.yaml': text });
    expect(issues.join('\n')).toContain(problem);
  });

  it('whose aliases multiply are refused', () => {
    const levels = Array.from({ length: 12 }, (_none, at) =>
      at === 0 ? 'x0: &x0 [a, a, a, a, a, a, a, a, a]' : `x${at}: &x${at} [${`*x${at - 1}, `.repeat(9)}]`,
    );
    expect(refused({ 'tasks.yaml': levels.join('\n') })[0]).toContain('alias');
  });

  it.each([
    ['names', Array.from({ length: 60_000 }, (_none, at) => `k${at}: {}`).join('\n')],
    ['names that are no task', Array.from({ length: 90_000 }, (_none, at) => `k${at}:`).join('\n')],
    ['aliases', `x: &x {}\na: [${'*x,'.repeat(250_000)}]`],
    ['merges', `x: &x {a: 1}\na:\n${'  <<: *x\n'.repeat(80_000)}`],
    ['brackets', `a: ${'['.repeat(500_000)}`],
  ])('of a megabyte of %s take seconds, not minutes', (_what, text) => {
    const started = performance.now();
    try {
      importFiles({ 'tasks.yaml': text });
    } catch (error) {
      expect(error).toBeInstanceOf(MusterError);
    }
    expect(performance.now() - started).toBeLessThan(20_000);
  });

  it('lie in layers, each task to the right of what it takes up', () => {
    const { document } = importFiles({
      'agents.yaml': AGENTS,
      'tasks.yaml':
        task('a') +
        task('b', '  context: [a]\n') +
        task('c', '  context: [a]\n') +
        task('d', '  context: [b, c]\n'),
    });
    const at = new Map(document.nodes.map(({ id, position }) => [id, position]));
    const x = ['a', 'b', 'c', 'd'].map((id) => at.get(id)?.x ?? 0);
    expect(x.map((value) => value / 320)).toEqual([1, 2, 2, 3]);
    expect(new Set(document.nodes.map(({ position }) => JSON.stringify(position))).size).toBe(5);
  });

  it.each(['code-review', 'content-pipeline', 'research'])('of the example %s make a valid graph', (name) => {
    const folder = fileURLToPath(new URL(`../../examples/${name}/`, import.meta.url));
    const { document } = importFiles({
      'agents.yaml': readFileSync(join(folder, 'agents.yaml'), 'utf8'),
      'tasks.yaml': readFileSync(join(folder, 'tasks.yaml'), 'utf8'),
    });
    expect(compileGraph(document, OFFERED)).toMatchObject({ ok: true });
  });
});

const CREW_PY = `
from crewai import Agent, Crew, LLM, Process, Task
import os; os.system("touch /tmp/this-must-not-run")

@CrewBase
class Letters():
    """A "crew" with Crew(name="not this") in its docstring."""
    agents_config = 'config/agents.yaml'

    @llm
    def careful(self):
        return LLM(model="openai/gpt-4o", temperature=0.1)

    @agent
    def writer(self) -> Agent:
        return Agent(config=self.agents_config['writer'], verbose=True, tools=[SerperDevTool()])

    @task
    def letter_task(self) -> Task:
        return Task(config=self.tasks_config['letter'], context=[], human_input=True)

    @task
    def plan(self) -> Task:
        return Task(
            config=self.tasks_config['plan'],  # type: ignore[index]
            context=[self.letter_task()],
            output_pydantic=Plan,
            async_execution=1 > 2,
        )

    def boss(self):
        return Agent(role="Boss", goal='Lead ' "well", backstory=("a"
          "b"), llm=self.careful())

    @before_kickoff
    def prepare(self, inputs):
        return inputs

    @crew
    def crew(self) -> Crew:
        return Crew(agents=self.agents, tasks=self.tasks, process=Process.hierarchical,
            manager_agent=self.boss(), planning=True, name="The \\u00e9 \\"crew\\"", max_rpm=-1, step_callback=lambda x: [x, 1])
`;

describe('a crew.py beside the files', () => {
  const imported = importFiles({
    'x/src/x/config/agents.yaml': `${AGENTS}  llm: careful\n`,
    'x/src/x/config/tasks.yaml': task('plan') + task('letter') + task('unused'),
    'x/src/x/crew.py': CREW_PY,
  });
  const node = (id: string): unknown => imported.document.nodes.find((one) => one.id === id)?.data;

  it('says what the process is, who manages and what else is plain to see', () => {
    expect(imported.document.name).toBe('The é "crew"');
    expect(node('crew')).toEqual({
      process: 'hierarchical',
      manager_agent: 'boss',
      planning: true,
      name: 'The é "crew"',
      max_rpm: -1,
    });
    expect(node('boss')).toEqual({
      role: 'Boss',
      goal: 'Lead well',
      backstory: 'ab',
      llm: { model: 'openai/gpt-4o', temperature: 0.1 },
    });
    expect(node('writer')).toMatchObject({
      verbose: true,
      llm: { model: 'openai/gpt-4o', temperature: 0.1 },
    });
  });

  it('gives the tasks their order, by its methods, and their context', () => {
    expect(imported.document.nodes.filter(({ type }) => type === 'task').map(({ id }) => id)).toEqual([
      'letter',
      'plan',
    ]);
    expect(node('letter')).toMatchObject({ context: [], human_input: true });
    expect(summary(imported)).toMatchObject({ edges: ['writer → letter', 'writer → plan', 'letter → plan'] });
  });

  it('is read, not run, and what cannot be read is said with its line', () => {
    expect(imported.warnings).toEqual([
      { path: 'x/src/x/crew.py:16', message: 'tools of the agent writer is Python and was left out' },
      {
        path: 'x/src/x/crew.py:27',
        message: expect.stringMatching(
          /^output_pydantic of the task plan is Python and was left out: give .*JSON schema/,
        ),
      },
      { path: 'x/src/x/crew.py:28', message: 'async_execution of the task plan is Python and was left out' },
      {
        path: 'x/src/x/crew.py:35',
        message: expect.stringMatching(
          /^the method under @before_kickoff is Python and was left out: start it with the inputs .* workflow_started/,
        ),
      },
      {
        path: 'x/src/x/crew.py:42',
        message: expect.stringMatching(
          /^step_callback of the crew is Python and was left out: make a webhook on llm_call_completed and tool_completed/,
        ),
      },
      {
        path: 'x/src/x/config/tasks.yaml',
        message: 'the task unused is none of the crew in crew.py, so CrewAI does not run it; it was left out',
      },
    ]);
  });

  it.each([
    'Crew(',
    'Crew(tasks=[',
    'Crew(a={"b": {"c": f()}}, :, ], }',
    `Crew(${'['.repeat(10_000)}`,
    `Crew(${'f('.repeat(10_000)}`,
    `Crew(x=${'{"a":'.repeat(5_000)}1`,
    '"""never closed',
    "'\\U99999999'",
    '@'.repeat(1000),
    'Task(config=)',
  ])('that is no Python does no harm: %#', (program) => {
    const { document } = importFiles({ 'agents.yaml': AGENTS, 'tasks.yaml': task('a'), 'crew.py': program });
    expect(document.nodes.filter(({ type }) => type === 'agent')).toHaveLength(1);
  });

  it('of a megabyte is read in no time', () => {
    const started = performance.now();
    const program = 'Crew(x={"a": [1, {"b": ('.repeat(20_000);
    importFiles({ 'agents.yaml': AGENTS, 'tasks.yaml': task('a'), 'crew.py': program });
    expect(performance.now() - started).toBeLessThan(5_000);
  });
});

describe('a crew.jsonc', () => {
  const crew = (more: string): string => `{
  // the crew
  "name": "Letters",
  "agents": {"writer": {"role": "W", "goal": "g", "backstory": "b"}},
  ${more}
}`;
  const plan = '{"name": "plan", "description": "d", "expected_output": "e", "agent": "writer"}';

  it('makes agents, ordered tasks and a crew', () => {
    const imported = importFiles({
      'crew.jsonc': crew(`"process": "sequential", "inputs": {"topic": "x"}, "tasks": [${plan},
        {"name": "letter", "description": "d", "expected_output": "e", "agent": "writer", "context": ["plan"],
         "type": "ConditionalTask", "condition": {"contains": "yes"}, "guardrail_max_retries": 2,},]`),
    });
    expect(summary(imported)).toEqual({
      nodes: ['crew crew', 'agent writer', 'task plan', 'task letter'],
      edges: ['writer → plan', 'writer → letter', 'plan → letter'],
    });
    expect(imported.document.nodes[3]?.data).toEqual({
      description: 'd',
      expected_output: 'e',
      condition: { contains: 'yes' },
      max_retries: 2,
    });
    expect(imported.warnings[0]?.path).toMatch(/^crew\.jsonc:5:/);
    expect(validateGraph(imported.document, OFFERED).valid).toBe(true);
  });

  it.each([
    '[{"name": "writer", "role": "W", "goal": "g", "backstory": "b"}]',
    '[{"writer": {"role": "W", "goal": "g", "backstory": "b"}}]',
  ])('may list its agents: %s', (agents) => {
    const { document } = importFiles({ 'crew.json': `{"agents": ${agents}, "tasks": [${plan}]}` });
    expect(document.nodes[0]).toMatchObject({ id: 'writer', data: { role: 'W', goal: 'g', backstory: 'b' } });
  });

  it.each([
    ['"tasks": []', "crew.jsonc:5:3 'tasks' must be a non-empty list"],
    ['"tasks": [{"description": "d"}]', "tasks[0] missing required field 'expected_output'"],
    [
      `"tasks": [${plan.replace('"writer"', '"nobody"')}]`,
      "references agent 'nobody' which does not match a loaded agent definition",
    ],
    [
      `"tasks": [${plan.replace('}', ', "context": ["later"]}')}]`,
      "has context reference 'later' but that task has not been defined yet",
    ],
    [
      `"tasks": [${plan.replace('}', ', "output": 1}')}]`,
      'runtime-only field(s) are not supported in JSON config: output',
    ],
    ['"tasks": [', 'crew.jsonc:6:'],
    ['"x": 1, "x": 2, "tasks": []', 'crew.jsonc:5:11 the name "x" stands twice in one object'],
    [`"x": ${'['.repeat(100_000)}`, 'more than 60 levels deep'],
  ])('is refused in the words of CrewAI, with the place: %#', (more, problem) => {
    expect(refused({ 'crew.jsonc': crew(more) }).join('\n')).toContain(problem);
  });
});
