import { invalid } from '../../domain/errors.ts';
import type { Issue } from '../../domain/errors.ts';
import { brokenText, decodeUtf8 } from '../../domain/utf8-text.ts';
import type { ImportWarning } from './imported-crew.ts';

/** The texts of an upload that say something about a crew, by their path with forward slashes. */
export type UploadedFiles = ReadonlyMap<string, string>;

/** What an upload may hold. */
export const UPLOAD_LIMITS = {
  /** Bytes of a zip as it is sent. */
  archiveBytes: 5 * 1024 * 1024,
  entries: 1_000,
  /** Bytes of one file that is read. */
  fileBytes: 1_000_000,
  /** Bytes of all entries, unpacked. */
  totalBytes: 50_000_000,
  /** How many times larger than packed an entry may be; texts stay far below. */
  compressionRatio: 100,
  /** Smaller entries may be packed as tightly as they like. */
  ratioFreeBytes: 64_000,
  pathCharacters: 500,
} as const;

/** What a file may be to an import. `program`: one that may make a crew, which its text tells. */
export type CrewFileKind = 'crew' | 'program';

const CREW_FILES = /(^|\/)((agents|tasks|flow)\.ya?ml|crew\.(py|json|jsonc))$/;
/** What CrewAI reads beside a `crew.json` or `crew.jsonc` only. */
const AGENT_FILE = /^(|.*\/)agents\/[^/]+\.jsonc?$/;
/** Stands in every folder that is a Python environment, whatever the folder's name. */
export const ENVIRONMENT_MARK = 'pyvenv.cfg';
/** Folders of tools and of installed packages, which hold examples of other crews. */
const PASSED_OVER = /^(\..+|__MACOSX|__pycache__|node_modules|site-packages|dist-packages|venv)$/;

/** Whether a folder's files are none of the project's own crew. */
export const isPassedOver = (folder: string): boolean => PASSED_OVER.test(folder);

/**
 * What each file of a project is to an import; null for what is left unread, as most of a project is.
 *
 * @param paths of all files of the project, with forward slashes
 */
export function crewFileKinds(paths: Iterable<string>): (path: string) => CrewFileKind | null {
  const crewFolders = new Set<string>();
  const environments = new Set<string>();
  for (const path of paths) {
    const folder = path.slice(0, path.lastIndexOf('/') + 1);
    const name = path.slice(folder.length);
    if (name === 'crew.json' || name === 'crew.jsonc') crewFolders.add(folder);
    // Of a project that is an environment itself the crew is read all the same.
    if (name === ENVIRONMENT_MARK && folder !== '') environments.add(folder);
  }
  return (path) => {
    const folders = path.split('/').slice(0, -1);
    if (folders.some(isPassedOver)) return null;
    let folder = '';
    for (const step of folders) {
      folder += `${step}/`;
      if (environments.has(folder)) return null;
    }
    const beside = AGENT_FILE.exec(path)?.[1];
    if (CREW_FILES.test(path) || (beside !== undefined && crewFolders.has(beside))) return 'crew';
    return path.endsWith('.py') ? 'program' : null;
  };
}

/** What is said of a program that is too large to be looked at. */
export const tooLargeProgram = (path: string): ImportWarning => ({
  path,
  message: `has more than ${UPLOAD_LIMITS.fileBytes} bytes and was passed over, though it mentions crewai`,
});

/** Whether a program has to do with CrewAI at all. */
export const mentionsCrewAi = (program: string | Buffer): boolean => program.includes('crewai');

/**
 * A file of an upload as text.
 *
 * @returns null for a program that has nothing to do with a crew
 * @throws {MusterError} VALIDATION_FAILED, naming the file, when it is too large or no UTF-8.
 */
export function readCrewFile(path: string, kind: CrewFileKind, bytes: Buffer): string | null {
  if (kind === 'program' && !mentionsCrewAi(bytes)) return null;
  if (bytes.length > UPLOAD_LIMITS.fileBytes)
    return refuseEntry(path, `more than ${UPLOAD_LIMITS.fileBytes} bytes`);
  const decoded = decodeUtf8(bytes);
  return decoded.ok ? decoded.text : refuseEntry(path, decoded.reason);
}

/** Why a path has no place in an upload; null when it has. */
export function pathProblem(path: string): string | null {
  if (path === '') return 'an entry without a name';
  if (path.length > UPLOAD_LIMITS.pathCharacters)
    return `a path of more than ${UPLOAD_LIMITS.pathCharacters} characters`;
  if (path.includes('\\')) return 'a path with a backslash; folders are parted by /';
  if (path.startsWith('/') || /^[A-Za-z]:/.test(path)) return 'an absolute path';
  if (path.split('/').includes('..')) return 'a path that leads out of the archive';
  return path.includes('\u0000') ? 'a path with a NUL character' : null;
}

/** Refuses an upload for what is wrong with one entry. */
export const refuseEntry = (path: string, message: string): never => {
  throw invalid(`The upload cannot be taken: ${path}: ${message}`, [{ path, message }]);
};

/**
 * Files sent in a JSON body.
 *
 * @param warn told of programs that are too large, and left out
 * @throws {MusterError} VALIDATION_FAILED, with every path that is not in order.
 */
export function readFileTexts(
  files: Readonly<Record<string, string>>,
  warn: (warning: ImportWarning) => void = () => undefined,
): UploadedFiles {
  const entries = Object.entries(files);
  const issues: Issue[] = [];
  if (entries.length > UPLOAD_LIMITS.entries)
    issues.push({ path: '/files', message: `more than ${UPLOAD_LIMITS.entries} files` });
  const kept = new Map<string, string>();
  const kindOf = crewFileKinds(Object.keys(files));
  for (const [path, text] of entries) {
    const problem = pathProblem(path);
    if (problem !== null) issues.push({ path, message: problem });
    const kind = kindOf(path);
    if (kind === null || (kind === 'program' && !mentionsCrewAi(text))) continue;
    const isTooLarge = Buffer.byteLength(text) > UPLOAD_LIMITS.fileBytes;
    if (isTooLarge && kind === 'program') {
      warn(tooLargeProgram(path));
      continue;
    }
    if (isTooLarge) issues.push({ path, message: `more than ${UPLOAD_LIMITS.fileBytes} bytes` });
    const broken = brokenText(text);
    if (broken !== null) issues.push({ path, message: broken });
    kept.set(path, text.replace(/^\uFEFF/, ''));
  }
  if (issues.length > 0) {
    const [first] = issues;
    throw invalid(`The files cannot be taken: ${first?.path}: ${first?.message}`, issues);
  }
  return kept;
}
