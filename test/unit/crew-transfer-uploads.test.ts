import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { strToU8, zipSync } from 'fflate';
import { projectFiles } from '../../src/cli/project-files.ts';
import type { ImportWarning } from '../../src/crews/transfer/imported-crew.ts';
import { readZip } from '../../src/crews/transfer/read-zip.ts';
import { readFileTexts } from '../../src/crews/transfer/uploaded-files.ts';
import { makeTemporaryFolder } from '../support/temporary-folder.ts';

/** One project, sent as JSON, as a zip and by the command line: the same of it is read. */

// No run of one character: a zip that unpacks to so much more than itself is refused.
const long = Array.from({ length: 300_000 }, (_, at) => `${(at * 7_919) % 1_000_003}`).join(' ');
const PROJECT: Readonly<Record<string, string>> = {
  'x/crew.jsonc': '{}',
  'x/agents/reader.jsonc': '{}',
  'x/data/agents/people.json': '{"no": "agent"}',
  'x/crew.py': 'from crewai import Crew',
  'x/large.py': `# ${long}\nimport crewai`,
  'x/table.py': `# ${long}`,
  'x/my-python/pyvenv.cfg': 'home = /usr/bin',
  'x/my-python/lib/crew.py': 'from crewai import Crew',
  'x/my-python/lib/agents.yaml': 'a: {}',
};
const READ = ['x/agents/reader.jsonc', 'x/crew.jsonc', 'x/crew.py'];
const WARNINGS = [
  {
    path: 'x/large.py',
    message: 'has more than 1000000 bytes and was passed over, though it mentions crewai',
  },
];

let folder: Awaited<ReturnType<typeof makeTemporaryFolder>>;
beforeAll(async () => {
  folder = await makeTemporaryFolder();
  for (const [path, text] of Object.entries(PROJECT)) {
    await mkdir(dirname(join(folder.path, path)), { recursive: true });
    await writeFile(join(folder.path, path), text);
  }
});
afterAll(() => folder.remove());

type Reader = (warn: (warning: ImportWarning) => void) => Promise<string[]>;

describe('what is read of a project', () => {
  it.each<[string, Reader]>([
    ['as JSON', (warn) => Promise.resolve([...readFileTexts(PROJECT, warn).keys()])],
    [
      'as a zip',
      async (warn) => {
        const entries = Object.entries(PROJECT).map(([path, text]): [string, Uint8Array] => [
          path,
          strToU8(text),
        ]);
        return [...(await readZip(Buffer.from(zipSync(Object.fromEntries(entries))), warn)).keys()];
      },
    ],
    ['from a folder', (warn) => Promise.resolve(Object.keys(projectFiles(folder.path, warn)))],
  ])('%s are its crew, its agents beside that and programs about CrewAI', async (_how, read) => {
    const warnings: ImportWarning[] = [];
    const paths = await read((warning) => warnings.push(warning));
    expect(paths.toSorted()).toEqual(READ);
    expect(warnings).toEqual(WARNINGS);
  });

  it('is all of it where the project is an environment itself', () => {
    expect([...readFileTexts({ 'pyvenv.cfg': '', 'crew.json': '{}', 'agents/a.json': '{}' }).keys()]).toEqual(
      ['crew.json', 'agents/a.json'],
    );
  });
});
