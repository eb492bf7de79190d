import { useState, type FormEvent, type JSX } from 'react';
import { momentOf, toTimeField } from '../design/local-time.ts';
import { useUserNames } from './use-user-names.ts';
import type { AuditFilter } from './audit-filter.ts';

/** Which entries are shown: whose, of which action, from when to when. */
export function AuditFilterBar({
  filter,
  onChange,
}: {
  filter: AuditFilter;
  onChange: (part: Record<string, string | undefined>) => void;
}): JSX.Element {
  const names = useUserNames();
  const { actor_user_id: actor = '' } = filter;
  return (
    <div className="audit__filters" role="group" aria-label="Which entries">
      <label className="field">
        <span className="field__label">Who</span>
        <select
          className="input"
          value={actor}
          onChange={({ target }) => onChange({ actor_user_id: target.value })}
        >
          <option value="">anybody</option>
          {actor !== '' && !names.has(actor) && <option value={actor}>{actor}</option>}
          {[...names].map(([id, name]) => (
            <option key={id} value={id}>
              {name}
            </option>
          ))}
        </select>
      </label>
      <ActionField key={filter.action} action={filter.action ?? ''} onChange={onChange} />
      <TimeField label="After" moment={filter.after} onChange={(after) => onChange({ after })} />
      <TimeField label="Before" moment={filter.before} onChange={(before) => onChange({ before })} />
    </div>
  );
}

/** Written and sent by Enter: half a name is no action. */
function ActionField({
  action,
  onChange,
}: {
  action: string;
  onChange: (part: { action: string }) => void;
}): JSX.Element {
  const [text, setText] = useState(action);
  const send = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    onChange({ action: text.trim() });
  };
  return (
    <form onSubmit={send}>
      <label className="field">
        <span className="field__label">Action (Enter shows it)</span>
        <input
          className="input"
          maxLength={100}
          placeholder="login"
          autoComplete="off"
          spellCheck={false}
          value={text}
          onChange={({ target }) => setText(target.value)}
        />
      </label>
    </form>
  );
}

const TimeField = ({
  label,
  moment,
  onChange,
}: {
  label: string;
  moment: string | undefined;
  onChange: (moment: string | undefined) => void;
}): JSX.Element => (
  <label className="field">
    <span className="field__label">{label}</span>
    <input
      className="input"
      type="datetime-local"
      value={toTimeField(moment ?? null)}
      onChange={({ target }) => onChange(momentOf(target.value) ?? undefined)}
    />
  </label>
);
