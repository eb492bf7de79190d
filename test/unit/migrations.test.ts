import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import { migrations } from '../../src/persistence/migrations/index.ts';

const FOLDER = fileURLToPath(new URL('../../src/persistence/migrations', import.meta.url));

describe('the list of migrations', () => {
  it('has every file of the folder, oldest first', () => {
    const numbers = readdirSync(FOLDER).flatMap((file) => /^migration-(\d+)-/.exec(file)?.[1] ?? []);
    expect(migrations.map(({ name }) => name)).toEqual(
      numbers.toSorted().map((number) => `Migration${number}`),
    );
  });
});
