import { z } from 'zod';
import { notFound } from '../../../domain/errors.ts';
import { namedFlow, resultSchema } from '../../../flows/declared/declared-flow.ts';
import { defineRoute, type AnyRoute } from '../../define-route.ts';
import type { ApiServices } from '../../services.ts';
import type { CommandServices } from '../../../engine/commands/command-services.ts';
import { startFlowRun } from '../../../engine/starting/start-flow-run.ts';
import { reachExecution } from '../executions/access.ts';
import { executionRefParam } from '../executions/schema.ts';
import { preparedFlow, reachFlow, storedName } from './declared-access.ts';
import { presentRun, startedMessage } from './present.ts';
import { flowExecutionSchema, flowParam, flowStartedSchema, startQuery } from './schema.ts';

const TAGS = ['Flows'] as const;
const EXECUTION_ID = '550e8400-e29b-41d4-a716-446655440000';

/** Uploaded flows run at the paths that flows in code have. */
export const declaredRunRoutes = (
  engine: CommandServices & Pick<ApiServices, 'computing' | 'database' | 'tools'>,
): AnyRoute[] => [executeRoute(engine), statusRoute(engine)];

const executeRoute = (
  engine: CommandServices & Pick<ApiServices, 'computing' | 'database' | 'tools'>,
): AnyRoute =>
  defineRoute(
    {
      method: 'POST',
      path: '/api/v1/{flow}/execute',
      operationId: 'executeFlow',
      tags: TAGS,
      summary: 'Run a flow that you have uploaded',
      description: 'The body is the state it begins with, laid over the defaults of its definition.',
      access: 'user',
      params: z.object({ flow: flowParam }),
      what: 'flow',
      query: startQuery,
      body: z.record(z.string(), z.json()).meta({ id: 'FlowState' }),
      bodyOptional: true,
      example: { topic: 'otters' },
      responses: {
        200: {
          description: 'It is on its way',
          schema: flowStartedSchema,
          example: {
            execution_id: EXECUTION_ID,
            status: 'pending',
            message: startedMessage('summary_flow', EXECUTION_ID),
          },
        },
      },
      errors: ['NOT_FOUND', 'CONFLICT'],
    },
    async ({ params, body, query, caller: { userId: ownerId }, request, respond }) => {
      const { name, definition } = await reachFlow(engine, ownerId, params.flow);
      const { snapshot } = await preparedFlow(engine, ownerId, definition);
      const { executionId } = await startFlowRun(engine, {
        ownerId,
        flow: namedFlow(name, snapshot),
        snapshot,
        request: body ?? {},
        options: query,
        idempotencyRef: request.idempotencyRef,
      });
      return respond(200, {
        execution_id: executionId,
        status: 'pending',
        message: startedMessage(name, executionId),
      });
    },
  );

const statusRoute = (engine: Pick<ApiServices, 'database'>): AnyRoute =>
  defineRoute(
    {
      method: 'GET',
      path: '/api/v1/{flow}/execution/{execution_id}',
      operationId: 'getFlowExecution',
      tags: TAGS,
      summary: 'How a run of an uploaded flow is doing',
      description: 'Its steps, events and questions are under `/api/v1/executions/{execution_id}`.',
      access: 'user',
      params: z.object({ flow: flowParam, execution_id: executionRefParam }),
      what: 'execution',
      responses: {
        200: {
          description: 'Its status, and its result or error once there is one',
          schema: flowExecutionSchema(resultSchema).meta({ id: 'FlowExecution' }),
          example: {
            execution_id: EXECUTION_ID,
            flow_name: 'summary_flow',
            status: 'completed' as const,
            created_at: '2025-10-26T10:30:00.000Z',
            started_at: '2025-10-26T10:30:01.000Z',
            completed_at: '2025-10-26T10:30:15.000Z',
            result: {
              output: { raw: 'They hold hands.', agent_role: 'Analyst' },
              state: { id: EXECUTION_ID, topic: 'otters' },
            },
            error: null,
          },
        },
      },
    },
    async ({ params, caller, respond }) => {
      const execution = await reachExecution(engine, caller, params.execution_id);
      const name = storedName(params.flow);
      if (execution.kind !== 'flow' || execution.flowName !== name) throw notFound('execution');
      return respond(200, presentRun(execution, name));
    },
  );
