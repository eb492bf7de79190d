import { z } from 'zod';
import { invalid } from '../../../domain/errors.ts';
import type { OwnerScope } from '../../../persistence/database.ts';
import {
  createGraph,
  deleteGraph,
  listGraphs,
  saveGraph,
} from '../../../persistence/repositories/graphs.repository.ts';
import { defineRoute, type AnyRoute, type RequestFacts } from '../../define-route.ts';
import type { ApiServices } from '../../services.ts';
import { makeOwned } from '../../make-owned.ts';
import { LARGE_DOCUMENT } from '../../middleware/json-body.ts';
import { given, listedOwner } from '../../parameters.ts';
import { messageSchema } from '../auth/schema.ts';
import { reachOf } from '../executions/access.ts';
import { reachGraph } from './access.ts';
import { exampleDocument, exampleGraph, exampleGraphSummary } from './examples.ts';
import {
  createGraphSchema,
  documentOf,
  graphParamsSchema,
  graphSchema,
  graphSummarySchema,
  listGraphsQuery,
  presentGraph,
  presentGraphSummary,
  updateGraphSchema,
} from './schema.ts';
import { transferRoutes } from './transfer-routes.ts';
import { versionRoutes } from './version-routes.ts';

const TAGS = ['Graphs'] as const;
/** What is the same of all that name one graph. */
const ONE = { tags: TAGS, access: 'user', params: graphParamsSchema, what: 'graph' } as const;

/** The visual builder's documents: store, change, look at, go back to an earlier version. */
export const graphRoutes = (
  engine: Pick<ApiServices, 'computing' | 'database' | 'now' | 'settings' | 'tools'>,
): AnyRoute[] => [
  listRoute(engine),
  createRoute(engine),
  getRoute(engine),
  updateRoute(engine, 'PUT', 'replaceGraph'),
  updateRoute(engine, 'PATCH', 'updateGraph'),
  deleteRoute(engine),
  cloneRoute(engine),
  ...versionRoutes(engine),
  ...transferRoutes(engine),
];

const listRoute = (engine: Pick<ApiServices, 'database'>): AnyRoute =>
  defineRoute(
    {
      method: 'GET',
      path: '/api/v1/graphs',
      operationId: 'listGraphs',
      tags: TAGS,
      summary: 'Your graphs, newest first, without their nodes and edges',
      access: 'user',
      query: listGraphsQuery,
      responses: {
        200: {
          description: 'A page of graphs',
          schema: z.array(graphSummarySchema),
          example: [exampleGraphSummary],
          headers: { 'X-Total-Count': 'How many there are in all' },
        },
      },
    },
    async ({ query, caller, respond }) => {
      const owner = listedOwner(caller, query.scope);
      const scope: OwnerScope = owner === undefined ? { everybody: true } : { ownerId: owner };
      const [graphs, total] = await engine.database.as(scope, (em) =>
        listGraphs(em, scope, { q: query.q }, query),
      );
      return respond(200, graphs.map(presentGraphSummary), { 'X-Total-Count': String(total) });
    },
  );

const createRoute = (engine: Pick<ApiServices, 'database' | 'now' | 'settings'>): AnyRoute =>
  defineRoute(
    {
      method: 'POST',
      path: '/api/v1/graphs',
      operationId: 'createGraph',
      tags: TAGS,
      summary: 'Store a graph',
      description: 'Of the right shape suffices: a draft that is not yet valid is stored too.',
      access: 'user',
      body: createGraphSchema,
      documents: ['nodes', 'edges'],
      bodyLimits: LARGE_DOCUMENT,
      example: exampleDocument,
      responses: { 201: { description: 'Stored', schema: graphSchema, example: exampleGraph } },
      errors: ['CONFLICT'],
    },
    async ({ body, caller, respond }) => {
      const save = { document: body, userId: caller.userId, now: engine.now() };
      const graph = await makeOwned(engine, caller.userId, ['graphs'], (em) =>
        createGraph(em, caller.userId, save),
      );
      return respond(201, presentGraph(graph), { Location: `/api/v1/graphs/${graph.id}` });
    },
  );

const getRoute = (engine: Pick<ApiServices, 'database'>): AnyRoute =>
  defineRoute(
    {
      ...ONE,
      method: 'GET',
      path: '/api/v1/graphs/{graph_id}',
      operationId: 'getGraph',
      summary: 'One graph',
      responses: {
        200: {
          description: 'The graph',
          schema: graphSchema,
          example: exampleGraph,
          headers: { ETag: 'Its version, for `If-Match`' },
        },
      },
    },
    async ({ params, caller, respond }) => {
      const graph = await reachGraph(engine, caller, params.graph_id);
      return respond(200, presentGraph(graph), { ETag: `"${graph.version}"` });
    },
  );

/** The version that `If-Match` names. @throws {MusterError} VALIDATION_FAILED when it names none. */
function ifMatch({ headers }: RequestFacts): number | undefined {
  const text = headers['if-match'];
  if (text === undefined || text === '*') return undefined;
  const version = /^(?:W\/)?"?(\d{1,9})"?$/.exec(text)?.[1];
  if (version !== undefined) return Number(version);
  throw invalid('The request does not fit', [
    { path: 'If-Match', message: 'must be the version of a graph, such as "3"' },
  ]);
}

const updateRoute = (
  engine: Pick<ApiServices, 'database' | 'now'>,
  method: 'PUT' | 'PATCH',
  operationId: string,
): AnyRoute =>
  defineRoute(
    {
      ...ONE,
      method,
      path: '/api/v1/graphs/{graph_id}',
      operationId,
      summary: 'Save a graph as its next version',
      description:
        'Every field is optional. What changes nothing makes no version. With `version` in the body or `If-Match` in ' +
        'the head it is refused (409) when somebody else has saved meanwhile.',
      body: updateGraphSchema,
      documents: ['nodes', 'edges'],
      bodyLimits: LARGE_DOCUMENT,
      example: { name: 'Research', version: 1 },
      responses: {
        200: {
          description: 'Saved',
          schema: graphSchema,
          example: { ...exampleGraph, version: 2 },
          headers: { ETag: 'Its version, for `If-Match`' },
        },
      },
      errors: ['CONFLICT'],
    },
    async ({ params, body, caller, request, respond }) => {
      const scope = reachOf(caller);
      const { version, viewport, ...rest } = body;
      const expected = ifMatch(request) ?? version;
      const graph = await engine.database.as(scope, (em) =>
        saveGraph(
          em,
          { id: params.graph_id, scope, expected },
          (present) => {
            const document = { ...documentOf(present), ...given(rest) };
            return viewport === undefined ? document : { ...document, viewport: viewport ?? undefined };
          },
          { userId: caller.userId, now: engine.now() },
        ),
      );
      return respond(200, presentGraph(graph), { ETag: `"${graph.version}"` });
    },
  );

const deleteRoute = (engine: Pick<ApiServices, 'database'>): AnyRoute =>
  defineRoute(
    {
      ...ONE,
      method: 'DELETE',
      path: '/api/v1/graphs/{graph_id}',
      operationId: 'deleteGraph',
      summary: 'Delete a graph with its versions',
      description: 'Executions that came from it stay. While one of them is live it is refused (409).',
      responses: {
        200: { description: 'Deleted', schema: messageSchema, example: { message: 'Graph deleted' } },
      },
      errors: ['CONFLICT'],
    },
    async ({ params, caller, respond }) => {
      const scope = reachOf(caller);
      await engine.database.as(scope, (em) => deleteGraph(em, params.graph_id, scope));
      return respond(200, { message: 'Graph deleted' });
    },
  );

const cloneSchema = z
  .object({ name: createGraphSchema.shape.name.unwrap().optional() })
  .meta({ id: 'CloneGraph' });

const cloneRoute = (engine: Pick<ApiServices, 'database' | 'now' | 'settings'>): AnyRoute =>
  defineRoute(
    {
      ...ONE,
      method: 'POST',
      path: '/api/v1/graphs/{graph_id}/clone',
      operationId: 'cloneGraph',
      summary: 'Copy a graph into one of your own',
      body: cloneSchema,
      bodyOptional: true,
      example: { name: 'Research, my way' },
      responses: { 201: { description: 'The copy', schema: graphSchema, example: exampleGraph } },
      errors: ['CONFLICT'],
    },
    async ({ params, body, caller, respond }) => {
      const document = documentOf(await reachGraph(engine, caller, params.graph_id));
      const name = body?.name ?? `${document.name.slice(0, 190)} (copy)`;
      const save = { document: { ...document, name }, userId: caller.userId, now: engine.now() };
      const graph = await makeOwned(engine, caller.userId, ['graphs'], (em) =>
        createGraph(em, caller.userId, save),
      );
      return respond(201, presentGraph(graph), { Location: `/api/v1/graphs/${graph.id}` });
    },
  );
