import type { Node, NodeProps } from '@xyflow/react';
import { memo, useMemo, type JSX } from 'react';
import type { TaskRunSchema } from '../../api/client.ts';
import { Badge } from '../../design/badge.tsx';
import { count, Span } from '../../design/figures.tsx';
import { Canvas, Handles, placed, useLayout } from '../../drawing/canvas.tsx';
import { taskArrows } from './task-arrows.ts';
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
  const arrows = useMemo(() => taskArrows(tasks), [shape]);
  const layout = useLayout(
    shape,
    tasks.map(({ key }) => key),
    arrows,
  );
  const places = layout.data;
  const nodes = useMemo(
    () =>
      tasks.map((task): TaskNode => ({
        id: task.key,
        type: 'task',
        ...placed(places?.get(task.key)),
        data: { task },
        selected: task.key === chosen,
        ariaLabel: `${task.name}: ${task.status}`,
      })),
    [tasks, places, chosen],
  );
  return (
    <Canvas
      label="Tasks of the run"
      layout={layout}
      shape={shape}
      nodes={nodes}
      edges={arrows}
      nodeTypes={NODE_TYPES}
      onChoose={onChoose}
    />
  );
}

function TaskBox({ data: { task } }: NodeProps<TaskNode>): JSX.Element {
  return (
    <div className={`node-box task-node--${task.status}`}>
      <Handles isConnectable={false} />
      <span className="node-box__name" title={task.name}>
        {task.name}
      </span>
      <span className="node-box__foot">
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
    </div>
  );
}
