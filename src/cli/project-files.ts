import { readFileSync, readdirSync, statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import type { ImportWarning } from '../crews/transfer/imported-crew.ts';
import {
  crewFileKinds,
  ENVIRONMENT_MARK,
  isPassedOver,
  mentionsCrewAi,
  tooLargeProgram,
  UPLOAD_LIMITS,
} from '../crews/transfer/uploaded-files.ts';
import { decodeUtf8 } from '../domain/utf8-text.ts';
import { CliError, EXIT } from './exit-codes.ts';

/** Files and folders that are looked at; a project that has more is none. */
const MAX_SEEN = 20_000;
const MAX_DEPTH = 12;
/** Bytes of all files that are sent: what the API takes as one body, with room for quotes. */
const MAX_BYTES = 4_000_000;

/** A file as text. @throws {CliError} naming it, when it cannot be read or is no UTF-8 */
export function readTextFile(file: string): string {
  let bytes: Buffer;
  try {
    bytes = readFileSync(file);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new CliError(EXIT.usage, `${file} cannot be read: ${reason}`, { cause: error });
  }
  const decoded = decodeUtf8(bytes);
  if (decoded.ok) return decoded.text;
  throw new CliError(EXIT.usage, `${file} cannot be read: ${decoded.reason}`);
}

export const isFile = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isFile() === true;

/**
 * What an import reads of a project, and nothing else of it: environments, caches and data stay where they are.
 *
 * @param warn told of programs that are too large, and left out
 * @returns texts by their path below the folder, with forward slashes
 * @throws {CliError} when there is no such folder, or a file of the crew's is too large or no UTF-8
 */
export function projectFiles(
  folder: string,
  warn: (warning: ImportWarning) => void = () => undefined,
): Record<string, string> {
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() !== true)
    throw new CliError(EXIT.usage, `There is no file or folder ${folder}`);
  const files: Record<string, string> = {};
  let total = 0;
  const paths = [...pathsIn(folder)].sort();
  const kindOf = crewFileKinds(paths);
  for (const path of paths) {
    const kind = kindOf(path);
    if (kind === null) continue;
    const file = join(folder, path);
    const { size } = statSync(file);
    if (size > UPLOAD_LIMITS.fileBytes) {
      if (kind === 'program') {
        if (size > UPLOAD_LIMITS.totalBytes || mentionsCrewAi(readFileSync(file)))
          warn(tooLargeProgram(path));
        continue;
      }
      throw new CliError(
        EXIT.usage,
        `${file} has ${size} bytes; a file of a crew has ${UPLOAD_LIMITS.fileBytes} at most`,
      );
    }
    if (kind === 'program' && !mentionsCrewAi(readFileSync(file))) continue;
    total += size;
    if (total > MAX_BYTES)
      throw new CliError(
        EXIT.usage,
        `With ${file} the files of the crew have more than ${MAX_BYTES} bytes: name the folder of one crew`,
      );
    files[path] = readTextFile(file);
  }
  return files;
}

/** A zip of a project. @throws {CliError} naming it, when it cannot be read or is too large */
export function readZipFile(file: string): Uint8Array<ArrayBuffer> {
  const { size } = statSync(file);
  if (size > UPLOAD_LIMITS.archiveBytes)
    throw new CliError(
      EXIT.usage,
      `${file} has ${size} bytes; a zip of a project has ${UPLOAD_LIMITS.archiveBytes} at most: import its folder, of which only the crew's files are sent`,
    );
  return new Uint8Array(readFileSync(file));
}

/** Paths of files below a folder. Symbolic links are not followed. */
function* pathsIn(folder: string): Generator<string> {
  const open = [''];
  let seen = 0;
  for (let below = open.pop(); below !== undefined; below = open.pop()) {
    const entries = readdirSync(join(folder, below), { withFileTypes: true });
    if (below !== '' && entries.some(({ name }) => name === ENVIRONMENT_MARK)) continue;
    for (const entry of entries) {
      seen += 1;
      if (seen > MAX_SEEN)
        throw new CliError(
          EXIT.usage,
          `${folder} holds more than ${MAX_SEEN} files and folders: name the folder of the crew`,
        );
      const path = below === '' ? entry.name : `${below}/${entry.name}`;
      if (entry.isFile()) yield path;
      else if (entry.isDirectory() && !isPassedOver(entry.name) && path.split('/').length < MAX_DEPTH)
        open.push(path);
    }
  }
}

/** What a project is called: by its folder or zip, not by the folders in which CrewAI orders files. */
export function projectName(from: string): string {
  let path = resolve(from);
  while (['config', 'src'].includes(basename(path)) && dirname(path) !== path) path = dirname(path);
  return basename(path).replace(/\.zip$/, '');
}
