import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { EXIT } from '../../src/cli/exit-codes.ts';
import { settingsSchema } from '../../src/config.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const read = (path: string): string => readFileSync(join(root, path), 'utf8');
const readme = read('README.md');
const pages = [
  'README.md',
  'CONTRIBUTING.md',
  'CHANGELOG.md',
  'SECURITY.md',
  'examples/README.md',
  'test/README.md',
  'temporal-config/README.md',
  ...readdirSync(join(root, 'docs/decisions')).map((file) => `docs/decisions/${file}`),
];

/** A table row may name the settings of providers by their common beginning (`GROQ_`). */
const isNamed = (setting: string): boolean =>
  readme.includes(`\`${setting}\``) ||
  new RegExp(`\`${setting}\` [^|]`).test(readme) ||
  readme.includes(`\`${setting.replace(/(API_KEY|BASE_URL)$/, '')}\``);

describe('the README', () => {
  it('names every setting there is', () => {
    expect(Object.keys(settingsSchema.shape).filter((name) => !isNamed(name))).toEqual([]);
  });

  it('says which settings have no effect yet, and no others', () => {
    const row = readme.split('\n').find((line) => line.includes('**no effect yet**')) ?? '';
    const code = ['src', 'activities', 'workflows']
      .flatMap((folder) =>
        readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map((file) =>
          join(folder, file),
        ),
      )
      .filter((file) => file.endsWith('.ts') && file !== join('src', 'config.ts'))
      .map(read)
      .join('\n');
    const isUsed = (name: string): boolean =>
      new RegExp(`\\b${name.replace(/^[A-Z_]+?_(?=API_KEY$|BASE_URL$)/, '\\w*')}\\b`).test(code);
    const idle = Object.keys(settingsSchema.shape).filter((name) => !isUsed(name));
    expect([...row.matchAll(/`([A-Z_]+)`/g)].map((match) => match[1] ?? '').sort()).toEqual(idle.sort());
  });

  it('shows only scripts that package.json has', () => {
    const { scripts } = z
      .object({ scripts: z.record(z.string(), z.string()) })
      .parse(JSON.parse(read('package.json')));
    const shown = [
      ...pages
        .map(read)
        .join('\n')
        .matchAll(/npm run (?:-s )?([a-z][a-z:-]*)/g),
    ].map((match) => match[1] ?? '');
    expect([...new Set(shown)].filter((name) => !(name in scripts))).toEqual([]);
  });

  it('lists every exit code of the command line', () => {
    const list = /^Exit codes: .*?\n\n/ms.exec(readme)?.[0] ?? '';
    for (const code of Object.values(EXIT)) expect(list).toMatch(new RegExp(`\\b${code} [a-z]`));
  });
});

describe.each(pages)('the links of %s', (page) => {
  it('lead somewhere', () => {
    const targets = [...read(page).matchAll(/\]\((?!https?:)([^)#]+)(?:#[^)]*)?\)/g)].map(
      (match) => match[1] ?? '',
    );
    expect(targets.filter((target) => !existsSync(join(root, dirname(page), target)))).toEqual([]);
  });
});
