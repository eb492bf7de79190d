import type { Sql } from './sql.ts';

/**
 * pgvector, where the server has it: vectors are then compared beside their rows, and none goes over the wire. The column
 * it compares follows from the bytes that are kept anyhow, so writers know nothing of it, and it may come at any time.
 */

/** What compares two vectors, here and in the worker, keeps to this length in bytes (16,000 numbers). */
const MOST_BYTES = 64_000;

interface Extension {
  installed: boolean;
  allowed: boolean;
}

/**
 * Makes what the search in the database needs, where the server offers pgvector and this role may create it or somebody
 * has. Idempotent; the rows that are there are worked out once, under a lock. In the caller's transaction.
 * @returns whether it is there now
 */
export async function installVectorSearch(sql: Sql): Promise<boolean> {
  const [extension] = await sql.query<Extension>(
    `select bool_or(v.installed) as installed,
       bool_or(r.rolsuper or (not v.superuser or v.trusted) and has_database_privilege(current_database(), 'create')) as allowed
       from pg_available_extension_versions v, pg_roles r where v.name = 'vector' and r.rolname = current_user
      having count(*) > 0`,
  );
  if (extension === undefined || !(extension.installed || extension.allowed)) return false;
  if (await hasVectorSearch(sql)) return true;
  await sql.query('create extension if not exists vector');
  // Somebody may have put it into a schema where our statements do not look.
  const [found] = await sql.query<{ type: string | null }>(`select to_regtype('vector')::text as type`);
  if ((found?.type ?? null) === null) return false;
  await sql.query(BYTES_VECTOR);
  // Joined to nothing, bytes that are stored elsewhere are fetched once and not for every number: twenty times as fast.
  for (const table of ['memories', 'knowledge_chunks'])
    await sql.query(
      `alter table ${table} add column embedding_vector vector
         generated always as (bytes_vector(embedding || ''::bytea)) stored`,
    );
  return true;
}

/** Whether the database compares vectors. */
export async function hasVectorSearch(sql: Sql): Promise<boolean> {
  const [row] = await sql.query<{ has: boolean }>(
    `select count(*) = 2 as has from pg_attribute
      where attrelid in ('memories'::regclass, 'knowledge_chunks'::regclass) and attname = 'embedding_vector'
        and not attisdropped`,
  );
  return row?.has === true;
}

/** Whether the server has pgvector at all. */
export async function offersVectorSearch(sql: Sql): Promise<boolean> {
  const rows = await sql.query(`select 1 from pg_available_extensions where name = 'vector'`);
  return rows.length > 0;
}

/** Whether a vector is one that pgvector takes; an embedder may answer anything. */
export const isComparable = (vector: readonly number[]): boolean =>
  vector.length > 0 &&
  4 * vector.length <= MOST_BYTES &&
  vector.every((number) => Number.isFinite(Math.fround(number)));

/** A vector as pgvector reads it. */
export const vectorLiteral = (vector: readonly number[]): string =>
  JSON.stringify(Array.from(Float32Array.from(vector)));

/**
 * 32-bit floats, little-endian, as numbers: sign, exponent and fraction by hand, because Postgres reads no float out of
 * bytes. What is below 2^-126 is nothing. What pgvector would refuse (no number, too many) has no vector, and is never found.
 */
const BYTES_VECTOR = `
create or replace function bytes_vector(bytes bytea) returns vector language sql immutable strict parallel safe return (
  select case when length(bytes) between 4 and ${MOST_BYTES} then (
    select array_agg((sign(bits + 0.5::double precision) * case
        when bits & 2139095040 in (0, 2139095040) then 0
        else (8388608 + (bits & 8388607)) * 2::double precision ^ (((bits & 2139095040) >> 23) - 150) end)::real order by at)::vector
      from (
        select at, (get_byte(bytes, 4 * at + 3) << 24) | (get_byte(bytes, 4 * at + 2) << 16)
            | (get_byte(bytes, 4 * at + 1) << 8) | get_byte(bytes, 4 * at) as bits
          from generate_series(0, length(bytes) / 4 - 1) at
        offset 0
      ) number
  ) end
)`;
