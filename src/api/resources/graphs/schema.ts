import { z } from 'zod';
import { graphDocumentSchema, graphFields, type GraphDocumentBody } from '../../../contracts/graph.ts';
import type { Graph, GraphVersion } from '../../../persistence/entities/graph.entity.ts';
import { integerIdParam, ownershipQuery, pageQuery, timestampSchema, uuidParam } from '../../parameters.ts';
import { manyInputs, noThread } from '../batches/schema.ts';
import { startOptions } from '../crew/schema.ts';

const versionSchema = z.int().describe('Raised by every save that changes something');

const summaryFields = {
  id: z.uuid(),
  owner_id: z.uuid(),
  name: z.string(),
  description: z.string(),
  version: versionSchema,
  created_at: timestampSchema,
  updated_at: timestampSchema,
};

export const graphSummarySchema = z
  .object(summaryFields)
  .meta({ id: 'GraphSummary', description: 'A graph without its nodes and edges.' });

export const graphSchema = z
  .object({
    ...summaryFields,
    nodes: graphFields.nodes,
    edges: graphFields.edges,
    viewport: graphFields.viewport.nullable(),
  })
  .meta({ id: 'Graph', description: 'A stored graph. It need not be valid: `/validate` tells.' });

export const createGraphSchema = graphDocumentSchema
  .extend({ viewport: graphFields.viewport.nullish().transform((viewport) => viewport ?? undefined) })
  .meta({ id: 'CreateGraph' });

export const updateGraphSchema = z
  .object({
    name: graphFields.name.optional(),
    description: graphFields.description.optional(),
    nodes: graphFields.nodes.optional(),
    edges: graphFields.edges.optional(),
    viewport: graphFields.viewport.nullish().describe('null takes it away'),
    version: z
      .int()
      .optional()
      .describe('The version this change was made from: 409 when the graph is at another. As `If-Match`'),
  })
  .meta({ id: 'UpdateGraph' });

const graphVersionFields = {
  graph_id: z.uuid(),
  version: versionSchema,
  created_at: timestampSchema,
  created_by: z.uuid(),
};

export const graphVersionSchema = z.object(graphVersionFields).meta({ id: 'GraphVersion' });

export const graphVersionDocumentSchema = z
  .object({ ...graphVersionFields, document: graphDocumentSchema })
  .meta({ id: 'GraphVersionDocument', description: 'One version with what it holds.' });

export const graphParamsSchema = z.object({ graph_id: uuidParam });
export const graphVersionParamsSchema = z.object({ graph_id: uuidParam, version: integerIdParam });
export const versionsQuery = z.object(pageQuery);
export const listGraphsQuery = z.object({
  ...pageQuery,
  ...ownershipQuery,
  q: z.string().min(1).max(200).optional().describe('Only those whose name contains this'),
});

export const inputsSchema = z.record(z.string(), z.json()).describe('Values for the crew’s `{variables}`');

export const executeGraphSchema = z
  .object({ inputs: inputsSchema.optional(), ...startOptions })
  .meta({ id: 'ExecuteGraph' });

export const executeGraphBatchSchema = executeGraphSchema
  .extend({ thread_id: noThread, inputs: manyInputs })
  .meta({ id: 'ExecuteGraphBatch' });

const issueSchema = z.object({
  code: z.string().describe('CrewAI’s own error type, or ours with the prefix `graph_`'),
  message: z.string(),
  path: z.string().describe('A JSON pointer into the document'),
  node_id: z.string().optional(),
});

export const validationSchema = z
  .object({
    valid: z.boolean(),
    errors: z.array(issueSchema),
    warnings: z.array(issueSchema),
    crewai_version: z.string(),
    execution_order: z.array(z.string()).describe('Ids of the task nodes'),
    inputs: z.array(z.string()).describe('Names of the variables a start must bring'),
  })
  .meta({ id: 'GraphValidation', description: 'All that is wrong with a graph, at once.' });

export const graphInputsSchema = z.object({ inputs: z.array(z.string()) }).meta({ id: 'GraphInputs' });

/** What is stored went through the schema of documents when it came. */
export const documentOf = (row: { document: GraphDocumentBody }): GraphDocumentBody => row.document;

/** A graph as lists show it. */
export const presentGraphSummary = (graph: Graph): z.input<typeof graphSummarySchema> => ({
  id: graph.id,
  owner_id: graph.ownerId,
  name: graph.name,
  description: graph.description,
  version: graph.version,
  created_at: graph.createdAt.toISOString(),
  updated_at: graph.updatedAt.toISOString(),
});

/** A graph with its document. */
export function presentGraph(graph: Graph): z.input<typeof graphSchema> {
  const { nodes, edges, viewport } = documentOf(graph);
  return { ...presentGraphSummary(graph), nodes, edges, viewport: viewport ?? null };
}

export const presentGraphVersion = (row: GraphVersion): z.input<typeof graphVersionSchema> => ({
  graph_id: row.graphId,
  version: row.version,
  created_at: row.createdAt.toISOString(),
  created_by: row.createdBy,
});
