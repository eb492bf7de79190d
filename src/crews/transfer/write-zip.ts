import { strToU8, zipSync } from 'fflate';

/** A zip has local times from 1980 on; all exports bear the same, so that the same graph gives the same bytes. */
const DATED = new Date(1980, 0, 1, 12);

/** Packs texts into a zip. */
export function writeZip(files: ReadonlyMap<string, string>): Buffer {
  const entries = [...files].map(([path, text]): [string, Uint8Array] => [path, strToU8(text)]);
  return Buffer.from(zipSync(Object.fromEntries(entries), { mtime: DATED }));
}
