import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { closeSync, openSync, readdirSync, statSync, writeSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { readDynamicConfigFlags } from '../../src/embedded/dynamic-config.ts';
import { commandLine } from '../../src/embedded/processes.ts';
import { findTemporalBinary, type TemporalBinary } from '../../src/embedded/temporal-binary.ts';
import { startEmbeddedTemporal, type EmbeddedTemporal } from '../../src/embedded/temporal-server.ts';
import { makeTemporaryFolder } from '../support/temporary-folder.ts';
import { SEARCH_ATTRIBUTES } from '../../src/temporal/names.ts';

async function withClient<T>(address: string, use: (client: Client) => Promise<T>): Promise<T> {
  const connection = await Connection.connect({ address });
  try {
    return await use(new Client({ connection }));
  } finally {
    await connection.close();
  }
}

const startRun = (address: string, workflowId: string): Promise<unknown> =>
  withClient(address, (client) =>
    client.workflow.start('nobodyRunsIt', { taskQueue: 'no-worker', workflowId }),
  );
const statusOf = (address: string, workflowId: string): Promise<string> =>
  withClient(address, async (client) => (await client.workflow.getHandle(workflowId).describe()).status.name);

describe('the embedded Temporal server', () => {
  let folder: Awaited<ReturnType<typeof makeTemporaryFolder>>;
  let binary: TemporalBinary;
  let server: EmbeddedTemporal;
  const said: string[] = [];
  const start = (): Promise<EmbeddedTemporal> =>
    startEmbeddedTemporal({
      dataDir: folder.path,
      namespace: 'default',
      binary,
      log: (line) => said.push(line),
    });
  const setAside = (): string[] =>
    readdirSync(folder.path).filter((name) => /^temporal\.db\.aside-.*Z$/.test(name));

  beforeAll(async () => {
    folder = await makeTemporaryFolder();
    binary = await findTemporalBinary({ log: (line) => process.stderr.write(`${line}\n`) });
    server = await start();
    await startRun(server.address, 'kept');
  }, 600_000);
  afterAll(async () => {
    await server.stop();
    await folder.remove();
  });

  it('knows the search attributes and serves the Web UI', async () => {
    const attributes = await withClient(server.address, (client) =>
      client.connection.operatorService.listSearchAttributes({ namespace: 'default' }),
    );
    expect(Object.keys(attributes.customAttributes)).toEqual(expect.arrayContaining([...SEARCH_ATTRIBUTES]));
    expect((await fetch(server.uiUrl)).status).toBe(200);
  });

  it('keeps its runs and its addresses when it is stopped and started again', async () => {
    const before = server;
    await before.stop();
    server = await start();
    expect([server.address, server.uiUrl]).toEqual([before.address, before.uiUrl]);
    expect(await statusOf(server.address, 'kept')).toBe('RUNNING');
  });

  it('keeps its runs when it is killed', async () => {
    await startRun(server.address, 'just now');
    process.kill(server.pid, 'SIGKILL');
    await expect(server.exited).resolves.toBe('killed by SIGKILL');
    server = await start();
    expect(await statusOf(server.address, 'just now')).toBe('RUNNING');
  });

  it('stops a server that a killed start left behind, and says so', async () => {
    const orphan = server;
    server = await start();
    expect(await commandLine(orphan.pid)).toBeNull();
    expect(said.join('\n')).toContain('left behind');
    expect(await statusOf(server.address, 'kept')).toBe('RUNNING');
  });

  it('sets a damaged store aside, says so, and starts with a fresh one', async () => {
    await server.stop();
    const file = join(folder.path, 'temporal.db');
    // The middle, not the beginning: a server would come up on it and fail later.
    const handle = openSync(file, 'r+');
    writeSync(handle, Buffer.alloc(64 * 1024, 7), 0, 64 * 1024, Math.floor(statSync(file).size / 3));
    closeSync(handle);
    server = await start();
    expect(setAside()).toHaveLength(1);
    expect(said.at(-1)).toContain('damaged');
    await expect(statusOf(server.address, 'kept')).rejects.toThrow(/not found/i);
  });

  it.each([
    ['an empty file', ''],
    [
      'something that is no database',
      'not a database at all, but long enough to be taken for one'.repeat(40),
    ],
  ])('sets a store aside that is %s', async (_what, content) => {
    await server.stop();
    const before = setAside().length;
    // The journal alone would bring the whole store back, and rightly so.
    for (const part of ['-wal', '-shm']) await rm(join(folder.path, `temporal.db${part}`), { force: true });
    await writeFile(join(folder.path, 'temporal.db'), content);
    server = await start();
    expect(setAside()).toHaveLength(before + 1);
    await startRun(server.address, 'works');
    expect(await statusOf(server.address, 'works')).toBe('RUNNING');
  });

  it('sets a store of another version aside', async () => {
    await server.stop();
    const before = setAside().length;
    await writeFile(join(folder.path, 'temporal.db.version'), '1.2.3\n');
    server = await start();
    expect(setAside()).toHaveLength(before + 1);
    expect(said.at(-1)).toContain('made by server 1.2.3');
  });
});

describe("finding Temporal's CLI", () => {
  it('says what to install when there is no way to get it', async () => {
    const folder = await makeTemporaryFolder();
    const said: string[] = [];
    // With a download that works there is a way: then that is what this sees.
    const found = await findTemporalBinary({
      log: (line) => said.push(line),
      cacheDir: folder.path,
      path: '',
    }).catch((error: unknown) => error);
    await folder.remove();
    if (found instanceof Error) expect(found.message).toMatch(/on the PATH.*install Go.*TEMPORAL_ADDRESS/);
    else expect(found).toHaveProperty('serverVersion');
    expect(said[0]).toContain('Fetching');
  }, 600_000);

  it('passes over a `temporal` on the PATH that is something else', async () => {
    const folder = await makeTemporaryFolder();
    const said: string[] = [];
    await writeFile(
      join(folder.path, 'temporal'),
      '#!/bin/sh\necho temporal version 0.9 "(Server 1.20.0, UI 2.0.0)"\n',
      {
        mode: 0o755,
      },
    );
    const found = await findTemporalBinary({ log: (line) => said.push(line), path: folder.path });
    await folder.remove();
    expect(found.path).not.toContain(folder.path);
    expect(said[0]).toContain('server 1.20.0');
  }, 600_000);
});

describe("Temporal's dynamic configuration", () => {
  it('becomes one flag for each key', async () => {
    const flags = await readDynamicConfigFlags(
      new URL('../../temporal-config/dynamicconfig.yaml', import.meta.url),
    );
    expect(flags).toContain('history.transferProcessorMaxPollRPS=2000');
    expect(flags).toContain('matching.enableFairness=true');
    expect(flags.filter((flag) => flag === '--dynamic-config-value')).toHaveLength(flags.length / 2);
  });

  it('is refused when it holds constraints, which the command line cannot say', async () => {
    const folder = await makeTemporaryFolder();
    const file = join(folder.path, 'config.yaml');
    await writeFile(file, 'matching.rps:\n  - value: 1\n    constraints: {namespace: x}\n');
    await expect(readDynamicConfigFlags(file)).rejects.toThrow(/constraints/);
    await folder.remove();
  });
});
