import { randomUUID } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { availableParallelism, cpus, loadavg } from 'node:os';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { format, resolveConfig } from 'prettier';
import { startEmbeddedPostgres } from '../src/embedded/postgres.ts';
import { createDatabase, type Database } from '../src/persistence/database.ts';
import { migrateDatabase } from '../src/persistence/migrate.ts';
import { executionStats } from '../src/persistence/repositories/execution-stats.repository.ts';
import { endServicesOn, endWhenAsked, makeKeptFolder } from '../test/support/folder-keeper.ts';
import { recordSections, RESULTS_FILE, watchRun } from './results-file.ts';
import { percentile } from './statistics.ts';

/**
 * `npm run bench:stats`: how long statistics take over a million executions of one owner. Writes bench/results/<date>-stats.md
 * and its section of bench/RESULTS.md.
 */

const EXECUTIONS = 1_000_000;
const DAYS = 30;
const ROUNDS = 300;
const AIM_MS = 300;
const SCENES = [
  { name: '50 workflows', workflows: 50 },
  { name: '2,000 workflows', workflows: 2_000 },
] as const;

const say = (line: string): void => console.error(line);
const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

interface Measured {
  name: string;
  rows: number;
  p50: number;
  p95: number;
  most: number;
  /** The same sums over the executions themselves. */
  counted: number;
}

/** As the engine leaves them: a few live, one in twenty failed, each a few seconds long. */
async function fill(database: Database, ownerId: string, workflows: number): Promise<void> {
  const { sql } = database;
  await sql.query('truncate executions cascade');
  // A trigger for each of a million rows says nothing about answers: they are counted at the end, all at once.
  await sql.query('alter table executions disable trigger executions_born_ended');
  await sql.query(
    `insert into executions (execution_id, owner_id, kind, crew_name, workflow_id, status, plan, input_data, error,
       error_code, total_tokens, created_at, started_at, completed_at, updated_at, reconciled_at)
     select gen_random_uuid(), $1, 'crew', 'crew ' || n % 50, 1 + n % $3::integer,
       case when n % 50000 = 0 then 'running' when n % 20 = 0 then 'failed' else 'completed' end,
       '{}', '{"topic": "otters"}',
       case when n % 20 = 0 then 'task "write" failed' end,
       case when n % 20 = 0 then (array['MODEL_TIMEOUT', 'MODEL_AUTH', 'CANCELLED'])[1 + n % 3] end,
       1000 + n % 500, at, at, case when n % 50000 = 0 then null else at + (1 + n % 90) * interval '1 second' end, at,
       case when n % 50000 = 0 then at else 'infinity' end
     from generate_series(1, $2::integer) as n,
       lateral (select now() - n % ($4::integer * 1440) * interval '1 minute' as at) as moment`,
    [ownerId, EXECUTIONS, workflows, DAYS],
  );
  await sql.query('alter table executions enable trigger executions_born_ended');
  await sql.query('select rebuild_execution_days()');
  await sql.query('analyze');
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const begun = performance.now();
  await work();
  return performance.now() - begun;
}

async function measure(
  app: Database,
  schema: Database,
  ownerId: string,
  scene: (typeof SCENES)[number],
): Promise<Measured> {
  say(`${scene.name}: writing ${EXECUTIONS} executions …`);
  await fill(schema, ownerId, scene.workflows);
  const since = new Date(Date.now() - (DAYS - 1) * 86_400_000).toISOString().slice(0, 10);
  const scope = { ownerId };
  const ask = () => app.as(scope, (em) => executionStats(em, scope, { since, workflowId: undefined }));
  const stats = await ask();
  if (stats.count + stats.running < EXECUTIONS * 0.95)
    throw new Error(`only ${stats.count} of ${EXECUTIONS} executions are counted`);
  const times: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) times.push(await timed(ask));
  const counted = await timed(() =>
    app.as(scope, (em) =>
      em.execute(
        `select (created_at at time zone 'UTC')::date, workflow_id, status, error_code, count(*), sum(total_tokens),
           avg(completed_at - started_at) from executions where owner_id = ? group by 1, 2, 3, 4`,
        [ownerId],
      ),
    ),
  );
  const [row] = await schema.sql.query<{ count: number }>(
    'select count(*)::integer as count from execution_days',
  );
  return {
    name: scene.name,
    rows: row?.count ?? 0,
    p50: percentile(times, 0.5),
    p95: percentile(times, 0.95),
    most: Math.max(...times),
    counted,
  };
}

function report(measured: readonly Measured[]): string {
  const ms = (value: number): string => value.toFixed(1);
  return `# Statistics over a million executions

${new Date().toISOString().slice(0, 16).replace('T', ' ')} UTC. Written by \`npm run bench:stats\`; every figure is from this one run.

- ${availableParallelism()} cores (${cpus()[0]?.model.trim() ?? 'unknown'}), load average ${(loadavg()[0] ?? 0).toFixed(1)}
- Node ${process.versions.node}, the embedded PostgreSQL, as the program works: under row-level security, in a transaction of its own
- ${EXECUTIONS.toLocaleString('en')} executions of one owner over ${DAYS} days; each figure is of ${ROUNDS} answers, one after another

Milliseconds for all the figures of \`GET /api/v1/executions/stats\`; the aim is at most ${AIM_MS}.

|  | counted rows | p50 | p95 | longest | the same sums over the executions themselves |
| --- | --- | --- | --- | --- | --- |
${measured
  .map(
    (one) =>
      `| ${one.name} | ${one.rows.toLocaleString('en')} | ${ms(one.p50)} | ${ms(one.p95)} | ${ms(one.most)} | ${ms(one.counted)} |`,
  )
  .join('\n')}
`;
}

/** The section of bench/RESULTS.md. */
const section = (measured: readonly Measured[], run: string, file: string): string =>
  [
    '## Statistics',
    '',
    `${run} [All figures](results/${basename(file)}).`,
    '',
    `All figures of \`GET /api/v1/executions/stats\` over ${EXECUTIONS.toLocaleString('en')} executions of one owner, p50 / p95 in ms, aim p95 ≤ ${AIM_MS}: ` +
      `${measured.map(({ name, p50, p95 }) => `${name} ${p50.toFixed(1)} / ${p95.toFixed(1)}`).join(', ')}.`,
    '',
  ].join('\n');

async function main(): Promise<void> {
  endWhenAsked();
  const describeRun = await watchRun('npm run bench:stats');
  const dataDir = await makeKeptFolder('muster-bench-stats-');
  try {
    const { url } = await startEmbeddedPostgres({ dataDir, log: say });
    const schema = await createDatabase(url, { poolMax: 2, actsFor: 'schema' });
    await migrateDatabase(schema);
    const ownerId = randomUUID();
    await schema.sql.query(
      `insert into users (id, email, created_at, updated_at) values ($1, 'bench@example.test', now(), now())`,
      [ownerId],
    );
    const app = await createDatabase(url, { poolMax: 2, actsFor: 'owners' });
    const measured: Measured[] = [];
    for (const scene of SCENES) measured.push(await measure(app, schema, ownerId, scene));
    await app.close();
    await schema.close();
    const file = here(`results/${new Date().toISOString().slice(0, 10)}-stats.md`);
    const options = await resolveConfig(file);
    const text = await format(report(measured), { ...options, parser: 'markdown' });
    await mkdir(here('results'), { recursive: true });
    await writeFile(file, text);
    await recordSections(section(measured, await describeRun(), file), RESULTS_FILE);
    console.log(text);
    if (measured.some(({ p95 }) => p95 > AIM_MS)) process.exitCode = 1;
  } finally {
    await endServicesOn(dataDir);
  }
}

await main();
