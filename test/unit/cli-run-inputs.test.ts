import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { gatherInputs } from '../../src/cli/run-inputs.ts';
import { findTarget, serverUrl } from '../../src/cli/server.ts';
import { readSettings } from '../../src/config.ts';
import { makeTemporaryFolder } from '../support/temporary-folder.ts';

let folder: Awaited<ReturnType<typeof makeTemporaryFolder>>;
const write = async (name: string, text: string): Promise<string> => {
  const file = join(folder.path, name);
  await writeFile(file, text);
  return file;
};
beforeAll(async () => {
  folder = await makeTemporaryFolder();
  await mkdir(join(folder.path, 'crew'));
  await write('crew/inputs.yaml', 'topic: otters\nbudget: 120000\n');
});
afterAll(() => folder.remove());

const gather = (more: { files?: string[]; pairs?: Record<string, string>; crew?: string }) =>
  gatherInputs({
    folder: join(folder.path, more.crew ?? 'crew'),
    files: more.files ?? [],
    pairs: more.pairs ?? {},
  });

describe('the inputs of a start', () => {
  it("are the folder's own, and remember where each came from", () => {
    const { values, origins } = gather({ pairs: { topic: 'seals' } });
    expect(values).toEqual({ topic: 'seals', budget: 120_000 });
    expect(origins.get('topic')).toBe('--input');
    expect(origins.get('budget')).toBe(join(folder.path, 'crew', 'inputs.yaml'));
  });

  it('come from YAML and JSON files in the order these are given', async () => {
    const files = [
      await write('a.yaml', 'topic: a\nlist: [1, two]\n'),
      await write('b.json', '{"topic": "b", "deep": {"x": null}}'),
    ];
    expect(gather({ files }).values).toEqual({
      topic: 'b',
      budget: 120_000,
      list: [1, 'two'],
      deep: { x: null },
    });
  });

  it('are none when there is neither folder nor file', () => {
    expect(gather({ crew: 'nowhere' }).values).toEqual({});
  });

  it.each([
    ['list.yaml', '- a\n- b\n', /list\.yaml must be a mapping/],
    ['broken.yaml', 'a: [1\n', /broken\.yaml cannot be read: .*line 2/s],
    ['tagged.yaml', 'a: !secret foo\n', /tagged\.yaml cannot be read: Unresolved tag: !secret.*line 1/s],
    ['broken.json', '{"a": ', /broken\.json cannot be read/],
  ])('from %s are refused with its name', async (name, text, message) => {
    const file = await write(name, text);
    expect(() => gather({ files: [file] })).toThrow(message);
  });
});

describe('the server the command line speaks to', () => {
  it.each([
    [{}, 'http://127.0.0.1:8000'],
    [{ API_HOST: '0.0.0.0', API_PORT: '9000' }, 'http://127.0.0.1:9000'],
    [{ API_HOST: '::1' }, 'http://[::1]:8000'],
    [{ MUSTER_URL: 'https://muster.example.com/', API_PORT: '9000' }, 'https://muster.example.com'],
  ])('with %j is %s', (env, url) => expect(serverUrl(readSettings(env))).toBe(url));

  it('gets the key the data directory keeps only while it is this machine', async () => {
    await write('cli-key', 'mst_kept\n');
    const keyFor = async (env: Record<string, string>) =>
      (await findTarget(readSettings({ DATA_DIR: folder.path, ...env }))).apiKey;
    expect(await keyFor({})).toBe('mst_kept');
    expect(await keyFor({ MUSTER_URL: 'http://localhost:9000' })).toBe('mst_kept');
    expect(await keyFor({ MUSTER_URL: 'https://muster.example.com' })).toBeUndefined();
    expect(await keyFor({ MUSTER_URL: 'http://127.0.0.1.example.com' })).toBeUndefined();
    expect(await keyFor({ MUSTER_API_KEY: 'mst_said' })).toBe('mst_said');
    expect(await keyFor({ DATA_DIR: join(folder.path, 'nowhere') })).toBeUndefined();
  });
});
