import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { MusterError } from '../domain/errors.ts';
import { findCrewFiles, loadCrewFolder } from './load-crew.ts';
import type { LoadedCrew } from './load-crew.ts';

/** The crews that lie in the folders of one directory, by folder name. */
export interface CrewCatalogue {
  /** Sorted. A folder counts when it holds agents and tasks. */
  list(): string[];
  /**
   * Read again only when a file has changed.
   *
   * @throws {MusterError} NOT_FOUND, naming the crews there are; VALIDATION_FAILED as `loadCrewFolder`.
   */
  load(name: string): LoadedCrew;
}

/**
 * @param directory the folder of folders; one that is not there has no crews
 * @param offeredTools their names; a function where they come and go
 */
export function createCrewCatalogue(
  directory: string,
  offeredTools: readonly string[] | (() => readonly string[]),
): CrewCatalogue {
  const offered = typeof offeredTools === 'function' ? offeredTools : () => offeredTools;
  const cache = new Map<string, { stamp: string; crew: LoadedCrew }>();
  const list = (): string[] => crewFolders(directory);
  return {
    list,
    load: (name) => {
      // only names that were listed are ever joined to a path, so that none can lead out of the directory
      const known = list();
      if (!known.includes(name)) {
        throw new MusterError(
          'NOT_FOUND',
          `no crew is called "${name}"; there are: ${known.join(', ') || 'none'}`,
          {
            details: { crews: known },
          },
        );
      }
      const folder = join(directory, name);
      const tools = offered();
      const stamp = `${stampOf(folder)}|${tools.join()}`;
      const cached = cache.get(name);
      if (cached?.stamp === stamp) return structuredClone(cached.crew);
      const crew = loadCrewFolder(folder, tools);
      cache.set(name, { stamp, crew });
      return structuredClone(crew);
    },
  };
}

function crewFolders(directory: string): string[] {
  const entries = statSync(directory, { throwIfNoEntry: false })?.isDirectory()
    ? readdirSync(directory, { withFileTypes: true })
    : [];
  return entries
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .filter((name) => {
      const { agents, tasks } = findCrewFiles(join(directory, name));
      return agents !== null && tasks !== null;
    })
    .sort();
}

/** Changes whenever one of the crew's files does. */
function stampOf(folder: string): string {
  return Object.values(findCrewFiles(folder))
    .map((path: string | null) => {
      const stat = path === null ? undefined : statSync(path, { throwIfNoEntry: false });
      return `${path}:${stat?.mtimeMs ?? 0}:${stat?.size ?? 0}`;
    })
    .join('|');
}
