import { z } from 'zod';
import { conflict } from '../../../domain/errors.ts';
import type { Command } from '../../../domain/run/status.ts';
import { liveRunsOf } from '../../../persistence/repositories/live-runs.ts';
import { defineRoute, type AnyRoute } from '../../define-route.ts';
import type { ApiServices } from '../../services.ts';
import type { StartServices } from '../../../engine/starting/start-services.ts';
import { pageQuery } from '../../parameters.ts';
import { LARGE_DOCUMENT } from '../../middleware/json-body.ts';
import { startCrewBatch } from '../../../engine/starting/start-batch.ts';
import { startCrewRun } from '../../../engine/starting/start-crew-run.ts';
import { BATCH_RULES, batchStarted, presentStarted } from '../batches/schema.ts';
import { reachExecution, reachOf } from '../executions/access.ts';
import { exampleExecution } from '../executions/examples.ts';
import { pageOfExecutions, present } from '../executions/routes.ts';
import { executionSchema, statusList } from '../executions/schema.ts';
import { STEER_MOST, steeredSchema, steerMany } from '../executions/steer-many.ts';
import { reachWorkflow } from './access.ts';
import { planOfWorkflow } from './compile.ts';
import { executeWorkflowBatchSchema, executeWorkflowSchema, workflowParamsSchema } from './schema.ts';

const ONE = { tags: ['Workflows'], access: 'user', params: workflowParamsSchema, what: 'workflow' } as const;

const started = {
  ...exampleExecution,
  workflow_id: 1,
  crew_name: 'Content Pipeline',
  status: 'pending' as const,
  input_data: { key: 'value' },
  output_data: null,
  result: null,
  completed_at: null,
};

/** Running a workflow, and steering all its live executions at once. */
export const workflowRunRoutes = (
  engine: StartServices & Pick<ApiServices, 'computing' | 'flows' | 'tools'>,
): AnyRoute[] => [
  executeRoute(engine),
  executeBatchRoute(engine),
  executionsRoute(engine),
  steerRoute(engine, 'pause', 'Pause'),
  steerRoute(engine, 'resume', 'Resume'),
  steerRoute(engine, 'cancel', 'Cancel'),
];

const executeRoute = (engine: StartServices & Pick<ApiServices, 'tools'>): AnyRoute =>
  defineRoute(
    {
      ...ONE,
      method: 'POST',
      path: '/api/v1/workflows/{workflow_id}/execute',
      operationId: 'executeWorkflow',
      summary: 'Run a workflow',
      description:
        'Runs it as it is now: later changes do not touch the run. Inactive tasks, and tasks of inactive agents, are ' +
        'left out; who depends on one of those depends on what it depends on instead. Without a `priority` it has the ' +
        'highest of its tasks. A workflow with nothing to run, and a variable without a value, are 422; an inactive ' +
        'workflow is 409.',
      body: executeWorkflowSchema,
      documents: ['config'],
      bodyOptional: true,
      example: { input_data: { key: 'value' }, config: { manager_llm: 'openai/gpt-4o' } },
      responses: {
        202: {
          description: 'It is on its way',
          schema: executionSchema,
          example: started,
          headers: { Location: 'Where the execution is' },
        },
      },
      errors: ['CONFLICT'],
    },
    async ({ params, body, caller, request, respond }) => {
      const workflow = await reachWorkflow(engine, caller, params.workflow_id);
      if (!workflow.isActive) throw conflict(`the workflow ${workflow.name} is inactive`);
      const { input_data: inputs, config, ...options } = body ?? {};
      const { plan, priority } = await planOfWorkflow(engine, workflow, config ?? {});
      const { id, executionId } = await startCrewRun(engine, {
        ownerId: caller.userId,
        plan,
        workflowId: workflow.id,
        inputs: inputs ?? {},
        inputsField: 'input_data',
        options: { ...options, priority: options.priority ?? priority },
        idempotencyRef: request.idempotencyRef,
      });
      const execution = await reachExecution(engine, caller, { id });
      return respond(202, present(engine, execution), { Location: `/api/v1/executions/${executionId}` });
    },
  );

const executeBatchRoute = (engine: StartServices & Pick<ApiServices, 'tools'>): AnyRoute =>
  defineRoute(
    {
      ...ONE,
      method: 'POST',
      path: '/api/v1/workflows/{workflow_id}/execute/batch',
      operationId: 'executeWorkflowBatch',
      summary: 'Run a workflow once for each of many inputs',
      description: `CrewAI’s \`kickoff_for_each\`. ${BATCH_RULES}`,
      body: executeWorkflowBatchSchema,
      documents: ['config'],
      bodyLimits: LARGE_DOCUMENT,
      example: { input_data: [{ key: 'value' }, { key: 'another' }] },
      responses: batchStarted,
      errors: ['CONFLICT'],
    },
    async ({ params, body, caller, request, respond }) => {
      const workflow = await reachWorkflow(engine, caller, params.workflow_id);
      if (!workflow.isActive) throw conflict(`the workflow ${workflow.name} is inactive`);
      const { input_data: inputs, config, thread_id: _none, ...options } = body;
      const { plan, priority } = await planOfWorkflow(engine, workflow, config ?? {});
      const created = await startCrewBatch(engine, {
        ownerId: caller.userId,
        plan,
        workflowId: workflow.id,
        inputs,
        inputsField: 'input_data',
        options: { ...options, priority: options.priority ?? priority },
        idempotencyRef: request.idempotencyRef,
      });
      const started = presentStarted(created);
      return respond(202, started.body, started.headers);
    },
  );

const executionsRoute = (engine: Pick<ApiServices, 'database' | 'settings'>): AnyRoute =>
  defineRoute(
    {
      ...ONE,
      method: 'GET',
      path: '/api/v1/workflows/{workflow_id}/executions',
      operationId: 'listWorkflowExecutions',
      summary: 'Its executions, and those of its single tasks, newest first',
      query: z.object({ ...pageQuery, status: statusList.optional() }),
      responses: {
        200: {
          description: 'A page of executions',
          schema: z.array(executionSchema),
          example: [started],
          headers: { 'X-Total-Count': 'How many there are in all' },
        },
      },
    },
    async ({ params, query, caller, respond }) => {
      const { id } = await reachWorkflow(engine, caller, params.workflow_id);
      const scope = reachOf(caller);
      const filter = { workflowId: id, ...(query.status !== undefined && { statuses: query.status }) };
      const { body, total } = await pageOfExecutions(engine, scope, filter, query);
      return respond(200, body, { 'X-Total-Count': String(total) });
    },
  );

const steerRoute = (
  engine: StartServices & Pick<ApiServices, 'computing' | 'flows' | 'tools'>,
  command: Exclude<Command, 'retry'>,
  word: string,
): AnyRoute =>
  defineRoute(
    {
      ...ONE,
      method: 'POST',
      path: `/api/v1/workflows/{workflow_id}/${command}`,
      operationId: `${command}Workflow`,
      summary: `${word} all its live executions`,
      description:
        'Each as if asked for alone; what a state forbids stands in `failed`. 409 when none is live.',
      responses: {
        202: {
          description: 'Accepted; it holds through crashes',
          schema: steeredSchema,
          example: { matched: 2, done: 2, failed: [] },
        },
      },
      errors: ['CONFLICT'],
    },
    async ({ params, caller, respond }) => {
      const workflow = await reachWorkflow(engine, caller, params.workflow_id);
      const scope = reachOf(caller);
      const live = await engine.database.as(scope, (em) => liveRunsOf(em, workflow.id, scope, STEER_MOST));
      if (live.length === 0) throw conflict(`no execution of the workflow ${workflow.name} is live`);
      return respond(202, await steerMany(engine, live, command));
    },
  );
