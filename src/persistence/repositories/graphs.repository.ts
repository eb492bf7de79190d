import { randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import type { EntityManager, FilterQuery } from '@mikro-orm/postgresql';
import type { GraphDocumentBody } from '../../contracts/graph.ts';
import { conflict, notFound } from '../../domain/errors.ts';
import type { OwnerScope } from '../database.ts';
import { Graph, GraphVersion } from '../entities/graph.entity.ts';

const owned = (scope: OwnerScope): { ownerId?: string } =>
  'ownerId' in scope ? { ownerId: scope.ownerId } : {};

/** One save: what the graph is from then on, and whose save it was. */
export interface GraphSave {
  document: GraphDocumentBody;
  userId: string;
  now: Date;
}

/** The words of a search stand for themselves in `like`. */
const containing = (text: string): string => `%${text.replaceAll(/[\\%_]/g, String.raw`\$&`)}%`;

/** A page of graphs without their documents, newest first, and how many there are in all. */
export async function listGraphs(
  em: EntityManager,
  scope: OwnerScope,
  filter: { q?: string | undefined },
  page: { skip: number; limit: number },
): Promise<[Graph[], number]> {
  const where: FilterQuery<Graph> = {
    ...owned(scope),
    ...(filter.q !== undefined && { name: { $ilike: containing(filter.q) } }),
  };
  return em.findAndCount(Graph, where, {
    orderBy: { createdAt: 'desc', id: 'desc' },
    offset: page.skip,
    limit: page.limit,
  });
}

/** One graph with its document, or null: absent and foreign look the same. */
export function findGraph(em: EntityManager, id: string, scope: OwnerScope): Promise<Graph | null> {
  return em.findOne(Graph, { id, ...owned(scope) }, { populate: ['document'] });
}

/** Stores a new graph with its version 1. */
export async function createGraph(em: EntityManager, ownerId: string, save: GraphSave): Promise<Graph> {
  const { document, userId, now } = save;
  const graph = em.create(Graph, {
    id: randomUUID(),
    ownerId,
    name: document.name,
    description: document.description,
    document: asJson(document),
    version: 1,
    createdAt: now,
    updatedAt: now,
  });
  await em.flush();
  await addVersion(em, graph, userId, now);
  return graph;
}

/**
 * Saves a graph as its next version, unless nothing has changed. Holds the row from before it is read until the
 * commit, so that of two saves at once the second builds on the first.
 * @param change makes the new document of the present one
 * @param expected the version the save was made from, when its sender said so
 * @throws {MusterError} CONFLICT when the graph is at another version; NOT_FOUND.
 */
export async function saveGraph(
  em: EntityManager,
  ref: { id: string; scope: OwnerScope; expected: number | undefined },
  change: (present: Graph) => GraphDocumentBody | Promise<GraphDocumentBody>,
  by: { userId: string; now: Date },
): Promise<Graph> {
  await em.execute('select 1 from graphs where id = ? for no key update', [ref.id]);
  const graph = await findGraph(em, ref.id, ref.scope);
  if (graph === null) throw notFound('graph');
  if (ref.expected !== undefined && ref.expected !== graph.version) {
    throw conflict(`the graph is at version ${graph.version}, not ${ref.expected}: read it again`, {
      version: graph.version,
    });
  }
  const document = await change(graph);
  if (isDeepStrictEqual(asJson(document), graph.document)) return graph;
  graph.name = document.name;
  graph.description = document.description;
  graph.document = asJson(document);
  graph.version += 1;
  graph.updatedAt = by.now;
  await em.flush();
  await addVersion(em, graph, by.userId, by.now);
  return graph;
}

/** As `jsonb` gives it back: nothing that is undefined. */
function asJson({ viewport, ...document }: GraphDocumentBody): GraphDocumentBody {
  return viewport === undefined ? document : { ...document, viewport };
}

/** The document is copied where it lies: a large one is not sent a second time. */
async function addVersion(em: EntityManager, graph: Graph, userId: string, now: Date): Promise<void> {
  await em.execute(
    `insert into graph_versions (graph_id, version, document, created_at, created_by)
     select id, version, document, ?, ? from graphs where id = ?`,
    [now, userId, graph.id],
  );
}

/**
 * Deletes a graph with its versions; executions that came from it stay.
 * @throws {MusterError} CONFLICT while one of them is live; NOT_FOUND.
 */
export async function deleteGraph(em: EntityManager, id: string, scope: OwnerScope): Promise<void> {
  const [live] = await em.execute<{ execution_id: string }[]>(
    `select execution_id from executions
      where graph_id = ? and status not in ('completed', 'failed', 'cancelled') limit 1`,
    [id],
  );
  if ((await em.count(Graph, { id, ...owned(scope) })) === 0) throw notFound('graph');
  if (live !== undefined) {
    const { execution_id: executionId } = live;
    throw conflict(`execution ${executionId} of this graph is live: cancel it first`, {
      execution_id: executionId,
    });
  }
  await em.nativeDelete(Graph, { id, ...owned(scope) });
}

/** A page of a graph's versions without their documents, newest first, and how many there are in all. */
export function listGraphVersions(
  em: EntityManager,
  graphId: string,
  page: { skip: number; limit: number },
): Promise<[GraphVersion[], number]> {
  return em.findAndCount(
    GraphVersion,
    { graphId },
    { orderBy: { version: 'desc' }, offset: page.skip, limit: page.limit },
  );
}

/** One version with its document. */
export function findGraphVersion(
  em: EntityManager,
  graphId: string,
  version: number,
): Promise<GraphVersion | null> {
  return em.findOne(GraphVersion, { graphId, version }, { populate: ['document'] });
}

/** Those of an owner's graphs that have one of these ids, with their documents. */
export const findGraphs = (em: EntityManager, ids: readonly string[], ownerId: string): Promise<Graph[]> =>
  em.find(Graph, { id: { $in: [...ids] }, ownerId }, { populate: ['document'] });
