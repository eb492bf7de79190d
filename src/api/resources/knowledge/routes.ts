import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { invalid, MusterError, notFound } from '../../../domain/errors.ts';
import type { KnowledgeKind } from '../../../knowledge/read-source.ts';
import { ModelFailure } from '../../../models/model.ts';
import {
  deleteKnowledge,
  findKnowledge,
  listKnowledge,
  storeKnowledge,
} from '../../../persistence/repositories/knowledge.repository.ts';
import type { OwnerScope } from '../../../persistence/database.ts';
import { defineRoute, type AnyRoute } from '../../define-route.ts';
import type { ApiServices } from '../../services.ts';
import { makeOwned } from '../../make-owned.ts';
import { listedOwner } from '../../parameters.ts';
import { messageSchema } from '../auth/schema.ts';
import { reachOf } from '../executions/access.ts';
import {
  addKnowledgeSchema,
  exampleKnowledge,
  knowledgeParams,
  knowledgeSchema,
  listKnowledgeQuery,
  pdfQuery,
  presentKnowledge,
} from './schema.ts';

const TAGS = ['Memory and knowledge'] as const;
const ONE = { tags: TAGS, access: 'user', params: knowledgeParams, what: 'knowledge source' } as const;
const PDF_BYTES = 10 * 1024 * 1024;

/** Reference material that agents and crews name in `knowledge_sources`. */
export const knowledgeRoutes = (
  engine: Pick<ApiServices, 'computing' | 'database' | 'models' | 'now' | 'settings'>,
): AnyRoute[] => [listRoute(engine), addRoute(engine), getRoute(engine), deleteRoute(engine)];

const listRoute = (engine: Pick<ApiServices, 'database'>): AnyRoute =>
  defineRoute(
    {
      method: 'GET',
      path: '/api/v1/knowledge',
      operationId: 'listKnowledge',
      tags: TAGS,
      summary: 'Your knowledge sources, newest first',
      access: 'user',
      query: listKnowledgeQuery,
      responses: {
        200: {
          description: 'A page of sources',
          schema: z.array(knowledgeSchema),
          example: [exampleKnowledge],
          headers: { 'X-Total-Count': 'How many there are in all' },
        },
      },
    },
    async ({ query, caller, respond }) => {
      const ownerId = listedOwner(caller, query.scope);
      const scope: OwnerScope = ownerId === undefined ? { everybody: true } : { ownerId };
      const [sources, total] = await engine.database.as(scope, (em) => listKnowledge(em, scope, query));
      return respond(200, sources.map(presentKnowledge), { 'X-Total-Count': String(total) });
    },
  );

const addRoute = (
  engine: Pick<ApiServices, 'computing' | 'database' | 'models' | 'now' | 'settings'>,
): AnyRoute =>
  defineRoute(
    {
      method: 'POST',
      path: '/api/v1/knowledge',
      operationId: 'addKnowledge',
      tags: TAGS,
      summary: 'Add a knowledge source',
      description:
        'Text, CSV or JSON in `content`, or a PDF as the body (`application/pdf`, its name in `?name=`). It is cut into ' +
        'pieces; agents and crews that name its id in `knowledge_sources` are told those that fit their task, marked as ' +
        'reference material.',
      access: 'user',
      query: pdfQuery,
      body: addKnowledgeSchema,
      example: { name: 'House rules', kind: 'text', content: 'Otters hold hands when they sleep.' },
      upload: { contentType: 'application/pdf', limitBytes: PDF_BYTES, description: 'A PDF with text in it' },
      responses: { 201: { description: 'Added', schema: knowledgeSchema, example: exampleKnowledge } },
      errors: ['CONFLICT', 'SERVICE_UNAVAILABLE'],
    },
    async ({ query, body, upload, caller, request, respond }) => {
      const given = upload === undefined ? body : { ...query, kind: 'pdf' as const, content: upload };
      if (given?.name === undefined)
        throw invalid('A PDF wants a name', [{ path: '?name', message: 'what the source shall be called' }]);
      const kind: KnowledgeKind = given.kind;
      const content = typeof given.content === 'string' ? given.content : new Uint8Array(given.content);
      const pieces = await engine.computing.run(
        'readKnowledge',
        { kind, content },
        { owner: caller.userId, signal: request.signal },
      );
      const embedder = given.embedder ?? null;
      const vectors = embedder === null ? null : await vectorsOf(engine, embedder, pieces, request.signal);
      const source = {
        id: randomUUID(),
        name: given.name,
        kind,
        bytes: Buffer.byteLength(given.content),
        chunks: pieces.length,
        embedder,
        created_at: engine.now(),
      };
      const { userId } = caller;
      await makeOwned(
        engine,
        userId,
        ['knowledge_sources', 'knowledge_bytes'],
        (em) => storeKnowledge(em, userId, source, pieces, vectors),
        { knowledge_bytes: source.bytes },
      );
      request.note({ target: source.id });
      return respond(201, presentKnowledge(source), { Location: `/api/v1/knowledge/${source.id}` });
    },
  );

/** @throws {MusterError} 422 when there is no such embedder, 503 when it does not answer; nothing is stored then. */
async function vectorsOf(
  engine: Pick<ApiServices, 'models'>,
  embedder: string,
  pieces: readonly string[],
  signal: AbortSignal,
): Promise<number[][]> {
  try {
    return (await engine.models.embedder(embedder).embed(pieces, signal)).vectors;
  } catch (error) {
    if (!(error instanceof ModelFailure)) throw error;
    if (error.retryable) throw new MusterError('SERVICE_UNAVAILABLE', error.message, { cause: error });
    throw invalid('The embedder cannot be used', [{ path: '/embedder', message: error.message }]);
  }
}

const getRoute = (engine: Pick<ApiServices, 'database'>): AnyRoute =>
  defineRoute(
    {
      ...ONE,
      method: 'GET',
      path: '/api/v1/knowledge/{knowledge_id}',
      operationId: 'getKnowledge',
      summary: 'One knowledge source',
      responses: { 200: { description: 'The source', schema: knowledgeSchema, example: exampleKnowledge } },
    },
    async ({ params, caller, respond }) => {
      const scope = reachOf(caller);
      const source = await engine.database.as(scope, (em) => findKnowledge(em, scope, params.knowledge_id));
      if (source === null) throw notFound('knowledge source');
      return respond(200, presentKnowledge(source));
    },
  );

const deleteRoute = (engine: Pick<ApiServices, 'database'>): AnyRoute =>
  defineRoute(
    {
      ...ONE,
      method: 'DELETE',
      path: '/api/v1/knowledge/{knowledge_id}',
      operationId: 'deleteKnowledge',
      summary: 'Delete a knowledge source',
      description:
        'Runs under way find nothing in it any more; a graph that names it is not valid until it is mended.',
      responses: {
        200: {
          description: 'Deleted',
          schema: messageSchema,
          example: { message: 'Knowledge source deleted' },
        },
      },
    },
    async ({ params, caller, respond }) => {
      const scope = reachOf(caller);
      const isDone = await engine.database.as(scope, (em) => deleteKnowledge(em, scope, params.knowledge_id));
      if (!isDone) throw notFound('knowledge source');
      return respond(200, { message: 'Knowledge source deleted' });
    },
  );
