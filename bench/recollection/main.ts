import { randomUUID } from 'node:crypto';
import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { availableParallelism, cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual, parseArgs } from 'node:util';
import getPort from 'get-port';
import { startEmbeddedPostgres } from '../../src/embedded/postgres.ts';
import { createDatabase, type Database } from '../../src/persistence/database.ts';
import { migrateDatabase } from '../../src/persistence/migrate.ts';
import { recall, type RecallScope } from '../../src/persistence/memory-search.ts';
import type { SqlPool } from '../../src/persistence/sql.ts';
import { hasVectorSearch } from '../../src/persistence/vector-search.ts';
import { vectorText } from '../../src/persistence/vectors.ts';
import { measuredCommit } from '../results-file.ts';
import { percentile, seededRandom, type Random } from '../statistics.ts';

/**
 * `npm run bench:recollection`: what a task waits for when it looks for knowledge by meaning, in so many pieces of 1,536
 * numbers. In an embedded PostgreSQL, which has no pgvector, or, with `--database-url`, in an empty database of a server that
 * has: there both ways are measured, turn by turn, and what they find is compared.
 */

const { values } = parseArgs({
  options: {
    sizes: { type: 'string', default: '1000,10000,100000' },
    rounds: { type: 'string', default: '30' },
    'database-url': { type: 'string' },
  },
});
const SIZES = values.sizes.split(',').map(Number);
const ROUNDS = Number(values.rounds);
const NUMBERS = 1_536;
const EMBEDDER = 'bench/embedder';
/** Rows one statement writes. */
const CHUNK = 500;
const say = (line: string): void => console.error(line);

/** Texts about one of so many things are alike, as those of a real source are. */
const THINGS = 200;

function vectorsOf(random: Random): { some: () => number[]; near: (thing: number) => number[] } {
  const centres = Array.from({ length: THINGS }, () => Array.from({ length: NUMBERS }, () => random() - 0.5));
  const near = (thing: number): number[] => (centres[thing] ?? []).map((n) => n + (random() - 0.5) * 0.8);
  return { near, some: () => near(Math.floor(random() * THINGS)) };
}

interface Filled {
  sql: SqlPool;
  scope: RecallScope;
  /** Milliseconds a piece took to be written. */
  writeMs: number;
}

/** An owner with one source. Every side gets the same. */
async function fill({ schema: { sql }, worker }: Side, pieces: number): Promise<Filled> {
  const { some } = vectorsOf(seededRandom(1));
  const [ownerId, source] = [randomUUID(), randomUUID()];
  await sql.query('insert into users (id, email, created_at, updated_at) values ($1, $2, now(), now())', [
    ownerId,
    `${ownerId}@example.test`,
  ]);
  await sql.query(
    `insert into knowledge_sources (id, owner_id, name, kind, bytes, chunks, embedder, created_at)
     values ($1, $2, 'bench', 'text', 1, $3, $4, now())`,
    [source, ownerId, pieces, EMBEDDER],
  );
  let tookMs = 0;
  for (let from = 0; from < pieces; from += CHUNK) {
    const places = Array.from({ length: Math.min(CHUNK, pieces - from) }, (_, at) => from + at);
    const texts = places.map(() => vectorText(some()));
    const begun = performance.now();
    await sql.query(
      `insert into knowledge_chunks (source_id, owner_id, position, content, embedding)
       select $1, $2, n, 'piece ' || n || repeat(' text', 180), decode(e, 'base64')
         from unnest($3::integer[], $4::text[]) as given(n, e)`,
      [source, ownerId, places, texts],
    );
    tookMs += performance.now() - begun;
  }
  await sql.query('vacuum analyze knowledge_chunks');
  const scope = { ownerId, memoryOf: null, knowledge: [source], embedder: EMBEDDER };
  return { sql: worker.sql, scope, writeMs: tookMs / pieces };
}

interface Way {
  name: string;
  times: number[];
  processorMs: number[];
  writeMs: number;
}

/** One search as a task makes it, in a transaction. */
const search = (sql: SqlPool, scope: RecallScope, vector: readonly number[]) =>
  sql.transaction((tx) => recall(tx, 0, scope, 'nothing', vector));

/** Turn by turn, so that a slow moment of the machine meets all alike. */
async function measure(
  sides: readonly Filled[],
  names: readonly string[],
): Promise<{ ways: Way[]; differing: number }> {
  const random = seededRandom(2);
  const { near } = vectorsOf(seededRandom(1));
  const ways = sides.map(({ writeMs }, at): Way => ({
    name: names[at] ?? '',
    times: [],
    processorMs: [],
    writeMs,
  }));
  let differing = 0;
  for (let round = -2; round < ROUNDS; round += 1) {
    const vector = near(Math.floor(random() * THINGS));
    const found: unknown[] = [];
    for (const [at, { sql, scope }] of sides.entries()) {
      const processor = process.cpuUsage();
      const begun = performance.now();
      found.push(await search(sql, scope, vector));
      const took = performance.now() - begun;
      const { user, system } = process.cpuUsage(processor);
      // The first rounds warm up what every process has warm.
      if (round < 0) continue;
      ways[at]?.times.push(took);
      ways[at]?.processorMs.push((user + system) / 1_000);
    }
    if (!found.every((one) => isDeepStrictEqual(one, found[0]))) differing += 1;
  }
  return { ways, differing };
}

interface Side {
  /** Of the schema's owner, to fill it. */
  schema: Database;
  /** As a worker has it. */
  worker: Database;
}

/** A fresh database of a server. @param comparing whether the database may compare vectors, where it can */
async function openSide(server: string, comparing: boolean, undo: Undo): Promise<Side> {
  const name = `muster_bench_${randomUUID().slice(0, 8)}`;
  const owner = await createDatabase(server, { poolMax: 1, actsFor: 'schema' });
  undo.push(() => owner.close());
  await owner.sql.query(`create database ${name}`);
  undo.push(() => owner.sql.query(`drop database ${name} with (force)`));
  const url = new URL(server);
  url.pathname = `/${name}`;
  const schema = await createDatabase(url.href, { poolMax: 4, actsFor: 'schema' });
  undo.push(() => schema.close());
  await migrateDatabase(schema);
  if (!comparing)
    for (const table of ['memories', 'knowledge_chunks'])
      await schema.sql.query(`alter table ${table} drop column if exists embedding_vector`);
  const worker = await createDatabase(url.href, { poolMax: 1 });
  undo.push(() => worker.close());
  return { schema, worker };
}

const ms = (number: number): string => number.toFixed(1);
const count = (number: number): string => number.toLocaleString('en');

async function run(server: string, undo: Undo): Promise<string> {
  const there = await openSide(server, true, undo);
  const hasIt = await hasVectorSearch(there.schema.sql);
  const sides = hasIt ? [await openSide(server, false, undo), there] : [there];
  const lines: string[] = [];
  const loadBefore = loadavg()[0] ?? 0;
  for (const size of SIZES) {
    say(`Writing ${count(size)} pieces …`);
    const filled: Filled[] = [];
    for (const side of sides) filled.push(await fill(side, size));
    say('Searching …');
    const { ways, differing } = await measure(
      filled,
      hasIt ? ['in the worker', 'in the database'] : ['in the worker'],
    );
    for (const { name, times, processorMs, writeMs } of ways)
      lines.push(
        `| ${count(size)} | ${name} | ${ms(percentile(times, 0.5))} | ${ms(percentile(times, 0.95))} | ${ms(percentile(processorMs, 0.5))} | ${hasIt ? `${differing} of ${ROUNDS + 2}` : ''} | ${writeMs.toFixed(2)} |`,
      );
  }
  const [versions] = await there.schema.sql.query<{ postgres: string; pgvector: string | null }>(
    `select current_setting('server_version') as postgres, (select extversion from pg_extension where extname = 'vector') as pgvector`,
  );
  const commit = await measuredCommit();
  return `${new Date().toISOString().slice(0, 16).replace('T', ' ')} UTC, commit ${commit}. ${availableParallelism()} cores (${cpus()[0]?.model.trim() ?? 'unknown'}), load ${ms(loadBefore)} before and ${ms(loadavg()[0] ?? 0)} after. PostgreSQL ${versions?.postgres}, pgvector ${versions?.pgvector ?? 'none'}, ${NUMBERS} numbers a vector, one search after another, n = ${ROUNDS} each.

| pieces | compared | p50 ms | p95 ms | worker’s processor ms | found something else | ms to write one |
| --- | --- | --- | --- | --- | --- | --- |
${lines.join('\n')}
`;
}

type Undo = (() => Promise<unknown>)[];
const undo: Undo = [];
let code = 0;
try {
  let url = values['database-url'];
  if (url === undefined) {
    const dataDir = await realpath(await mkdtemp(join(tmpdir(), 'muster-bench-recollection-')));
    undo.push(() => rm(dataDir, { recursive: true, force: true }));
    const postgres = await startEmbeddedPostgres({ dataDir, port: await getPort(), log: say });
    undo.push(() => postgres.stop());
    url = postgres.url;
  }
  console.log(await run(url, undo));
} catch (error) {
  say(error instanceof Error ? (error.stack ?? error.message) : String(error));
  code = 1;
}
for (const end of undo.toReversed()) await end().catch((error: unknown) => say(String(error)));
process.exit(code);
