import { z } from 'zod';
import { notFound } from '../../../domain/errors.ts';
import type { JsonObject } from '../../../domain/json.ts';
import type { CrewPlan } from '../../../domain/plan/crew-plan.ts';
import type { ExecutionStatus } from '../../../domain/run/status.ts';
import { listExecutions } from '../../../persistence/repositories/executions.repository.ts';
import type { Caller } from '../../context.ts';
import { defineRoute, type AnyRoute } from '../../define-route.ts';
import type { ApiServices } from '../../services.ts';
import type { StartServices } from '../../../engine/starting/start-services.ts';
import { startCrewRun } from '../../../engine/starting/start-crew-run.ts';
import { reachExecution } from '../executions/access.ts';
import { executionRefParam } from '../executions/schema.ts';
import { reachGraph } from '../graphs/access.ts';
import { planOfGraph } from '../graphs/compile.ts';
import {
  crewExecutionsQuery,
  crewExecutionsSchema,
  crewStartBody,
  crewStartedSchema,
  crewStatusSchema,
  type CREW_STATUSES,
} from './schema.ts';

const TAGS = ['Crew'] as const;
const EXECUTION_ID = '550e8400-e29b-41d4-a716-446655440000';
/** What `POST /crew/start` runs when nothing is named. */
const DEFAULT_CREW = 'research';

/** Seed 002's three words for our eight states (contract §6). */
const CREW_STATUS: Record<ExecutionStatus, (typeof CREW_STATUSES)[number]> = {
  pending: 'PROCESSING',
  running: 'PROCESSING',
  paused: 'PROCESSING',
  waiting: 'PROCESSING',
  cancelling: 'PROCESSING',
  completed: 'COMPLETED',
  failed: 'ERROR',
  cancelled: 'ERROR',
};

/** Start a crew, poll its status (seed 002). */
export const crewRoutes = (
  engine: StartServices & Pick<ApiServices, 'computing' | 'crews' | 'tools'>,
): AnyRoute[] => [startRoute(engine), statusRoute(engine), listRoute(engine)];

const startRoute = (engine: StartServices & Pick<ApiServices, 'computing' | 'crews' | 'tools'>): AnyRoute =>
  defineRoute(
    {
      method: 'POST',
      path: '/crew/start',
      operationId: 'startCrew',
      tags: TAGS,
      summary: 'Start a crew',
      description:
        'Answers at once; the crew runs durably. Without a body: the research example with its own inputs.',
      access: 'user',
      body: crewStartBody,
      bodyOptional: true,
      example: { crew: 'research', inputs: { topic: 'AI in healthcare' } },
      responses: {
        200: {
          description: 'It is on its way',
          schema: crewStartedSchema,
          example: {
            execution_id: EXECUTION_ID,
            status: 'PROCESSING',
            message: 'Crew execution started successfully',
          },
        },
      },
      errors: ['NOT_FOUND', 'CONFLICT'],
    },
    async ({ body, caller, request, respond }) => {
      const { crew, inputs, ...options } = body ?? {};
      const { plan, graphId, exampleInputs } = await namedCrew(engine, caller, crew);
      const values = { ...exampleInputs, ...inputs };
      const { executionId } = await startCrewRun(engine, {
        ownerId: caller.userId,
        plan,
        ...(graphId !== undefined && { graphId }),
        inputs: values,
        options,
        idempotencyRef: request.idempotencyRef,
      });
      const message = 'Crew execution started successfully';
      return respond(200, { execution_id: executionId, status: 'PROCESSING', message });
    },
  );

const graphId = z.uuid();

/** The crew a start names: an example's folder, a graph of the caller's, or nothing. */
async function namedCrew(
  engine: Pick<ApiServices, 'computing' | 'crews' | 'database' | 'tools'>,
  caller: Caller,
  crew: string | undefined,
): Promise<{ plan: CrewPlan; graphId?: string; exampleInputs: JsonObject }> {
  if (graphId.safeParse(crew).success && crew !== undefined) {
    const graph = await reachGraph(engine, caller, crew);
    return { plan: await planOfGraph(engine, caller.userId, graph), graphId: graph.id, exampleInputs: {} };
  }
  const { plan, exampleInputs } = engine.crews.load(crew ?? DEFAULT_CREW);
  return { plan, exampleInputs: crew === undefined ? exampleInputs : {} };
}

const statusRoute = (engine: Pick<ApiServices, 'database'>): AnyRoute =>
  defineRoute(
    {
      method: 'GET',
      path: '/crew/status/{execution_id}',
      operationId: 'getCrewStatus',
      tags: TAGS,
      summary: 'How a crew is doing',
      access: 'user',
      params: z.object({ execution_id: executionRefParam }),
      what: 'execution',
      responses: {
        200: {
          description: 'Its status, and its result or error once there is one',
          schema: crewStatusSchema,
          example: { execution_id: EXECUTION_ID, status: 'PROCESSING', result: null, error: null },
        },
      },
    },
    async ({ params: { execution_id: ref }, caller, respond }) => {
      const execution = await reachExecution(engine, caller, ref);
      if (execution.kind !== 'crew') throw notFound('execution');
      return respond(200, {
        execution_id: execution.executionId,
        status: CREW_STATUS[execution.status],
        result: crewStatusSchema.shape.result.parse(execution.result ?? null),
        error: execution.error ?? null,
      });
    },
  );

const listRoute = (engine: Pick<ApiServices, 'database'>): AnyRoute =>
  defineRoute(
    {
      method: 'GET',
      path: '/crew/executions',
      operationId: 'listCrewExecutions',
      tags: TAGS,
      summary: 'The latest crew executions',
      access: 'user',
      query: crewExecutionsQuery,
      responses: {
        200: {
          description: 'Newest first',
          schema: crewExecutionsSchema,
          example: {
            executions: [
              {
                execution_id: EXECUTION_ID,
                crew_name: 'research',
                status: 'COMPLETED',
                created_at: '2026-11-20T09:30:00.000Z',
                updated_at: '2026-11-20T09:32:15.000Z',
              },
            ],
          },
        },
      },
    },
    async ({ query, caller, respond }) => {
      const scope = { ownerId: caller.userId };
      const page = { skip: 0, limit: query.limit };
      const [rows] = await engine.database.as(scope, (em) =>
        listExecutions(em, scope, { kind: 'crew' }, page),
      );
      const executions = rows.map((row) => ({
        execution_id: row.executionId,
        crew_name: row.crewName ?? '',
        status: CREW_STATUS[row.status],
        created_at: row.createdAt.toISOString(),
        updated_at: row.updatedAt.toISOString(),
      }));
      return respond(200, { executions });
    },
  );
