import { spawnSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { z } from 'zod';

/** A rule that is spelled wrongly fails open, silently: so each is shown a file that breaks it. */

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const OXLINT = join(ROOT, 'node_modules/.bin/oxlint');

interface Probe {
  folder: string;
  text: string;
  rule: string;
  fires: boolean;
}
const refused = (folder: string, text: string): Probe => ({
  folder,
  text,
  rule: 'no-restricted-imports',
  fires: true,
});
const broken = (rule: string, text: string): Probe => ({ folder: 'src/temporal', text, rule, fires: true });

const PROBES: readonly Probe[] = [
  refused('src/domain', `import { readFile } from 'node:fs/promises';\nexport const read = readFile;\n`),
  refused('src/domain', `import { z } from 'zod';\nexport const text = z.string();\n`),
  refused('workflows/crew-run', `import { join } from 'node:path';\nexport const j = join;\n`),
  refused('src/flows/poem-flow', `import Koa from 'koa';\nexport const app = new Koa();\n`),
  refused(
    'src/flows/poem-flow',
    `import { Router } from '@koa/router';\nexport const router = new Router();\n`,
  ),
  broken('no-floating-promises', 'export function f(): void {\n  Promise.resolve(1);\n}\n'),
  broken('no-explicit-any', 'export const x: any = 1;\n'),
  broken('no-non-null-assertion', 'export const f = (x: string | null): number => x!.length;\n'),
  broken('no-unsafe-type-assertion', 'export const f = (x: unknown): string => x as string;\n'),
  broken('max-lines', 'export {};\n'.repeat(501)),
  broken('no-console', `console.log('x');\n`),
  broken('no-process-env', `export const x = process.env['HOME'];\n`),
];

/** Ignored by git, should a test be killed before it can remove them. */
const fileOf = (index: number): string => `${PROBES[index]?.folder}/lint-probe-${index}.ts`;

const reportSchema = z.object({ diagnostics: z.array(z.object({ code: z.string(), filename: z.string() })) });
let codesByFile: Map<string, string[]>;

beforeAll(() => {
  const files = PROBES.map((_probe, index) => fileOf(index));
  for (const [index, probe] of PROBES.entries()) writeFileSync(join(ROOT, fileOf(index)), probe.text);
  const { stdout } = spawnSync(OXLINT, ['--type-aware', '--format', 'json', ...files], {
    cwd: ROOT,
    encoding: 'utf8',
  });
  const { diagnostics } = reportSchema.parse(JSON.parse(stdout));
  codesByFile = new Map(
    files.map((file) => [
      file,
      diagnostics.filter(({ filename }) => filename === file).map(({ code }) => code),
    ]),
  );
});
afterAll(() => {
  for (const index of PROBES.keys()) rmSync(join(ROOT, fileOf(index)), { force: true });
});

describe('the linter', () => {
  it.each(
    PROBES.map(
      (probe, index) =>
        [probe.fires ? 'refuses' : 'allows', probe.folder, probe.text.slice(0, 70).trim(), index] as const,
    ),
  )('%s in %s: %s', (_verb, _folder, _text, index) => {
    const probe = PROBES[index];
    const codes = codesByFile.get(fileOf(index)) ?? [];
    expect(codes.some((code) => code.includes(`(${probe?.rule})`))).toBe(probe?.fires);
  });
});
