import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createCrewCatalogue } from '../../src/crews/crew-catalogue.ts';
import { loadCrewFolder } from '../../src/crews/load-crew.ts';
import { MusterError } from '../../src/domain/errors.ts';

const AGENTS = 'cook:\n  role: Cook\n  goal: g\n  backstory: b\n';
const tasks = (description: string): string =>
  `one:\n  description: ${description}\n  expected_output: e\n  agent: cook\n`;

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'crews-'));
});
afterEach(() => rmSync(root, { recursive: true }));

const write = (path: string, text: string): string => {
  const full = join(root, path);
  mkdirSync(join(full, '..'), { recursive: true });
  writeFileSync(full, text);
  return full;
};
const failureOf = (work: () => unknown): MusterError => {
  try {
    work();
  } catch (error) {
    if (error instanceof MusterError) return error;
    throw error;
  }
  throw new Error('nothing failed');
};

describe('a crew in a folder', () => {
  it('is named after it and brings its example inputs', () => {
    write('kitchen/agents.yaml', AGENTS);
    write('kitchen/tasks.yaml', tasks('Cook {dish}'));
    write('kitchen/inputs.yaml', 'dish: soup\nguests: 3\nmenu: {first: [a, b]}\nday: 2026-11-03\n');
    const crew = loadCrewFolder(`${join(root, 'kitchen')}/`, []);
    expect(crew.plan).toMatchObject({ name: 'kitchen', inputs: ['dish'] });
    expect(crew.exampleInputs).toEqual({
      dish: 'soup',
      guests: 3,
      menu: { first: ['a', 'b'] },
      day: '2026-11-03',
    });
    expect(crew.warnings).toEqual([]);
  });

  it('may keep its files in config/, and needs no inputs', () => {
    write('kitchen/config/agents.yaml', AGENTS);
    write('kitchen/config/tasks.yaml', tasks('Cook'));
    expect(loadCrewFolder(join(root, 'kitchen'), [])).toMatchObject({
      plan: { name: 'kitchen' },
      exampleInputs: {},
    });
  });

  it('is refused with every issue of all its files', () => {
    write('kitchen/agents.yaml', 'cook:\n  role: r\n');
    write('kitchen/tasks.yaml', tasks('Cook').replace('agent: cook', 'agent: nobody'));
    write('kitchen/inputs.yaml', '- soup\n');
    const failure = failureOf(() => loadCrewFolder(join(root, 'kitchen'), []));
    expect(failure.code).toBe('VALIDATION_FAILED');
    expect(failure.message).toMatch(/kitchen is not valid: agents\.yaml:1:1 goal is missing \(and 3 more\)/);
    expect(failure.issues.map((issue) => issue.path)).toEqual([
      'agents.yaml:1:1',
      'agents.yaml:1:1',
      'tasks.yaml:4:3',
      'inputs.yaml:1:1',
    ]);
  });

  it('is refused when its inputs hold themselves', () => {
    write('kitchen/agents.yaml', AGENTS);
    write('kitchen/tasks.yaml', tasks('Cook'));
    write('kitchen/inputs.yaml', 'a: &a [*a, *a]\n');
    expect(failureOf(() => loadCrewFolder(join(root, 'kitchen'), [])).code).toBe('VALIDATION_FAILED');
  });

  it('says which file is missing', () => {
    write('kitchen/agents.yaml', AGENTS);
    expect(failureOf(() => loadCrewFolder(join(root, 'kitchen'), [])).issues).toEqual([
      { path: 'tasks.yaml:1:1', message: expect.stringMatching(/tasks\.yaml/) },
    ]);
  });
});

describe('the catalogue', () => {
  beforeEach(() => {
    write('crews/kitchen/agents.yaml', AGENTS);
    write('crews/kitchen/tasks.yaml', tasks('Cook'));
    write('crews/bakery/config/agents.yaml', AGENTS);
    write('crews/bakery/config/tasks.yaml', tasks('Bake'));
    write('crews/notes/README.md', 'no crew');
    write('crews/agents.yaml', AGENTS);
    write('secret/agents.yaml', AGENTS);
    write('secret/tasks.yaml', tasks('Hush'));
  });

  it('lists the folders that hold a crew', () => {
    expect(createCrewCatalogue(join(root, 'crews'), []).list()).toEqual(['bakery', 'kitchen']);
    expect(createCrewCatalogue(join(root, 'nowhere'), []).list()).toEqual([]);
  });

  it.each(['nobody', '../secret', 'kitchen/../../secret', '.', '', 'notes', 'constructor'])(
    'does not know %j',
    (name) => {
      const failure = failureOf(() => createCrewCatalogue(join(root, 'crews'), []).load(name));
      expect(failure).toMatchObject({ code: 'NOT_FOUND', details: { crews: ['bakery', 'kitchen'] } });
      expect(failure.message).toMatch(/bakery, kitchen/);
    },
  );

  it('reads a crew again only when one of its files has changed, and gives every caller its own', () => {
    const catalogue = createCrewCatalogue(join(root, 'crews'), []);
    const first = catalogue.load('kitchen');
    first.plan.name = 'spoilt';
    expect(catalogue.load('kitchen').plan.name).toBe('kitchen');
    const file = write('crews/kitchen/tasks.yaml', tasks('Fry'));
    utimesSync(file, new Date(), new Date(Date.now() + 5_000));
    expect(catalogue.load('kitchen').plan.tasks[0]?.description).toBe('Fry');
  });
});
