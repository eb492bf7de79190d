import { useMutation } from '@tanstack/react-query';
import { useState, type JSX } from 'react';
import { useLocation } from 'wouter';
import { answer, api } from '../api/client.ts';
import { Commands } from '../design/commands.tsx';
import { Dialog } from '../design/dialog.tsx';
import { JsonField } from '../design/json-field.tsx';
import { readObject } from '../design/json.ts';
import { ErrorNote } from '../design/notes.tsx';
import type { RunState } from './run-state.ts';

/** A new run from here: earlier tasks are taken over, inputs may be others. It opens beside the old one's result. */
export function ReplayDialog({
  run: { execution, tasks },
  fromTask,
  onClose,
}: {
  run: RunState;
  /** Null: from the beginning, until somebody chooses. */
  fromTask: string | null;
  onClose: () => void;
}): JSX.Element {
  const [from, setFrom] = useState(fromTask ?? '');
  const [text, setText] = useState(JSON.stringify(execution.input_data, null, 2));
  const [, go] = useLocation();
  const inputs = readObject(text);
  const body = {
    ...(from !== '' && { from_task: from }),
    ...(inputs.value !== undefined && { inputs: inputs.value }),
  };
  const replay = useMutation({
    mutationFn: () =>
      answer(
        api.POST('/api/v1/executions/{execution_id}/replay', {
          params: { path: { execution_id: String(execution.id) } },
          body,
        }),
      ),
    onSuccess: ({ id }) => go(`/runs/${id}`),
  });
  const call = { title: 'replay', method: 'POST', path: `/executions/${execution.id}/replay`, body } as const;
  return (
    <Dialog title={`Replay run ${execution.id}`} onClose={onClose}>
      <label className="field">
        <span className="field__label">From</span>
        <select className="input" value={from} onChange={({ target }) => setFrom(target.value)}>
          <option value="">the beginning</option>
          {tasks.map(({ key, name }) => (
            <option key={key} value={key}>
              {name}
            </option>
          ))}
        </select>
        <span className="field__help">What stands before it is taken over, not run again.</span>
      </label>
      <JsonField label="Inputs" text={text} onChange={setText} error={inputs.error} />
      {replay.error !== null && <ErrorNote error={replay.error} />}
      <div className="dialog__foot">
        <Commands
          calls={[
            { ...call, muster: `muster replay ${execution.id}${from === '' ? '' : ` --from ${from}`}` },
          ]}
        />
        <button type="button" className="button" onClick={onClose}>
          Leave it
        </button>
        <button
          type="button"
          className="button button--primary"
          disabled={inputs.value === undefined || replay.isPending}
          onClick={() => replay.mutate()}
        >
          Replay
        </button>
      </div>
    </Dialog>
  );
}
