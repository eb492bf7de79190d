import type { z } from 'zod';
import { conflict, notFound } from '../../../domain/errors.ts';
import { EXECUTION_STATUSES, isFinal } from '../../../domain/run/status.ts';
import {
  countBatch,
  liveRunsOfBatch,
  type BatchCounts,
} from '../../../persistence/repositories/batches.repository.ts';
import { parseTimestamp } from '../../../persistence/timestamp.ts';
import type { Caller } from '../../context.ts';
import { defineRoute, type AnyRoute } from '../../define-route.ts';
import type { ApiServices } from '../../services.ts';
import type { StartServices } from '../../../engine/starting/start-services.ts';
import { reachOf } from '../executions/access.ts';
import { usdOf } from '../executions/presenter.ts';
import { steeredSchema, steerMany } from '../executions/steer-many.ts';
import { batchParams, batchSchema, exampleBatchId } from './schema.ts';

const ONE = { tags: ['Batches'], access: 'user', params: batchParams, what: 'batch' } as const;

/** Executions that were started together: how they stand, and to stop them. */
export const batchRoutes = (
  engine: StartServices & Pick<ApiServices, 'computing' | 'flows' | 'tools'>,
): AnyRoute[] => [getRoute(engine), cancelRoute(engine)];

const getRoute = (engine: Pick<ApiServices, 'database'>): AnyRoute =>
  defineRoute(
    {
      ...ONE,
      method: 'GET',
      path: '/api/v1/batches/{batch_id}',
      operationId: 'getBatch',
      summary: 'How a batch stands',
      description: 'Its executions, with inputs and results: `GET /api/v1/executions?batch_id=`.',
      responses: {
        200: {
          description: 'Counts and sums over its executions',
          schema: batchSchema,
          example: {
            batch_id: exampleBatchId,
            status: 'running' as const,
            crew_name: 'Announcement',
            graph_id: '6f1c1f5e-3b1a-4c59-9d0e-0f6f2f1f7a22',
            workflow_id: null,
            count: 200,
            finished: 120,
            counts: {
              pending: 70,
              running: 10,
              paused: 0,
              waiting: 0,
              cancelling: 0,
              completed: 118,
              failed: 2,
              cancelled: 0,
            },
            token_usage: { prompt_tokens: 48_000, completion_tokens: 12_000, total_tokens: 60_000 },
            cost_usd: 0.0144,
            created_at: '2026-11-24T09:30:00.000Z',
            completed_at: null,
            created_by: '6f1c1f5e-3b1a-4c59-9d0e-0f6f2f1f7a11',
          },
        },
      },
    },
    async ({ params, caller, respond }) =>
      respond(200, presentBatch(params.batch_id, await reachBatch(engine, caller, params.batch_id))),
  );

const cancelRoute = (engine: StartServices & Pick<ApiServices, 'computing' | 'flows' | 'tools'>): AnyRoute =>
  defineRoute(
    {
      ...ONE,
      method: 'POST',
      path: '/api/v1/batches/{batch_id}/cancel',
      operationId: 'cancelBatch',
      summary: 'Cancel all its executions that have not ended',
      description:
        'Each as if asked for alone, those that wait for their turn first; what a state forbids stands in `failed`. 409 ' +
        'when all have ended.',
      responses: {
        202: {
          description: 'Accepted; it holds through crashes',
          schema: steeredSchema,
          example: { matched: 80, done: 80, failed: [] },
        },
      },
      errors: ['CONFLICT'],
    },
    async ({ params, caller, respond }) => {
      await reachBatch(engine, caller, params.batch_id);
      const scope = reachOf(caller);
      const live = await engine.database.as(scope, (em) => liveRunsOfBatch(em, params.batch_id, scope));
      if (live.length === 0) throw conflict('all executions of this batch have ended');
      return respond(202, await steerMany(engine, live, 'cancel'));
    },
  );

/** @throws {MusterError} NOT_FOUND, whether absent or somebody else's */
async function reachBatch(
  engine: Pick<ApiServices, 'database'>,
  caller: Caller,
  batchId: string,
): Promise<BatchCounts[]> {
  const scope = reachOf(caller);
  const rows = await engine.database.as(scope, (em) => countBatch(em, batchId, scope));
  if (rows.length === 0) throw notFound('batch');
  return rows;
}

function presentBatch(batchId: string, rows: readonly BatchCounts[]): z.input<typeof batchSchema> {
  const [first] = rows;
  if (first === undefined) throw notFound('batch');
  const sum = (of: (row: BatchCounts) => number): number => rows.reduce((all, row) => all + of(row), 0);
  const count = sum((row) => row.count);
  const finished = sum((row) => (isFinal(row.status) ? row.count : 0));
  const times = (all: readonly (string | null)[]): number[] =>
    all.flatMap((time) => (time === null ? [] : [parseTimestamp(time).getTime()]));
  const lastEnd = Math.max(0, ...times(rows.map((row) => row.completed_at)));
  return {
    batch_id: batchId,
    status: finished === count ? 'completed' : 'running',
    crew_name: first.crew_name,
    graph_id: first.graph_id,
    workflow_id: first.workflow_id,
    count,
    finished,
    counts: Object.fromEntries(
      EXECUTION_STATUSES.map((status) => [status, rows.find((row) => row.status === status)?.count ?? 0]),
    ),
    token_usage: {
      prompt_tokens: sum((row) => Number(row.prompt_tokens)),
      completion_tokens: sum((row) => Number(row.completion_tokens)),
      total_tokens: sum((row) => Number(row.total_tokens)),
    },
    cost_usd: rows.some((row) => row.cost === null) ? null : usdOf(sum((row) => Number(row.cost))),
    created_at: new Date(Math.min(...times(rows.map((row) => row.created_at)))).toISOString(),
    completed_at: finished === count ? new Date(lastEnd).toISOString() : null,
    created_by: first.owner_id,
  };
}
