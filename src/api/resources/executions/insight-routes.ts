import { z } from 'zod';
import { MICRO_USD } from '../../../domain/run/budget.ts';
import { readEvents } from '../../../persistence/event-log.ts';
import type { OwnerScope } from '../../../persistence/database.ts';
import {
  executionMetrics,
  executionStats,
  type ExecutionStats,
} from '../../../persistence/repositories/execution-stats.repository.ts';
import { defineRoute, type AnyRoute } from '../../define-route.ts';
import type { ApiServices } from '../../services.ts';
import { integerIdParam, listedOwner, ownershipQuery, queryInteger } from '../../parameters.ts';
import { reachExecution, reachOf } from './access.ts';
import { exampleMetrics, exampleLogEntry, exampleStats } from './examples.ts';
import { presentLogEntry, usdOf } from './presenter.ts';
import {
  eventsQuery,
  executionRefParam,
  executionStatusSchema,
  logEntrySchema,
  metricsSchema,
  statsSchema,
} from './schema.ts';

const ONE = {
  method: 'GET',
  tags: ['Executions'],
  access: 'user',
  params: z.object({ execution_id: executionRefParam }),
  what: 'execution',
} as const;

const MS = 1_000;
const DAY_MS = 86_400_000;

/** Figures: over many executions, and of one. */
export const insightRoutes = (engine: Pick<ApiServices, 'database' | 'now' | 'system'>): AnyRoute[] => [
  statsRoute(engine),
  logsRoute(engine),
  statusRoute(engine),
  metricsRoute(engine),
];

const statsRoute = (engine: Pick<ApiServices, 'database' | 'now'>): AnyRoute =>
  defineRoute(
    {
      method: 'GET',
      path: '/api/v1/executions/stats',
      operationId: 'getExecutionStats',
      tags: ['Executions'],
      summary: 'How executions went',
      description:
        'Of those created in the last `days` UTC days, today among them. The total is successful and failed ones, ' +
        'cancelled ones among the failed; what is under way now is beside it, whenever it was created. Answers at once ' +
        'over millions of executions.',
      access: 'user',
      query: z.object({
        ...ownershipQuery,
        workflow_id: integerIdParam.optional(),
        days: queryInteger({ min: 1, max: 366, default: 30, description: 'How many UTC days' }),
      }),
      responses: { 200: { description: 'The figures', schema: statsSchema, example: exampleStats } },
      errors: ['FORBIDDEN'],
    },
    async ({ query, caller, respond }) => {
      const owner = listedOwner(caller, query.scope);
      const scope: OwnerScope = owner === undefined ? { everybody: true } : { ownerId: owner };
      const since = new Date(engine.now().getTime() - (query.days - 1) * DAY_MS).toISOString().slice(0, 10);
      const stats = await engine.database.as(scope, (em) =>
        executionStats(em, scope, { since, workflowId: query.workflow_id }),
      );
      return respond(200, presentStats(stats));
    },
  );

const rounded = (value: number, digits: number): number => Number(value.toFixed(digits));

const presentStats = (stats: ExecutionStats): z.input<typeof statsSchema> => ({
  total_executions: stats.count,
  successful_executions: stats.successful,
  failed_executions: stats.failed,
  running_executions: stats.running,
  success_rate: stats.count === 0 ? 0 : rounded((stats.successful / stats.count) * 100, 1),
  average_execution_time: stats.averageMs === null ? 0 : rounded(stats.averageMs / MS, 3),
  total_tokens_used: stats.tokens,
  total_cost_usd: stats.costMicroUsd / MICRO_USD,
  executions_by_day: stats.days.map(({ day, durationMs, costMicroUsd, ...rest }) => ({
    date: day,
    ...rest,
    execution_time: rounded(durationMs / MS, 3),
    cost_usd: costMicroUsd / MICRO_USD,
  })),
  top_workflows: stats.workflows.map(({ workflowId, ...ends }) => ({ workflow_id: workflowId, ...ends })),
  error_breakdown: stats.errors.map(({ code, count }) => ({ error: code, count })),
});

const logsRoute = (engine: Pick<ApiServices, 'database' | 'system'>): AnyRoute =>
  defineRoute(
    {
      ...ONE,
      path: '/api/v1/executions/{execution_id}/logs',
      operationId: 'listExecutionLogs',
      summary: 'Its log in words, page by page',
      query: eventsQuery,
      responses: {
        200: {
          description: 'Entries after `after`, oldest first',
          schema: z.array(logEntrySchema),
          example: [exampleLogEntry],
        },
      },
    },
    async ({ params: { execution_id: ref }, query, caller, respond }) => {
      const { id } = await reachExecution(engine, caller, ref, { result: false });
      const events = await readEvents(engine.system, id, query.after, query.limit);
      return respond(200, events.map(presentLogEntry));
    },
  );

const statusRoute = (engine: Pick<ApiServices, 'database'>): AnyRoute =>
  defineRoute(
    {
      ...ONE,
      path: '/api/v1/executions/{execution_id}/status',
      operationId: 'getExecutionStatus',
      summary: 'How far it is',
      responses: {
        200: {
          description: 'Its state and how many of its tasks are done',
          schema: executionStatusSchema,
          example: {
            id: 1,
            execution_id: '550e8400-e29b-41d4-a716-446655440000',
            status: 'running',
            progress: { completed_tasks: 1, total_tasks: 3 },
            error_message: null,
          },
        },
      },
    },
    async ({ params: { execution_id: ref }, caller, respond }) => {
      const execution = await reachExecution(engine, caller, ref, { result: false });
      const { tasks } = await engine.database.as(reachOf(caller), (em) => executionMetrics(em, execution.id));
      return respond(200, {
        id: execution.id,
        execution_id: execution.executionId,
        status: execution.status,
        progress: {
          completed_tasks: (tasks['completed'] ?? 0) + (tasks['skipped'] ?? 0),
          total_tasks: sumOf(tasks),
        },
        error_message: execution.error ?? null,
      });
    },
  );

const sumOf = (counts: Record<string, number>): number =>
  Object.values(counts).reduce((sum, count) => sum + count, 0);

const metricsRoute = (engine: Pick<ApiServices, 'database' | 'now'>): AnyRoute =>
  defineRoute(
    {
      ...ONE,
      path: '/api/v1/executions/{execution_id}/metrics',
      operationId: 'getExecutionMetrics',
      summary: 'What it took: time, calls, tokens and money',
      responses: { 200: { description: 'The figures', schema: metricsSchema, example: exampleMetrics } },
    },
    async ({ params: { execution_id: ref }, caller, respond }) => {
      const execution = await reachExecution(engine, caller, ref, { result: false });
      const metrics = await engine.database.as(reachOf(caller), (em) => executionMetrics(em, execution.id));
      const { startedAt, createdAt, completedAt } = execution;
      const end = completedAt ?? engine.now();
      const isStarted = startedAt instanceof Date;
      return respond(200, {
        id: execution.id,
        execution_id: execution.executionId,
        status: execution.status,
        queue_time: ((isStarted ? startedAt : end).getTime() - createdAt.getTime()) / MS,
        execution_time: isStarted ? (end.getTime() - startedAt.getTime()) / MS : 0,
        model_time: metrics.modelMs / MS,
        tool_time: metrics.toolMs / MS,
        model_calls: metrics.modelCalls,
        failed_model_calls: metrics.failedModelCalls,
        tool_calls: metrics.toolCalls,
        token_usage: {
          prompt_tokens: execution.promptTokens,
          completion_tokens: execution.completionTokens,
          total_tokens: execution.totalTokens,
        },
        cost_usd: usdOf(execution.costMicroUsd),
        tasks: metrics.tasks,
      });
    },
  );
