import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createServer } from 'node:net';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import getPort from 'get-port';
import { z } from 'zod';
import { runNpm, type NpmCommand } from '../support/npm-command.ts';
import { makeTemporaryFolder } from '../support/temporary-folder.ts';

const UP = 'Ctrl-C stops all of it.';

describe('npm start, when it cannot start,', () => {
  let folder: Awaited<ReturnType<typeof makeTemporaryFolder>>;
  beforeAll(async () => {
    folder = await makeTemporaryFolder();
  });
  afterAll(() => folder.remove());

  it('lists every bad setting and shows no stack', async () => {
    const command = runNpm('start', ['--port', 'eighty'], { DEMO_MODEL: 'perhaps', ADMIN_EMAIL: 'admin' });
    expect(await command.ended).toBe(2);
    expect(command.output()).toMatch(/API_PORT: a port from 0 to 65535/);
    expect(command.output()).toMatch(/DEMO_MODEL: auto, on or off/);
    expect(command.output()).toMatch(/ADMIN_EMAIL: an e-mail address/);
    expect(command.output()).not.toMatch(/^\s+at /m);
  });

  it('names the flag that helps when the port is taken', async () => {
    const squatter = createServer();
    const port = await getPort();
    await new Promise<void>((resolve) => squatter.listen(port, '127.0.0.1', resolve));
    const command = runNpm('start', ['--port', String(port), '--data-dir', folder.path]);
    expect(await command.ended).toBe(1);
    expect(command.output()).toContain(`Port ${port} on 127.0.0.1 is taken`);
    expect(command.output()).toContain('--port');
    expect(command.output()).not.toMatch(/^\s+at /m);
    await new Promise((resolve) => squatter.close(resolve));
  });

  it('refuses --no-auth on an address others can reach', async () => {
    const command = runNpm('start', ['--no-auth', '--host', '0.0.0.0', '--data-dir', folder.path]);
    expect(await command.ended).toBe(1);
    expect(command.output()).toMatch(/--no-auth.*loopback/);
  });

  it('wants a JWT_SECRET beside a database of one’s own, outside of development', async () => {
    const command = runNpm('start', ['--port', '0', '--data-dir', folder.path], {
      DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none',
      TEMPORAL_ADDRESS: '127.0.0.1:1',
      ENVIRONMENT: 'PRODUCTION',
    });
    expect(await command.ended).toBe(1);
    expect(command.output()).toContain('JWT_SECRET is missing');
  });

  it('says that the database of DATABASE_URL is away', async () => {
    const command = runNpm('start', ['--port', '0', '--data-dir', folder.path], {
      DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none',
      TEMPORAL_ADDRESS: '127.0.0.1:1',
    });
    expect(await command.ended).toBe(1);
    expect(command.output()).toContain('The database of DATABASE_URL cannot be used');
    expect(command.output()).not.toMatch(/^\s+at /m);
  });
});

describe.each(['api', 'worker'])('npm run %s', (role) => {
  it('says which addresses it needs', async () => {
    const command = runNpm(role, []);
    expect(await command.ended).toBe(2);
    expect(command.output()).toContain(`npm run ${role} needs DATABASE_URL and TEMPORAL_ADDRESS`);
    const half = runNpm(role, [], { DATABASE_URL: 'postgres://localhost/x' });
    expect(await half.ended).toBe(2);
    expect(half.output()).toContain(`npm run ${role} needs TEMPORAL_ADDRESS`);
  });
});

describe('npm start', () => {
  let folder: Awaited<ReturnType<typeof makeTemporaryFolder>>;
  let port: number;
  let command: NpmCommand;
  let apiKey: string;
  const start = (): NpmCommand =>
    runNpm('start', ['--port', String(port), '--data-dir', join(folder.path, 'data')], { DEMO_MODEL: 'on' });
  const call = async (method: string, path: string): Promise<Record<string, unknown>> => {
    const response = await fetch(`http://127.0.0.1:${port}${path}`, {
      method,
      headers: { 'x-api-key': apiKey },
    });
    expect(response.status).toBe(200);
    return z.record(z.string(), z.unknown()).parse(await response.json());
  };
  const runCrew = async (): Promise<string> => {
    const id = z.string().parse((await call('POST', '/crew/start'))['execution_id']);
    const deadline = Date.now() + 60_000;
    let { status } = await call('GET', `/crew/status/${id}`);
    while (status === 'PROCESSING' && Date.now() < deadline) {
      await sleep(100);
      ({ status } = await call('GET', `/crew/status/${id}`));
    }
    expect(status).toBe('COMPLETED');
    return id;
  };
  const nothingLeft = async (withinMs: number): Promise<void> => {
    const deadline = Date.now() + withinMs;
    while ((await command.processes()).length > 0 && Date.now() < deadline) await sleep(100);
    expect(await command.processes()).toEqual([]);
  };
  const pidOf = async (what: RegExp): Promise<number | undefined> =>
    (await command.processes()).find(({ commandLine }) => what.test(commandLine))?.pid;

  beforeAll(async () => {
    folder = await makeTemporaryFolder();
    port = await getPort();
    command = start();
    await command.untilSays(UP, 600_000);
    apiKey = readFileSync(join(folder.path, 'data', 'cli-key'), 'utf8').trim();
  }, 660_000);
  afterAll(async () => {
    command.signal('SIGINT');
    await command.ended;
    for (const { pid } of await command.processes()) process.kill(pid, 'SIGKILL');
    await folder.remove();
  });

  it('shows where things are, who may enter, and a command to paste', () => {
    const screen = command.output();
    expect(screen).toContain(`http://127.0.0.1:${port}/docs`);
    expect(screen).toMatch(/Temporal UI +http:\/\/127\.0\.0\.1:\d+/);
    expect(screen).toMatch(/E-mail +\S+@\S+/);
    expect(screen).toMatch(/Password +\S{12,}/);
    expect(screen).toContain(`curl -X POST http://127.0.0.1:${port}/crew/start -H "X-API-Key: ${apiKey}"`);
    expect(screen).toContain('demo model');
    expect(statSync(join(folder.path, 'data', 'cli-key')).mode & 0o077).toBe(0);
    expect(statSync(join(folder.path, 'data', 'jwt-secret')).mode & 0o077).toBe(0);
  });

  it('is what `npm run doctor` looks at beside it', async () => {
    const doctor = runNpm('doctor', [], { DATA_DIR: join(folder.path, 'data') });
    expect(await doctor.ended).toBe(0);
    expect(doctor.output()).toMatch(/✓ database: .*\n✓ migrations: (.*\n)*✓ temporal: (.*\n)*✓ workers: /);
  });

  it('refuses a second start on the same data', async () => {
    const second = runNpm('start', ['--port', '0', '--data-dir', join(folder.path, 'data')]);
    expect(await second.ended).toBe(1);
    expect(second.output()).toMatch(/already running on .*--data-dir/);
  });

  it.each([
    ['API', /main\.ts api/],
    ['worker', /main\.ts worker/],
    ['PostgreSQL', /postgres -D /],
    ['Temporal server', /server start-dev/],
  ])('starts the %s again when it is killed', async (_name, pattern) => {
    const before = await pidOf(pattern);
    if (before === undefined) throw new Error('it does not run');
    process.kill(before, 'SIGKILL');
    const deadline = Date.now() + 45_000;
    let after = await pidOf(pattern);
    while ((after === undefined || after === before) && Date.now() < deadline) {
      await sleep(100);
      after = await pidOf(pattern);
    }
    expect(after).toBeDefined();
    expect(after).not.toBe(before);
    let ready = 0;
    while (ready !== 200 && Date.now() < deadline) {
      await sleep(100);
      ready = await fetch(`http://127.0.0.1:${port}/readyz`).then(
        (response) => response.status,
        () => 0,
      );
    }
    expect(ready).toBe(200);
  });

  it('keeps what was done over Ctrl-C and a new start, and leaves no process behind', async () => {
    const id = await runCrew();
    const begun = Date.now();
    command.signal('SIGINT');
    // The program ends with 0; npm passes on what its own shell made of the signal.
    expect([0, 'SIGINT']).toContain(await command.ended);
    expect(Date.now() - begun).toBeLessThan(10_000);
    await nothingLeft(1_000);
    command = start();
    await command.untilSays(UP, 60_000);
    expect(command.output()).not.toContain('Password');
    expect((await call('GET', `/crew/status/${id}`))['status']).toBe('COMPLETED');
  });

  it('can be killed outright: API and worker end by themselves, and the next start is healthy', async () => {
    const id = await runCrew();
    command.signal('SIGKILL');
    await command.ended;
    const deadline = Date.now() + 5_000;
    while ((await pidOf(/main\.ts (api|worker)/)) !== undefined && Date.now() < deadline) await sleep(50);
    expect(await pidOf(/main\.ts (api|worker)/)).toBeUndefined();
    const killed = command;
    command = start();
    await command.untilSays(UP, 60_000);
    expect((await call('GET', `/crew/status/${id}`))['status']).toBe('COMPLETED');
    await runCrew();
    command.signal('SIGTERM');
    expect([0, 'SIGTERM']).toContain(await command.ended);
    await nothingLeft(1_000);
    expect(await killed.processes()).toEqual([]);
  });
});
