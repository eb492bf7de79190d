import { useMutation, useQuery } from '@tanstack/react-query';
import { useState, type JSX } from 'react';
import { useLocation } from 'wouter';
import { answer, api } from '../api/client.ts';
import { Commands, quoted } from '../design/commands.tsx';
import { Dialog } from '../design/dialog.tsx';
import { JsonField } from '../design/json-field.tsx';
import { readObject, type JsonObject } from '../design/json.ts';
import { ErrorNote, Loading } from '../design/notes.tsx';
import './start-dialog.css';

const LIMITS = [
  { name: 'timeout_seconds', label: 'Seconds it may take' },
  { name: 'max_tokens_total', label: 'Tokens it may use' },
  { name: 'max_cost_usd', label: 'US dollars it may cost' },
] as const;
type WrittenLimits = Readonly<Partial<Record<(typeof LIMITS)[number]['name'], string>>>;

const ON_FAILURE = ['fail', 'pause', 'continue'] as const;
type OnFailure = (typeof ON_FAILURE)[number];

/** Starts a crew: a field for each of its variables. */
export function StartDialog({ id, onClose }: { id: string; onClose: () => void }): JSX.Element {
  const named = useQuery({
    queryKey: ['graph-inputs', id],
    queryFn: () =>
      answer(api.GET('/api/v1/graphs/{graph_id}/inputs', { params: { path: { graph_id: id } } })),
    staleTime: 0,
  });
  return (
    <Dialog title="Start the crew" onClose={onClose}>
      {named.error !== null && <ErrorNote error={named.error} />}
      {named.data === undefined ? (
        named.error === null && <Loading what="its variables" />
      ) : (
        <StartForm id={id} names={named.data.inputs} onClose={onClose} />
      )}
    </Dialog>
  );
}

function StartForm({
  id,
  names,
  onClose,
}: {
  id: string;
  names: readonly string[];
  onClose: () => void;
}): JSX.Element {
  const [values, setValues] = useState<Readonly<Record<string, string>>>({});
  const [json, setJson] = useState<string | null>(null);
  const [limits, setLimits] = useState<WrittenLimits>({});
  const [onFailure, setOnFailure] = useState<OnFailure>('fail');
  const [, go] = useLocation();
  const read = json === null ? { value: asWritten(names, values), error: null } : readObject(json);
  const body = {
    inputs: read.value ?? {},
    ...Object.fromEntries(
      Object.entries(limits).flatMap(([name, text]) => (text === '' ? [] : [[name, Number(text)]])),
    ),
    ...(onFailure !== 'fail' && { on_task_failure: onFailure }),
  };
  const start = useMutation({
    mutationFn: () =>
      answer(api.POST('/api/v1/graphs/{graph_id}/execute', { params: { path: { graph_id: id } }, body })),
    onSuccess: (run) => go(`/runs/${run.id}`),
  });
  const given = Object.entries(body.inputs).map(
    ([name, value]) =>
      ` -i ${quoted(`${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`)}`,
  );
  return (
    <form
      className="stack"
      onSubmit={(event) => {
        event.preventDefault();
        if (read.value !== undefined) start.mutate();
      }}
    >
      <Inputs
        names={names}
        values={values}
        onValues={setValues}
        json={json}
        jsonError={read.error}
        onJson={setJson}
      />
      <Limits limits={limits} onLimits={setLimits} onFailure={onFailure} onOnFailure={setOnFailure} />
      {start.error !== null && <ErrorNote error={start.error} />}
      <div className="dialog__foot">
        <Commands
          calls={[
            {
              title: 'start',
              method: 'POST',
              path: `/graphs/${id}/execute`,
              body,
              muster: `muster run ${id}${given.join('')} --wait`,
            },
          ]}
        />
        <button type="button" className="button" onClick={onClose}>
          Leave it
        </button>
        <button
          type="submit"
          className="button button--primary"
          disabled={read.value === undefined || start.isPending}
        >
          Start
        </button>
      </div>
    </form>
  );
}

const Limits = ({
  limits,
  onLimits,
  onFailure,
  onOnFailure,
}: {
  limits: WrittenLimits;
  onLimits: (limits: WrittenLimits) => void;
  onFailure: OnFailure;
  onOnFailure: (onFailure: OnFailure) => void;
}): JSX.Element => (
  <details>
    <summary>Limits</summary>
    <div className="stack">
      {LIMITS.map(({ name, label }) => (
        <label key={name} className="field">
          <span className="field__label">{label}</span>
          <input
            className="input"
            type="number"
            min="0"
            step="any"
            value={limits[name] ?? ''}
            onChange={({ target }) => onLimits({ ...limits, [name]: target.value })}
          />
        </label>
      ))}
      <label className="field">
        <span className="field__label">When a task fails</span>
        <select
          className="input"
          value={onFailure}
          onChange={({ target }) => onOnFailure(ON_FAILURE.find((one) => one === target.value) ?? 'fail')}
        >
          <option value="fail">the run fails</option>
          <option value="pause">it waits for somebody to retry, edit or skip the task</option>
          <option value="continue">it goes on without its output</option>
        </select>
      </label>
    </div>
  </details>
);

const asWritten = (names: readonly string[], values: Readonly<Record<string, string>>): JsonObject =>
  Object.fromEntries(names.map((name) => [name, values[name] ?? '']));

/** A field for each variable; or all of them as JSON, where a value is more than a text. */
const Inputs = ({
  names,
  values,
  onValues,
  json,
  jsonError,
  onJson,
}: {
  names: readonly string[];
  values: Readonly<Record<string, string>>;
  onValues: (values: Readonly<Record<string, string>>) => void;
  /** Null: in fields. */
  json: string | null;
  jsonError: string | null;
  onJson: (json: string | null) => void;
}): JSX.Element => (
  <>
    {json === null ? (
      names.map((name) => (
        <label key={name} className="field">
          <span className="field__label">{name}</span>
          <textarea
            className="input start-dialog__value"
            rows={1}
            required
            value={values[name] ?? ''}
            onChange={({ target }) => onValues({ ...values, [name]: target.value })}
          />
        </label>
      ))
    ) : (
      <JsonField label="Inputs" text={json} onChange={onJson} error={jsonError} />
    )}
    {json === null && names.length === 0 && <p className="soft">It has no variables.</p>}
    <label className="check">
      <input
        type="checkbox"
        checked={json !== null}
        onChange={({ target }) =>
          onJson(target.checked ? JSON.stringify(asWritten(names, values), null, 2) : null)
        }
      />
      write the inputs as JSON
    </label>
  </>
);
