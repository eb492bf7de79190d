import {
  Background,
  Controls,
  Handle,
  Position,
  ReactFlow,
  type Edge,
  type Node,
  type NodeProps,
} from '@xyflow/react';
import '@xyflow/react/dist/style.css';
import { useQuery } from '@tanstack/react-query';
import { memo, useMemo, type JSX } from 'react';
import type { TaskRunSchema } from '../../api/client.ts';
import { Badge } from '../../design/badge.tsx';
import { count, Span } from '../../design/figures.tsx';
import { ErrorNote, Loading } from '../../design/notes.tsx';
import { elkLayout, gridLayout, MOST_FOR_ELK, NODE_HEIGHT, NODE_WIDTH, taskEdges } from './layout.ts';
import './task-graph.css';

type TaskNode = Node<{ task: TaskRunSchema }, 'task'>;

const NODE_TYPES = { task: memo(TaskBox) };

/** The tasks of a run and what they hand on, each in its state. */
export default function TaskGraph({
  tasks,
  chosen,
  onChoose,
}: {
  tasks: readonly TaskRunSchema[];
  chosen: string | null;
  onChoose: (taskKey: string) => void;
}): JSX.Element {
  const shape = tasks.map(({ key, depends_on: before }) => `${key}<${before.length}`).join('\n');
  const edges = useMemo(() => taskEdges(tasks), [shape]);
  const layout = useQuery({
    queryKey: ['task-layout', shape],
    queryFn: () => (tasks.length > MOST_FOR_ELK ? gridLayout(tasks, edges) : elkLayout(tasks, edges)),
    staleTime: Infinity,
    retry: false,
    structuralSharing: false,
  });
  const places = layout.data;
  const nodes = useMemo(
    () =>
      tasks.map((task): TaskNode => ({
        id: task.key,
        type: 'task',
        position: places?.get(task.key) ?? { x: 0, y: 0 },
        width: NODE_WIDTH,
        height: NODE_HEIGHT,
        data: { task },
        selected: task.key === chosen,
        ariaLabel: `${task.name}: ${task.status}`,
      })),
    [tasks, places, chosen],
  );
  if (layout.error !== null) return <ErrorNote error={layout.error} again={() => void layout.refetch()} />;
  if (places === undefined) return <Loading what="the drawing" />;
  return <Drawing key={shape} nodes={nodes} edges={edges} onChoose={onChoose} />;
}

const Drawing = ({
  nodes,
  edges,
  onChoose,
}: {
  nodes: TaskNode[];
  edges: Edge[];
  onChoose: (taskKey: string) => void;
}): JSX.Element => (
  <div className="card task-graph">
    <ReactFlow
      nodes={nodes}
      edges={edges}
      nodeTypes={NODE_TYPES}
      fitView
      fitViewOptions={{ maxZoom: 1, padding: 0.1 }}
      minZoom={0.05}
      nodesDraggable={false}
      nodesConnectable={false}
      edgesFocusable={false}
      onlyRenderVisibleElements={nodes.length > 100}
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

function TaskBox({ data: { task } }: NodeProps<TaskNode>): JSX.Element {
  return (
    <div className={`task-node task-node--${task.status}`}>
      <Handle type="target" position={Position.Left} isConnectable={false} />
      <span className="task-node__name" title={task.name}>
        {task.name}
      </span>
      <span className="task-node__foot">
        <Badge status={task.status} />
        <span className="soft">
          {task.started_at === null ? (
            task.agent
          ) : (
            <>
              <Span from={task.started_at} to={task.completed_at} />
              {task.token_usage.total_tokens > 0 && ` · ${count(task.token_usage.total_tokens)}`}
            </>
          )}
        </span>
      </span>
      <Handle type="source" position={Position.Right} isConnectable={false} />
    </div>
  );
}
