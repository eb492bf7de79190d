import { useMutation } from '@tanstack/react-query';
import { useState, type JSX } from 'react';
import { queries, type TaskRunSchema } from '../../api/client.ts';
import { Badge } from '../../design/badge.tsx';
import { Commands, type ShownCall } from '../../design/commands.tsx';
import { count, money, Span } from '../../design/figures.tsx';
import { Markdown } from '../../design/markdown.tsx';
import { ErrorNote } from '../../design/notes.tsx';
import { ReplayDialog } from '../replay-dialog.tsx';
import { commandTask } from '../run-api.ts';
import type { RunState } from '../run-state.ts';
import type { Speech } from '../use-run.ts';
import { EditTaskDialog } from './edit-task-dialog.tsx';
import { TaskCalls } from './task-calls.tsx';
import './task-panel.css';

interface PanelProps {
  run: RunState;
  task: TaskRunSchema;
  speech: Speech;
  onClose: () => void;
}

/** One task: what it was told, what it says, what it did, what it cost; and what one can do with it. */
export function TaskPanel({ run, task, speech, onClose }: PanelProps): JSX.Element {
  const spoken = speech.get(task.key);
  return (
    <aside className="card task-panel" aria-label={`Task ${task.name}`}>
      <div className="row spread">
        <h2>{task.name}</h2>
        <button type="button" className="button button--small" onClick={onClose}>
          Close
        </button>
      </div>
      <Figures task={task} />
      <TaskControls run={run} task={task} />
      {task.error !== null && task.status !== 'completed' && (
        <div className="note note--bad">
          <strong>{task.error_code ?? 'It failed'}</strong>
          <span>{task.error}</span>
        </div>
      )}
      {task.warnings.map(({ code, message }) => (
        <div key={message} className="note note--warn">
          <strong>{code}</strong>
          <span>{message}</span>
        </div>
      ))}
      {spoken !== undefined && (
        <section className="stack" aria-label="Being written">
          <h3>Being written …</h3>
          <div className="task-panel__speech">{spoken}</div>
        </section>
      )}
      {task.output !== null && (
        <section className="stack">
          <h3>Output</h3>
          <Markdown text={task.output.raw} />
          {task.output.json_dict !== null && (
            <pre className="code-block">{JSON.stringify(task.output.json_dict, null, 2)}</pre>
          )}
        </section>
      )}
      <Told task={task} />
      <TaskCalls id={String(run.execution.id)} taskKey={task.key} />
    </aside>
  );
}

const Figures = ({ task }: { task: TaskRunSchema }): JSX.Element => (
  <dl className="task-panel__figures">
    <div>
      <dt>State</dt>
      <dd>
        <Badge status={task.status} />
      </dd>
    </div>
    <div>
      <dt>Agent</dt>
      <dd>{task.agent}</dd>
    </div>
    <div>
      <dt>Took</dt>
      <dd>
        <Span from={task.started_at} to={task.completed_at} />
      </dd>
    </div>
    <div>
      <dt>Attempts</dt>
      <dd>{task.attempts}</dd>
    </div>
    <div>
      <dt>Tokens</dt>
      <dd>{count(task.token_usage.total_tokens)}</dd>
    </div>
    <div>
      <dt>Cost</dt>
      <dd>{money(task.cost_usd)}</dd>
    </div>
  </dl>
);

/** What the task is asked to do. Of one that ran, with its inputs filled in. */
const Told = ({ task }: { task: TaskRunSchema }): JSX.Element | null =>
  task.description === null ? null : (
    <section className="stack">
      <h3>What it is told</h3>
      <Markdown text={task.output?.description || task.description} />
      {task.expected_output !== null && (
        <>
          <h3>What is expected</h3>
          <Markdown text={task.output?.expected_output || task.expected_output} />
        </>
      )}
      {task.tools.length > 0 && <p className="soft">Tools: {task.tools.join(', ')}</p>}
    </section>
  );

const canSkip = ({ status }: TaskRunSchema): boolean =>
  status === 'pending' || status === 'failed' || status === 'waiting';

function TaskControls({ run, task }: { run: RunState; task: TaskRunSchema }): JSX.Element {
  const id = String(run.execution.id);
  const [dialog, setDialog] = useState<'replay' | 'edit' | null>(null);
  const act = useMutation({
    mutationFn: (word: 'retry' | 'skip') => commandTask(id, task.key, word),
    onSuccess: () => queries.invalidateQueries({ queryKey: ['run', id] }),
  });
  const path = `/executions/${id}/tasks/${encodeURIComponent(task.key)}`;
  const calls: ShownCall[] = [
    { title: 'retry', method: 'POST', path: `${path}/retry` },
    { title: 'skip', method: 'POST', path: `${path}/skip` },
    { title: 'edit', method: 'PATCH', path, body: { description: task.description } },
    {
      title: 'replay from here',
      method: 'POST',
      path: `/executions/${id}/replay`,
      body: { from_task: task.key },
      muster: `muster replay ${id} --from ${task.key}`,
    },
  ];
  return (
    <div className="stack">
      <div className="row" role="group" aria-label="Steer this task">
        {task.status === 'failed' && (
          <button type="button" className="button button--small" onClick={() => act.mutate('retry')}>
            retry
          </button>
        )}
        {canSkip(task) && (
          <button type="button" className="button button--small" onClick={() => act.mutate('skip')}>
            skip
          </button>
        )}
        {task.description !== null && (task.status === 'pending' || task.status === 'failed') && (
          <button type="button" className="button button--small" onClick={() => setDialog('edit')}>
            edit …
          </button>
        )}
        {task.description !== null && (
          <button type="button" className="button button--small" onClick={() => setDialog('replay')}>
            replay from here …
          </button>
        )}
        <Commands calls={calls} />
      </div>
      {act.error !== null && <ErrorNote error={act.error} />}
      {dialog === 'replay' && <ReplayDialog run={run} fromTask={task.key} onClose={() => setDialog(null)} />}
      {dialog === 'edit' && <EditTaskDialog id={id} task={task} onClose={() => setDialog(null)} />}
    </div>
  );
}
