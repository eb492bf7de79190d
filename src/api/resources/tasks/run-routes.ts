import { z } from 'zod';
import { conflict, notFound } from '../../../domain/errors.ts';
import { compileTask } from '../../../domain/plan/compile-workflow.ts';
import type { Task } from '../../../persistence/entities/platform.entity.ts';
import { findAgent } from '../../../persistence/repositories/agents.repository.ts';
import { findWorkflow } from '../../../persistence/repositories/workflows.repository.ts';
import { latestFailedRun, listTaskRuns } from '../../../persistence/repositories/tasks.repository.ts';
import type { Caller } from '../../context.ts';
import { defineRoute, type AnyRoute } from '../../define-route.ts';
import type { ApiServices } from '../../services.ts';
import { pageQuery } from '../../parameters.ts';
import { startCrewRun } from '../../../engine/starting/start-crew-run.ts';
import { reachExecution, reachOf } from '../executions/access.ts';
import { exampleExecution } from '../executions/examples.ts';
import { present } from '../executions/routes.ts';
import { executionSchema } from '../executions/schema.ts';
import { retryTaskOf } from '../executions/task-routes.ts';
import { surroundingsOf } from '../workflows/compile.ts';
import {
  executeTaskSchema,
  exampleTaskExecution,
  presentTaskRun,
  taskExecutionSchema,
  taskParamsSchema,
} from './schema.ts';

type Reach = (engine: ApiServices, caller: Caller, id: number) => Promise<Task>;

const ONE = { tags: ['Tasks'], access: 'user', params: taskParamsSchema, what: 'task' } as const;
const started = {
  ...exampleExecution,
  kind: 'task' as const,
  workflow_id: 1,
  crew_name: 'Write Article',
  status: 'pending' as const,
  output_data: null,
  result: null,
  completed_at: null,
};
const accepted = (description: string) => ({
  202: {
    description,
    schema: executionSchema,
    example: started,
    headers: { Location: 'Where the execution is' },
  },
});

/** Running one task by itself, and its runs in whatever execution. */
export const taskRunRoutes = (engine: ApiServices, reachTask: Reach): AnyRoute[] => [
  executeRoute(engine, reachTask),
  executionsRoute(engine, reachTask),
  retryRoute(engine, reachTask),
];

const executeRoute = (engine: ApiServices, reachTask: Reach): AnyRoute =>
  defineRoute(
    {
      ...ONE,
      method: 'POST',
      path: '/api/v1/tasks/{task_id}/execute',
      operationId: 'executeTask',
      summary: 'Run a task by itself',
      description:
        'An execution of kind `task` with this task alone, whether or not it is active: it waits for no other task and ' +
        'sees no other output. It counts as an execution of its workflow.',
      body: executeTaskSchema,
      documents: ['config'],
      bodyOptional: true,
      example: { input_data: { topic: 'otters' } },
      responses: accepted('It is on its way'),
      errors: ['CONFLICT'],
    },
    async ({ params, body, caller, request, respond }) => {
      const task = await reachTask(engine, caller, params.task_id);
      const { ownerId, workflowId } = task;
      const [agent, workflow] = await engine.database.as({ ownerId }, async (em) => [
        await findAgent(em, task.agentId, { ownerId }),
        await findWorkflow(em, workflowId, { ownerId }),
      ]);
      if (agent === null) throw notFound('agent of this task');
      const { input_data: inputs, config, ...options } = body ?? {};
      const { id, executionId } = await startCrewRun(engine, {
        ownerId: caller.userId,
        plan: compileTask(task, agent, surroundingsOf(engine), {
          config: config ?? {},
          workflow: workflow?.config ?? {},
        }),
        kind: 'task',
        workflowId,
        inputs: inputs ?? {},
        inputsField: 'input_data',
        options: { ...options, priority: options.priority ?? task.priority },
        idempotencyRef: request.idempotencyRef,
      });
      const execution = await reachExecution(engine, caller, { id });
      return respond(202, present(engine, execution), { Location: `/api/v1/executions/${executionId}` });
    },
  );

const executionsRoute = (engine: ApiServices, reachTask: Reach): AnyRoute =>
  defineRoute(
    {
      ...ONE,
      method: 'GET',
      path: '/api/v1/tasks/{task_id}/executions',
      operationId: 'listTaskExecutions',
      summary: 'Its runs in whatever execution, newest first',
      query: z.object(pageQuery),
      responses: {
        200: {
          description: 'A page of runs',
          schema: z.array(taskExecutionSchema),
          example: [exampleTaskExecution],
          headers: { 'X-Total-Count': 'How many there are in all' },
        },
      },
    },
    async ({ params, query, caller, respond }) => {
      const { id } = await reachTask(engine, caller, params.task_id);
      const [runs, total] = await engine.database.as(reachOf(caller), (em) => listTaskRuns(em, id, query));
      return respond(200, runs.map(presentTaskRun), { 'X-Total-Count': String(total) });
    },
  );

const retryRoute = (engine: ApiServices, reachTask: Reach): AnyRoute =>
  defineRoute(
    {
      ...ONE,
      method: 'POST',
      path: '/api/v1/tasks/{task_id}/retry',
      operationId: 'retryTask',
      summary: 'Try its latest failed run again',
      description:
        'In the execution in which it failed, which is retried with it; finished tasks keep their results. 409 when no ' +
        'run of it has failed.',
      responses: accepted('It will be tried again'),
      errors: ['CONFLICT'],
    },
    async ({ params, caller, respond }) => {
      const task = await reachTask(engine, caller, params.task_id);
      const failed = await engine.database.as(reachOf(caller), (em) => latestFailedRun(em, task.id));
      if (failed === null) throw conflict(`no run of task ${task.id} ("${task.name}") has failed`);
      await retryTaskOf(engine, failed.executionId, failed.taskKey);
      const execution = await reachExecution(engine, caller, { id: failed.executionId });
      return respond(202, present(engine, execution), {
        Location: `/api/v1/executions/${execution.executionId}`,
      });
    },
  );
