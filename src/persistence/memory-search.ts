import { MEMORY_KINDS, type MemoryKind, type Recalled, type Remembered } from '../domain/agent/memory.ts';
import { storableText } from '../domain/storable-text.ts';
import { together, type Sql } from './sql.ts';
import { hasVectorSearch, isComparable, vectorLiteral } from './vector-search.ts';
import { anyWord, LEAST_LIKENESS, nearestTo, vectorText } from './vectors.ts';

/** What a run reads of memory and knowledge, and what its tasks leave behind. Everything is of one owner. */

/** What a task recalls from. */
export interface RecallScope {
  ownerId: string;
  /** Name of the crew whose memories count; null when it has none. */
  memoryOf: string | null;
  /** Ids of knowledge sources. */
  knowledge: readonly string[];
  /** What makes the vectors, as `provider/model`; null for a search by words. */
  embedder: string | null;
}

/** How many of each kind of memory, and pieces of knowledge, a task is told; CrewAI's number. */
const MOST_FOUND = 3;
/** Rows of vectors that come over the wire at once. */
const PAGE = 1_000;
/** Pieces of knowledge that one search looks at where the database cannot compare vectors: some seconds, in the worker. */
const MOST_PIECES = 100_000;
/** Memories of one kind that a crew keeps; the oldest go. */
const MOST_KEPT = 2_000;

/** Finds what may help with a text, in a transaction. @param given vector of the text, null to look for its words */
export async function recall(
  sql: Sql,
  executionId: number,
  scope: RecallScope,
  text: string,
  given: readonly number[] | null,
): Promise<Recalled> {
  const vector = given !== null && isComparable(given) ? given : null;
  const [memories, knowledge] = await together([
    scope.memoryOf === null ? [] : recallMemories(sql, executionId, scope, text, vector),
    scope.knowledge.length === 0 ? [] : recallKnowledge(sql, scope, text, vector),
  ]);
  return { memories, knowledge };
}

interface FoundMemory {
  kind: MemoryKind;
  content: string;
}

async function recallMemories(
  sql: Sql,
  executionId: number,
  { ownerId, memoryOf, embedder }: RecallScope,
  text: string,
  vector: readonly number[] | null,
): Promise<FoundMemory[]> {
  if (vector === null) {
    return sql.query<FoundMemory>(
      `select kind, content from (
         select kind, content, row_number() over (partition by kind order by ts_rank(search, q) desc, id desc) as place
           from memories, websearch_to_tsquery('simple', $4) q
          where owner_id = $1 and crew = $2 and (kind <> 'short' or execution_id = $3) and search @@ q
       ) found where place <= ${MOST_FOUND} order by place`,
      [ownerId, memoryOf, executionId, anyWord(text)],
    );
  }
  const scope = [ownerId, memoryOf, executionId, embedder];
  const ids = (await hasVectorSearch(sql))
    ? await nearestMemoriesThere(sql, scope, vector)
    : await nearestMemoriesHere(sql, scope, vector);
  return sql.query<FoundMemory>(
    'select kind, content from memories where id = any($1::bigint[]) order by array_position($1::bigint[], id)',
    [ids],
  );
}

/**
 * SQL: how far a row's vector is from a parameter's; null where it is of another length, which pgvector does not compare.
 * The length of the bytes is known without fetching them.
 */
const distance = (of: string, parameter: number): string =>
  `case when octet_length(${of}embedding) = 4 * vector_dims($${parameter}::vector)
     then ${of}embedding_vector <=> $${parameter}::vector end`;

/** SQL: memories that may be found by a vector. */
const COMPARABLE = `owner_id = $1 and crew = $2 and (kind <> 'short' or execution_id = $3) and embedder = $4
  and embedding is not null`;

/** Ids, nearest first within each kind, compared by the database. */
async function nearestMemoriesThere(
  sql: Sql,
  scope: readonly unknown[],
  vector: readonly number[],
): Promise<string[]> {
  const rows = await sql.query<{ id: string }>(
    `select id from (
       select id, kind, distance, row_number() over (partition by kind order by distance) as place from (
         select id, kind, ${distance('', 5)} as distance from memories where ${COMPARABLE}
       ) compared where distance <= ${1 - LEAST_LIKENESS}
     ) found where place <= ${MOST_FOUND} order by kind, place`,
    [...scope, vectorLiteral(vector)],
  );
  return rows.map(({ id }) => id);
}

/** The same, compared here: all that a crew keeps. */
async function nearestMemoriesHere(
  sql: Sql,
  scope: readonly unknown[],
  vector: readonly number[],
): Promise<string[]> {
  type Candidate = { id: string; kind: MemoryKind; embedding: Buffer };
  const nearest = new Map(MEMORY_KINDS.map((kind) => [kind, nearestTo<Candidate>(vector, MOST_FOUND)]));
  const select = `select id, kind, embedding from memories where ${COMPARABLE}`;
  for await (const rows of pagesOf<Candidate>(sql, 'memories_compared', select, scope))
    for (const [kind, near] of nearest) near.see(rows.filter((row) => row.kind === kind));
  return [...nearest.values()].flatMap((near) => near.found().map(({ id }) => id));
}

/** What a select finds, a page at a time through a cursor: found once, and never all in memory. In a transaction. */
async function* pagesOf<Row extends object>(
  sql: Sql,
  cursor: string,
  select: string,
  params: readonly unknown[],
): AsyncGenerator<Row[]> {
  await sql.query(`declare ${cursor} no scroll cursor for ${select}`, params);
  for (let last = PAGE; last === PAGE;) {
    const rows = await sql.query<Row>(`fetch ${PAGE} from ${cursor}`, []);
    last = rows.length;
    yield rows;
  }
  await sql.query(`close ${cursor}`);
}

async function recallKnowledge(
  sql: Sql,
  { ownerId, knowledge, embedder }: RecallScope,
  text: string,
  vector: readonly number[] | null,
): Promise<{ source: string; content: string }[]> {
  const byWords = sql.query<{ source: string; content: string }>(
    `select s.name as source, c.content
       from knowledge_sources s join knowledge_chunks c on c.source_id = s.id, websearch_to_tsquery('simple', $3) q
      where s.owner_id = $1 and s.id = any($2::uuid[]) and c.search @@ q and ($4::text is null or s.embedder is distinct from $4)
      order by ts_rank(c.search, q) desc, s.id, c.position limit ${MOST_FOUND}`,
    [ownerId, knowledge, anyWord(text), vector === null ? null : embedder],
  );
  if (vector === null) return byWords;
  const scope = [ownerId, knowledge, embedder];
  const isThere = await hasVectorSearch(sql);
  const [worded, near] = await together([
    byWords,
    isThere ? nearestPiecesThere(sql, scope, vector) : nearestPiecesHere(sql, scope, vector),
  ]);
  const found = await sql.query<{ source: string; content: string }>(
    `select s.name as source, c.content
       from unnest($1::uuid[], $2::integer[]) with ordinality as wanted (source_id, position, place)
       join knowledge_chunks c using (source_id, position) join knowledge_sources s on s.id = c.source_id
      order by wanted.place`,
    [near.map((row) => row.source_id), near.map(({ position }) => position)],
  );
  return [...found, ...worded].slice(0, MOST_FOUND);
}

interface Piece {
  source_id: string;
  position: number;
}

/** SQL: pieces of knowledge that may be found by a vector. */
const COMPARABLE_PIECES = `from knowledge_sources s join knowledge_chunks c on c.source_id = s.id
  where s.owner_id = $1 and s.id = any($2::uuid[]) and s.embedder = $3 and c.embedding is not null`;

/** Compared by the database, all of them. */
const nearestPiecesThere = (
  sql: Sql,
  scope: readonly unknown[],
  vector: readonly number[],
): Promise<Piece[]> =>
  sql.query<Piece>(
    `select source_id, position from (
       select c.source_id, c.position, ${distance('c.', 4)} as distance ${COMPARABLE_PIECES}
     ) compared where distance <= ${1 - LEAST_LIKENESS} order by distance limit ${MOST_FOUND}`,
    [...scope, vectorLiteral(vector)],
  );

/** The same, compared here, up to a bound. */
async function nearestPiecesHere(
  sql: Sql,
  scope: readonly unknown[],
  vector: readonly number[],
): Promise<Piece[]> {
  type Candidate = Piece & { embedding: Buffer };
  const nearest = nearestTo<Candidate>(vector, MOST_FOUND);
  const select = `select c.source_id, c.position, c.embedding ${COMPARABLE_PIECES} limit ${MOST_PIECES}`;
  for await (const rows of pagesOf<Candidate>(sql, 'pieces_compared', select, scope)) nearest.see(rows);
  return nearest.found();
}

/** Keeps what a task leaves behind, in the transaction that ends it. An entity that is known already is written anew. */
export async function remember(
  sql: Sql,
  run: { executionId: number; taskKey: string },
  scope: RecallScope,
  memories: readonly Remembered[],
  vectors: readonly (readonly number[])[] | null,
  now: Date,
): Promise<void> {
  // Two runs of a crew that end together write the same entities: in one order, so that neither waits for the other.
  const order = [...memories.entries()].sort(([, one], [, other]) => compareNames(one.name, other.name));
  const rows = order.map(([place, { kind, name, content, about }]) => {
    const vector = vectors?.[place];
    return {
      kind,
      name: name === null ? null : storableText(name),
      content: storableText(content),
      about: storableText(about),
      execution_id: kind === 'short' ? run.executionId : null,
      embedding: vector === undefined ? null : vectorText(vector),
    };
  });
  await sql.query(
    `insert into memories (owner_id, crew, kind, execution_id, task_key, name, content, about, embedder, embedding, created_at)
     select $1, $2, m.kind, m.execution_id, $3, m.name, m.content, m.about,
         case when m.embedding is null then null else $4::text end, decode(m.embedding, 'base64'), $5
       from jsonb_to_recordset($6::jsonb) as
         m(kind text, name text, content text, about text, execution_id integer, embedding text)
     on conflict (owner_id, crew, name) where kind = 'entity' do update set content = excluded.content,
       about = excluded.about, embedder = excluded.embedder, embedding = excluded.embedding, task_key = excluded.task_key,
       created_at = excluded.created_at`,
    [scope.ownerId, scope.memoryOf, run.taskKey, scope.embedder, now.toISOString(), JSON.stringify(rows)],
  );
  await sql.query(
    `delete from memories where id in (
       select id from (
         select id, row_number() over (partition by kind order by id desc) as place from memories
          where owner_id = $1 and crew = $2
       ) kept where place > ${MOST_KEPT})`,
    [scope.ownerId, scope.memoryOf],
  );
}

const compareNames = (one: string | null, other: string | null): number => {
  const [left, right] = [one ?? '', other ?? ''];
  return left < right ? -1 : Number(left > right);
};
