import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { existsSync, statSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Client } from 'pg';
import { startEmbeddedPostgres, type EmbeddedPostgres } from '../../src/embedded/postgres.ts';
import { commandLine } from '../../src/embedded/processes.ts';
import { makeTemporaryFolder } from '../support/temporary-folder.ts';

async function query(url: string, text: string): Promise<unknown[]> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(text)).rows;
  } finally {
    await client.end();
  }
}

describe('the embedded PostgreSQL', () => {
  let folder: Awaited<ReturnType<typeof makeTemporaryFolder>>;
  let server: EmbeddedPostgres;
  const said: string[] = [];
  const start = (dataDir = folder.path): Promise<EmbeddedPostgres> =>
    startEmbeddedPostgres({ dataDir, log: (line) => said.push(line) });

  beforeAll(async () => {
    folder = await makeTemporaryFolder();
    server = await start();
    await query(server.url, 'create table kept (what text)');
    await query(server.url, "insert into kept values ('before')");
  });
  afterAll(async () => {
    await server.stop();
    await folder.remove();
  });

  it('is durable, speaks UTF-8 and listens on loopback only', async () => {
    const rows = await query(
      server.url,
      `select name, setting from pg_settings where name in
       ('fsync', 'synchronous_commit', 'full_page_writes', 'listen_addresses', 'server_encoding', 'unix_socket_directories')
       order by name`,
    );
    expect(Object.fromEntries(rows.map((row) => Object.values(row ?? {})))).toEqual({
      fsync: 'on',
      synchronous_commit: 'on',
      full_page_writes: 'on',
      listen_addresses: '127.0.0.1',
      server_encoding: 'UTF8',
      unix_socket_directories: '',
    });
  });

  it('lets nobody in without the password, which only the owner can read', async () => {
    const stranger = new URL(server.url);
    stranger.password = 'guess';
    await expect(query(stranger.href, 'select 1')).rejects.toMatchObject({ code: '28P01' });
    expect(statSync(join(folder.path, 'postgres.password')).mode & 0o077).toBe(0);
    expect(statSync(join(folder.path, 'postgres')).mode & 0o077).toBe(0);
  });

  it('keeps its data and its port when it is stopped and started again', async () => {
    const before = server;
    await before.stop();
    await expect(before.exited).resolves.toBe('exit code 0');
    expect(existsSync(join(folder.path, 'postgres', 'postmaster.pid'))).toBe(false);
    server = await start();
    expect(server.port).toBe(before.port);
    expect(await query(server.url, 'select what from kept')).toEqual([{ what: 'before' }]);
  });

  it('keeps what was committed when it is killed, even with a client that is still at work', async () => {
    const busy = new Client({ connectionString: server.url });
    busy.on('error', () => undefined);
    await busy.connect();
    const sleeping = busy.query('select pg_sleep(30)').catch(() => 'cut');
    await query(server.url, "insert into kept values ('just now')");
    process.kill(server.pid, 'SIGKILL');
    server = await start();
    expect(await query(server.url, 'select what from kept order by what')).toEqual([
      { what: 'before' },
      { what: 'just now' },
    ]);
    expect(await sleeping).toBe('cut');
  });

  it('stops a server that a killed start left behind, and says so', async () => {
    const orphan = server;
    server = await start();
    expect(await commandLine(orphan.pid)).toBeNull();
    expect(server.pid).not.toBe(orphan.pid);
    expect(said.join('\n')).toContain(`process ${orphan.pid}`);
    expect(await query(server.url, 'select count(*)::int as n from kept')).toEqual([{ n: 2 }]);
  });

  it('leaves a stranger alone that has the pid of the server before', async () => {
    await server.stop();
    // This very process: alive, and no PostgreSQL.
    await writeFile(join(folder.path, 'postgres', 'postmaster.pid'), `${process.pid}\n`);
    server = await start().catch(async (error: unknown) => {
      await rm(join(folder.path, 'postgres', 'postmaster.pid'));
      server = await start();
      throw error;
    });
    expect(await query(server.url, 'select count(*)::int as n from kept')).toEqual([{ n: 2 }]);
  });

  it('says what is missing when the password of an existing cluster is gone', async () => {
    const other = await makeTemporaryFolder();
    try {
      await (await start(other.path)).stop();
      await rm(join(other.path, 'postgres.password'));
      await expect(start(other.path)).rejects.toThrow(/postgres\.password is missing/);
    } finally {
      await other.remove();
    }
  });
});
