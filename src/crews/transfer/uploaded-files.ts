import { invalid } from '../../domain/errors.ts';
import type { Issue } from '../../domain/errors.ts';

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

const CREW_FILES = /^((agents|tasks)\.ya?ml|crew\.(py|json|jsonc))$/;
/** Folders of tools and of installed packages, which hold examples of other crews. */
const PASSED_OVER = /^(\..+|__MACOSX|__pycache__|node_modules|site-packages|venv)$/;

/** Whether a file is one a crew is read from; of a project most are not, and are left unread. */
export function isCrewFile(path: string): boolean {
  const folders = path.split('/');
  const file = folders.pop() ?? '';
  return CREW_FILES.test(file) && !folders.some((folder) => PASSED_OVER.test(folder));
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
 * @throws {MusterError} VALIDATION_FAILED, with every path that is not in order.
 */
export function readFileTexts(files: Readonly<Record<string, string>>): UploadedFiles {
  const entries = Object.entries(files);
  const issues: Issue[] = [];
  if (entries.length > UPLOAD_LIMITS.entries)
    issues.push({ path: '/files', message: `more than ${UPLOAD_LIMITS.entries} files` });
  for (const [path, text] of entries) {
    const problem = pathProblem(path);
    if (problem !== null) issues.push({ path, message: problem });
    if (Buffer.byteLength(text) > UPLOAD_LIMITS.fileBytes)
      issues.push({ path, message: `more than ${UPLOAD_LIMITS.fileBytes} bytes` });
  }
  if (issues.length > 0) throw invalid('The files cannot be taken', issues);
  return new Map(entries.filter(([path]) => isCrewFile(path)));
}
