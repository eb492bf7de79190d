import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { availableParallelism, loadavg } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';
import getPort from 'get-port';
import { readSettings } from '../../src/config.ts';
import { startEmbeddedPostgres } from '../../src/embedded/postgres.ts';
import { createDatabase } from '../../src/persistence/database.ts';
import { appendEvents } from '../../src/persistence/event-log.ts';
import { prepareFirstAdmin } from '../../src/persistence/first-admin.ts';
import { migrate } from '../../src/persistence/migrate.ts';
import { createRun } from '../../src/engine/starting/create-run.ts';
import type { Sql } from '../../src/persistence/sql.ts';
import { endServicesOn, endWhenAsked, makeKeptFolder } from '../../test/support/folder-keeper.ts';
import { recordSections, RESULTS_FILE, watchRun } from '../results-file.ts';
import { startChild, type BenchChild } from '../stack/child.ts';
import { DATA } from './event.ts';
import { fromReadersSchema, type FromReaders, type ToReaders } from './protocol.ts';
import { renderStreams, type StreamResults } from './report.ts';

/**
 * `npm run bench:streams`: thousands of readers on a hundred live executions, beside a bare loop. In full size it writes its
 * section of bench/RESULTS.md.
 */

const { values } = parseArgs({
  options: {
    sse: { type: 'string', default: '5000' },
    sockets: { type: 'string', default: '1000' },
    executions: { type: 'string', default: '100' },
    out: { type: 'string' },
  },
});
const counts = {
  sse: Number(values.sse),
  sockets: Number(values.sockets),
  executions: Number(values.executions),
};
/** Events of each execution: one a second at first, then all at once. */
const STEADY = 20;
const BURST = 100;
const WARM_UP = 5;
const file = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const say = (line: string): void => console.error(line);

type Reached = Extract<FromReaders, { kind: 'reached' }>;

/** The readers' process, asked and answering in turns. */
function readersOf(child: BenchChild) {
  const ask = async (message: ToReaders): Promise<FromReaders> => {
    const answer = once(child.process, 'message');
    child.process.send(message);
    const ended = child.exited.then((reason) => {
      throw new Error(`the readers ended: ${reason}`);
    });
    const [said] = await Promise.race([answer, ended]);
    return fromReadersSchema.parse(said);
  };
  return {
    open: (port: number, token: string, executions: number[]) =>
      ask({ kind: 'open', port, token, executions, sse: counts.sse, sockets: counts.sockets }),
    async reached(seq: number): Promise<Reached> {
      const answer = await ask({ kind: 'await', seq });
      if (answer.kind !== 'reached') throw new Error(`the readers said ${answer.kind}`);
      return answer;
    },
    close: () => ask({ kind: 'close' }),
  };
}

/** Runs that nobody works on. @returns their ids. */
async function makeExecutions(sql: Sql, ownerId: string): Promise<number[]> {
  const plan = {
    schemaVersion: 1 as const,
    name: 'streams',
    process: 'sequential' as const,
    compat: 'fixed' as const,
    agents: [],
    tasks: [],
    hiddenOutputs: [],
    inputs: [],
  };
  const ids: number[] = [];
  for (let count = 0; count < counts.executions; count += 1) {
    const run = { ownerId, kind: 'crew' as const, crewName: 'streams', plan, inputs: {}, model: null };
    ids.push((await createRun(sql, run, 0, new Date())).id);
  }
  // So that no reconciler looks for them: they are over, and their logs go on all the same.
  await sql.query(`delete from outbox`);
  await sql.query(`update executions set status = 'completed', completed_at = updated_at`);
  return ids;
}

const append = (sql: Sql, id: number, from: number, to: number): Promise<number> =>
  appendEvents(
    sql,
    id,
    Array.from({ length: to - from + 1 }, (_, index) => ({
      type: 'message_created' as const,
      key: `event:${from + index}`,
      data: DATA,
      reopens: true,
    })),
    new Date(),
  );

const notify = (sql: Sql, ids: readonly number[]): Promise<unknown> =>
  sql.query('select pg_notify($1, $2)', ['muster_log', JSON.stringify(ids)]);

async function memoryMiB(pid: number): Promise<number> {
  const [, kib = '0'] = /VmRSS:\s+(\d+)/.exec(await readFile(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kib) / 1024;
}

/** Processor time a process has used, all threads, in milliseconds. */
async function usedMs(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
  // After the name, which may contain anything: user and system time in hundredths of a second.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

/** All threads of a process on one processor, where the system lets us. */
async function pin(pid: number, processor: number): Promise<boolean> {
  if (availableParallelism() < 2) return false;
  return promisify(execFile)('taskset', ['-acp', String(processor), String(pid)]).then(
    () => true,
    () => false,
  );
}

async function login(url: string, admin: { email: string; password: string }): Promise<string> {
  const answer = await fetch(`${url}/api/v1/auth/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(admin),
  });
  return JSON.parse(await answer.text()).access_token;
}

endWhenAsked();
const dataDir = await makeKeptFolder('muster-bench-streams-');
const undo: (() => Promise<unknown>)[] = [() => endServicesOn(dataDir)];

async function measure(): Promise<StreamResults> {
  const postgres = await startEmbeddedPostgres({ dataDir, port: await getPort(), log: say });
  undo.push(() => postgres.stop());
  const [port, barePort] = [await getPort(), await getPort()];
  const environment = {
    DATABASE_URL: postgres.url,
    TEMPORAL_ADDRESS: '127.0.0.1:1',
    JWT_SECRET: 'only for the bench: 0123456789 abcdefghijk',
    ACCESS_TOKEN_TTL: '12h',
    RATE_LIMIT_PER_MINUTE: '0',
    WS_CONNECTIONS_PER_MINUTE: '0',
    USER_LIMITS: 'event_streams=0,websockets=0',
    LOG_LEVEL: 'warn',
    API_PORT: String(port),
    API_HOST: '127.0.0.1',
    DATA_DIR: dataDir,
  };
  const settings = readSettings(environment);
  await migrate(settings);
  const admin = await prepareFirstAdmin(settings);
  if (admin === null) throw new Error('the fresh database has an admin already');
  const database = await createDatabase(postgres.url, { poolMax: 4 });
  undo.push(() => database.close());
  await mkdir(join(dataDir, 'crews'));
  const start = async (name: string, path: string, args: string[]): Promise<BenchChild> => {
    const child = await startChild({ name, file: file(path), args, environment, dataDir });
    undo.push(() => child.stop());
    return child;
  };
  const api = await start('api', '../processes/api-process.ts', [join(dataDir, 'crews')]);
  const bare = await start('bare', './bare-process.ts', [String(barePort)]);
  const readers = await start('readers', './reader-process.ts', []);
  const pinned = (await pin(api.pid, 0)) && (await pin(bare.pid, 0)) && (await pin(readers.pid, 1));
  const line = readersOf(readers);
  const { sql } = database;
  const [owner] = await sql.query<{ id: string }>('select id from users limit 1');
  const ids = await makeExecutions(sql, owner?.id ?? '');
  for (const id of ids) await append(sql, id, 1, WARM_UP);
  const before = await memoryMiB(api.pid);
  say(`Opening ${counts.sse} SSE and ${counts.sockets} WebSocket readers …`);
  const openedAt = performance.now();
  await line.open(port, await login(`http://127.0.0.1:${port}`, admin), ids);
  await line.reached(WARM_UP);
  const openSeconds = (performance.now() - openedAt) / 1000;
  const withReaders = await memoryMiB(api.pid);

  say('One event a second for each execution …');
  const steadyReached = line.reached(WARM_UP + STEADY);
  for (let seq = WARM_UP + 1; seq <= WARM_UP + STEADY; seq += 1) {
    const turn = performance.now();
    for (const [index, id] of ids.entries()) {
      await append(sql, id, seq, seq);
      await notify(sql, [id]);
      await sleep(Math.max(0, turn + ((index + 1) * 1000) / ids.length - performance.now()));
    }
  }
  const steady = await steadyReached;

  say('All at once …');
  const first = WARM_UP + STEADY + 1;
  const last = WARM_UP + STEADY + BURST;
  const reached = line.reached(last);
  const usedBefore = await usedMs(api.pid);
  const ownAt = await database.sql.transaction(async (tx) => {
    for (const id of ids) await append(tx, id, first, last);
    return Date.now();
  });
  await notify(sql, ids);
  const burst = await reached;
  const used = (await usedMs(api.pid)) - usedBefore;
  const most = await memoryMiB(api.pid);
  await line.close();

  say('The bare loop …');
  await line.open(barePort, 'none', ids);
  const warm = line.reached(WARM_UP + STEADY);
  bare.process.send({ executions: ids, from: 1, to: WARM_UP + STEADY });
  await warm;
  const bareReached = line.reached(last);
  const bareUsedBefore = await usedMs(bare.pid);
  const bareAt = Date.now();
  bare.process.send({ executions: ids, from: first, to: last });
  const bareBurst = await bareReached;
  const bareUsed = (await usedMs(bare.pid)) - bareUsedBefore;
  return {
    ...counts,
    pinned,
    openSeconds,
    memory: { before, withReaders, most },
    steady,
    ours: { ms: burst.atMs - ownAt, usedMs: used, frames: burst.frames },
    bare: { ms: bareBurst.atMs - bareAt, usedMs: bareUsed, frames: bareBurst.frames },
    wrong: burst.wrong,
    load: loadavg()[0] ?? 0,
  };
}

let code = 0;
try {
  const describeRun = await watchRun('npm run bench:streams');
  const text = renderStreams(await measure());
  console.log(text);
  if (values.out !== undefined) await writeFile(values.out, text);
  if (counts.sse >= 5_000 && counts.sockets >= 1_000)
    await recordSections(`## Thousands of readers\n\n${await describeRun()}\n\n${text}`, RESULTS_FILE);
} catch (error) {
  say(error instanceof Error ? (error.stack ?? error.message) : String(error));
  code = 1;
}
for (const end of undo.toReversed()) await end().catch((error: unknown) => say(String(error)));
process.exit(code);
