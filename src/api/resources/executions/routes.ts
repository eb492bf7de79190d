import { z } from 'zod';
import type { Command } from '../../../domain/run/status.ts';
import { commandRun } from '../../../engine/commands/command-run.ts';
import { findEvents, readCutEvents } from '../../../persistence/event-log.ts';
import {
  listExecutions,
  pageOfTasks,
  readCutResults,
  type ExecutionFilter,
} from '../../../persistence/repositories/executions.repository.ts';
import type { OwnerScope } from '../../../persistence/database.ts';
import type { Execution } from '../../../persistence/entities/execution.entity.ts';
import { defineRoute, type AnyRoute } from '../../define-route.ts';
import type { ApiServices } from '../../services.ts';
import type { CommandServices } from '../../../engine/commands/command-services.ts';
import { refuseRetryAboveOpenLimit } from '../../../engine/starting/run-limits.ts';
import { listedOwner, pageQuery } from '../../parameters.ts';
import { reachExecution, reachOf } from './access.ts';
import { links, presentExecution, presentTask } from './presenter.ts';
import {
  eventSchema,
  findEventsQuery,
  executionRefParam,
  executionSchema,
  listQuery,
  taskRunSchema,
} from './schema.ts';
import { exampleEvent, exampleExecution, exampleTask } from './examples.ts';
import { streamRoute } from './stream.ts';

const TAGS = ['Executions'] as const;
const params = z.object({ execution_id: executionRefParam });
/** How much of its log an execution carries with it; the rest is under `/events`. */
const EMBEDDED_LOG = 1_000;

/** Reading and steering executions, whatever started them. */
export const executionRoutes = (
  engine: CommandServices & Pick<ApiServices, 'database' | 'hub' | 'runs' | 'systemDatabase'>,
): AnyRoute[] => [
  listRoute(engine),
  getRoute(engine),
  tasksRoute(engine),
  eventsRoute(engine),
  streamRoute(engine),
  commandRoute(engine, 'pause', 'No new agent turn starts; `paused` once the turns in flight have ended.'),
  commandRoute(engine, 'resume', 'Goes on where it stood.'),
  commandRoute(engine, 'cancel', 'Stops model calls in flight and starts nothing more.'),
  commandRoute(
    engine,
    'retry',
    'Runs a failed or cancelled execution again; finished tasks keep their results.',
  ),
];

const listRoute = (engine: Pick<ApiServices, 'database' | 'settings'>): AnyRoute =>
  defineRoute(
    {
      method: 'GET',
      path: '/api/v1/executions',
      operationId: 'listExecutions',
      tags: TAGS,
      summary: 'Executions, newest first',
      access: 'user',
      query: listQuery,
      responses: {
        200: {
          description: 'A page of executions',
          schema: z.array(executionSchema),
          example: [{ ...exampleExecution, output_data: null }],
          headers: { 'X-Total-Count': 'How many there are in all' },
        },
      },
      errors: ['FORBIDDEN'],
    },
    async ({ query, caller, respond }) => {
      const owner = listedOwner(caller, query.scope);
      const scope: OwnerScope = owner === undefined ? { everybody: true } : { ownerId: owner };
      const filter = {
        ...(query.status !== undefined && { statuses: query.status }),
        ...(query.kind !== undefined && { kind: query.kind }),
        ...(query.flow_name !== undefined && { flowName: query.flow_name.replaceAll('-', '_') }),
        ...(query.workflow_id !== undefined && { workflowId: query.workflow_id }),
        ...(query.graph_id !== undefined && { graphId: query.graph_id }),
        ...(query.thread_id !== undefined && { threadId: query.thread_id }),
        ...(query.schedule_id !== undefined && { scheduleId: query.schedule_id }),
        ...(query.batch_id !== undefined && { batchId: query.batch_id }),
      };
      const { body, total } = await pageOfExecutions(engine, scope, filter, query);
      return respond(200, body, { 'X-Total-Count': String(total) });
    },
  );

const getRoute = (engine: Pick<ApiServices, 'database' | 'settings' | 'system'>): AnyRoute =>
  defineRoute(
    {
      method: 'GET',
      path: '/api/v1/executions/{execution_id}',
      operationId: 'getExecution',
      tags: TAGS,
      summary: 'One execution',
      access: 'user',
      params,
      what: 'execution',
      responses: {
        200: { description: 'The execution', schema: executionSchema, example: exampleExecution },
      },
    },
    async ({ params: { execution_id: ref }, caller, respond }) => {
      const execution = await reachExecution(engine, caller, ref);
      const log = await readCutEvents(engine.system, execution.id, EMBEDDED_LOG);
      return respond(200, presentExecution(execution, { ...links(engine), log }));
    },
  );

const tasksRoute = (engine: Pick<ApiServices, 'database'>): AnyRoute =>
  defineRoute(
    {
      method: 'GET',
      path: '/api/v1/executions/{execution_id}/tasks',
      operationId: 'listExecutionTasks',
      tags: TAGS,
      summary: 'Its tasks, in the order of the plan',
      access: 'user',
      params,
      what: 'execution',
      query: z.object(pageQuery),
      responses: {
        200: {
          description: 'A page of tasks',
          schema: z.array(taskRunSchema),
          example: [exampleTask],
          headers: { 'X-Total-Count': 'How many there are in all' },
        },
      },
    },
    async ({ params: { execution_id: ref }, query, caller, respond }) => {
      const execution = await reachExecution(engine, caller, ref);
      const [tasks, total] = await engine.database.as(reachOf(caller), (em) =>
        pageOfTasks(em, execution.id, query),
      );
      return respond(200, tasks.map(presentTask), { 'X-Total-Count': String(total) });
    },
  );

const eventsRoute = (engine: Pick<ApiServices, 'database' | 'system'>): AnyRoute =>
  defineRoute(
    {
      method: 'GET',
      path: '/api/v1/executions/{execution_id}/events',
      operationId: 'listExecutionEvents',
      tags: TAGS,
      summary: 'Its log as JSON, page by page',
      access: 'user',
      params,
      what: 'execution',
      query: findEventsQuery,
      responses: {
        200: {
          description: 'Events after `after`, oldest first',
          schema: z.array(eventSchema),
          example: [exampleEvent],
          headers: { 'X-Total-Count': 'How many there are in all; without a filter the last `seq`' },
        },
      },
    },
    async ({ params: { execution_id: ref }, query, caller, respond }) => {
      const { id } = await reachExecution(engine, caller, ref, { result: false });
      const { task_key: taskKey, type: types, search: text } = query;
      const { events, total } = await findEvents(engine.system, id, { taskKey, types, text }, query);
      return respond(200, events, { 'X-Total-Count': String(total) });
    },
  );

const commandRoute = (
  engine: CommandServices & Pick<ApiServices, 'database'>,
  command: Command,
  description: string,
): AnyRoute =>
  defineRoute(
    {
      method: 'POST',
      path: `/api/v1/executions/{execution_id}/${command}`,
      operationId: `${command}Execution`,
      tags: TAGS,
      summary: `${command[0]?.toUpperCase()}${command.slice(1)} it`,
      description,
      access: 'user',
      params,
      what: 'execution',
      responses: {
        202: {
          description: 'Accepted; it holds through crashes',
          schema: executionSchema,
          example: exampleExecution,
        },
      },
      errors: ['CONFLICT'],
    },
    async ({ params: { execution_id: ref }, caller, respond }) => {
      const { id } = await reachExecution(engine, caller, ref, { result: false });
      if (command === 'retry') await refuseRetryAboveOpenLimit(engine, id);
      await commandRun(
        engine.system,
        id,
        command,
        engine.settings.MAX_ACTIVE_EXECUTIONS_PER_USER,
        engine.now(),
      );
      engine.waker.wake('log', id);
      engine.waker.wake('control', id);
      void engine.dispatcher.deliverNow();
      const execution = await reachExecution(engine, caller, { id });
      return respond(202, present(engine, execution));
    },
  );

/** An execution without its log, as answers to starts and commands show it. */
export const present = (engine: Pick<ApiServices, 'settings'>, execution: Execution) =>
  presentExecution(execution, links(engine));

/** A page of executions as lists show them: with the beginnings of their results. */
export async function pageOfExecutions(
  engine: Pick<ApiServices, 'database' | 'settings'>,
  scope: OwnerScope,
  filter: ExecutionFilter,
  page: { skip: number; limit: number },
) {
  const { rows, total, results } = await engine.database.as(scope, async (em) => {
    const [found, count] = await listExecutions(em, scope, filter, page);
    return {
      rows: found,
      total: count,
      results: await readCutResults(
        em,
        found.map(({ id }) => id),
      ),
    };
  });
  const body = rows.map((row) =>
    presentExecution(row, { ...links(engine), listed: results.get(row.id) ?? null }),
  );
  return { body, total };
}
