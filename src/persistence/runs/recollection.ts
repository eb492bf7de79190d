import { MEMORY_KINDS, type MemoryKind, type Recalled, type Remembered } from '../../domain/agent/memory.ts';
import { storableText } from '../jsonb.ts';
import { together, type Sql } from '../sql.ts';
import { anyWord, nearest, vectorText } from '../vectors.ts';

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
/** Rows looked at for one search by likeness, the newest. */
const MOST_CANDIDATES = 2_000;
/** Pieces of knowledge looked at for one search. */
const MOST_PIECES = 4_000;
/** Memories of one kind that a crew keeps; the oldest go. */
const MOST_KEPT = 2_000;

/** Finds what may help with a text. @param vector of the text, null to look for its words */
export async function recall(
  sql: Sql,
  executionId: number,
  scope: RecallScope,
  text: string,
  vector: readonly number[] | null,
): Promise<Recalled> {
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
  const rows = await sql.query<{ id: string; kind: MemoryKind; embedding: Buffer }>(
    `select id, kind, embedding from memories
      where owner_id = $1 and crew = $2 and (kind <> 'short' or execution_id = $3) and embedder = $4
      order by id desc limit ${MOST_CANDIDATES}`,
    [ownerId, memoryOf, executionId, embedder],
  );
  const ids = MEMORY_KINDS.flatMap((kind) =>
    nearest(
      rows.filter((row) => row.kind === kind),
      vector,
      MOST_FOUND,
    ).map(({ id }) => id),
  );
  return sql.query<FoundMemory>(
    'select kind, content from memories where id = any($1::bigint[]) order by array_position($1::bigint[], id)',
    [ids],
  );
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
  const [worded, rows] = await together([
    byWords,
    sql.query<{ source_id: string; position: number; embedding: Buffer }>(
      `select c.source_id, c.position, c.embedding from knowledge_sources s join knowledge_chunks c on c.source_id = s.id
        where s.owner_id = $1 and s.id = any($2::uuid[]) and s.embedder = $3 and c.embedding is not null
        order by c.source_id, c.position limit ${MOST_PIECES}`,
      [ownerId, knowledge, embedder],
    ),
  ]);
  const near = nearest(rows, vector, MOST_FOUND);
  const found = await sql.query<{ source: string; content: string }>(
    `select s.name as source, c.content
       from unnest($1::uuid[], $2::integer[]) with ordinality as wanted (source_id, position, place)
       join knowledge_chunks c using (source_id, position) join knowledge_sources s on s.id = c.source_id
      order by wanted.place`,
    [near.map((row) => row.source_id), near.map(({ position }) => position)],
  );
  return [...found, ...worded].slice(0, MOST_FOUND);
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
