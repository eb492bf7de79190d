import {
  Background,
  Controls,
  Handle,
  Position,
  ReactFlow,
  type Connection,
  type Edge,
  type Node,
  type NodeTypes,
} from '@xyflow/react';
import '@xyflow/react/dist/style.css';
import { useQuery } from '@tanstack/react-query';
import type { JSX } from 'react';
import { useNarrow } from '../design/hooks.ts';
import { ErrorNote, Loading } from '../design/notes.tsx';
import { layOut, NODE_HEIGHT, NODE_WIDTH, type Arrow, type Place } from './layout.ts';
import './canvas.css';

/** Places for the nodes of a drawing, once they are known. @param shape what a new layout is made for */
export function useLayout(shape: string, keys: readonly string[], arrows: readonly Arrow[]) {
  const direction = useNarrow() ? 'DOWN' : 'RIGHT';
  return useQuery({
    queryKey: ['layout', direction, shape],
    queryFn: () => layOut(keys, arrows, direction),
    staleTime: Infinity,
    retry: false,
    structuralSharing: false,
  });
}

/** Where arrows come in and go out: at the sides, or above and below where nodes stand in a column. */
export function Handles({ isConnectable }: { isConnectable: boolean }): JSX.Element {
  const isNarrow = useNarrow();
  return (
    <>
      <Handle
        type="target"
        position={isNarrow ? Position.Top : Position.Left}
        isConnectable={isConnectable}
      />
      <Handle
        type="source"
        position={isNarrow ? Position.Bottom : Position.Right}
        isConnectable={isConnectable}
      />
    </>
  );
}

/** A node of the usual size at its place. */
export const placed = (place: Place | undefined) => ({
  position: place ?? { x: 0, y: 0 },
  width: NODE_WIDTH,
  height: NODE_HEIGHT,
});

/** Nodes and arrows on a ground that can be moved and zoomed; a node is chosen by a press, Enter or the space bar. */
export const Canvas = ({
  label,
  layout,
  shape,
  nodes,
  edges,
  nodeTypes,
  onChoose,
  onConnect,
}: {
  label: string;
  layout: ReturnType<typeof useLayout>;
  shape: string;
  nodes: Node[];
  edges: Edge[];
  nodeTypes: NodeTypes;
  onChoose: (id: string) => void;
  /** Somebody has drawn an arrow; without it none can be drawn. */
  onConnect?: (connection: Connection) => void;
}): JSX.Element => {
  const isNarrow = useNarrow();
  if (layout.error !== null) return <ErrorNote error={layout.error} again={() => void layout.refetch()} />;
  if (layout.data === undefined) return <Loading what="the drawing" />;
  return (
    <div className="card canvas" role="group" aria-label={label}>
      <ReactFlow
        key={`${isNarrow} ${shape}`}
        nodes={nodes}
        edges={edges}
        nodeTypes={nodeTypes}
        fitView
        fitViewOptions={{ maxZoom: 1, padding: 0.1 }}
        minZoom={0.05}
        nodesDraggable={false}
        nodesConnectable={onConnect !== undefined}
        edgesFocusable={false}
        onlyRenderVisibleElements={nodes.length > 100}
        {...(onConnect !== undefined && { onConnect })}
        onNodeClick={(_, node) => onChoose(node.id)}
        onNodesChange={(changes) => {
          // By keyboard a node is chosen with Enter or the space bar.
          for (const change of changes) if (change.type === 'select' && change.selected) onChoose(change.id);
        }}
        proOptions={{ hideAttribution: false }}
      >
        <Background />
        <Controls showInteractive={false} />
      </ReactFlow>
    </div>
  );
};
