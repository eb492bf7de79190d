import { lazy, Suspense, type JSX } from 'react';
import { Link, useSearchParams } from 'wouter';
import type { ExecutionSchema } from '../api/client.ts';
import { Badge } from '../design/badge.tsx';
import { count, Moment, money, Span } from '../design/figures.tsx';
import { Empty, ErrorNote, Loading } from '../design/notes.tsx';
import { useTabTitle } from '../design/page-head.tsx';
import { Tabs } from '../design/tabs.tsx';
import { isFinal } from '../runs/run-filters.ts';
import { nameOf } from '../runs/run-name.ts';
import { Controls } from './controls.tsx';
import { LogView } from './log/log-view.tsx';
import { OpenQuestions } from './open-questions.tsx';
import { ResultView } from './result-view.tsx';
import type { RunState } from './run-state.ts';
import { TaskPanel } from './task/task-panel.tsx';
import { Timeline } from './timeline/timeline.tsx';
import { useRun, type Connection, type Speech } from './use-run.ts';
import './run-page.css';

const TaskGraph = lazy(() => import('./graph/task-graph.tsx'));

const VIEWS = ['graph', 'timeline', 'log', 'result'] as const;
type View = (typeof VIEWS)[number];
const PANEL = 'run-view';

/** One run: how it stands, live; how it went; and everything one can do with it. */
export default function RunPage({ id }: { id: string }): JSX.Element {
  const { run, error, connection, speech, again } = useRun(id);
  if (run === undefined)
    return error === null ? <Loading what="the run" /> : <ErrorNote error={error} again={again} />;
  return (
    <>
      <Head run={run.execution} connection={connection} />
      <Controls run={run} />
      <OpenQuestions run={run} />
      <Views id={id} run={run} speech={speech} />
    </>
  );
}

const CONNECTION_WORDS: Record<Connection, string> = {
  still: '',
  opening: 'connecting …',
  open: 'live',
  lost: 'The connection is lost. Trying again; nothing will be missed.',
};

function Head({ run, connection }: { run: ExecutionSchema; connection: Connection }): JSX.Element {
  useTabTitle(`${nameOf(run)} #${run.id}`);
  return (
    <header className="stack">
      <div className="row spread">
        <div className="row">
          <h1>
            {nameOf(run)} <span className="soft">#{run.id}</span>
          </h1>
          <Badge status={run.status} />
          {run.pause_requested && run.status !== 'paused' && <span className="soft">pausing …</span>}
        </div>
        <span role="status" className={connection === 'lost' ? 'note note--warn' : 'soft'}>
          {CONNECTION_WORDS[connection]}
        </span>
      </div>
      <div className="run-page__facts">
        <span>
          started <Moment at={run.status === 'pending' ? null : run.started_at} />
        </span>
        <span>
          took{' '}
          <Span
            from={run.status === 'pending' ? null : run.started_at}
            to={isFinal(run.status) ? run.completed_at : null}
          />
        </span>
        <span>{count(run.token_usage.total_tokens)} tokens</span>
        <span>{money(run.cost_usd)}</span>
        {run.model !== null && <span>{run.model}</span>}
        {run.graph_id !== null && <Link href={`/crews/${run.graph_id}`}>its crew</Link>}
        {run.parent_execution_id !== null && (
          <Link href={`/runs/${run.parent_execution_id}`}>the run before</Link>
        )}
        {run.temporal.url !== null && (
          <a href={run.temporal.url} target="_blank" rel="noreferrer">
            in the Temporal Web UI
          </a>
        )}
        {run.mlflow !== null && run.mlflow.url !== null && (
          <a href={run.mlflow.url} target="_blank" rel="noreferrer">
            in MLflow
          </a>
        )}
      </div>
    </header>
  );
}

/** Above so many tasks time says more than a drawing. */
const MOST_DRAWN_FIRST = 200;

function Views({ id, run, speech }: { id: string; run: RunState; speech: Speech }): JSX.Element {
  const [params, setParams] = useSearchParams();
  const usual: View = run.tasks.length > MOST_DRAWN_FIRST ? 'timeline' : 'graph';
  const view = VIEWS.find((name) => name === params.get('view')) ?? usual;
  const chosen = params.get('task');
  const task = run.tasks.find(({ key }) => key === chosen);
  const show = (part: { view?: View; task?: string | null }): void =>
    setParams(
      (old) => {
        const next = new URLSearchParams(old);
        if (part.view !== undefined) next.set('view', part.view);
        if (part.task === null) next.delete('task');
        else if (part.task !== undefined) next.set('task', part.task);
        return next;
      },
      { replace: true },
    );
  const choose = (key: string): void => show({ task: key });
  return (
    <>
      <Tabs
        names={VIEWS}
        chosen={view}
        onChoose={(name) => show({ view: name })}
        label="Views of the run"
        panel={PANEL}
      />
      <div className={`run-page__body ${task === undefined ? '' : 'run-page__body--split'}`}>
        <div id={PANEL} role="tabpanel" aria-labelledby={`${PANEL}-${view}`}>
          {view === 'graph' && (
            <Suspense fallback={<Loading what="the drawing" />}>
              {run.tasks.length === 0 ? (
                <Empty title="No task yet" />
              ) : (
                <TaskGraph tasks={run.tasks} chosen={chosen} onChoose={choose} />
              )}
            </Suspense>
          )}
          {view === 'timeline' && <Timeline id={id} run={run} chosen={chosen} onChoose={choose} />}
          {view === 'log' && (
            <LogView id={id} lastSeq={run.lastSeq} isLive={!isFinal(run.execution.status)} />
          )}
          {view === 'result' && <ResultView run={run.execution} />}
        </div>
        {task !== undefined && (
          <TaskPanel
            key={task.key}
            run={run}
            task={task}
            speech={speech}
            onClose={() => show({ task: null })}
          />
        )}
      </div>
    </>
  );
}
