import type { EntityManager } from '@mikro-orm/postgresql';
import type { OwnerScope } from '../database.ts';
import { vectorText } from '../vectors.ts';

/** Knowledge sources of an owner: what is uploaded, in pieces. Crews search them (runs/recollection.ts). */

export interface KnowledgeSource {
  id: string;
  name: string;
  kind: 'text' | 'pdf' | 'csv' | 'json';
  bytes: number;
  chunks: number;
  /** `provider/model` of its vectors; null: it is searched by words. */
  embedder: string | null;
  created_at: Date;
}

const COLUMNS = 'id, name, kind, bytes, chunks, embedder, created_at';

/** @param vectors one for each piece, or null */
export async function storeKnowledge(
  em: EntityManager,
  ownerId: string,
  source: KnowledgeSource,
  pieces: readonly string[],
  vectors: readonly (readonly number[])[] | null,
): Promise<void> {
  await em.execute(`insert into knowledge_sources (owner_id, ${COLUMNS}) values (?, ?, ?, ?, ?, ?, ?, ?)`, [
    ownerId,
    source.id,
    source.name,
    source.kind,
    source.bytes,
    source.chunks,
    source.embedder,
    source.created_at.toISOString(),
  ]);
  const rows = pieces.map((content, position) => {
    const vector = vectors?.[position];
    return { position, content, embedding: vector === undefined ? null : vectorText(vector) };
  });
  await em.execute(
    `insert into knowledge_chunks (source_id, owner_id, position, content, embedding)
     select ?, ?, c.position, c.content, decode(c.embedding, 'base64')
       from jsonb_to_recordset(?::jsonb) as c(position integer, content text, embedding text)`,
    [source.id, ownerId, JSON.stringify(rows)],
  );
}

const REACHED = '(?::uuid is null or owner_id = ?)';
/** Null for everybody's. */
const ownerOf = (scope: OwnerScope): string | null => ('ownerId' in scope ? scope.ownerId : null);

/** A page of them, newest first, and how many there are in all. */
export async function listKnowledge(
  em: EntityManager,
  scope: OwnerScope,
  page: { skip: number; limit: number },
): Promise<[KnowledgeSource[], number]> {
  const rows = await em.execute<KnowledgeSource[]>(
    `select ${COLUMNS} from knowledge_sources where ${REACHED} order by created_at desc, id desc offset ? limit ?`,
    [ownerOf(scope), ownerOf(scope), page.skip, page.limit],
  );
  const [counted] = await em.execute<{ count: number }[]>(
    `select count(*)::integer as count from knowledge_sources where ${REACHED}`,
    [ownerOf(scope), ownerOf(scope)],
  );
  return [rows, counted?.count ?? 0];
}

export async function findKnowledge(
  em: EntityManager,
  scope: OwnerScope,
  id: string,
): Promise<KnowledgeSource | null> {
  const [row] = await em.execute<KnowledgeSource[]>(
    `select ${COLUMNS} from knowledge_sources where ${REACHED} and id = ?`,
    [ownerOf(scope), ownerOf(scope), id],
  );
  return row ?? null;
}

/** @returns false when there is none. */
export async function deleteKnowledge(em: EntityManager, scope: OwnerScope, id: string): Promise<boolean> {
  const rows = await em.execute<object[]>(
    `delete from knowledge_sources where ${REACHED} and id = ? returning id`,
    [ownerOf(scope), ownerOf(scope), id],
  );
  return rows.length > 0;
}

/** Those of some ids that are an owner's. */
export async function knownKnowledge(
  em: EntityManager,
  ownerId: string,
  ids: readonly string[],
): Promise<Set<string>> {
  if (ids.length === 0) return new Set();
  const rows = await em.execute<{ id: string }[]>(
    `select id from knowledge_sources where owner_id = ? and id in (select value::uuid from jsonb_array_elements_text(?::jsonb))`,
    [ownerId, JSON.stringify(ids)],
  );
  return new Set(rows.map(({ id }) => id));
}
