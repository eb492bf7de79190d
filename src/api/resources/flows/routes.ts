import { z } from 'zod';
import { notFound } from '../../../domain/errors.ts';
import type { JsonObject } from '../../../domain/json.ts';
import type { NamedFlow } from '../../../flows/flow-catalogue.ts';
import { listFlows } from '../../../persistence/repositories/flows.repository.ts';
import { defineRoute, type AnyRoute } from '../../define-route.ts';
import type { ApiServices } from '../../services.ts';
import type { CommandServices } from '../../../engine/commands/command-services.ts';
import { startFlowRun } from '../../../engine/starting/start-flow-run.ts';
import { reachExecution } from '../executions/access.ts';
import { executionRefParam } from '../executions/schema.ts';
import { flowExecutionSchema, flowSchema, flowStartedSchema, listFlowsQuery, startQuery } from './schema.ts';
import { declaredRoutes } from './declared-routes.ts';
import { declaredRunRoutes } from './declared-run-routes.ts';
import { capital, namedDeclared, presentFlow, presentRun, startedMessage } from './present.ts';

const EXECUTION_ID = '550e8400-e29b-41d4-a716-446655440000';

/** The flows there are, and for each of them two operations of its own (seed 001). */
export const flowRoutes = (
  engine: CommandServices & Pick<ApiServices, 'computing' | 'database' | 'flows' | 'tools'>,
): AnyRoute[] => [
  listRoute(engine),
  ...declaredRoutes(engine),
  ...engine.flows.list().flatMap((flow) => [executeRoute(engine, flow), statusRoute(engine, flow)]),
  ...declaredRunRoutes(engine),
];

const words = (name: string): string[] => name.split('_');
/** `poem_flow` → `PoemFlow`, for the names of operations. */
const pascal = (name: string): string => words(name).map(capital).join('');
const jsonObject = z.record(z.string(), z.json());

const listRoute = (engine: Pick<ApiServices, 'database' | 'flows'>): AnyRoute =>
  defineRoute(
    {
      method: 'GET',
      path: '/api/v1/flows',
      operationId: 'listFlows',
      tags: ['Flows'],
      summary: 'The flows you can run: those of this server, then those you have uploaded, by name',
      description:
        'Each of this server has its own section here, with the schemas of what it takes and gives back.',
      access: 'user',
      query: listFlowsQuery,
      responses: {
        200: {
          description: 'A page of flows',
          schema: z.array(flowSchema),
          example: [
            {
              kind: 'code' as const,
              name: 'poem_flow',
              path: 'poem-flow',
              summary: 'Writes a poem',
              description: '',
              execute_url: '/api/v1/poem-flow/execute',
              steps: [{ name: 'write_poem', kind: 'start' as const, listens_to: null, labels: [] }],
            },
          ],
          headers: { 'X-Total-Count': 'How many there are in all' },
        },
      },
    },
    async ({ query: { skip, limit }, caller: { userId: ownerId }, respond }) => {
      const code = engine.flows.list();
      const own = { skip: Math.max(skip - code.length, 0), limit };
      const [declared, total] = await engine.database.as({ ownerId }, (em) => listFlows(em, ownerId, own));
      const page = [
        ...code.slice(skip).map((flow) => presentFlow(flow, 'code')),
        ...declared.map((flow) => presentFlow(namedDeclared(flow), 'declarative')),
      ];
      return respond(200, page.slice(0, limit), { 'X-Total-Count': String(code.length + total) });
    },
  );

const executeRoute = (
  engine: CommandServices & Pick<ApiServices, 'computing' | 'database'>,
  flow: NamedFlow,
): AnyRoute =>
  defineRoute(
    {
      method: 'POST',
      path: `/api/v1/${flow.path}/execute`,
      operationId: `execute${pascal(flow.name)}`,
      tags: [flow.path],
      summary: flow.flow.summary,
      description: flow.flow.description,
      access: 'user',
      query: startQuery,
      body: flow.flow.request,
      example: flow.flow.example.request,
      responses: {
        200: {
          description: 'It is on its way',
          schema: flowStartedSchema,
          example: {
            execution_id: EXECUTION_ID,
            status: 'pending',
            message: startedMessage(flow.name, EXECUTION_ID),
          },
        },
      },
      errors: ['NOT_FOUND', 'CONFLICT'],
    },
    async ({ body, query, caller, request, respond }) => {
      const { executionId } = await startFlowRun(engine, {
        ownerId: caller.userId,
        flow,
        request: asJson(body),
        options: query,
        idempotencyRef: request.idempotencyRef,
      });
      return respond(200, {
        execution_id: executionId,
        status: 'pending',
        message: startedMessage(flow.name, executionId),
      });
    },
  );

/** The checked body as it is stored: undefined fields gone. */
const asJson = (body: unknown): JsonObject => jsonObject.parse(JSON.parse(JSON.stringify(body)));

const statusRoute = (engine: Pick<ApiServices, 'database'>, flow: NamedFlow): AnyRoute =>
  defineRoute(
    {
      method: 'GET',
      path: `/api/v1/${flow.path}/execution/{execution_id}`,
      operationId: `get${pascal(flow.name)}Execution`,
      tags: [flow.path],
      summary: 'How a run of it is doing',
      description: 'Its steps, events and questions are under `/api/v1/executions/{execution_id}`.',
      access: 'user',
      params: z.object({ execution_id: executionRefParam }),
      what: 'execution',
      responses: {
        200: {
          description: 'Its status, and its result or error once there is one',
          schema: flowExecutionSchema(flow.flow.result).meta({ id: `${pascal(flow.name)}Execution` }),
          example: {
            execution_id: EXECUTION_ID,
            flow_name: flow.name,
            status: 'completed' as const,
            created_at: '2025-10-26T10:30:00.000Z',
            started_at: '2025-10-26T10:30:01.000Z',
            completed_at: '2025-10-26T10:30:15.000Z',
            result: flow.flow.example.result,
            error: null,
          },
        },
      },
    },
    async ({ params, caller, respond }) => {
      const execution = await reachExecution(engine, caller, params.execution_id);
      if (execution.kind !== 'flow' || execution.flowName !== flow.name) throw notFound('execution');
      return respond(200, presentRun(execution, flow.name));
    },
  );
