import type { ChosenProgram, CrewFile } from './imported-crew.ts';
import { crewClasses } from './python-classes.ts';
import { pythonTokens } from './python-tokens.ts';
import type { UploadedFiles } from './uploaded-files.ts';

type Refuse = (message: string, file: CrewFile | null) => never;

/** Programs that are looked at; a project has a handful. */
const MAX_PROGRAMS = 50;

/**
 * The program that makes the crew: `crew.py`, or one of another name with a class under `@CrewBase`, or that calls
 * `Crew(…)`, in the folder of the YAML files or the nearest one above it; of a project without YAML files, anywhere.
 *
 * @param className which of its crews is meant
 */
export function chooseProgram(
  files: UploadedFiles,
  yaml: CrewFile | null,
  className: string | undefined,
  refuse: Refuse,
): ChosenProgram | null {
  const programs = yaml === null ? programsIn(files, null) : programsBeside(files, yaml);
  if (programs.length > MAX_PROGRAMS)
    refuse(
      `there are more than ${MAX_PROGRAMS} programs that make a crew; send the folder of one crew`,
      null,
    );
  const crews = programs.flatMap((file): { file: CrewFile; name: string | null }[] => {
    const names = crewClasses(pythonTokens(file.text)).map(({ name }) => name);
    return names.length === 0 ? [{ file, name: null }] : names.map((name) => ({ file, name }));
  });
  const named = crews.flatMap(({ name }) => name ?? []);
  if (className !== undefined) {
    const chosen = crews.find(({ name }) => name === className);
    if (chosen !== undefined) return { ...chosen.file, className, others: others(named, className) };
    const there = named.length === 0 ? '' : `; there are the classes ${named.join(', ')}`;
    return refuse(`no folder and no class under @CrewBase is called ${className}${there}`, null);
  }
  const [first, ...more] = crews;
  if (first === undefined) return null;
  if (more.length === 0) return { ...first.file, className: first.name, others: [] };
  if (named.length > 1)
    refuse(
      `${listOf(crews.map(({ file }) => file.path))} holds the crews ${named.join(' and ')}: ` +
        `say which is meant: crew=${named.join(' or crew=')} (muster graphs import … --crew ${named[0]})`,
      first.file,
    );
  const own = crews.find(({ name }) => name !== null) ?? crews.find(({ file }) => isCrewPy(file.path));
  if (own !== undefined) return { ...own.file, className: own.name, others: [] };
  return refuse(
    `${listOf(crews.map(({ file }) => file.path))} each make a crew; send the one that is meant`,
    first.file,
  );
}

const others = (names: readonly string[], own: string): string[] => names.filter((name) => name !== own);
const listOf = (paths: readonly string[]): string => [...new Set(paths)].join(' and ');
const isCrewPy = (path: string): boolean => /(^|\/)crew\.py$/.test(path);

const MAKES_CREW = /@CrewBase\b|\bCrew\s*\(/;

/** @param folder of which programs count, without those below it; null for all */
function programsIn(files: UploadedFiles, folder: string | null): CrewFile[] {
  return [...files]
    .filter(([path]) => path.endsWith('.py') && (folder === null || folderOf(path) === folder))
    .filter(([path, text]) => (folder !== null && isCrewPy(path)) || MAKES_CREW.test(text))
    .map(([path, text]) => ({ path, text }));
}

const folderOf = (path: string): string => path.split('/').slice(0, -1).join('/');

function programsBeside(files: UploadedFiles, yaml: CrewFile): CrewFile[] {
  const folders = yaml.path.split('/').slice(0, -1);
  for (let depth = folders.length; depth >= 0; depth -= 1) {
    const found = programsIn(files, folders.slice(0, depth).join('/'));
    if (found.length > 0) return found;
  }
  return [];
}

/** Programs with a class that is a `Flow`. */
export const flowPrograms = (files: UploadedFiles): string[] =>
  [...files]
    .filter(([path, text]) => path.endsWith('.py') && /^class\s+\w+\s*\(\s*Flow\b/m.test(text))
    .map(([path]) => path);
