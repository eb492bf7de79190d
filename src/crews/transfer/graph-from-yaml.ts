import { invalid } from '../../domain/errors.ts';
import type { Issue } from '../../domain/errors.ts';
import { isJsonObject } from '../../domain/json.ts';
import { parseYamlFile } from '../parse-crew-yaml.ts';
import { graphFromDraft } from './crew-draft.ts';
import type { DraftMember } from './crew-draft.ts';
import type { ChosenProgram, CrewFile, ImportedCrew, ImportOptions, ImportWarning } from './imported-crew.ts';
import { createPlainJson } from './plain-json.ts';
import { readCrewProgram } from './read-crew-program.ts';
import type { CrewProgram, ProgramMember } from './read-crew-program.ts';

/** The files of a CrewAI 0.121.1 project that say what its crew is. */
export interface CrewProject {
  agents: CrewFile | null;
  tasks: CrewFile | null;
  /** The program that makes the crew. */
  program: ChosenProgram | null;
}

const MAX_ISSUES = 100;

/** @throws {MusterError} VALIDATION_FAILED for broken YAML, with every issue at `file:line:column`. */
export function graphFromYaml(project: CrewProject, options: ImportOptions): ImportedCrew {
  const issues: Issue[] = [];
  const warnings: ImportWarning[] = [];
  const isProgramAlone = project.agents === null && project.tasks === null;
  for (const file of ['agents', 'tasks'] as const) {
    if (project[file] === null && !isProgramAlone)
      warnings.push({ path: `${file}.yaml`, message: `there is no ${file}.yaml; CrewAI takes it for empty` });
  }
  const agentsInFile = membersOf(project.agents, issues);
  const tasksInFile = membersOf(project.tasks, issues);
  if (issues.length > 0) throw refusal(issues);
  const program = project.program === null ? null : readCrewProgram(project.program);
  if (program === null)
    warnings.push({
      path: project.tasks?.path ?? 'tasks.yaml',
      message:
        'there is no program that makes the crew (crew.py): tasks run in the order of the file, one after another',
    });
  else warnings.push(...program.warnings);
  if (isProgramAlone && program?.tasks.length === 0)
    throw refusal([
      {
        path: project.program?.path ?? '',
        message: 'it makes no Task(…) that can be read, and there is no tasks.yaml',
      },
    ]);
  const tasks = program === null ? tasksInFile : tasksOf(program, tasksInFile, project, warnings);
  const agents = program === null ? agentsInFile : agentsOf(program, agentsInFile, tasks, project, warnings);
  const crew = program?.crew ?? null;
  const crewName = typeof crew?.name === 'string' && crew.name !== '' ? crew.name : null;
  const document = graphFromDraft({
    name: options.name ?? crewName ?? nameOf(project, options) ?? 'Imported crew',
    description: '',
    agents,
    tasks,
    crew: crew === null || Object.keys(crew).length === 0 ? null : crew,
  });
  return { document, warnings };
}

export const refusal = (issues: readonly Issue[]): Error => {
  const first = issues[0];
  const summary = first === undefined ? '' : `: ${first.path} ${first.message}`;
  const more = issues.length > 1 ? ` (and ${issues.length - 1} more)` : '';
  return invalid(`The crew cannot be read${summary}${more}`, issues);
};

/** The entries of a YAML file, in its order. */
function membersOf(file: CrewFile | null, issues: Issue[]): DraftMember[] {
  if (file === null) return [];
  const parsed = parseYamlFile(file.path, file.text);
  issues.push(...parsed.issues);
  if (parsed.issues.length > 0) return [];
  const content = parsed.content ?? new Map();
  if (!(content instanceof Map)) {
    issues.push({ path: parsed.locate([]), message: 'the file must be a mapping of names to fields' });
    return [];
  }
  const plain = createPlainJson(parsed.locate);
  const members: DraftMember[] = [];
  for (const [key, value] of content) {
    const name = String(key);
    // finding the place of an issue takes as long as the file is
    if (issues.length >= MAX_ISSUES) break;
    if (!(value instanceof Map)) {
      issues.push({ path: parsed.locate([name]), message: `${name} must be a mapping of its fields` });
      continue;
    }
    const data = plain.read(new Map([[name, value]]), []);
    const fields = isJsonObject(data) ? data[name] : undefined;
    if (isJsonObject(fields)) members.push({ name, data: fields });
  }
  issues.push(...plain.issues);
  return members;
}

function withProgram(
  member: DraftMember,
  said: ProgramMember | undefined,
  program: CrewProgram,
): DraftMember {
  const data = { ...member.data, ...said?.fields };
  for (const field of ['llm', 'function_calling_llm']) {
    const name = data[field];
    const model = typeof name === 'string' ? program.models.get(name) : undefined;
    if (model !== undefined) data[field] = model;
  }
  return { name: member.name, data };
}

function tasksOf(
  program: CrewProgram,
  inFile: readonly DraftMember[],
  project: CrewProject,
  warnings: ImportWarning[],
): DraftMember[] {
  if (program.tasks.length === 0) {
    warnings.push({
      path: project.program?.path ?? 'crew.py',
      message: 'no task of the crew could be found in it: tasks run in the order of tasks.yaml',
    });
    return [...inFile];
  }
  const byName = new Map(inFile.map((member) => [member.name, member]));
  const used = new Set(program.tasks.map(({ name }) => name));
  for (const { name } of inFile.filter((member) => !used.has(member.name)))
    warnings.push({
      path: project.tasks?.path ?? 'tasks.yaml',
      message: `the task ${name} is none of the crew in crew.py, so CrewAI does not run it; it was left out`,
    });
  const kept = new Map(
    program.tasks.map((said): [string, DraftMember] => [
      said.name,
      withProgram(byName.get(said.name) ?? { name: said.name, data: {} }, said, program),
    ]),
  );
  return [...kept.values()];
}

/** Those of the file, and those made in Python alone that are the crew's or that somebody refers to. */
function agentsOf(
  program: CrewProgram,
  inFile: readonly DraftMember[],
  tasks: readonly DraftMember[],
  { program: file, agents: yaml }: CrewProject,
  warnings: ImportWarning[],
): DraftMember[] {
  const said = new Map(program.agents.map((member) => [member.name, member]));
  const known = new Set(inFile.map(({ name }) => name));
  const meant = new Set([
    program.crew?.manager_agent,
    ...program.members,
    ...tasks.map(({ data }) => data.agent),
  ]);
  const inPythonAlone = program.agents.filter(({ name }) => !known.has(name) && meant.has(name));
  // The file is shared with the program's other crews: of its agents those count that this one makes.
  const isShared = (file?.others.length ?? 0) > 0;
  const own = inFile.filter(({ name }) => !isShared || said.has(name) || meant.has(name));
  for (const { name } of inFile.filter((member) => !own.includes(member)))
    warnings.push({
      path: yaml?.path ?? 'agents.yaml',
      message: `the agent ${name} is none of ${file?.className}; it was left out`,
    });
  return [
    ...own.map((member) => withProgram(member, said.get(member.name), program)),
    ...inPythonAlone.map(({ name, fields }) => ({ name, data: fields })),
  ];
}

/** As the chosen class, the project's own folder, or the class that is there. */
function nameOf({ tasks, agents, program }: CrewProject, { folder }: ImportOptions): string | null {
  const isOneOfSeveral = (program?.others.length ?? 0) > 0;
  if (isOneOfSeveral && program !== null) return program.className;
  const folders = ((tasks ?? agents ?? program)?.path ?? '').split('/').slice(0, -1);
  return projectFolder(folders) ?? folder ?? program?.className ?? null;
}

/** The last folder that is not CrewAI's way of ordering files. */
export const projectFolder = (folders: readonly string[]): string | null =>
  folders.findLast((folder) => !['config', 'src', ''].includes(folder)) ?? null;
