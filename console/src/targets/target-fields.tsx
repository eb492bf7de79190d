import type { JSX } from 'react';
import { ErrorNote } from '../design/notes.tsx';
import { KIND_WORDS, TARGET_KINDS, type Target, type TargetKind } from './target.ts';
import { useChoices } from './use-targets.ts';

/** Two fields: of which kind, and which of them. */
export function TargetFields({
  label,
  none,
  kinds = TARGET_KINDS,
  target,
  onChange,
}: {
  label: string;
  /** What it means to choose nothing; left out where something has to be chosen. */
  none?: string;
  kinds?: readonly TargetKind[];
  target: Target | null;
  onChange: (target: Target | null) => void;
}): JSX.Element {
  const choose = (chosen: string): void => {
    const kind = kinds.find((one) => one === chosen);
    onChange(kind === undefined ? null : { kind, id: '' });
  };
  return (
    <>
      <label className="field">
        <span className="field__label">{label}</span>
        <select className="input" value={target?.kind ?? ''} onChange={({ target }) => choose(target.value)}>
          {none !== undefined && <option value="">{none}</option>}
          {kinds.map((kind) => (
            <option key={kind} value={kind}>
              {KIND_WORDS[kind]}
            </option>
          ))}
        </select>
      </label>
      {target !== null &&
        (target.kind === 'crew' ? (
          <label className="field">
            <span className="field__label">Crew</span>
            <input
              className="input"
              value={target.id}
              required
              placeholder="research"
              onChange={({ target: { value } }) => onChange({ kind: 'crew', id: value })}
            />
            <span className="field__help">The name of its folder in examples/ on the server.</span>
          </label>
        ) : (
          <ChoiceField target={target} onChange={onChange} />
        ))}
    </>
  );
}

function ChoiceField({
  target,
  onChange,
}: {
  target: Target;
  onChange: (target: Target) => void;
}): JSX.Element {
  const { choices, error } = useChoices(target.kind);
  // What is set stays choosable, though it be somebody else's.
  const isStrange = target.id !== '' && choices?.some(({ id }) => id === target.id) !== true;
  const nothing = choices === undefined ? 'Loading …' : choices.length === 0 ? 'There is none' : 'Choose …';
  return (
    <label className="field">
      <span className="field__label">Which</span>
      <select
        className="input"
        required
        value={target.id}
        onChange={({ target: { value } }) => onChange({ ...target, id: value })}
      >
        <option value="" disabled>
          {nothing}
        </option>
        {isStrange && <option value={target.id}>{target.id}</option>}
        {choices?.map(({ id, name }) => (
          <option key={id} value={id}>
            {name}
          </option>
        ))}
      </select>
      {error !== null && <ErrorNote error={error} />}
    </label>
  );
}
