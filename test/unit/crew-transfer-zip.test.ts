import { describe, expect, it } from '@jest/globals';
import { strToU8, zipSync, type Zippable } from 'fflate';
import { readZip } from '../../src/crews/transfer/read-zip.ts';
import { readFileTexts } from '../../src/crews/transfer/uploaded-files.ts';
import { MusterError } from '../../src/domain/errors.ts';

const zip = (entries: Zippable): Buffer => Buffer.from(zipSync(entries));
const TASKS = strToU8('a: {}\n');

/** What a refusal says, as `path message`; undefined when the archive is taken. */
async function refused(bytes: Buffer): Promise<string | undefined> {
  try {
    await readZip(bytes);
  } catch (error) {
    if (!(error instanceof MusterError)) throw error;
    expect(error.code).toBe('VALIDATION_FAILED');
    return error.issues.map(({ path, message }) => `${path} ${message}`).join('\n');
  }
  return undefined;
}

/** Changes bytes in the directory at the end of an archive with one entry. */
function changed(bytes: Buffer, change: (directory: Buffer) => void): Buffer {
  const copy = Buffer.from(bytes);
  change(copy.subarray(copy.lastIndexOf(Buffer.from('PK\u0001\u0002'))));
  return copy;
}

describe('an archive', () => {
  it('is read as far as its files describe a crew', async () => {
    const files = await readZip(
      zip({
        'x/config/tasks.yaml': TASKS,
        'x/crew.py': strToU8('ü'),
        'x/logo.png': new Uint8Array([0xff, 0xfe, 0]),
        'x/.venv/crew.py': new Uint8Array([0xff]),
      }),
    );
    expect([...files]).toEqual([
      ['x/config/tasks.yaml', 'a: {}\n'],
      ['x/crew.py', 'ü'],
    ]);
  });

  it.each(['../tasks.yaml', 'a/../../tasks.yaml', '/tasks.yaml', 'C:/tasks.yaml', 'a\\tasks.yaml', '..\\x'])(
    'with the path %s is refused, the path named',
    async (path) => {
      expect(await refused(zip({ 'agents.yaml': TASKS, [path]: TASKS }))).toMatch(/path/);
      expect((await refused(zip({ [path]: TASKS })))?.startsWith(`${path} `)).toBe(true);
    },
  );

  it('with a symbolic link is refused', async () => {
    const link = zip({ 'tasks.yaml': [strToU8('/etc/passwd'), { os: 3, attrs: (0o120777 << 16) >>> 0 }] });
    expect(await refused(link)).toBe('tasks.yaml a symbolic link');
  });

  it('that is encrypted is refused', async () => {
    const locked = changed(zip({ 'tasks.yaml': TASKS }), (directory) => directory.writeUInt16LE(1, 8));
    expect(await refused(locked)).toBe('tasks.yaml encrypted');
  });

  it('with a text that is not UTF-8 is refused', async () => {
    expect(await refused(zip({ 'tasks.yaml': new Uint8Array([0x61, 0xff]) }))).toBe(
      'tasks.yaml not a text in UTF-8 (line 1): save it as UTF-8 and send it again',
    );
  });

  it('with an entry twice is refused', async () => {
    const twice = zip({ 'tasks.yaml': TASKS, 'tasks.yamm': TASKS });
    const text = twice.toString('latin1').replaceAll('tasks.yamm', 'tasks.yaml');
    expect(await refused(Buffer.from(text, 'latin1'))).toBe('tasks.yaml stands in the archive twice');
  });

  it('that is damaged, cut off or none at all is refused', async () => {
    const whole = zip({ 'tasks.yaml': [strToU8('a: {}\n'), { level: 0 }] });
    const damaged = Buffer.from(whole);
    damaged.write('b', damaged.indexOf('a: {}'));
    expect(await refused(damaged)).toContain('checksum');
    for (const bytes of [whole.subarray(0, 40), Buffer.from('no zip'), Buffer.alloc(0)])
      expect(await refused(bytes)).toEqual(expect.any(String));
  });

  it('with too many entries is refused', async () => {
    const many = Object.fromEntries(
      Array.from({ length: 1_001 }, (_none, at) => [`f${at}`, new Uint8Array()]),
    );
    expect(await refused(zip(many))).toContain('more than 1000 entries');
  });
});

describe('a bomb', () => {
  const zeros = new Uint8Array(20_000_000);

  it('is refused by what the directory says, wherever it lies', async () => {
    expect(await refused(zip({ 'a/logo.png': zeros }))).toContain(
      'a/logo.png unpacks to more than 100 times',
    );
  });

  it('that lies about its size is stopped while it is unpacked', async () => {
    const lying = changed(zip({ 'tasks.yaml': zeros }), (directory) => directory.writeUInt32LE(1_000, 24));
    const before = process.memoryUsage().arrayBuffers;
    expect(await refused(lying)).toMatch(
      /^tasks\.yaml .*too many bytes|^tasks\.yaml more than|^tasks\.yaml unpacks/,
    );
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(10_000_000);
  });

  it('of texts that hardly shrink is refused by its size', async () => {
    let text = '';
    for (let at = 0; text.length < 1_000_001; at += 1)
      text += `key_${at}: {description: text ${at * 7919}}\n`;
    expect(await refused(zip({ 'tasks.yaml': strToU8(text) }))).toBe('tasks.yaml more than 1000000 bytes');
  });

  it('of many middling entries is refused by their sum', async () => {
    const noise = new Uint8Array(60_000);
    const many = Object.fromEntries(Array.from({ length: 900 }, (_none, at) => [`f${at}`, noise]));
    expect(await refused(zip(many))).toContain('the archive has more than 50000000 bytes');
  });
});

describe('files in a JSON body', () => {
  it('are held to the same paths and sizes', () => {
    expect(() => readFileTexts({ '../tasks.yaml': '', 'tasks.yaml': 'ü'.repeat(500_001) })).toThrow(
      expect.objectContaining({
        issues: [
          { path: '../tasks.yaml', message: 'a path that leads out of the archive' },
          { path: 'tasks.yaml', message: 'more than 1000000 bytes' },
        ],
      }),
    );
  });
});
