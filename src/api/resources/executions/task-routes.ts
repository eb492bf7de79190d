import { z } from 'zod';
import { notFound } from '../../../domain/errors.ts';
import type { TaskEdit } from '../../../domain/plan/edit-task.ts';
import { findTaskRun } from '../../../persistence/repositories/executions.repository.ts';
import { commandRun } from '../../../engine/commands/command-run.ts';
import { changeTask, retryTask, skipTask } from '../../../engine/commands/task-commands.ts';
import type { Caller } from '../../context.ts';
import { defineRoute, type AnyRoute } from '../../define-route.ts';
import type { ApiServices } from '../../services.ts';
import type { CommandServices } from '../../../engine/commands/command-services.ts';
import { refuseRetryAboveOpenLimit } from '../../../engine/starting/run-limits.ts';
import { reachExecution, reachOf } from './access.ts';
import { exampleTask } from './examples.ts';
import { presentTask } from './presenter.ts';
import { executionRefParam, taskRunSchema } from './schema.ts';

const params = z.object({
  execution_id: executionRefParam,
  key: z.string().min(1).max(500).describe('Key of the task in its plan'),
});
const ONE = { tags: ['Executions'], access: 'user', params, what: 'task', errors: ['CONFLICT'] } as const;
const accepted = (description: string) => ({
  202: { description, schema: taskRunSchema, example: exampleTask },
});

/** What may be said about a task in a body; unknown fields are ignored, as everywhere. */
export const taskEditSchema = z
  .object({
    name: z.string().min(1).max(500).optional(),
    description: z.string().max(100_000).optional(),
    expected_output: z.string().max(100_000).optional(),
    agent: z.string().max(500).optional().describe('Key of an agent of the crew'),
    context: z
      .array(z.string())
      .nullable()
      .optional()
      .describe('Keys of earlier tasks; null for all of them'),
    tools: z.array(z.string()).optional(),
    human_input: z.boolean().optional(),
  })
  .meta({ id: 'TaskEdit' });

/** A body's words as the plan's. */
export const toTaskEdit = (body: z.output<typeof taskEditSchema>): TaskEdit => ({
  name: body.name,
  description: body.description,
  expectedOutput: body.expected_output,
  agentKey: body.agent,
  context: body.context,
  tools: body.tools,
  humanInput: body.human_input,
});

/** Steering one task of a run. */
export const executionTaskRoutes = (
  engine: CommandServices & Pick<ApiServices, 'database' | 'tools'>,
): AnyRoute[] => [retryRoute(engine), skipRoute(engine), editRoute(engine)];

/**
 * Tries a failed task again; where its run has ended with it, the run is retried.
 * @throws {MusterError} CONFLICT with the reason when neither is possible.
 */
export async function retryTaskOf(engine: CommandServices, id: number, key: string): Promise<void> {
  if (!(await retryTask(engine.system, id, key, engine.now()))) {
    const { MAX_ACTIVE_EXECUTIONS_PER_USER: most } = engine.settings;
    await refuseRetryAboveOpenLimit(engine, id);
    await commandRun(engine.system, id, 'retry', most, engine.now());
  }
  wakeFor(engine, id);
}

function wakeFor(engine: Pick<ApiServices, 'dispatcher' | 'waker'>, id: number): void {
  engine.waker.wake('log', id);
  engine.waker.wake('control', id);
  void engine.dispatcher.deliverNow();
}

/** Wakes whom a change concerns. @returns the task as it is now */
async function changed(
  engine: Pick<ApiServices, 'database' | 'dispatcher' | 'waker'>,
  caller: Caller,
  id: number,
  key: string,
) {
  wakeFor(engine, id);
  const task = await engine.database.as(reachOf(caller), (em) => findTaskRun(em, id, key));
  if (task === null) throw notFound('task');
  return presentTask(task);
}

const retryRoute = (engine: CommandServices & Pick<ApiServices, 'database'>): AnyRoute =>
  defineRoute(
    {
      ...ONE,
      method: 'POST',
      path: '/api/v1/executions/{execution_id}/tasks/{key}/retry',
      operationId: 'retryExecutionTask',
      summary: 'Try a failed task again',
      description:
        'Of a run parked by `on_task_failure: pause`, which goes on once no failed task is left; of a failed or ' +
        'cancelled run: the run is retried, and its finished tasks keep their results.',
      responses: accepted('It will be tried again'),
    },
    async ({ params: { execution_id: ref, key }, caller, respond }) => {
      const { id } = await reachExecution(engine, caller, ref, { result: false });
      await retryTaskOf(engine, id, key);
      return respond(202, await changed(engine, caller, id, key));
    },
  );

const skipRoute = (
  engine: Pick<ApiServices, 'database' | 'dispatcher' | 'now' | 'system' | 'waker'>,
): AnyRoute =>
  defineRoute(
    {
      ...ONE,
      method: 'POST',
      path: '/api/v1/executions/{execution_id}/tasks/{key}/skip',
      operationId: 'skipExecutionTask',
      summary: 'Leave a task out',
      description: 'One that has not started, has failed, or waits for a person. Its output is empty.',
      responses: accepted('It is left out'),
    },
    async ({ params: { execution_id: ref, key }, caller, respond }) => {
      const { id } = await reachExecution(engine, caller, ref, { result: false });
      await skipTask(engine.system, id, key, engine.now());
      return respond(202, await changed(engine, caller, id, key));
    },
  );

const editRoute = (
  engine: Pick<ApiServices, 'database' | 'dispatcher' | 'now' | 'system' | 'tools' | 'waker'>,
): AnyRoute =>
  defineRoute(
    {
      ...ONE,
      method: 'PATCH',
      path: '/api/v1/executions/{execution_id}/tasks/{key}',
      operationId: 'editExecutionTask',
      summary: 'Change a task that has not started',
      description: 'In this run alone; checked by the rules of a crew.',
      body: taskEditSchema,
      example: { description: 'Write about {topic} in two sentences' },
      responses: accepted('It is changed'),
    },
    async ({ params: { execution_id: ref, key }, body, caller, respond }) => {
      const { id } = await reachExecution(engine, caller, ref, { result: false });
      await changeTask(engine.system, id, key, toTaskEdit(body), engine.tools.registry.names(), engine.now());
      return respond(202, await changed(engine, caller, id, key));
    },
  );
