import { invalid } from '../../domain/errors.ts';
import { graphFromJsonc } from './graph-from-jsonc.ts';
import { graphFromYaml } from './graph-from-yaml.ts';
import type { CrewFile, ImportedCrew } from './imported-crew.ts';
import type { UploadedFiles } from './uploaded-files.ts';

/**
 * A crew's files → a graph: CrewAI's `agents.yaml` and `tasks.yaml`, with the `crew.py` beside them read but
 * never run, or the one `crew.jsonc` of CrewAI 1.15. The graph need not be valid.
 *
 * @param name what the graph shall be called; else as the crew calls itself.
 * @throws {MusterError} VALIDATION_FAILED for files that cannot be read, each issue at `file:line:column`.
 */
export function importCrew(files: UploadedFiles, name: string | undefined): ImportedCrew {
  const agents = only(files, /(^|\/)agents\.ya?ml$/);
  const tasks = only(files, /(^|\/)tasks\.ya?ml$/);
  const whole = only(files, /(^|\/)crew\.jsonc?$/);
  if (whole !== null && (agents ?? tasks) !== null)
    refuse(
      `${whole.path} and ${(agents ?? tasks)?.path} are two ways to describe a crew; send one of them`,
      whole,
    );
  if (whole !== null) return graphFromJsonc(whole, name);
  if (agents === null && tasks === null)
    return refuse('the upload holds no agents.yaml, tasks.yaml or crew.jsonc, in whatever folder', null);
  return graphFromYaml({ agents, tasks, program: programBeside(files, tasks ?? agents) }, name);
}

function refuse(message: string, file: CrewFile | null): never {
  throw invalid(`The crew cannot be read: ${message}`, [{ path: file?.path ?? '', message }]);
}

function only(files: UploadedFiles, name: RegExp): CrewFile | null {
  const [first, ...more] = [...files].filter(([path]) => name.test(path));
  if (first === undefined) return null;
  const [path, text] = first;
  if (more.length > 0) {
    const paths = [path, ...more.map(([other]) => other)].join(' and ');
    refuse(`there are ${paths}; send one crew at a time`, { path, text });
  }
  return { path, text };
}

/** The `crew.py` in the folder of the YAML files or above it, where CrewAI's projects have it. */
function programBeside(files: UploadedFiles, yaml: CrewFile | null): CrewFile | null {
  const folders = (yaml?.path ?? '').split('/').slice(0, -1);
  for (let depth = folders.length; depth >= 0; depth -= 1) {
    const path = [...folders.slice(0, depth), 'crew.py'].join('/');
    const text = files.get(path);
    if (text !== undefined) return { path, text };
  }
  return null;
}
