import { z } from 'zod';
import { graphDocumentSchema, type GraphDocumentBody } from '../../../contracts/graph.ts';
import { notFound } from '../../../domain/errors.ts';
import type { JsonObject } from '../../../domain/json.ts';
import { createGraph } from '../../../persistence/repositories/graphs.repository.ts';
import {
  createTemplate,
  deleteTemplate,
  findTemplate,
  listTemplates,
  updateTemplate,
} from '../../../persistence/repositories/templates.repository.ts';
import { defineRoute, type AnyRoute } from '../../define-route.ts';
import type { ApiServices } from '../../services.ts';
import { makeOwned } from '../../make-owned.ts';
import { messageSchema } from '../auth/schema.ts';
import { exampleDocument, exampleGraph } from '../graphs/examples.ts';
import { graphSchema, presentGraph } from '../graphs/schema.ts';
import {
  createTemplateSchema,
  instantiateSchema,
  listTemplatesQuery,
  presentTemplate,
  templateParamsSchema,
  templateSchema,
  updateTemplateSchema,
} from './schema.ts';

const TAGS = ['Templates'] as const;
/** What is the same of all that name one template. */
const ONE = { tags: TAGS, params: templateParamsSchema, what: 'template' } as const;
/** Postgres lets nobody else write them either. */
const ADMINS = { everybody: true } as const;

const exampleTemplate = {
  id: '0191f7a4-8c5e-7b1a-9f00-2a6b1c3d4e80',
  name: 'Research',
  description: 'Finds what is new',
  graph: exampleDocument,
  created_by: null,
  created_at: '2026-11-20T09:30:00.000Z',
  updated_at: '2026-11-20T09:30:00.000Z',
};

/** Graphs to begin with: everybody reads them and makes graphs of them, admins write them. */
export const templateRoutes = (engine: Pick<ApiServices, 'database' | 'now' | 'settings'>): AnyRoute[] => [
  listRoute(engine),
  createRoute(engine),
  getRoute(engine),
  updateRoute(engine, 'PUT', 'replaceTemplate'),
  updateRoute(engine, 'PATCH', 'updateTemplate'),
  deleteRoute(engine),
  instantiateRoute(engine),
];

/** As it is stored: nothing that is undefined. */
const asJson = ({ viewport, ...document }: GraphDocumentBody): JsonObject =>
  viewport === undefined ? document : { ...document, viewport };

const listRoute = (engine: Pick<ApiServices, 'database'>): AnyRoute =>
  defineRoute(
    {
      method: 'GET',
      path: '/api/v1/templates',
      operationId: 'listTemplates',
      tags: TAGS,
      summary: 'The templates, newest first',
      access: 'user',
      query: listTemplatesQuery,
      responses: {
        200: {
          description: 'A page of templates',
          schema: z.array(templateSchema),
          example: [exampleTemplate],
          headers: { 'X-Total-Count': 'How many there are in all' },
        },
      },
    },
    async ({ query, caller, respond }) => {
      const [templates, total] = await engine.database.as({ ownerId: caller.userId }, (em) =>
        listTemplates(em, query),
      );
      return respond(200, templates.map(presentTemplate), { 'X-Total-Count': String(total) });
    },
  );

const createRoute = (engine: Pick<ApiServices, 'database' | 'now'>): AnyRoute =>
  defineRoute(
    {
      method: 'POST',
      path: '/api/v1/templates',
      operationId: 'createTemplate',
      tags: TAGS,
      summary: 'Make a template',
      access: 'admin',
      body: createTemplateSchema,
      documents: ['graph'],
      example: { name: 'Research', description: 'Finds what is new', graph: exampleDocument },
      responses: { 201: { description: 'Made', schema: templateSchema, example: exampleTemplate } },
      errors: ['CONFLICT'],
    },
    async ({ body, caller, request, respond }) => {
      const { name, description, graph } = body;
      const template = await engine.database.as(ADMINS, (em) =>
        createTemplate(
          em,
          { name, description, document: asJson(graph) },
          { userId: caller.userId, now: engine.now() },
        ),
      );
      request.note({ target: template.id });
      return respond(201, presentTemplate(template), { Location: `/api/v1/templates/${template.id}` });
    },
  );

const getRoute = (engine: Pick<ApiServices, 'database'>): AnyRoute =>
  defineRoute(
    {
      ...ONE,
      access: 'user',
      method: 'GET',
      path: '/api/v1/templates/{template_id}',
      operationId: 'getTemplate',
      summary: 'One template',
      responses: { 200: { description: 'The template', schema: templateSchema, example: exampleTemplate } },
    },
    async ({ params, caller, respond }) => {
      const template = await engine.database.as({ ownerId: caller.userId }, (em) =>
        findTemplate(em, params.template_id),
      );
      if (template === null) throw notFound('template');
      return respond(200, presentTemplate(template));
    },
  );

const updateRoute = (
  engine: Pick<ApiServices, 'database' | 'now'>,
  method: 'PUT' | 'PATCH',
  operationId: string,
): AnyRoute =>
  defineRoute(
    {
      ...ONE,
      access: 'admin',
      method,
      path: '/api/v1/templates/{template_id}',
      operationId,
      summary: 'Change a template',
      description: 'Graphs made of it before stay as they are.',
      body: updateTemplateSchema,
      documents: ['graph'],
      example: { description: 'Finds what is new, and says why' },
      responses: { 200: { description: 'Changed', schema: templateSchema, example: exampleTemplate } },
      errors: ['CONFLICT'],
    },
    async ({ params, body, respond }) => {
      const change = {
        ...(body.name !== undefined && { name: body.name }),
        ...(body.description !== undefined && { description: body.description }),
        ...(body.graph !== undefined && { document: asJson(body.graph) }),
      };
      const template = await engine.database.as(ADMINS, (em) =>
        updateTemplate(em, params.template_id, change, engine.now()),
      );
      if (template === null) throw notFound('template');
      return respond(200, presentTemplate(template));
    },
  );

const deleteRoute = (engine: Pick<ApiServices, 'database'>): AnyRoute =>
  defineRoute(
    {
      ...ONE,
      access: 'admin',
      method: 'DELETE',
      path: '/api/v1/templates/{template_id}',
      operationId: 'deleteTemplate',
      summary: 'Delete a template',
      description: 'One that ships with the program does not come back at the next start.',
      responses: {
        200: { description: 'Deleted', schema: messageSchema, example: { message: 'Template deleted' } },
      },
    },
    async ({ params, respond }) => {
      const isDone = await engine.database.as(ADMINS, (em) => deleteTemplate(em, params.template_id));
      if (!isDone) throw notFound('template');
      return respond(200, { message: 'Template deleted' });
    },
  );

const instantiateRoute = (engine: Pick<ApiServices, 'database' | 'now' | 'settings'>): AnyRoute =>
  defineRoute(
    {
      ...ONE,
      access: 'user',
      method: 'POST',
      path: '/api/v1/templates/{template_id}/instantiate',
      operationId: 'instantiateTemplate',
      summary: 'Make a graph of a template',
      body: instantiateSchema,
      bodyOptional: true,
      example: { name: 'My research' },
      responses: { 201: { description: 'The graph', schema: graphSchema, example: exampleGraph } },
      errors: ['CONFLICT'],
    },
    async ({ params, body, caller, respond }) => {
      const { userId } = caller;
      const graph = await makeOwned(engine, userId, ['graphs'], async (em) => {
        const template = await findTemplate(em, params.template_id);
        if (template === null) throw notFound('template');
        const { name, description } = template;
        const document = {
          ...graphDocumentSchema.parse(template.document),
          name: body?.name ?? name,
          description,
        };
        return createGraph(em, userId, { document, userId, now: engine.now() });
      });
      return respond(201, presentGraph(graph), { Location: `/api/v1/graphs/${graph.id}` });
    },
  );
