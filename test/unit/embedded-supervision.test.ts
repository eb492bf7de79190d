import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { readSettings } from '../../src/config.ts';
import { ensureJwtSecret, lockDataDir } from '../../src/embedded/data-dir.ts';
import { writeProcessRecord } from '../../src/embedded/processes.ts';
import { readableLine } from '../../src/embedded/readable-log.ts';
import { besideStart } from '../../src/embedded/running-services.ts';
import { superviseRole } from '../../src/embedded/role-process.ts';
import { makeTemporaryFolder } from '../support/temporary-folder.ts';

let folder: Awaited<ReturnType<typeof makeTemporaryFolder>>;
beforeEach(async () => {
  folder = await makeTemporaryFolder();
});
afterEach(() => folder.remove());

describe('the lock of a data directory', () => {
  it('is held against a second one until it is given back', async () => {
    const release = await lockDataDir(folder.path);
    await expect(lockDataDir(folder.path)).rejects.toThrow(/already running .*--data-dir/);
    await release();
    await (
      await lockDataDir(folder.path)
    )();
  });

  it('is cleared when its holder is dead, or the pid is somebody else’s by now', async () => {
    const file = join(folder.path, 'muster.pid');
    const other = spawn('sleep', ['60']);
    await writeProcessRecord(file, other.pid ?? 0);
    await expect(lockDataDir(folder.path)).rejects.toThrow(`process ${other.pid}`);
    await writeFile(file, JSON.stringify({ pid: other.pid, commandLine: 'node src/main.ts start' }));
    await (
      await lockDataDir(folder.path)
    )();
    await writeProcessRecord(file, other.pid ?? 0);
    other.kill('SIGKILL');
    await new Promise((resolve) => other.once('exit', resolve));
    await (
      await lockDataDir(folder.path)
    )();
    expect(existsSync(file)).toBe(false);
  });
});

describe('what operators ask beside an npm start', () => {
  const settings = (given: Record<string, string> = {}) => readSettings({ DATA_DIR: folder.path, ...given });

  it('asks its Temporal, and serves its Web UI, unless others are named', async () => {
    await writeFile(join(folder.path, 'temporal.ports'), JSON.stringify({ grpc: 26001, ui: 26002 }));
    expect(await besideStart(settings())).toEqual(settings());
    const release = await lockDataDir(folder.path);
    expect(await besideStart(settings())).toMatchObject({
      TEMPORAL_ADDRESS: '127.0.0.1:26001',
      TEMPORAL_UI_URL: 'http://127.0.0.1:26002',
    });
    const named = { TEMPORAL_ADDRESS: 'temporal.example.com:7233' };
    expect(await besideStart(settings(named))).toEqual(settings(named));
    const page = { TEMPORAL_UI_URL: 'http://127.0.0.1:8233' };
    expect(await besideStart(settings(page))).toMatchObject(page);
    await release();
  });
});

describe('the secret that signs tokens', () => {
  const facts = { databaseIsEmbedded: true, hostIsLoopback: true };

  it('is made once and kept', async () => {
    const first = await ensureJwtSecret(readSettings({}), { dataDir: folder.path, ...facts });
    expect(first.length).toBeGreaterThanOrEqual(32);
    expect(await ensureJwtSecret(readSettings({}), { dataDir: folder.path, ...facts })).toBe(first);
  });

  it.each([
    ['PRODUCTION', true],
    ['DEVELOPMENT', false],
  ])('is wanted beside an external database (%s, loopback: %s)', async (ENVIRONMENT, hostIsLoopback) => {
    const settings = readSettings({ ENVIRONMENT });
    await expect(
      ensureJwtSecret(settings, { dataDir: folder.path, databaseIsEmbedded: false, hostIsLoopback }),
    ).rejects.toThrow('JWT_SECRET is missing');
  });
});

describe('a supervised role', () => {
  const never = new AbortController().signal;
  const role = (code: string, say: (line: string) => void = () => undefined) =>
    superviseRole({
      name: 'role',
      args: ['-e', code],
      environment: () => ({}),
      logFile: join(folder.path, 'role.log'),
      say,
    });

  it('is given up when it never comes up', async () => {
    const said: string[] = [];
    const failing = role('console.error("no luck"); process.exit(3)', (line) => said.push(line));
    await expect(failing.firstReady).rejects.toThrow(/ends right after its start \(exit code 3\)/);
    expect(said).toContain('role: no luck');
    expect(said.filter((line) => line.includes('started again'))).toHaveLength(2);
    await failing.stop({ graceMs: 1_000, hurry: never });
    expect(await readFile(join(folder.path, 'role.log'), 'utf8')).toBe('no luck\n'.repeat(3));
  });

  it('is killed when it does not end in time, or as soon as somebody is in a hurry', async () => {
    const deaf = 'process.on("SIGTERM", () => {}); setInterval(() => {}, 1000); process.send("ready")';
    const slow = role(deaf);
    await slow.firstReady;
    const begun = performance.now();
    await slow.stop({ graceMs: 400, hurry: never });
    expect(performance.now() - begun).toBeGreaterThan(390);
    const hurried = role(deaf);
    await hurried.firstReady;
    await hurried.stop({ graceMs: 30_000, hurry: AbortSignal.timeout(100) });
  });

  it('ends when the process that supervises it is killed', async () => {
    const child =
      'process.once("disconnect", () => process.exit(1)); process.send("ready"); console.log(process.pid)';
    const module = new URL('../../src/embedded/role-process.ts', import.meta.url).href;
    const parent = spawn(process.execPath, [
      '--input-type=module',
      '-e',
      `import { superviseRole } from ${JSON.stringify(module)};
       superviseRole({ name: 'role', args: ['-e', ${JSON.stringify(child)}], environment: () => ({}),
         logFile: ${JSON.stringify(join(folder.path, 'role.log'))}, say: console.log });`,
    ]);
    const pid = await new Promise<number>((resolve) => {
      parent.stdout.once('data', (text) => resolve(Number(/\d+/.exec(String(text))?.[0])));
    });
    expect(existsSync(`/proc/${pid}`)).toBe(true);
    parent.kill('SIGKILL');
    const deadline = Date.now() + 5_000;
    while (existsSync(`/proc/${pid}`) && Date.now() < deadline) await sleep(20);
    expect(existsSync(`/proc/${pid}`)).toBe(false);
  });
});

describe('a log line at the terminal', () => {
  it('is shown when it warns, with its fields and its stack', () => {
    const line = { level: 'warn', time: '2026-01-02T03:04:05.000Z', role: 'api', tries: 2, msg: 'slow' };
    expect(readableLine('api', JSON.stringify(line))).toBe('03:04:05 warn  api: slow tries=2');
    const failure = { level: 50, time: 0, msg: 'broke', err: { message: 'x', stack: 'Error: x\n    at y' } };
    expect(readableLine('api', JSON.stringify(failure))).toBe(
      '00:00:00 ERROR api: broke\n    Error: x\n        at y',
    );
  });

  it('stays in the file when it only informs', () => {
    expect(readableLine('api', '{"level":"info","msg":"request"}')).toBeNull();
    expect(readableLine('api', '{"level":30,"msg":"request"}')).toBeNull();
  });

  it('is shown as it stands when it is none', () => {
    expect(readableLine('worker', 'Killed')).toBe('worker: Killed');
  });
});
