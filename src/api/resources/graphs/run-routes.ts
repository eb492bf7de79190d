import { graphDocumentSchema } from '../../../contracts/graph.ts';
import { defineRoute, type AnyRoute } from '../../define-route.ts';
import { LARGE_DOCUMENT } from '../../middleware/json-body.ts';
import type { ApiServices } from '../../services.ts';
import type { StartServices } from '../../../engine/starting/start-services.ts';
import { startCrewBatch } from '../../../engine/starting/start-batch.ts';
import { startCrewRun } from '../../../engine/starting/start-crew-run.ts';
import { BATCH_RULES, batchStarted, presentStarted } from '../batches/schema.ts';
import { reachExecution } from '../executions/access.ts';
import { exampleExecution } from '../executions/examples.ts';
import { present } from '../executions/routes.ts';
import { executionSchema } from '../executions/schema.ts';
import { reachGraph } from './access.ts';
import { planOfGraph, reportOn } from './compile.ts';
import { exampleDocument, exampleGraphSummary, exampleValidation } from './examples.ts';
import {
  documentOf,
  executeGraphBatchSchema,
  executeGraphSchema,
  graphInputsSchema,
  graphParamsSchema,
  validationSchema,
} from './schema.ts';

const TAGS = ['Graphs'] as const;
const ONE = { tags: TAGS, access: 'user', params: graphParamsSchema, what: 'graph' } as const;

/** From a graph to a crew: is it one, what does it want, run it. */
export const graphRunRoutes = (
  engine: StartServices & Pick<ApiServices, 'computing' | 'tools'>,
): AnyRoute[] => [
  validateUnsavedRoute(engine),
  validateRoute(engine),
  inputsRoute(engine),
  executeRoute(engine),
  executeBatchRoute(engine),
];

const validateUnsavedRoute = (engine: Pick<ApiServices, 'computing' | 'database' | 'tools'>): AnyRoute =>
  defineRoute(
    {
      method: 'POST',
      path: '/api/v1/graphs/validate',
      operationId: 'validateGraphDocument',
      tags: TAGS,
      summary: 'Say what is wrong with a graph that is not stored',
      scopes: ['read', 'write'],
      description: 'By the rules of CrewAI 0.121.1, all errors at once. Answers 200 whatever it finds.',
      access: 'user',
      body: graphDocumentSchema,
      documents: ['nodes', 'edges'],
      bodyLimits: LARGE_DOCUMENT,
      example: exampleDocument,
      responses: {
        200: { description: 'What was found', schema: validationSchema, example: exampleValidation },
      },
    },
    async ({ body, caller, respond }) => respond(200, await reportOn(engine, caller.userId, body)),
  );

const validateRoute = (engine: Pick<ApiServices, 'computing' | 'database' | 'tools'>): AnyRoute =>
  defineRoute(
    {
      ...ONE,
      method: 'POST',
      path: '/api/v1/graphs/{graph_id}/validate',
      operationId: 'validateGraph',
      summary: 'Say what is wrong with a stored graph',
      scopes: ['read', 'write'],
      responses: {
        200: { description: 'What was found', schema: validationSchema, example: exampleValidation },
      },
    },
    async ({ params, caller, respond }) =>
      respond(
        200,
        await reportOn(engine, caller.userId, documentOf(await reachGraph(engine, caller, params.graph_id))),
      ),
  );

const inputsRoute = (engine: Pick<ApiServices, 'computing' | 'database' | 'tools'>): AnyRoute =>
  defineRoute(
    {
      ...ONE,
      method: 'GET',
      path: '/api/v1/graphs/{graph_id}/inputs',
      operationId: 'getGraphInputs',
      summary: 'The names of the variables a start must bring',
      responses: {
        200: { description: 'The names, sorted', schema: graphInputsSchema, example: { inputs: ['topic'] } },
      },
    },
    async ({ params, caller, respond }) => {
      const graph = await reachGraph(engine, caller, params.graph_id);
      return respond(200, { inputs: (await reportOn(engine, caller.userId, documentOf(graph))).inputs });
    },
  );

const executeRoute = (engine: StartServices & Pick<ApiServices, 'computing' | 'tools'>): AnyRoute =>
  defineRoute(
    {
      ...ONE,
      method: 'POST',
      path: '/api/v1/graphs/{graph_id}/execute',
      operationId: 'executeGraph',
      summary: 'Run a graph',
      description:
        'Runs it as it is now: later saves do not touch the run. A graph that is not valid, and a variable without a ' +
        'value, are 422.',
      body: executeGraphSchema,
      bodyOptional: true,
      example: { inputs: { topic: 'otters' } },
      responses: {
        202: {
          description: 'It is on its way',
          schema: executionSchema,
          example: {
            ...exampleExecution,
            graph_id: exampleGraphSummary.id,
            status: 'pending' as const,
            output_data: null,
            result: null,
            completed_at: null,
          },
          headers: { Location: 'Where the execution is' },
        },
      },
      errors: ['CONFLICT'],
    },
    async ({ params, body, caller, request, respond }) => {
      const graph = await reachGraph(engine, caller, params.graph_id);
      const { inputs = {}, ...options } = body ?? {};
      const { id, executionId } = await startCrewRun(engine, {
        ownerId: caller.userId,
        plan: await planOfGraph(engine, caller.userId, graph),
        graphId: graph.id,
        inputs,
        options,
        idempotencyRef: request.idempotencyRef,
      });
      const execution = await reachExecution(engine, caller, { id });
      return respond(202, present(engine, execution), { Location: `/api/v1/executions/${executionId}` });
    },
  );

const executeBatchRoute = (engine: StartServices & Pick<ApiServices, 'computing' | 'tools'>): AnyRoute =>
  defineRoute(
    {
      ...ONE,
      method: 'POST',
      path: '/api/v1/graphs/{graph_id}/execute/batch',
      operationId: 'executeGraphBatch',
      summary: 'Run a graph once for each of many inputs',
      description: `CrewAI’s \`kickoff_for_each\`. ${BATCH_RULES}`,
      body: executeGraphBatchSchema,
      bodyLimits: LARGE_DOCUMENT,
      example: { inputs: [{ topic: 'otters' }, { topic: 'tea' }] },
      responses: batchStarted,
    },
    async ({ params, body, caller, request, respond }) => {
      const graph = await reachGraph(engine, caller, params.graph_id);
      const { inputs, thread_id: _none, ...options } = body;
      const created = await startCrewBatch(engine, {
        ownerId: caller.userId,
        plan: await planOfGraph(engine, caller.userId, graph),
        graphId: graph.id,
        inputs,
        options,
        idempotencyRef: request.idempotencyRef,
      });
      const started = presentStarted(created);
      return respond(202, started.body, started.headers);
    },
  );
