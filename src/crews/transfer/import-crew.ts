import { invalid } from '../../domain/errors.ts';
import { chooseProgram, flowPrograms } from './choose-program.ts';
import { graphFromJsonc } from './graph-from-jsonc.ts';
import { graphFromYaml } from './graph-from-yaml.ts';
import type { CrewFile, ImportedCrew, ImportOptions } from './imported-crew.ts';
import type { UploadedFiles } from './uploaded-files.ts';

/**
 * A crew's files → a graph: CrewAI's `agents.yaml` and `tasks.yaml`, with the program beside them read but never run, a program
 * alone, or the `crew.jsonc` of CrewAI 1.15 with its `agents/`. The graph need not be valid.
 *
 * @throws {MusterError} VALIDATION_FAILED for files that cannot be read, each issue at `file:line:column`, and where there
 *   is more than one crew and none is chosen.
 */
export function importCrew(all: UploadedFiles, options: ImportOptions = {}): ImportedCrew {
  const inFolder = filesOfFolder(all, options.crew);
  const files = inFolder ?? all;
  // A name that is no folder's is a class's.
  const className = inFolder === null ? options.crew : undefined;
  const imported = read(files, { ...options, crew: className });
  const flows = flowPrograms(all).map((path) => ({
    path,
    message: 'the flow in it is Python and was left out: only its crew is imported',
  }));
  return { ...imported, warnings: [...imported.warnings, ...flows] };
}

function read(files: UploadedFiles, options: ImportOptions): ImportedCrew {
  const agents = only(files, /(^|\/)agents\.ya?ml$/);
  const tasks = only(files, /(^|\/)tasks\.ya?ml$/);
  const whole = only(files, /(^|\/)crew\.jsonc?$/);
  if (whole !== null && (agents ?? tasks) !== null)
    refuse(
      `${whole.path} and ${(agents ?? tasks)?.path} are two ways to describe a crew; send one of them`,
      whole,
    );
  if (whole !== null) {
    if (options.crew !== undefined) refuse(`no folder of the upload is called ${options.crew}`, null);
    return graphFromJsonc(whole, files, options);
  }
  const program = chooseProgram(files, tasks ?? agents, options.crew, refuse);
  if (agents === null && tasks === null && program === null) return refuseNothing(files);
  return graphFromYaml({ agents, tasks, program }, options);
}

function refuseNothing(files: UploadedFiles): never {
  const flow = [...files.keys()].find((path) => /(^|\/)flow\.ya?ml$/.test(path));
  if (flow !== undefined)
    refuse(
      `${flow} is a flow, not a crew: upload it with POST /api/v1/flows (Content-Type: application/yaml)`,
      { path: flow, text: '' },
    );
  return refuse(
    'the upload holds no agents.yaml, tasks.yaml or crew.jsonc and no program with a Crew(…), in whatever folder',
    null,
  );
}

function refuse(message: string, file: CrewFile | null): never {
  throw invalid(`The crew cannot be read: ${message}`, [{ path: file?.path ?? '', message }]);
}

/** The files below the folder of that name or path, with their whole paths; null when there is none. */
function filesOfFolder(files: UploadedFiles, wanted: string | undefined): UploadedFiles | null {
  if (wanted === undefined) return null;
  const name = wanted.replace(/^\.?\/+|\/+$/g, '');
  const found = [...files].filter(([path]) => `/${path}`.includes(`/${name}/`));
  return found.length === 0 ? null : new Map(found);
}

function only(files: UploadedFiles, name: RegExp): CrewFile | null {
  const [first, ...more] = [...files].filter(([path]) => name.test(path));
  if (first === undefined) return null;
  const [path, text] = first;
  if (more.length > 0) {
    const paths = [path, ...more.map(([other]) => other)];
    const folders = [...new Set(paths.map(crewFolder))];
    const choice =
      folders.length > 1
        ? `say which crew is meant by its folder: crew=${folders.join(' or crew=')} (muster graphs import … --crew ${folders[0]})`
        : 'send one of them';
    refuse(`there are ${paths.join(' and ')}; ${choice}`, { path, text });
  }
  return { path, text };
}

/** The folder that holds a crew, where its files lie in `config/` or in it. */
function crewFolder(path: string): string {
  const folders = path.split('/').slice(0, -1);
  if (folders.at(-1) === 'config') folders.pop();
  return folders.join('/') || '.';
}
