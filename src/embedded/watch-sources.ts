import { existsSync, watch } from 'node:fs';
import { join } from 'node:path';

const QUIET_MS = 300;

/**
 * Calls `onChange` once a burst of changes to source files is over.
 * @param onChange gets the last file that changed; a call is not made while the one before is at work
 * @returns what ends the watching
 */
export function watchSources(
  root: string,
  folders: readonly string[],
  onChange: (file: string) => Promise<void>,
): () => void {
  let timer: NodeJS.Timeout | undefined;
  let working = Promise.resolve();
  const changed = (file: string): void => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      working = working.then(() => onChange(file));
    }, QUIET_MS);
  };
  const watchers = folders
    .map((folder) => join(root, folder))
    .filter((folder) => existsSync(folder))
    .map((folder) =>
      watch(folder, { recursive: true }, (_event, file) => {
        // Editors leave drafts beside the file; only what is run counts.
        if (file !== null && /\.(ts|ya?ml|json)$/.test(file)) changed(join(folder, file));
      }),
    );
  return () => {
    clearTimeout(timer);
    for (const watcher of watchers) watcher.close();
  };
}
