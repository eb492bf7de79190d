import { z } from 'zod';

/**
 * A graph as the visual builder sends it: the shape of contract §9 and no more. Whether it makes a crew is
 * told by validation; a draft need not. What React Flow keeps beside (width, handles, …) is kept too.
 */

const idSchema = z.string().min(1).max(200);
const extra = z.json();

const nodeSchema = z
  .object({
    id: idSchema,
    type: z.string().min(1).max(100).describe('`agent`, `task`, `crew` or `tool`'),
    position: z.object({ x: z.number(), y: z.number() }).catchall(extra).optional(),
    data: z.record(z.string(), extra).default({}).describe('The fields of the agent, task, crew or tool'),
  })
  .catchall(extra)
  .meta({ id: 'GraphNode' });

const edgeSchema = z
  .object({ id: idSchema.optional(), source: idSchema, target: idSchema })
  .catchall(extra)
  .meta({ id: 'GraphEdge' });

/** The fields of a graph's document, for schemas that are more than the document. */
export const graphFields = {
  name: z.string().trim().min(1).max(200),
  description: z.string().max(10_000),
  nodes: z.array(nodeSchema).max(12_000),
  edges: z.array(edgeSchema).max(50_000),
  viewport: z.object({ x: z.number(), y: z.number(), zoom: z.number() }),
};

/** A whole document. Without a name it is called `Untitled`. */
export const graphDocumentSchema = z
  .object({
    name: graphFields.name.default('Untitled'),
    description: graphFields.description.default(''),
    nodes: graphFields.nodes.default([]),
    edges: graphFields.edges.default([]),
    viewport: graphFields.viewport.optional().describe('Where the builder looks; kept, without a meaning'),
  })
  .meta({ id: 'GraphDocument', description: 'A crew as a graph, in React Flow’s shape.' });
export type GraphDocumentBody = z.output<typeof graphDocumentSchema>;
