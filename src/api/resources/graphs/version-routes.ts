import { z } from 'zod';
import { notFound } from '../../../domain/errors.ts';
import {
  findGraphVersion,
  listGraphVersions,
  saveGraph,
} from '../../../persistence/repositories/graphs.repository.ts';
import { defineRoute, type AnyRoute } from '../../define-route.ts';
import type { ApiServices } from '../../services.ts';
import { reachOf } from '../executions/access.ts';
import { reachGraph } from './access.ts';
import { exampleDocument, exampleGraph, exampleGraphVersion } from './examples.ts';
import {
  documentOf,
  graphParamsSchema,
  graphSchema,
  graphVersionDocumentSchema,
  graphVersionParamsSchema,
  graphVersionSchema,
  presentGraph,
  presentGraphVersion,
  versionsQuery,
} from './schema.ts';

const ONE = { tags: ['Graphs'], access: 'user', params: graphVersionParamsSchema, what: 'graph' } as const;

/** What a graph was: every save, each to be looked at and gone back to. */
export const versionRoutes = (engine: Pick<ApiServices, 'database' | 'now'>): AnyRoute[] => [
  listVersionsRoute(engine),
  getVersionRoute(engine),
  restoreVersionRoute(engine),
];

const listVersionsRoute = (engine: Pick<ApiServices, 'database'>): AnyRoute =>
  defineRoute(
    {
      ...ONE,
      params: graphParamsSchema,
      method: 'GET',
      path: '/api/v1/graphs/{graph_id}/versions',
      operationId: 'listGraphVersions',
      summary: 'Its versions, newest first, without what they hold',
      query: versionsQuery,
      responses: {
        200: {
          description: 'A page of versions',
          schema: z.array(graphVersionSchema),
          example: [exampleGraphVersion],
          headers: { 'X-Total-Count': 'How many there are in all' },
        },
      },
    },
    async ({ params, query, caller, respond }) => {
      const { id } = await reachGraph(engine, caller, params.graph_id);
      const [versions, total] = await engine.database.as(reachOf(caller), (em) =>
        listGraphVersions(em, id, query),
      );
      return respond(200, versions.map(presentGraphVersion), { 'X-Total-Count': String(total) });
    },
  );

const getVersionRoute = (engine: Pick<ApiServices, 'database'>): AnyRoute =>
  defineRoute(
    {
      ...ONE,
      method: 'GET',
      path: '/api/v1/graphs/{graph_id}/versions/{version}',
      operationId: 'getGraphVersion',
      summary: 'One version with its document',
      responses: {
        200: {
          description: 'The version',
          schema: graphVersionDocumentSchema,
          example: { ...exampleGraphVersion, document: exampleDocument },
        },
      },
    },
    async ({ params, caller, respond }) => {
      const { id } = await reachGraph(engine, caller, params.graph_id);
      const version = await engine.database.as(reachOf(caller), (em) =>
        findGraphVersion(em, id, params.version),
      );
      if (version === null) throw notFound('version of this graph');
      return respond(200, { ...presentGraphVersion(version), document: documentOf(version) });
    },
  );

const restoreVersionRoute = (engine: Pick<ApiServices, 'database' | 'now'>): AnyRoute =>
  defineRoute(
    {
      ...ONE,
      method: 'POST',
      path: '/api/v1/graphs/{graph_id}/versions/{version}/restore',
      operationId: 'restoreGraphVersion',
      summary: 'Go back to a version',
      description: 'Saves what it held as the next version; nothing is lost.',
      responses: {
        200: { description: 'The graph', schema: graphSchema, example: { ...exampleGraph, version: 3 } },
      },
    },
    async ({ params, caller, respond }) => {
      const scope = reachOf(caller);
      const graph = await engine.database.as(scope, (em) =>
        saveGraph(
          em,
          { id: params.graph_id, scope, expected: undefined },
          async (present) => {
            const version = await findGraphVersion(em, present.id, params.version);
            if (version === null) throw notFound('version of this graph');
            return documentOf(version);
          },
          { userId: caller.userId, now: engine.now() },
        ),
      );
      return respond(200, presentGraph(graph), { ETag: `"${graph.version}"` });
    },
  );
