import { z } from 'zod';
import { oneLine } from './event-lines.ts';

const shape = z.looseObject({
  nodes: z.array(
    z.looseObject({
      id: z.string(),
      type: z.string().optional(),
      data: z.looseObject({}).optional(),
    }),
  ),
  edges: z.array(z.looseObject({ source: z.string(), target: z.string() })),
});

const LABEL_WIDTH = 40;

/** A graph as a Mermaid flowchart: agents round, tools in hexagons, tasks and the rest in boxes. Pure. */
export function drawGraph(document: unknown): string {
  const { nodes, edges } = shape.parse(document);
  const names = new Map(nodes.map(({ id }, at) => [id, `n${at}`]));
  const boxes = nodes.map(({ id, type, data }) => {
    const label = quoted(
      ['name', 'role', 'label', 'description'].map((field) => data?.[field]).find(isText) ?? id,
    );
    const name = names.get(id) ?? id;
    if (type === 'agent') return `  ${name}(["${label}"])`;
    return type === 'tool' ? `  ${name}{{"${label}"}}` : `  ${name}["${label}"]`;
  });
  const arrows = edges.flatMap(({ source, target }) => {
    const [from, to] = [names.get(source), names.get(target)];
    return from === undefined || to === undefined ? [] : [`  ${from} --> ${to}`];
  });
  return ['flowchart LR', ...boxes, ...arrows].join('\n');
}

const isText = (value: unknown): value is string => typeof value === 'string' && value !== '';

/** Mermaid reads quotes and angle brackets in a label; entities it shows. */
const quoted = (text: string): string =>
  oneLine(text, LABEL_WIDTH).replaceAll('"', '#quot;').replaceAll('<', '#lt;').replaceAll('>', '#gt;');
