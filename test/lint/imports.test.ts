import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import { ALLOWED_IMPORTS, ENGINE_FLOORS, importsOf, problemWith, readImports } from './import-rules.ts';

/** Data flows one way: door, plan, engine, log, readers. */

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const imports = readImports(ROOT);

describe('the imports of the program', () => {
  it('go only where the table of folders lets them', () => {
    expect(
      imports.flatMap((one) => {
        const problem = problemWith(one);
        return problem === undefined ? [] : [`${one.from}: ${problem}`];
      }),
    ).toEqual([]);
  });

  it('use every pair of folders that the table allows', () => {
    const folderOf = (path: string): string => /^src\/[^/]+|^[^/]+/.exec(path)?.[0] ?? '';
    const used = new Set(imports.map(({ from, to }) => `${folderOf(from)} ${folderOf(to)}`));
    const allowed = Object.entries(ALLOWED_IMPORTS).flatMap(([one, others]) =>
      others.map(({ folder }) => `${one} ${folder}`),
    );
    expect(allowed.filter((pair) => !used.has(pair))).toEqual([]);
  });

  it('find every folder of the engine on one floor, and no floor without one', () => {
    const rooms = new Set(imports.flatMap(({ from }) => /^src\/engine\/([^/.]+)/.exec(from)?.[1] ?? []));
    expect([...rooms].filter((room) => !ENGINE_FLOORS.flat().includes(room))).toEqual([]);
    expect(ENGINE_FLOORS.flat().filter((room) => !rooms.has(room))).toEqual([]);
  });
});

describe('the table of folders', () => {
  const inFile = (from: string, text: string): (string | undefined)[] =>
    importsOf(from, text).map(problemWith);

  it.each([
    ['src/domain/run/x.ts', `import { a } from '../../persistence/database.ts';`],
    ['src/domain/run/x.ts', `import type { A } from '../../persistence/database.ts';`],
    ['src/persistence/x.ts', `import { a } from '../engine/calls/record-call.ts';`],
    ['src/persistence/x.ts', `import { a } from '../flows/declared/definition.ts';`],
    ['src/persistence/x.ts', `export { a } from '../engine/calls/record-call.ts';`],
    ['src/engine/calls/x.ts', `import { a } from '../../api/app.ts';`],
    ['src/engine/calls/x.ts', `import { a } from '../commands/command-run.ts';`],
    ['src/engine/calls/x.ts', `import { a } from '../queue/run-queue.ts';`],
    ['src/engine/unknown/x.ts', `import { a } from '../queue/run-queue.ts';`],
    ['src/engine/x/y.ts', `const a = await import('../../api/app.ts');`],
    ['src/temporal/x.ts', `import { a } from '../../workflows/crew-run/workflow.ts';`],
    ['src/api/x.ts', `import { a } from '../../activities/index.ts';`],
    ['src/api/x.ts', `import { a } from '../../workflows/crew-run/messages.ts';`],
    ['src/flows/x.ts', `import { a } from '../api/app.ts';`],
    ['activities/x.ts', `import { a } from '../src/api/app.ts';`],
    ['workflows/crew-run/x.ts', `import { a } from '../../src/persistence/database.ts';`],
    ['workflows/crew-run/x.ts', `import { a } from '../../activities/index.ts';`],
    ['src/new-folder/x.ts', `import { a } from '../domain/errors.ts';`],
    ['src/api/x.ts', `import { a } from '../new-folder/y.ts';`],
    ['console/x.tsx', `import { a } from '../src/api/app.ts';`],
  ])('forbids in %s: %s', (from, text) => {
    expect(inFile(from, text)).toEqual([expect.any(String)]);
  });

  it.each([
    ['src/persistence/x.ts', `import type { A } from '../flows/declared/definition.ts';`],
    ['src/persistence/x.ts', `import { type A, type B } from '../flows/declared/definition.ts';`],
    ['src/engine/commands/x.ts', `import { a } from '../calls/record-call.ts';`],
    ['src/temporal/x.ts', `import { a } from '../../workflows/crew-run/messages.ts';`],
    ['workflows/crew-run/x.ts', `import type { A } from '../../activities/index.ts';`],
    ['src/api/x.ts', `import { a } from './app.ts';`],
  ])('allows in %s: %s', (from, text) => {
    expect(inFile(from, text)).toEqual([undefined]);
  });
});
