import { useId, type JSX } from 'react';

export type JsonObject = { [key: string]: JsonValue };
export type JsonValue = string | number | boolean | null | JsonValue[] | JsonObject;

/** A text read as JSON, or what is wrong with it. */
export type ReadJson<Value> = { value: Value; error: null } | { value: undefined; error: string };

export function readJson(text: string): ReadJson<JsonValue> {
  try {
    const value: JsonValue = JSON.parse(text);
    return { value, error: null };
  } catch (error) {
    if (error instanceof SyntaxError) return { value: undefined, error: error.message };
    throw error;
  }
}

/** A text read as an object of JSON. */
export function readObject(text: string): ReadJson<JsonObject> {
  const read = readJson(text.trim() === '' ? '{}' : text);
  if (read.error !== null) return read;
  const { value } = read;
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { value, error: null };
  return { value: undefined, error: 'An object is wanted: { "name": "value" }' };
}

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
