import type { EntityManager } from '@mikro-orm/postgresql';
import type { MemoryKind } from '../../domain/agent/memory.ts';

/** What an owner's crews remember, for people to look at and to clear. The engine writes it (runs/recollection.ts). */

export interface StoredMemory {
  id: number;
  crew: string;
  kind: MemoryKind;
  name: string | null;
  content: string;
  task_key: string;
  execution_id: string | null;
  embedder: string | null;
  created_at: Date;
}

/** Undefined: of every crew, of every kind. */
export interface MemoryFilter {
  crew: string | undefined;
  kind: MemoryKind | undefined;
}

const CHOSEN = 'm.owner_id = ? and (?::text is null or m.crew = ?) and (?::text is null or m.kind = ?)';
const chosen = (
  ownerId: string,
  { crew = null, kind = null }: { crew?: string | null | undefined; kind?: MemoryKind | null | undefined },
) => [ownerId, crew, crew, kind, kind];

/** A page of them, newest first, and how many there are in all. */
export async function listMemories(
  em: EntityManager,
  ownerId: string,
  filter: MemoryFilter,
  page: { skip: number; limit: number },
): Promise<[StoredMemory[], number]> {
  const params = chosen(ownerId, filter);
  const rows = await em.execute<StoredMemory[]>(
    `select m.id::integer, m.crew, m.kind, m.name, m.content, m.task_key, e.execution_id, m.embedder, m.created_at
       from memories m left join executions e on e.id = m.execution_id
      where ${CHOSEN} order by m.id desc offset ? limit ?`,
    [...params, page.skip, page.limit],
  );
  const [counted] = await em.execute<{ count: number }[]>(
    `select count(*)::integer as count from memories m where ${CHOSEN}`,
    params,
  );
  return [rows, counted?.count ?? 0];
}

/** @returns how many are gone */
export async function clearMemories(
  em: EntityManager,
  ownerId: string,
  filter: MemoryFilter,
): Promise<number> {
  const [counted] = await em.execute<{ count: number }[]>(
    `with gone as (delete from memories m where ${CHOSEN} returning 1) select count(*)::integer as count from gone`,
    chosen(ownerId, filter),
  );
  return counted?.count ?? 0;
}
