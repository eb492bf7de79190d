import { randomUUID } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { availableParallelism, cpus, loadavg } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import getPort from 'get-port';
import { format, resolveConfig } from 'prettier';
import { z } from 'zod';
import { readSettings } from '../../src/config.ts';
import { startEmbeddedPostgres } from '../../src/embedded/postgres.ts';
import { createDatabase, type Database } from '../../src/persistence/database.ts';
import { prepareFirstAdmin } from '../../src/persistence/first-admin.ts';
import { migrate } from '../../src/persistence/migrate.ts';
import { endServicesOn, endWhenAsked, makeKeptFolder } from '../../test/support/folder-keeper.ts';
import { startChild } from '../stack/child.ts';
import { measuredCommit, recordSections, RESULTS_FILE, watchRun } from '../results-file.ts';
import { percentile } from '../statistics.ts';
import { fillOwner, LONG_CONVERSATION } from './fill.ts';
import { measureWrites, type WriteCost } from './write-cost.ts';

/**
 * `npm run bench:instances`: the lists of an owner with 100,000 agent instances and 5,000,000 messages, over HTTP; and what an
 * event costs that is also a message, and that webhooks are told of. In full size it writes bench/results/<date>-instances.md and
 * its section of bench/RESULTS.md.
 */

const { values } = parseArgs({
  options: {
    instances: { type: 'string', default: '100000' },
    messages: { type: 'string', default: '5000000' },
    rounds: { type: 'string', default: '200' },
  },
});
const size = { instances: Number(values.instances), messages: Number(values.messages), types: 40 };
const ROUNDS = Number(values.rounds);
const OTHERS = 100;
const AIM_MS = 50;
const say = (line: string): void => console.error(line);
const file = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

interface Asked {
  name: string;
  path: string;
}
interface Answers extends Asked {
  total: string | null;
  times: number[];
}

const questions = (instance: string, type: string, message: string): Asked[] => [
  { name: 'the floor: `/livez`, which reads nothing', path: '/livez' },
  { name: 'the floor: `/api/v1/auth/me`, one row', path: '/api/v1/auth/me' },
  { name: 'first page of 100', path: '/api/v1/agent-instances' },
  { name: 'page at the end', path: `/api/v1/agent-instances?skip=${size.instances - 200}` },
  { name: 'page in the middle', path: `/api/v1/agent-instances?skip=${size.instances / 2}` },
  { name: 'by a rare status', path: '/api/v1/agent-instances?status=STALE' },
  { name: 'by two statuses', path: '/api/v1/agent-instances?status=ACTIVE,AWAITING_INPUT' },
  { name: 'by a common status', path: '/api/v1/agent-instances?status=COMPLETED' },
  { name: 'by type', path: `/api/v1/agent-instances?agent_type_id=${type}` },
  { name: 'by type and status', path: `/api/v1/agent-types/${type}/instances?status=COMPLETED` },
  { name: 'agents elsewhere only', path: '/api/v1/agent-instances?source=external' },
  { name: 'one instance, last 50 messages', path: `/api/v1/agent-instances/${instance}` },
  {
    name: 'one instance, 50 messages before one in the middle',
    path: `/api/v1/agent-instances/${instance}?before_message_id=${message}`,
  },
  {
    name: '100 messages after the 9,000th',
    path: `/api/v1/agent-instances/${instance}/messages?after=9000&limit=100`,
  },
  { name: 'agent-summary', path: '/api/v1/agent-summary' },
  { name: 'agent-types', path: '/api/v1/agent-types' },
  { name: 'inbox of open questions', path: '/api/v1/questions?status=open' },
];

/** Turn by turn, so that a slow moment of the machine meets all alike. */
async function ask(url: string, token: string, all: readonly Asked[]): Promise<Answers[]> {
  const answers = all.map((one): Answers => ({ ...one, total: null, times: [] }));
  const headers = { authorization: `Bearer ${token}` };
  for (let round = -5; round < ROUNDS; round += 1) {
    for (const one of answers) {
      const begun = performance.now();
      const response = await fetch(`${url}${one.path}`, { headers });
      const text = await response.text();
      if (response.status !== 200) throw new Error(`${one.path}: ${response.status} ${text}`);
      // The first rounds warm up what every process has warm.
      if (round >= 0) one.times.push(performance.now() - begun);
      one.total = response.headers.get('x-total-count');
    }
  }
  return answers;
}

interface Facts {
  commit: string;
  loadBefore: number;
  answers: readonly Answers[];
  writes: readonly WriteCost[];
}

const ms = (value: number): string => value.toFixed(1);
const count = (value: number): string => value.toLocaleString('en');

function report({ commit, loadBefore, answers, writes }: Facts): string {
  return `# Lists of an owner with ${count(size.instances)} agent instances

${new Date().toISOString().slice(0, 16).replace('T', ' ')} UTC, commit ${commit}. Written by \`npm run bench:instances\`; every figure is from this one run.

- ${availableParallelism()} cores (${cpus()[0]?.model.trim() ?? 'unknown'}), load average ${ms(loadBefore)} before the first request, ${ms(loadavg()[0] ?? 0)} after the last
- Node ${process.versions.node}, the embedded PostgreSQL, one API process; requests one after another over HTTP, n = ${ROUNDS} each, in turns
- ${count(size.messages)} messages of that owner, ${size.types} types, half of the instances runs of crews, one conversation of ${count(LONG_CONVERSATION)}; ${OTHERS} other owners with as many instances together and a tenth of the messages

Milliseconds from sending to the whole answer; the aim is a p95 of at most ${AIM_MS}.

| \`GET\` | in all | p50 | p95 | longest |
| --- | --- | --- | --- | --- |
${answers
  .map(
    ({ name, times, total }) =>
      `| ${name} | ${total === null ? '' : count(Number(total))} | ${ms(percentile(times, 0.5))} | ${ms(percentile(times, 0.95))} | ${ms(Math.max(...times))} |`,
  )
  .join('\n')}

## What an event costs that is also a message, or is told to webhooks

Milliseconds for a transaction that appends one \`task_completed\` event to a log, turn by turn on one connection, the commit included.

| | p50 | p95 | n |
| --- | --- | --- | --- |
${writes.map(({ name, times }) => `| ${name} | ${percentile(times, 0.5).toFixed(2)} | ${percentile(times, 0.95).toFixed(2)} | ${times.length} |`).join('\n')}
`;
}

/** The section of bench/RESULTS.md. */
const section = ({ answers, writes }: Facts, run: string, out: string): string =>
  [
    '## Lists of agent instances',
    '',
    `${run} An owner with ${count(size.instances)} instances and ${count(size.messages)} messages, n = ${ROUNDS} each over HTTP ([all rows](results/${basename(out)})).`,
    '',
    `p50 / p95 in ms, aim p95 ≤ ${AIM_MS}: ` +
      `${answers.map(({ name, times }) => `${name} ${ms(percentile(times, 0.5))} / ${ms(percentile(times, 0.95))}`).join(' · ')}.`,
    '',
    `A transaction that appends an event, p50 in ms: ` +
      `${writes.map(({ name, times }) => `${name} ${percentile(times, 0.5).toFixed(2)}`).join(' · ')}.`,
    '',
  ].join('\n');

async function login(url: string, admin: { email: string; password: string }): Promise<string> {
  const response = await fetch(`${url}/api/v1/auth/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(admin),
  });
  return z.object({ access_token: z.string() }).parse(await response.json()).access_token;
}

/** Everything the lists must pass over. @returns the long instance, its type and a message in its middle */
async function fill(database: Database): Promise<{ instance: string; type: string; message: string }> {
  const { sql } = database;
  const others = { ...size, instances: size.instances / OTHERS, messages: size.messages / OTHERS / 10 };
  say(`Writing ${OTHERS} other owners …`);
  for (let other = 0; other < OTHERS; other += 1) {
    const id = randomUUID();
    await sql.query(`insert into users (id, email, created_at, updated_at) values ($1, $2, now(), now())`, [
      id,
      `other-${other}@example.test`,
    ]);
    await fillOwner(sql, id, others, () => undefined);
  }
  say(`Writing ${count(size.instances)} instances and ${count(size.messages)} messages …`);
  const [owner] = await sql.query<{ id: string }>(`select id from users where role = 'admin'`);
  const instance = await fillOwner(sql, owner?.id ?? '', size, say);
  await sql.query('select rebuild_agent_instance_counts()');
  await sql.query('vacuum analyze');
  const [known] = await sql.query<{ type: string; message: string }>(
    `select agent_type_id as type, m.id as message from agent_instances i join messages m using (conversation_id)
      where i.owner_id = $1 and i.id = $2 and m.seq = $3`,
    [owner?.id, instance, LONG_CONVERSATION / 2],
  );
  if (known === undefined) throw new Error('the long conversation is not there');
  return { instance, ...known };
}

type Undo = (() => Promise<unknown>)[];

async function measure(dataDir: string, undo: Undo): Promise<Facts> {
  const postgres = await startEmbeddedPostgres({ dataDir, port: await getPort(), log: say });
  undo.push(() => postgres.stop());
  const port = await getPort();
  const environment = {
    DATABASE_URL: postgres.url,
    TEMPORAL_ADDRESS: '127.0.0.1:1',
    JWT_SECRET: 'only for the bench: 0123456789 abcdefghijk',
    ACCESS_TOKEN_TTL: '12h',
    RATE_LIMIT_PER_MINUTE: '0',
    LOG_LEVEL: 'error',
    API_PORT: String(port),
    API_HOST: '127.0.0.1',
    DATA_DIR: dataDir,
  };
  const settings = readSettings(environment);
  await migrate(settings);
  const admin = await prepareFirstAdmin(settings);
  if (admin === null) throw new Error('the fresh database has an admin already');
  const database = await createDatabase(postgres.url, { poolMax: 2, actsFor: 'schema' });
  undo.push(() => database.close());
  const { instance, type, message } = await fill(database);
  const crews = join(dataDir, 'crews');
  await mkdir(crews);
  const api = await startChild({
    name: 'api',
    file: file('../processes/api-process.ts'),
    args: [crews],
    environment,
    dataDir,
  });
  undo.push(() => api.stop());
  const url = `http://127.0.0.1:${port}`;
  const token = await login(url, admin);
  say('Asking …');
  const loadBefore = loadavg()[0] ?? 0;
  const answers = await ask(url, token, questions(instance, type, message));
  await api.stop();
  say('Appending events …');
  const system = await createDatabase(postgres.url, { poolMax: 1, actsFor: 'system' });
  undo.push(() => system.close());
  const writes = await measureWrites(system.sql, ROUNDS * 5);
  const commit = await measuredCommit();
  return { commit, loadBefore, answers, writes };
}

endWhenAsked();
const dataDir = await makeKeptFolder('muster-bench-instances-');
const undo: Undo = [() => endServicesOn(dataDir)];
let code = 0;
try {
  const describeRun = await watchRun('npm run bench:instances');
  const facts = await measure(dataDir, undo);
  const out = file(`../results/${new Date().toISOString().slice(0, 10)}-instances.md`);
  const text = await format(report(facts), { ...(await resolveConfig(out)), parser: 'markdown' });
  console.log(text);
  if (size.instances >= 100_000) {
    await writeFile(out, text);
    await recordSections(section(facts, await describeRun(), out), RESULTS_FILE);
  }
  if (facts.answers.some(({ times }) => percentile(times, 0.95) > AIM_MS)) code = 1;
} catch (error) {
  say(error instanceof Error ? (error.stack ?? error.message) : String(error));
  code = 1;
}
for (const end of undo.toReversed()) await end().catch((error: unknown) => say(String(error)));
process.exit(code);
