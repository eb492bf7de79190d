import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { availableParallelism, loadavg } from 'node:os';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { format, resolveConfig } from 'prettier';
import { watchOthers } from './processor-time.ts';

/** bench/RESULTS.md: one section (`## …`) or more for each bench, which replaces its own and no other. */

export const RESULTS_FILE = fileURLToPath(new URL('RESULTS.md', import.meta.url));

/** What stands before the first `## ` of a Markdown text, and each section with its heading. */
function partsOf(text: string): { head: string; sections: Map<string, string> } {
  const parts = text.split(/^(?=## )/m);
  // A text that begins with a section has no head.
  const [head = ''] = parts[0]?.startsWith('## ') === true ? [] : parts.splice(0, 1);
  const sections = parts.map((section): [string, string] => [
    section.split('\n', 1)[0] ?? '',
    section.trim(),
  ]);
  return { head: head.trim(), sections: new Map(sections) };
}

/**
 * Puts the sections of one bench into the record of all of them: each in the place of the one with the same heading, new
 * ones last. Sections that the bench does not write stay as they are, and so does the head unless it writes one. Pure.
 */
export function mergeSections(record: string, fresh: string): string {
  const [before, now] = [partsOf(record), partsOf(fresh)];
  const head = now.head === '' ? before.head : now.head;
  const sections = new Map([...before.sections, ...now.sections]);
  return `${[head, ...sections.values()].filter((part) => part !== '').join('\n\n')}\n`;
}

/** Writes a bench's sections into a record, formatted as the project's files are. A record that is not there is begun. */
export async function recordSections(fresh: string, file: string): Promise<void> {
  const record = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '';
    throw error;
  });
  const options = { ...(await resolveConfig(RESULTS_FILE)), parser: 'markdown' };
  await writeFile(file, await format(mergeSections(record, fresh), options));
}

/** The commit that is measured, and whether the files are still those of it. */
export async function measuredCommit(): Promise<string> {
  const cwd = fileURLToPath(new URL('..', import.meta.url));
  const git = promisify(execFile);
  try {
    const { stdout: head } = await git('git', ['rev-parse', '--short=12', 'HEAD'], { cwd });
    const measured = ['src', 'workflows', 'activities', 'temporal-config', 'bench', 'package-lock.json'];
    const records = [':!bench/RESULTS.md', ':!bench/results'];
    const { stdout: changes } = await git('git', ['status', '--porcelain', '--', ...measured, ...records], {
      cwd,
    });
    return `${head.trim()}${changes.trim() === '' ? '' : ' with uncommitted changes'}`;
  } catch {
    // A copy without its history is measured all the same.
    return 'unknown';
  }
}

/** Watches what a section has to say of its run. @returns a function that says it in one sentence, once all is measured */
export async function watchRun(command: string): Promise<() => Promise<string>> {
  const [begun, before, commit, others] = [
    performance.now(),
    loadavg()[0] ?? 0,
    await measuredCommit(),
    await watchOthers(),
  ];
  return async () => {
    const share = await others();
    const besides =
      share === null
        ? 'how busy other programs were is not known'
        : `other programs had ${(share * 100).toFixed(0)} % of the processors`;
    return (
      `\`${command}\`, ${new Date().toISOString().slice(0, 16).replace('T', ' ')} UTC, commit ${commit}, ` +
      `${((performance.now() - begun) / 1000).toFixed(0)} s on ${availableParallelism()} cores; load ${before.toFixed(1)} before, ` +
      `${(loadavg()[0] ?? 0).toFixed(1)} after; ${besides} while it measured.`
    );
  };
}
