import { useMutation } from '@tanstack/react-query';
import { useState, type JSX } from 'react';
import { queries, type ExecutionSchema } from '../api/client.ts';
import { Commands, type ShownCall } from '../design/commands.tsx';
import { ErrorNote } from '../design/notes.tsx';
import { isFinal } from '../runs/run-filters.ts';
import { ReplayDialog } from './replay-dialog.tsx';
import { commandRun, type RunCommand } from './run-api.ts';
import type { RunState } from './run-state.ts';

/** What the run's state allows (contract: a control in the wrong state is 409). */
function allowedCommands({ status, pause_requested: pausing }: ExecutionSchema): RunCommand[] {
  if (status === 'failed' || status === 'cancelled') return ['retry'];
  if (isFinal(status) || status === 'cancelling') return [];
  return [status === 'paused' || pausing ? 'resume' : 'pause', 'cancel'];
}

/** Pause, resume, cancel, retry, replay; each also as curl and command. */
export function Controls({ run }: { run: RunState }): JSX.Element {
  const { execution } = run;
  const id = String(execution.id);
  const [replaying, setReplaying] = useState(false);
  const command = useMutation({
    mutationFn: (word: RunCommand) => commandRun(id, word),
    onSuccess: () => queries.invalidateQueries({ queryKey: ['run', id] }),
  });
  const words = allowedCommands(execution);
  const calls: ShownCall[] = [...words, 'replay' as const].map((word) => ({
    title: word,
    method: 'POST',
    path: `/executions/${id}/${word}`,
    ...(word === 'replay' && { body: {} }),
    muster: `muster ${word} ${id}`,
  }));
  return (
    <div className="stack">
      <div className="row" role="group" aria-label="Steer this run">
        {words.map((word) => (
          <button
            key={word}
            type="button"
            className={`button ${word === 'cancel' ? 'button--danger' : ''}`}
            disabled={command.isPending}
            onClick={() => command.mutate(word)}
          >
            {word}
          </button>
        ))}
        <button type="button" className="button" onClick={() => setReplaying(true)}>
          replay …
        </button>
        <Commands calls={calls} />
      </div>
      {command.error !== null && <ErrorNote error={command.error} />}
      {replaying && <ReplayDialog run={run} fromTask={null} onClose={() => setReplaying(false)} />}
    </div>
  );
}
