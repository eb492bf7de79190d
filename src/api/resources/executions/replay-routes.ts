import { z } from 'zod';
import { EXECUTION_KINDS, EXECUTION_STATUSES } from '../../../domain/run/status.ts';
import { findExecutionIds } from '../../../persistence/repositories/executions.repository.ts';
import { defineRoute, type AnyRoute } from '../../define-route.ts';
import type { ApiServices } from '../../services.ts';
import type { StartServices } from '../../../engine/starting/start-services.ts';
import { timestampSchema } from '../../parameters.ts';
import { replayRun } from '../../../engine/starting/replay-run.ts';
import { reachExecution } from './access.ts';
import { exampleExecution } from './examples.ts';
import { present } from './routes.ts';
import { executionRefParam, executionSchema } from './schema.ts';
import { STEER_MOST, steeredSchema, steerMany } from './steer-many.ts';
import { taskEditSchema, toTaskEdit } from './task-routes.ts';

const TAGS = ['Executions'] as const;
const EXECUTION_ID = '550e8400-e29b-41d4-a716-446655440000';

const agentEditSchema = z.object({
  role: z.string().max(10_000).optional(),
  goal: z.string().max(100_000).optional(),
  backstory: z.string().max(100_000).optional(),
  model: z.string().max(500).optional(),
  max_iter: z.int().min(1).max(1_000).optional(),
  temperature: z.number().min(0).max(2).optional(),
});

const replayBody = z
  .object({
    from_task: z
      .string()
      .optional()
      .describe('Key of the task to begin with; those before it are taken over'),
    inputs: z.record(z.string(), z.json()).optional().describe('Laid over the inputs of the run'),
    overrides: z
      .object({
        agents: z.record(z.string(), agentEditSchema).optional(),
        tasks: z.record(z.string(), taskEditSchema).optional(),
      })
      .optional()
      .describe('Changes, by the keys of agents and tasks'),
  })
  .meta({ id: 'Replay' });

/** Runs again, as new executions; and many at once, for admins. */
export const replayRoutes = (
  engine: StartServices & Pick<ApiServices, 'computing' | 'flows' | 'tools'>,
): AnyRoute[] => [replayRoute(engine), bulkRoute(engine)];

const replayRoute = (engine: StartServices & Pick<ApiServices, 'computing' | 'flows' | 'tools'>): AnyRoute =>
  defineRoute(
    {
      method: 'POST',
      path: '/api/v1/executions/{execution_id}/replay',
      operationId: 'replayExecution',
      tags: TAGS,
      summary: 'Run it again, as a new execution',
      description: 'Tasks before `from_task` are taken over with their outputs and cost nothing again.',
      access: 'user',
      params: z.object({ execution_id: executionRefParam }),
      what: 'execution',
      body: replayBody,
      bodyOptional: true,
      example: { from_task: 'writing_task', inputs: { topic: 'tea' } },
      idempotent: true,
      responses: {
        202: {
          description: 'The new execution',
          schema: executionSchema,
          example: { ...exampleExecution, parent_execution_id: EXECUTION_ID },
          headers: { Location: 'The new execution' },
        },
      },
    },
    async ({ params, body, caller, request, respond }) => {
      const { id } = await reachExecution(engine, caller, params.execution_id, { result: false });
      const { agents = {}, tasks = {} } = body?.overrides ?? {};
      const created = await replayRun(engine, id, {
        fromTask: body?.from_task,
        inputs: body?.inputs,
        overrides: {
          agents: Object.fromEntries(
            Object.entries(agents).map(([key, { max_iter: maxIter, ...edit }]) => [
              key,
              { ...edit, maxIter },
            ]),
          ),
          tasks: Object.fromEntries(Object.entries(tasks).map(([key, edit]) => [key, toTaskEdit(edit)])),
        },
        idempotencyRef: request.idempotencyRef,
      });
      const execution = await reachExecution(engine, caller, { id: created.id });
      return respond(202, present(engine, execution), {
        Location: `/api/v1/executions/${created.executionId}`,
      });
    },
  );

const ACTIONS = ['cancel', 'retry', 'replay', 'pause', 'resume'] as const;

const bulkBody = z
  .object({
    action: z.enum(ACTIONS),
    filter: z
      .object({
        execution_ids: z.array(z.uuid()).max(STEER_MOST).optional(),
        status: z.array(z.enum(EXECUTION_STATUSES)).optional(),
        kind: z.enum(EXECUTION_KINDS).optional(),
        crew_name: z.string().optional(),
        owner_id: z.uuid().optional(),
        created_before: timestampSchema.optional(),
        created_after: timestampSchema.optional(),
      })
      .refine((filter) => Object.values(filter).some((value) => value !== undefined), {
        message: 'say at least one thing: an empty filter would mean everything',
      }),
    dry_run: z.boolean().default(false).describe('Only says what would be met'),
  })
  .meta({ id: 'BulkAction' });

const bulkRoute = (engine: StartServices & Pick<ApiServices, 'computing' | 'flows' | 'tools'>): AnyRoute =>
  defineRoute(
    {
      method: 'POST',
      path: '/api/v1/executions/bulk',
      operationId: 'bulkExecutions',
      tags: TAGS,
      summary: 'Steer many executions at once',
      description: 'Each as if asked for alone; what a state forbids stands in `failed`.',
      access: 'admin',
      body: bulkBody,
      example: { action: 'cancel', filter: { crew_name: 'research', status: ['running'] }, dry_run: true },
      responses: {
        200: {
          description: 'What was done',
          schema: steeredSchema,
          example: {
            matched: 2,
            done: 1,
            failed: [{ execution_id: EXECUTION_ID, error: 'CONFLICT', message: 'it is completed' }],
          },
        },
      },
    },
    async ({ body, respond }) => {
      const rows = await findExecutionIds(engine.system, body.filter, STEER_MOST);
      if (body.dry_run) return respond(200, { matched: rows.length, done: 0, failed: [] });
      return respond(200, await steerMany(engine, rows, body.action));
    },
  );
