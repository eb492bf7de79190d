import type { Node, NodeProps } from '@xyflow/react';
import { memo, useMemo, type JSX } from 'react';
import type { JsonObject } from '../design/json.ts';
import { Canvas, Handles, placed, useLayout } from '../drawing/canvas.tsx';
import type { Arrow } from '../drawing/layout.ts';
import { edgesOf, nodesOf, titleOf, type GraphNode } from './document.ts';
import './crew-drawing.css';

type CrewNode = Node<{ node: GraphNode; faults: number }, 'crew-part'>;

const NODE_TYPES = { 'crew-part': memo(PartBox) };

/** The nodes of a graph and what leads from one to another; those at fault are marked. */
export default function CrewDrawing({
  document,
  faults,
  onChoose,
  onConnect,
}: {
  document: JsonObject;
  /** How many things are wrong with a node, by its id. */
  faults: ReadonlyMap<string, number>;
  onChoose: (id: string) => void;
  /** Somebody has drawn an arrow. */
  onConnect?: (source: string, target: string) => void;
}): JSX.Element {
  const parts = useMemo(() => unique(nodesOf(document)), [document]);
  const arrows = useMemo(() => arrowsOf(document, parts), [document, parts]);
  const shape = [...parts.keys(), ...arrows.map(({ id }) => id)].join('\n');
  const layout = useLayout(shape, [...parts.keys()], arrows);
  const places = layout.data;
  const nodes = useMemo(
    () =>
      [...parts.values()].map((node): CrewNode => {
        const wrong = faults.get(node.id) ?? 0;
        return {
          id: node.id,
          type: 'crew-part',
          ...placed(places?.get(node.id)),
          data: { node, faults: wrong },
          ariaLabel: `${node.type} ${titleOf(node)}${wrong > 0 ? `: ${wrong} at fault` : ''}`,
        };
      }),
    [parts, places, faults],
  );
  return (
    <Canvas
      label="Drawing of the crew"
      layout={layout}
      shape={shape}
      nodes={nodes}
      edges={arrows}
      nodeTypes={NODE_TYPES}
      onChoose={onChoose}
      {...(onConnect !== undefined && {
        onConnect: ({ source, target }: { source: string; target: string }) => onConnect(source, target),
      })}
    />
  );
}

/** An id that is there twice is a fault of the text; drawn it is once. */
const unique = (nodes: readonly GraphNode[]): ReadonlyMap<string, GraphNode> =>
  new Map(nodes.map((node) => [node.id, node]));

const arrowsOf = (document: JsonObject, parts: ReadonlyMap<string, GraphNode>): Arrow[] => {
  const drawn = edgesOf(document).filter(({ source, target }) => parts.has(source) && parts.has(target));
  return [
    ...new Map(drawn.map(({ source, target }) => [`${source}→${target}`, { source, target }])).entries(),
  ].map(([id, edge]) => ({ id, ...edge }));
};

function PartBox({ data: { node, faults }, isConnectable }: NodeProps<CrewNode>): JSX.Element {
  const title = titleOf(node);
  return (
    <div className={`node-box crew-part--${node.type} ${faults > 0 ? 'crew-part--faulty' : ''}`}>
      <Handles isConnectable={isConnectable} />
      <span className="node-box__name" title={title}>
        {title}
      </span>
      <span className="node-box__foot soft">
        <span>{node.type}</span>
        <span>{faults > 0 ? `${faults} at fault` : node.id}</span>
      </span>
    </div>
  );
}
