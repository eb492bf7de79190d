import { useId, type JSX } from 'react';

/** A text field for JSON that says what is wrong while one types. */
export function JsonField({
  label,
  text,
  onChange,
  error,
  help,
}: {
  label: string;
  text: string;
  onChange: (text: string) => void;
  error: string | null;
  help?: string;
}): JSX.Element {
  const told = useId();
  return (
    <label className="field">
      <span className="field__label">{label}</span>
      <textarea
        className="input code"
        rows={Math.min(16, Math.max(4, text.split('\n').length))}
        spellCheck={false}
        value={text}
        aria-invalid={error !== null}
        aria-describedby={told}
        onChange={({ target }) => onChange(target.value)}
      />
      <span id={told} className={error === null ? 'field__help' : 'field__error'}>
        {error ?? help ?? 'JSON'}
      </span>
    </label>
  );
}
