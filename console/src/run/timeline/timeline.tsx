import { useVirtualizer } from '@tanstack/react-virtual';
import { useMemo, useRef, type CSSProperties, type JSX } from 'react';
import type { EventSchema, TaskRunSchema } from '../../api/client.ts';
import { spanOf, useNow } from '../../design/figures.tsx';
import { useNarrow } from '../../design/hooks.ts';
import { isFinal } from '../../runs/run-filters.ts';
import { useEventPages } from '../log/event-cache.ts';
import type { RunState } from '../run-state.ts';
import { callSpans, type CallSpan } from './spans.ts';
import './timeline.css';

/** Above so many events the calls within tasks are shown for the task one looks at, not for all. */
const MOST_FOR_CALLS = 2_000;

interface TimelineProps {
  id: string;
  run: RunState;
  chosen: string | null;
  onChoose: (taskKey: string) => void;
}

/** When each task ran, and within it each model call, tool call, question and wait before a retry. */
export function Timeline(props: TimelineProps): JSX.Element {
  const { lastSeq } = props.run;
  return lastSeq <= MOST_FOR_CALLS ? <WithCalls {...props} /> : <Waterfall {...props} calls={NONE} />;
}

const NONE: ReadonlyMap<string, CallSpan[]> = new Map();

function WithCalls(props: TimelineProps): JSX.Element {
  const { lastSeq } = props.run;
  const eventOf = useEventPages(props.id, { first: 1, last: lastSeq, lastSeq });
  const events: EventSchema[] = [];
  for (let seq = 1; seq <= lastSeq; seq += 1) {
    const event = eventOf(seq);
    if (event !== undefined) events.push(event);
  }
  const known = events.length;
  const calls = useMemo(() => Map.groupBy(callSpans(events), ({ taskKey }) => taskKey), [lastSeq, known]);
  return <Waterfall {...props} calls={calls} />;
}

interface Scale {
  from: number;
  length: number;
}

function Waterfall({
  run: { execution, tasks },
  chosen,
  onChoose,
  calls,
}: TimelineProps & { calls: ReadonlyMap<string, CallSpan[]> }): JSX.Element {
  const scroller = useRef<HTMLDivElement>(null);
  const now = useNow(!isFinal(execution.status), 500);
  const from = Date.parse(execution.started_at);
  const to = execution.completed_at === null ? Math.max(now, Date.now()) : Date.parse(execution.completed_at);
  const scale = { from, length: Math.max(1, to - from) };
  const height = useNarrow() ? 52 : 38;
  const virtual = useVirtualizer({
    count: tasks.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => height,
    overscan: 12,
  });
  return (
    <div className="stack">
      <Legend length={scale.length} />
      <div
        ref={scroller}
        className="card timeline__rows"
        tabIndex={0}
        role="group"
        aria-label="Tasks in time"
      >
        <div className="timeline__space" style={{ height: virtual.getTotalSize() }}>
          {virtual.getVirtualItems().map(({ index, start }) => {
            const task = tasks[index];
            if (task === undefined) return null;
            return (
              <button
                key={task.key}
                type="button"
                className="timeline__row"
                style={{ transform: `translateY(${start}px)` }}
                aria-pressed={task.key === chosen}
                onClick={() => onChoose(task.key)}
              >
                <span className="timeline__name">{task.name}</span>
                <Track task={task} calls={calls.get(task.key) ?? []} scale={scale} end={to} />
              </button>
            );
          })}
        </div>
      </div>
    </div>
  );
}

function placed(from: number, to: number, scale: Scale): CSSProperties {
  const left = Math.min(1, Math.max(0, (from - scale.from) / scale.length));
  const width = Math.min(1 - left, Math.max(0, (to - from) / scale.length));
  return { left: `${left * 100}%`, width: `${width * 100}%` };
}

function Track({
  task,
  calls,
  scale,
  end,
}: {
  task: TaskRunSchema;
  calls: readonly CallSpan[];
  scale: Scale;
  end: number;
}): JSX.Element {
  if (task.started_at === null) return <span className="soft">{task.status}</span>;
  const from = Date.parse(task.started_at);
  const to = task.completed_at === null ? end : Date.parse(task.completed_at);
  const title = `${task.name}: ${task.status}, ${spanOf(to - from)}`;
  return (
    <span className="timeline__track" title={title}>
      <span className="visually-hidden">
        {task.status}, {spanOf(to - from)}
      </span>
      <span className={`timeline__bar timeline__bar--${task.status}`} style={placed(from, to, scale)} />
      {calls.map((call) => (
        <span
          key={call.seq}
          className={`timeline__call timeline__call--${call.kind}`}
          style={placed(call.from, call.to ?? end, scale)}
          title={`${call.kind} ${call.name}: ${spanOf((call.to ?? end) - call.from)}${call.failed ? ', failed' : ''}`}
        />
      ))}
    </span>
  );
}

const KINDS = [
  ['model', 'model call'],
  ['tool', 'tool call'],
  ['question', 'waits for a person'],
  ['retry', 'waits to try again'],
] as const;

const Legend = ({ length }: { length: number }): JSX.Element => (
  <p className="timeline__legend soft">
    <span>From start to end {spanOf(length)}</span>
    {KINDS.map(([kind, words]) => (
      <span key={kind}>
        <i className={`timeline__call timeline__call--${kind}`} />
        {words}
      </span>
    ))}
  </p>
);
