import { readFileSync } from 'node:fs';
import type { Issue } from '../../domain/errors.ts';
import type { GraphDocument, GraphSurroundings } from '../../domain/graph/graph-document.ts';
import { createFindings } from '../../domain/graph/graph-findings.ts';
import type { AgentModel, CrewModel, TaskModel } from '../../domain/graph/graph-model.ts';
import { examineGraph } from '../../domain/graph/validate-graph.ts';
import { isJsonObject } from '../../domain/json.ts';
import type { JsonObject, JsonValue } from '../../domain/json.ts';
import { pythonLiteral, pythonText } from './python-literals.ts';
import { writeYaml } from './write-yaml.ts';

export type ExportedProject =
  { ok: true; files: ReadonlyMap<string, string> } | { ok: false; why: string; issues: Issue[] };

/** Those that `tools.py` has. */
const PYTHON_TOOLS = new Set(['hello_world', 'calculator', 'current_time', 'http_request', 'ask_human']);

/**
 * A graph → a project that runs under CrewAI 0.121.1. What users wrote stands in the YAML files, as data, under
 * the ids of their nodes; the only program made of it is the call of `Crew(…)`, with texts as literals.
 */
export function projectFromGraph(document: GraphDocument, surroundings: GraphSurroundings): ExportedProject {
  const findings = createFindings();
  const crew = examineGraph(document, surroundings, findings);
  const errors = [...findings.errors, ...findings.startErrors];
  if (errors.length > 0) {
    const issues = errors.map(({ path, message }) => ({ path, message }));
    return { ok: false, why: 'it is not valid', issues };
  }
  if (crew.process === 'graph') {
    const issues = [{ path: crew.node?.pathOf('process') ?? '', message: 'CrewAI has no process graph' }];
    return { ok: false, why: 'CrewAI has no process graph', issues };
  }
  const agents = crew.manager === null ? crew.agents : [...crew.agents, crew.manager];
  const files = new Map([
    ['agents.yaml', writeYaml(Object.fromEntries(agents.map((agent) => [agent.id, agentEntry(agent)])))],
    ['tasks.yaml', writeYaml(Object.fromEntries(crew.tasks.map((task) => [task.id, taskEntry(task)])))],
    ['crew.py', crewProgram(crew)],
    ['crew_parts.py', asset('crew_parts.py')],
    ['tools.py', asset('tools.py')],
    ['requirements.txt', 'crewai==0.121.1\n'],
    ['README.md', readme(document, crew)],
  ]);
  return { ok: true, files };
}

const asset = (file: string): string => readFileSync(new URL(`./python/${file}`, import.meta.url), 'utf8');

function agentEntry({ data, tools }: AgentModel): JsonObject {
  const { tools: _tools, config: _config, ...fields } = data;
  return { ...fields, ...(tools.length > 0 && { tools }) };
}

function taskEntry({ data, agent, context, tools }: TaskModel): JsonObject {
  const { tools: _tools, config: _config, agent: _agent, context: _context, ...fields } = data;
  return {
    ...fields,
    ...(agent !== null && { agent: agent.id }),
    ...(context !== null && { context: context.map(({ taskId }) => taskId) }),
    ...(tools.length > 0 && { tools }),
  };
}

/** Fields of a crew that are plain values; the others are Python objects. */
const CREW_FIELDS = [
  'verbose',
  'cache',
  'memory',
  'memory_config',
  'planning',
  'planning_llm',
  'function_calling_llm',
  'chat_llm',
  'embedder',
  'max_rpm',
  'share_crew',
  'output_log_file',
];

function crewProgram(crew: CrewModel): string {
  const data = crew.node?.data ?? {};
  const named = (of: string, members: readonly { id: string }[]): string =>
    `[\n${members.map(({ id }) => `            ${of}[${pythonText(id)}],\n`).join('')}        ]`;
  const extra = CREW_FIELDS.filter((field) => (data[field] ?? null) !== null).map((field) => [
    field,
    field.endsWith('llm') ? model(data[field] ?? null) : pythonLiteral(data[field] ?? null),
  ]);
  const manager = crew.manager === null ? (data.manager_llm ?? null) : null;
  const fields = [
    ['name', pythonText(crew.name)],
    ['agents', named('agents', crew.agents)],
    ['tasks', named('tasks', crew.tasks)],
    ['process', `Process.${crew.process}`],
    ...(crew.manager === null ? [] : [['manager_agent', `agents[${pythonText(crew.manager.id)}]`]]),
    ...(manager === null ? [] : [['manager_llm', model(manager)]]),
    ...extra,
  ];
  return `"""The crew of this folder, for CrewAI 0.121.1. Run it with: python crew.py name=value …

Agents and tasks are described in agents.yaml and tasks.yaml; crew_parts.py makes them.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from crewai import LLM, Crew, Process  # noqa: E402, F401

from crew_parts import inputs_from, read_agents, read_tasks  # noqa: E402
${crew.compat === 'strict' ? '\n# Muster, too, is to keep what CrewAI 0.121.1 does, mistakes included.\nCOMPAT = "strict"\n' : ''}

def build_crew():
    agents = read_agents()
    tasks = read_tasks(agents)
    return Crew(
${fields.map(([field, value]) => `        ${field}=${value},\n`).join('')}    )


if __name__ == "__main__":
    print(build_crew().kickoff(inputs=inputs_from(sys.argv[1:])))
`;
}

/** A model's name, or an object of its settings. */
const model = (value: JsonValue): string =>
  isJsonObject(value)
    ? `LLM(${Object.entries(value)
        .filter(([field]) => /^[a-z_]+$/.test(field))
        .map(([field, setting]) => `${field}=${pythonLiteral(setting)}`)
        .join(', ')})`
    : pythonLiteral(value);

function readme(document: GraphDocument, crew: CrewModel): string {
  const tools = new Set([...crew.agents, ...crew.tasks].flatMap((one) => one.tools));
  const unwritten = [...tools].filter((tool) => !PYTHON_TOOLS.has(tool)).sort();
  const inputs = crew.tasks.length === 0 ? '' : ' name=value …';
  return `# ${oneLine(document.name)}

A crew for CrewAI 0.121.1 (Python 3.10 to 3.12).

    pip install -r requirements.txt
    export OPENAI_API_KEY=…        # or what your models need
    python crew.py${inputs}

Each \`{variable}\` in the texts comes from a \`name=value\` of the command line.

- \`agents.yaml\`, \`tasks.yaml\`: who they are and what is to be done
- \`crew.py\`: the crew: process, order of the tasks
- \`crew_parts.py\`: makes agents and tasks of the two files, with conditions, guardrails and output shapes
- \`tools.py\`: the tools

Conditions with \`matches\` run with Python's \`re\`, which differs from RE2 in rare patterns.
${unwritten.length === 0 ? '' : `\nThese tools have no Python yet and fail when an agent uses them; write them in \`tools.py\`:\n\n${unwritten.map((tool) => `- \`${oneLine(tool).replaceAll('`', '')}\`\n`).join('')}`}`;
}

const oneLine = (text: string): string => text.replaceAll(/\s+/g, ' ').trim();
