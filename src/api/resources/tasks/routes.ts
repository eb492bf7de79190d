import { z } from 'zod';
import { notFound } from '../../../domain/errors.ts';
import type { OwnerScope } from '../../../persistence/database.ts';
import { refuseAboveQuotaIn } from '../../../persistence/quotas.ts';
import type { Task } from '../../../persistence/entities/platform.entity.ts';
import {
  createTask,
  deleteTask,
  findTask,
  listTasks,
  updateTask,
} from '../../../persistence/repositories/tasks.repository.ts';
import type { Caller } from '../../context.ts';
import { defineRoute, type AnyRoute } from '../../define-route.ts';
import type { ApiServices } from '../../services.ts';
import { listedOwner } from '../../parameters.ts';
import { messageSchema } from '../auth/schema.ts';
import { reachOf } from '../executions/access.ts';
import { reachWorkflow } from '../workflows/access.ts';
import { workflowParamsSchema } from '../workflows/schema.ts';
import { taskRunRoutes } from './run-routes.ts';
import {
  changesOf,
  createTaskSchema,
  exampleNewTask,
  exampleTask,
  fieldsOf,
  listTasksQuery,
  presentTask,
  taskParamsSchema,
  taskSchema,
  updateTaskSchema,
  workflowTasksQuery,
} from './schema.ts';

const TAGS = ['Tasks'] as const;
/** What is the same of all that name one task. */
const ONE = { tags: TAGS, access: 'user', params: taskParamsSchema, what: 'task' } as const;
const page = {
  description: 'A page of tasks',
  schema: z.array(taskSchema),
  example: [exampleTask],
  headers: { 'X-Total-Count': 'How many there are in all' },
};

/** The tasks of stored workflows: store, change, look at, run one by itself. */
export const taskRoutes = (engine: ApiServices): AnyRoute[] => [
  listRoute(engine),
  ofWorkflowRoute(engine),
  createRoute(engine),
  getRoute(engine),
  updateRoute(engine, 'PUT', 'replaceTask'),
  updateRoute(engine, 'PATCH', 'updateTask'),
  deleteRoute(engine),
  ...taskRunRoutes(engine, reachTask),
];

/** The task a path names. @throws {MusterError} NOT_FOUND, whether absent or somebody else's. */
async function reachTask(engine: Pick<ApiServices, 'database'>, caller: Caller, id: number): Promise<Task> {
  const scope = reachOf(caller);
  const task = await engine.database.as(scope, (em) => findTask(em, id, scope));
  if (task === null) throw notFound('task');
  return task;
}

const listRoute = (engine: Pick<ApiServices, 'database'>): AnyRoute =>
  defineRoute(
    {
      method: 'GET',
      path: '/api/v1/tasks',
      operationId: 'listTasks',
      tags: TAGS,
      summary: 'Your tasks, newest first',
      access: 'user',
      query: listTasksQuery,
      responses: { 200: page },
    },
    async ({ query, caller, respond }) => {
      const owner = listedOwner(caller, query.scope);
      const scope: OwnerScope = owner === undefined ? { everybody: true } : { ownerId: owner };
      const filter = { workflowId: query.workflow_id, agentId: query.agent_id, statuses: query.status };
      const [tasks, total] = await engine.database.as(scope, (em) => listTasks(em, scope, filter, query));
      return respond(200, tasks.map(presentTask), { 'X-Total-Count': String(total) });
    },
  );

const ofWorkflowRoute = (engine: Pick<ApiServices, 'database'>): AnyRoute =>
  defineRoute(
    {
      method: 'GET',
      path: '/api/v1/tasks/workflow/{workflow_id}',
      operationId: 'listWorkflowTasks',
      tags: TAGS,
      summary: 'The tasks of a workflow, newest first',
      access: 'user',
      params: workflowParamsSchema,
      what: 'workflow',
      query: workflowTasksQuery,
      responses: { 200: page },
    },
    async ({ params, query, caller, respond }) => {
      const { id } = await reachWorkflow(engine, caller, params.workflow_id);
      const scope = reachOf(caller);
      const filter = { workflowId: id, agentId: query.agent_id, statuses: query.status };
      const [tasks, total] = await engine.database.as(scope, (em) => listTasks(em, scope, filter, query));
      return respond(200, tasks.map(presentTask), { 'X-Total-Count': String(total) });
    },
  );

const createRoute = (engine: Pick<ApiServices, 'database' | 'now' | 'settings'>): AnyRoute =>
  defineRoute(
    {
      method: 'POST',
      path: '/api/v1/tasks',
      operationId: 'createTask',
      tags: TAGS,
      summary: 'Add a task to a workflow',
      description: 'A workflow, agent or dependency that is not there is 422, naming it.',
      access: 'user',
      body: createTaskSchema,
      documents: ['config'],
      example: exampleNewTask,
      responses: { 201: { description: 'Stored', schema: taskSchema, example: exampleTask } },
      errors: ['CONFLICT'],
    },
    async ({ body, caller, respond }) => {
      const scope = reachOf(caller);
      const task = await engine.database.as(scope, async (em) => {
        const made = await createTask(em, scope, fieldsOf(body), engine.now());
        // It is the workflow's owner who has one more, whoever adds it.
        await refuseAboveQuotaIn(em, made.ownerId, ['tasks'], engine.settings.USER_LIMITS);
        return made;
      });
      return respond(201, presentTask(task), { Location: `/api/v1/tasks/${task.id}` });
    },
  );

const getRoute = (engine: Pick<ApiServices, 'database'>): AnyRoute =>
  defineRoute(
    {
      ...ONE,
      method: 'GET',
      path: '/api/v1/tasks/{task_id}',
      operationId: 'getTask',
      summary: 'One task',
      responses: { 200: { description: 'The task', schema: taskSchema, example: exampleTask } },
    },
    async ({ params, caller, respond }) =>
      respond(200, presentTask(await reachTask(engine, caller, params.task_id))),
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
      path: '/api/v1/tasks/{task_id}',
      operationId,
      summary: 'Change a task',
      description:
        'Every field is optional. Dependencies on itself, on tasks of another workflow, and in a circle are 422. Runs ' +
        'that are under way keep the task they began with.',
      body: updateTaskSchema,
      documents: ['config'],
      example: { order: 2 },
      responses: {
        200: { description: 'As it is now', schema: taskSchema, example: { ...exampleTask, order: 2 } },
      },
    },
    async ({ params, body, caller, respond }) => {
      const scope = reachOf(caller);
      const task = await engine.database.as(scope, (em) =>
        updateTask(em, { id: params.task_id, scope }, changesOf(body), engine.now()),
      );
      return respond(200, presentTask(task));
    },
  );

const deleteRoute = (engine: Pick<ApiServices, 'database'>): AnyRoute =>
  defineRoute(
    {
      ...ONE,
      method: 'DELETE',
      path: '/api/v1/tasks/{task_id}',
      operationId: 'deleteTask',
      summary: 'Delete a task',
      description: 'Its runs stay. Refused (409) while other tasks depend on it or a live execution runs it.',
      responses: {
        200: { description: 'Deleted', schema: messageSchema, example: { message: 'Task deleted' } },
      },
      errors: ['CONFLICT'],
    },
    async ({ params, caller, respond }) => {
      const scope = reachOf(caller);
      await engine.database.as(scope, (em) => deleteTask(em, params.task_id, scope));
      return respond(200, { message: 'Task deleted' });
    },
  );
