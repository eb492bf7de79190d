import { crc32 } from 'node:zlib';
import yauzl from 'yauzl';
import type { Entry, ZipFile } from 'yauzl';
import { invalid, MusterError } from '../../domain/errors.ts';
import type { ImportWarning } from './imported-crew.ts';
import {
  crewFileKinds,
  mentionsCrewAi,
  pathProblem,
  readCrewFile,
  refuseEntry,
  tooLargeProgram,
  UPLOAD_LIMITS,
} from './uploaded-files.ts';
import type { CrewFileKind, UploadedFiles } from './uploaded-files.ts';

/** How the library says that a path has no place in an archive. */
const REFUSED_NAME = /^(?:absolute path|invalid relative path|invalid characters in fileName): (.*)$/s;

/**
 * Reads the crew's files of a zip. Nothing is written to disk, and only files that a crew is read from are
 * unpacked; the sizes are watched while that happens, whatever the archive says about itself.
 *
 * @param warn told of programs that are too large, and left out
 * @throws {MusterError} VALIDATION_FAILED, naming the entry.
 */
export async function readZip(
  bytes: Buffer,
  warn: (warning: ImportWarning) => void = () => undefined,
): Promise<UploadedFiles> {
  const open = (): Promise<ZipFile> =>
    yauzl.fromBufferPromise(bytes, { strictFileNames: true, validateEntrySizes: true });
  try {
    const kindOf = crewFileKinds(await readNames(await open()));
    return await readEntries(await open(), kindOf, warn);
  } catch (error) {
    if (error instanceof MusterError) throw error;
    const message = error instanceof Error ? error.message : String(error);
    const path = REFUSED_NAME.exec(message)?.[1];
    if (path !== undefined) refuseEntry(path, pathProblem(path) ?? message);
    throw invalid(`The upload is not a zip that can be read: ${message}`, [{ path: '', message }]);
  }
}

/** What a file is to an import depends on what lies beside it. */
async function readNames(zip: ZipFile): Promise<string[]> {
  if (zip.entryCount > UPLOAD_LIMITS.entries) {
    const message = `more than ${UPLOAD_LIMITS.entries} entries: zip the project without environments and packages, or import its folder with muster graphs import`;
    throw invalid(`The upload cannot be taken: ${message}`, [{ path: '', message }]);
  }
  const names: string[] = [];
  for await (const entry of zip.eachEntry()) names.push(entry.fileName);
  return names;
}

async function readEntries(
  zip: ZipFile,
  kindOf: (path: string) => CrewFileKind | null,
  warn: (warning: ImportWarning) => void,
): Promise<UploadedFiles> {
  const files = new Map<string, string>();
  const seen = new Set<string>();
  let total = 0;
  for await (const entry of zip.eachEntry()) {
    const path = entry.fileName;
    checkEntry(entry);
    if (seen.has(path)) refuseEntry(path, 'stands in the archive twice');
    seen.add(path);
    total += entry.uncompressedSize;
    if (total > UPLOAD_LIMITS.totalBytes)
      refuseEntry(path, `unpacked, the archive has more than ${UPLOAD_LIMITS.totalBytes} bytes`);
    const kind = path.endsWith('/') ? null : kindOf(path);
    if (kind === null) continue;
    if (kind === 'program' && entry.uncompressedSize > UPLOAD_LIMITS.fileBytes) {
      if (await isAboutCrewAi(zip, entry)) warn(tooLargeProgram(path));
      continue;
    }
    const text = await readText(zip, entry, kind);
    if (text !== null) files.set(path, text);
  }
  return files;
}

const FILE_TYPE = 0o170000;
const SYMBOLIC_LINK = 0o120000;

function checkEntry(entry: Entry): void {
  const path = entry.fileName;
  const problem = pathProblem(path);
  if (problem !== null) refuseEntry(path, problem);
  if (entry.isEncrypted()) refuseEntry(path, 'encrypted');
  if (((entry.externalFileAttributes >>> 16) & FILE_TYPE) === SYMBOLIC_LINK)
    refuseEntry(path, 'a symbolic link');
  checkRatio(entry, entry.uncompressedSize);
}

function checkRatio(entry: Entry, unpacked: number): void {
  const { compressionRatio, ratioFreeBytes } = UPLOAD_LIMITS;
  if (unpacked > ratioFreeBytes && unpacked > entry.compressedSize * compressionRatio)
    refuseEntry(entry.fileName, `unpacks to more than ${compressionRatio} times its size`);
}

/** The same of a program that is too large to be kept: what it unpacks to is no more than it says, which was counted. */
async function isAboutCrewAi(zip: ZipFile, entry: Entry): Promise<boolean> {
  if (!entry.canDecodeFileData()) return false;
  let end = Buffer.alloc(0);
  for await (const chunk of await zip.openReadStreamPromise(entry)) {
    if (!Buffer.isBuffer(chunk)) throw new Error('an entry must yield bytes');
    end = Buffer.concat([end.subarray(-'crewai'.length), chunk]);
    if (mentionsCrewAi(end)) return true;
  }
  return false;
}

async function readText(zip: ZipFile, entry: Entry, kind: CrewFileKind): Promise<string | null> {
  const path = entry.fileName;
  if (!entry.canDecodeFileData()) refuseEntry(path, 'packed in a way that is not understood');
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    const stream = await zip.openReadStreamPromise(entry);
    for await (const chunk of stream) {
      if (!Buffer.isBuffer(chunk)) throw new Error('an entry must yield bytes');
      length += chunk.length;
      if (length > UPLOAD_LIMITS.fileBytes) refuseEntry(path, `more than ${UPLOAD_LIMITS.fileBytes} bytes`);
      checkRatio(entry, length);
      chunks.push(chunk);
    }
  } catch (error) {
    if (error instanceof MusterError) throw error;
    refuseEntry(path, error instanceof Error ? error.message : String(error));
  }
  const content = Buffer.concat(chunks);
  if (crc32(content) !== entry.crc32) refuseEntry(path, 'damaged: its checksum does not fit');
  return readCrewFile(path, kind, content);
}
