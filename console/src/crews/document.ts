import { isMap, LineCounter, parseDocument, stringify, type Document } from 'yaml';
import type { JsonObject, JsonValue } from '../design/json.ts';

/** A graph as one writes it: JSON or YAML, in the shape of contract §9. Pure: text in, text out. */

export type Format = 'json' | 'yaml';

/** Where something stands in a text: from one character to another, and on which line (from 1). */
export interface Span {
  from: number;
  to: number;
  line: number;
}

export interface GraphNode {
  id: string;
  type: string;
  data?: JsonObject;
}

export interface GraphEdge {
  source: string;
  target: string;
}

/** What a text holds, or why it holds nothing. */
export type ReadDocument =
  | { document: JsonObject; error: null; placeOf: (pointer: string) => Span | null }
  | { document: null; error: { message: string; span: Span | null } };

/** Reads JSON or YAML: every JSON is YAML, so one reader knows the places of both. */
export function readDocument(text: string): ReadDocument {
  const lines = new LineCounter();
  const parsed = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const spanOf = (from: number, to: number): Span => ({ from, to, line: lines.linePos(from).line });
  const [error] = parsed.errors;
  if (error !== undefined)
    return { document: null, error: { message: error.message, span: spanOf(...error.pos) } };
  if (!isMap(parsed.contents))
    return { document: null, error: { message: 'A graph is wanted: name, nodes, edges', span: null } };
  const document: JsonObject = parsed.toJS();
  return { document, error: null, placeOf: (pointer) => placeIn(parsed, pointer, spanOf) };
}

/** The place of what a JSON pointer names, or of the nearest around it. */
function placeIn(parsed: Document, pointer: string, spanOf: (from: number, to: number) => Span): Span | null {
  const keys = pointer
    .split('/')
    .slice(1)
    .map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~'))
    .map((key) => (/^\d+$/.test(key) ? Number(key) : key));
  for (let depth = keys.length; depth > 0; depth -= 1) {
    const found = parsed.getIn(keys.slice(0, depth), true);
    const range = rangeOf(found);
    if (range !== null) return spanOf(range[0], range[1]);
  }
  return null;
}

const rangeOf = (found: unknown): readonly [number, number] | null =>
  typeof found === 'object' &&
  found !== null &&
  'range' in found &&
  Array.isArray(found.range) &&
  typeof found.range[0] === 'number' &&
  typeof found.range[1] === 'number'
    ? [found.range[0], found.range[1]]
    : null;

export const writeDocument = (document: object, format: Format): string =>
  format === 'json' ? `${JSON.stringify(document, null, 2)}\n` : stringify(document, { lineWidth: 100 });

const isObject = (value: JsonValue | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const listOf = (value: JsonValue | undefined): JsonObject[] =>
  Array.isArray(value) ? value.filter(isObject) : [];

/** Its nodes, as far as they are such. */
export const nodesOf = (document: JsonObject): GraphNode[] =>
  listOf(document['nodes']).flatMap(({ id, type, data }) =>
    typeof id === 'string' && typeof type === 'string' ? [{ id, type, ...(isObject(data) && { data }) }] : [],
  );

/** Its edges, as far as they are such. */
export const edgesOf = (document: JsonObject): GraphEdge[] =>
  listOf(document['edges']).flatMap(({ source, target }) =>
    typeof source === 'string' && typeof target === 'string' ? [{ source, target }] : [],
  );

/** What a new node starts with. */
const FRESH = {
  agent: { role: 'Researcher', goal: 'Find out what is known about {topic}', backstory: '' },
  task: { name: '', description: 'Write about {topic}', expected_output: 'A paragraph' },
  tool: { name: 'calculator' },
  crew: { process: 'sequential' },
} as const satisfies Record<string, JsonObject>;
export type NodeType = keyof typeof FRESH;
export const NODE_TYPES: readonly NodeType[] = ['agent', 'task', 'tool', 'crew'];

/** The same with one more node, under an id that is free. */
export function withNode(document: JsonObject, type: NodeType): JsonObject {
  const taken = new Set(nodesOf(document).map(({ id }) => id));
  let number = 1;
  while (taken.has(`${type}-${number}`)) number += 1;
  const id = `${type}-${number}`;
  const data: JsonObject = type === 'task' ? { ...FRESH.task, name: id } : { ...FRESH[type] };
  const nodes = Array.isArray(document['nodes']) ? document['nodes'] : [];
  return { ...document, nodes: [...nodes, { id, type, data }] };
}

/** The same with an arrow from one node to another; an arrow that is there is not doubled. */
export function withEdge(document: JsonObject, source: string, target: string): JsonObject {
  if (edgesOf(document).some((edge) => edge.source === source && edge.target === target)) return document;
  const edges = Array.isArray(document['edges']) ? document['edges'] : [];
  return { ...document, edges: [...edges, { source, target }] };
}

/** What a node is called where it is drawn. */
export function titleOf({ id, type, data = {} }: GraphNode): string {
  const said = (name: string): string | undefined => {
    const value = data[name];
    return typeof value === 'string' && value.trim() !== '' ? value.trim() : undefined;
  };
  switch (type) {
    case 'agent':
      return said('role') ?? id;
    case 'task':
      return said('name') ?? said('description') ?? id;
    default:
      return said('name') ?? id;
  }
}

/** What a new crew starts with: it is valid, and runs. */
export const FRESH_CREW: JsonObject = {
  name: 'A new crew',
  description: '',
  nodes: [
    { id: 'crew', type: 'crew', data: { ...FRESH.crew } },
    { id: 'agent-1', type: 'agent', data: { ...FRESH.agent } },
    { id: 'task-1', type: 'task', data: { ...FRESH.task, name: 'task-1' } },
  ],
  edges: [{ source: 'agent-1', target: 'task-1' }],
};
