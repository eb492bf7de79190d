import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createCrewCatalogue } from '../../src/crews/crew-catalogue.ts';
import { decodeUtf8 } from '../../src/domain/utf8-text.ts';
import { readSource } from '../../src/knowledge/read-source.ts';
import { makeTemporaryFolder } from '../support/temporary-folder.ts';

const GBK = Buffer.from([0x0a, 0x61, 0x3a, 0xb1, 0xe0, 0xbc, 0xad]);

describe('a text', () => {
  it('is UTF-8, with a byte order mark or without', () => {
    expect(decodeUtf8(Buffer.from('é'))).toEqual({ ok: true, text: 'é' });
    expect(decodeUtf8(Buffer.from('\uFEFFé'))).toEqual({ ok: true, text: 'é' });
  });

  it.each([
    [GBK, 'not a text in UTF-8 (line 2): save it as UTF-8 and send it again'],
    [Buffer.from('a\nb\né', 'latin1'), 'not a text in UTF-8 (line 3)'],
    [Buffer.from([0xff, 0xfe, 0x61, 0x00]), 'it is UTF-16, not UTF-8'],
    [Buffer.from('é').subarray(0, 1), 'not a text in UTF-8 (line 1)'],
  ])('in another encoding is refused, never guessed at: %#', (bytes, reason) => {
    expect(decodeUtf8(bytes)).toEqual({ ok: false, reason: expect.stringContaining(reason) });
  });
});

describe('a crew in a folder of the server', () => {
  let folder: { path: string; remove: () => Promise<void> };
  beforeAll(async () => {
    folder = await makeTemporaryFolder();
  });
  afterAll(() => folder.remove());

  it('whose file is not UTF-8 is refused, the file named', () => {
    mkdirSync(join(folder.path, 'gbk'));
    writeFileSync(join(folder.path, 'gbk', 'agents.yaml'), GBK);
    writeFileSync(join(folder.path, 'gbk', 'tasks.yaml'), 'a: {}\n');
    expect(() => createCrewCatalogue(folder.path, []).load('gbk')).toThrow(
      'agents.yaml cannot be read: not a text in UTF-8 (line 2)',
    );
  });
});

describe('a knowledge source', () => {
  it('that somebody has decoded wrongly is refused', async () => {
    await expect(readSource('text', 'caf\uFFFD')).rejects.toMatchObject({
      issues: [{ path: '/content', message: expect.stringContaining('U+FFFD') }],
    });
    expect(await readSource('text', 'café')).toEqual(['café']);
  });
});
