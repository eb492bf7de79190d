import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { MEMORY_KINDS } from '../../src/domain/agent/memory.ts';
import { createDatabase } from '../../src/persistence/database.ts';
import { recall, type RecallScope } from '../../src/persistence/memory-search.ts';
import type { Sql } from '../../src/persistence/sql.ts';
import { hasVectorSearch, installVectorSearch } from '../../src/persistence/vector-search.ts';
import { vectorText } from '../../src/persistence/vectors.ts';
import { openPgvectorDatabase, type PgvectorDatabase } from '../support/pgvector-database.ts';
import { openEngineDatabase, type EngineDatabase } from './engine-database.ts';

/** Memory and knowledge found by meaning: by the worker everywhere, by the database where it has pgvector. */

let here: EngineDatabase;
let there: PgvectorDatabase;
beforeAll(async () => {
  // One after the other, as all below: the WebAssembly one keeps this thread, and connections have but so long to open.
  here = await openEngineDatabase();
  // A server of your own may have pgvector.
  const schema = await createDatabase(here.url, { poolMax: 1, actsFor: 'schema' });
  for (const table of ['memories', 'knowledge_chunks'])
    await schema.sql.query(`alter table ${table} drop column if exists embedding_vector`);
  await schema.close();
  there = await openPgvectorDatabase();
});
afterAll(() => Promise.all([here.close(), there.close()]));

const NUMBERS = 24;
/** Deterministic, all directions. */
const direction = (seed: number, length = NUMBERS): number[] =>
  Array.from({ length }, (_, at) => Math.sin(seed * 12.9898 + at * 78.233) + 0.4);
const SOURCES = ['6f1c1f5e-3b1a-4c59-9d0e-0f6f2f1f7a01', '6f1c1f5e-3b1a-4c59-9d0e-0f6f2f1f7a02'];
const EMBEDDER = 'openai/small';

interface Filled {
  scope: RecallScope;
}

/** Pieces, more than come at once, with some that are of another length, nothing, or null; and memories of all kinds. */
async function fill(sql: Sql, from: number, to: number, scope: RecallScope): Promise<Filled> {
  const numbers = Array.from({ length: to - from }, (_, at) => from + at);
  const vectors = numbers.map((seed) => {
    if (seed % 97 === 0) return null;
    if (seed % 89 === 0) return Array.from({ length: NUMBERS }, () => 0);
    return direction(seed, seed % 83 === 0 ? NUMBERS + 1 : NUMBERS);
  });
  const texts = vectors.map((vector) => (vector === null ? null : vectorText(vector)));
  for (const [place, source] of SOURCES.entries()) {
    await sql.query(
      `insert into knowledge_sources (id, owner_id, name, kind, bytes, chunks, embedder, created_at)
       values ($1, $2, $3, 'text', 1, 1, $4, now()) on conflict do nothing`,
      [source, scope.ownerId, `source ${place}`, EMBEDDER],
    );
    await sql.query(
      `insert into knowledge_chunks (source_id, owner_id, position, content, embedding)
       select $1, $2, n, 'piece ' || n, decode(e, 'base64') from unnest($3::integer[], $4::text[]) as given(n, e)
        where n % 2 = $5`,
      [source, scope.ownerId, numbers, texts, place],
    );
  }
  for (const kind of MEMORY_KINDS.filter((one) => one !== 'short'))
    await sql.query(
      `insert into memories (owner_id, crew, kind, task_key, name, content, about, embedder, embedding, created_at)
       select $1, 'desk', $2, 't', case when $2 = 'entity' then 'name ' || n end, $2 || ' ' || n, '', $3,
         decode(e, 'base64'), now() from unnest($4::integer[], $5::text[]) as given(n, e)`,
      [scope.ownerId, kind, EMBEDDER, numbers, texts],
    );
  return { scope };
}

const scopeOf = (ownerId: string): RecallScope => ({
  ownerId,
  memoryOf: 'desk',
  knowledge: SOURCES,
  embedder: EMBEDDER,
});

describe('a search by meaning', () => {
  it('finds the same in the database as in the worker, in rows of before pgvector and of after', async () => {
    const owner = randomUUID();
    await there.sql.query(
      `insert into users (id, email, created_at, updated_at) values ($1, 'a@example.test', now(), now())`,
      [owner],
    );
    await fill(there.sql, 0, 1_500, scopeOf(owner));
    expect(await hasVectorSearch(there.sql)).toBe(false);
    expect(await installVectorSearch(there.sql)).toBe(true);
    await fill(there.sql, 1_500, 3_000, scopeOf(owner));
    await fill(here.database.sql, 0, 3_000, scopeOf(here.owner));
    expect(await hasVectorSearch(here.database.sql)).toBe(false);
    for (const seed of [7, 1_999, 40_000.5]) {
      const inDatabase = await recall(there.sql, 0, scopeOf(owner), 'nothing', direction(seed));
      const inWorker = await here.database.sql.transaction((sql) =>
        recall(sql, 0, scopeOf(here.owner), 'nothing', direction(seed)),
      );
      const sorted = inWorker.memories.toSorted((one, other) => one.kind.localeCompare(other.kind));
      expect(inDatabase.memories.toSorted((one, other) => one.kind.localeCompare(other.kind))).toEqual(
        sorted,
      );
      expect(inDatabase.knowledge).toEqual(inWorker.knowledge);
      expect([inWorker.memories.length, inWorker.knowledge.length]).toEqual([6, 3]);
    }
    expect((await recall(there.sql, 0, scopeOf(owner), '', direction(1_999))).knowledge[0]).toEqual({
      source: 'source 1',
      content: 'piece 1999',
    });
  });

  it('stays with the workers where pgvector is in a schema of somebody’s own', async () => {
    await there.sql.query('begin');
    await there.sql.query('drop extension vector cascade');
    await there.sql.query('create schema elsewhere');
    await there.sql.query('create extension vector schema elsewhere');
    expect(await installVectorSearch(there.sql)).toBe(false);
    expect(await hasVectorSearch(there.sql)).toBe(false);
    await there.sql.query('rollback');
  });

  it('is made ready once, by whoever starts next', async () => {
    expect(await installVectorSearch(there.sql)).toBe(true);
    expect(await installVectorSearch(there.sql)).toBe(true);
    expect(await hasVectorSearch(there.sql)).toBe(true);
  });

  it('goes by words when an embedder answers with no vector', async () => {
    const [user] = await there.sql.query<{ id: string }>('select id from users limit 1');
    const scope = scopeOf(user?.id ?? '');
    for (const none of [[], [Number.NaN], [1e300], Array.from({ length: 16_001 }, () => 1)])
      expect((await recall(there.sql, 0, scope, 'piece', none)).knowledge).toHaveLength(3);
  });

  it('compares in the database exactly what the bytes say', async () => {
    const numbers = [
      0,
      -0.5,
      1,
      1e-30,
      -3.4e38,
      1e-45,
      ...direction(3, 200),
      ...direction(4).map((n) => n / 1e9),
    ];
    const [row] = await there.sql.query<{ text: string; nothing: string | null }>(
      `select bytes_vector(decode($1, 'base64'))::text as text, bytes_vector('')::text as nothing`,
      [vectorText(numbers)],
    );
    // What is smaller than 2^-126 is nothing.
    const meant = numbers.map((number) => (Math.abs(number) < 1e-38 ? 0 : Math.fround(number)));
    const read: unknown = JSON.parse(row?.text ?? '[]');
    expect(Array.isArray(read) && read.map((number) => Math.fround(Number(number)))).toEqual(meant);
    expect(row?.nothing).toBeNull();
  });
});
