import { z } from 'zod';
import type { OwnerScope } from '../../../persistence/database.ts';
import {
  createWorkflow,
  deleteWorkflow,
  listWorkflows,
  updateWorkflow,
} from '../../../persistence/repositories/workflows.repository.ts';
import { defineRoute, type AnyRoute } from '../../define-route.ts';
import type { ApiServices } from '../../services.ts';
import type { StartServices } from '../../../engine/starting/start-services.ts';
import { makeOwned } from '../../make-owned.ts';
import { listedOwner } from '../../parameters.ts';
import { messageSchema } from '../auth/schema.ts';
import { reachOf } from '../executions/access.ts';
import { reachWorkflow } from './access.ts';
import { workflowRunRoutes } from './run-routes.ts';
import {
  changesOf,
  createWorkflowSchema,
  exampleNewWorkflow,
  exampleWorkflow,
  fieldsOf,
  listWorkflowsQuery,
  presentWorkflow,
  updateWorkflowSchema,
  workflowParamsSchema,
  workflowSchema,
} from './schema.ts';

const TAGS = ['Workflows'] as const;
/** What is the same of all that name one workflow. */
const ONE = { tags: TAGS, access: 'user', params: workflowParamsSchema, what: 'workflow' } as const;

/** Stored crews: store, change, look at, run, steer. */
export const workflowRoutes = (
  engine: StartServices & Pick<ApiServices, 'computing' | 'flows' | 'tools'>,
): AnyRoute[] => [
  listRoute(engine),
  createRoute(engine),
  getRoute(engine),
  updateRoute(engine, 'PUT', 'replaceWorkflow'),
  updateRoute(engine, 'PATCH', 'updateWorkflow'),
  deleteRoute(engine),
  ...workflowRunRoutes(engine),
];

const listRoute = (engine: Pick<ApiServices, 'database'>): AnyRoute =>
  defineRoute(
    {
      method: 'GET',
      path: '/api/v1/workflows',
      operationId: 'listWorkflows',
      tags: TAGS,
      summary: 'Your workflows, newest first',
      access: 'user',
      query: listWorkflowsQuery,
      responses: {
        200: {
          description: 'A page of workflows',
          schema: z.array(workflowSchema),
          example: [exampleWorkflow],
          headers: { 'X-Total-Count': 'How many there are in all' },
        },
      },
    },
    async ({ query, caller, respond }) => {
      const owner = listedOwner(caller, query.scope);
      const scope: OwnerScope = owner === undefined ? { everybody: true } : { ownerId: owner };
      const [workflows, total] = await engine.database.as(scope, (em) =>
        listWorkflows(em, scope, { activeOnly: query.active_only }, query),
      );
      return respond(200, workflows.map(presentWorkflow), { 'X-Total-Count': String(total) });
    },
  );

const createRoute = (engine: Pick<ApiServices, 'database' | 'now' | 'settings'>): AnyRoute =>
  defineRoute(
    {
      method: 'POST',
      path: '/api/v1/workflows',
      operationId: 'createWorkflow',
      tags: TAGS,
      summary: 'Store a workflow',
      description: 'Its tasks are added by `POST /tasks`.',
      access: 'user',
      body: createWorkflowSchema,
      documents: ['config'],
      example: exampleNewWorkflow,
      responses: { 201: { description: 'Stored', schema: workflowSchema, example: exampleWorkflow } },
      errors: ['CONFLICT'],
    },
    async ({ body, caller, respond }) => {
      const workflow = await makeOwned(engine, caller.userId, ['workflows'], (em) =>
        createWorkflow(em, caller.userId, fieldsOf(body), engine.now()),
      );
      return respond(201, presentWorkflow(workflow), { Location: `/api/v1/workflows/${workflow.id}` });
    },
  );

const getRoute = (engine: Pick<ApiServices, 'database'>): AnyRoute =>
  defineRoute(
    {
      ...ONE,
      method: 'GET',
      path: '/api/v1/workflows/{workflow_id}',
      operationId: 'getWorkflow',
      summary: 'One workflow',
      responses: { 200: { description: 'The workflow', schema: workflowSchema, example: exampleWorkflow } },
    },
    async ({ params, caller, respond }) =>
      respond(200, presentWorkflow(await reachWorkflow(engine, caller, params.workflow_id))),
  );

const updateRoute = (
  engine: Pick<ApiServices, 'database' | 'now'>,
  method: 'PUT' | 'PATCH',
  operationId: string,
): AnyRoute =>
  defineRoute(
    {
      ...ONE,
      method,
      path: '/api/v1/workflows/{workflow_id}',
      operationId,
      summary: 'Change a workflow',
      description: 'Every field is optional. Runs that are under way keep the workflow they began with.',
      body: updateWorkflowSchema,
      documents: ['config'],
      example: { workflow_type: 'parallel' },
      responses: {
        200: {
          description: 'As it is now',
          schema: workflowSchema,
          example: { ...exampleWorkflow, workflow_type: 'parallel' },
        },
      },
    },
    async ({ params, body, caller, respond }) => {
      const scope = reachOf(caller);
      const workflow = await engine.database.as(scope, (em) =>
        updateWorkflow(em, { id: params.workflow_id, scope }, changesOf(body), engine.now()),
      );
      return respond(200, presentWorkflow(workflow));
    },
  );

const deleteRoute = (engine: Pick<ApiServices, 'database'>): AnyRoute =>
  defineRoute(
    {
      ...ONE,
      method: 'DELETE',
      path: '/api/v1/workflows/{workflow_id}',
      operationId: 'deleteWorkflow',
      summary: 'Delete a workflow with its tasks',
      description: 'Its executions stay. While one of them is live it is refused (409).',
      responses: {
        200: { description: 'Deleted', schema: messageSchema, example: { message: 'Workflow deleted' } },
      },
      errors: ['CONFLICT'],
    },
    async ({ params, caller, respond }) => {
      const scope = reachOf(caller);
      await engine.database.as(scope, (em) => deleteWorkflow(em, params.workflow_id, scope));
      return respond(200, { message: 'Workflow deleted' });
    },
  );
