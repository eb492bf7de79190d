import { defineEntity, p } from '@mikro-orm/core';
import type { GraphDocumentBody } from '../../contracts/graph.ts';

const GraphSchema = defineEntity({
  name: 'Graph',
  tableName: 'graphs',
  properties: {
    id: p.uuid().primary(),
    ownerId: p.uuid(),
    name: p.text(),
    description: p.text(),
    /** The newest version; lists leave it out. */
    document: p.json<GraphDocumentBody>().lazy(),
    /** Of the document, from 1 on. Every save that changes something raises it. */
    version: p.integer(),
    createdAt: p.datetime(),
    updatedAt: p.datetime(),
  },
});

/** A crew as the visual builder draws it. It need not be valid. */
export class Graph extends GraphSchema.class {}
GraphSchema.setClass(Graph);
export { GraphSchema };

const GraphVersionSchema = defineEntity({
  name: 'GraphVersion',
  tableName: 'graph_versions',
  properties: {
    graphId: p.uuid().primary(),
    version: p.integer().primary(),
    document: p.json<GraphDocumentBody>().lazy(),
    createdAt: p.datetime(),
    /** Whose save it was: an admin saves the graphs of others too. */
    createdBy: p.uuid(),
  },
});

/** One save of a graph. It never changes. */
export class GraphVersion extends GraphVersionSchema.class {}
GraphVersionSchema.setClass(GraphVersion);
export { GraphVersionSchema };
