import { useState, type JSX } from 'react';
import { useLocation } from 'wouter';
import { answer, api } from '../api/client.ts';
import { ActionDialog } from '../design/action-dialog.tsx';
import { JsonField } from '../design/json-field.tsx';
import { readObject } from '../design/json.ts';
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
  return (
    <ActionDialog
      title={`Replay run ${execution.id}`}
      verb="Replay"
      call={{
        method: 'POST',
        path: `/executions/${execution.id}/replay`,
        body,
        muster: `muster replay ${execution.id}${from === '' ? '' : ` --from ${from}`}`,
      }}
      work={() =>
        answer(
          api.POST('/api/v1/executions/{execution_id}/replay', {
            params: { path: { execution_id: String(execution.id) } },
            body,
          }),
        )
      }
      changes={['runs']}
      isReady={inputs.value !== undefined}
      onDone={({ id }) => go(`/runs/${id}`)}
      onClose={onClose}
    >
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
    </ActionDialog>
  );
}
