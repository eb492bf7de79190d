import type { Issue } from '../../domain/errors.ts';
import type { JsonObject, JsonValue } from '../../domain/json.ts';

/** Levels inside each other, and values in all: what a stored graph may have. */
const MAX_DEPTH = 60;
const MAX_VALUES = 50_000;

/** Makes JSON of what a YAML or JSONC file holds, and takes down what no JSON of ours can hold. */
export interface PlainJson {
  read: (value: unknown, path: readonly string[]) => JsonValue;
  issues: readonly Issue[];
}

/** @param locate where the value at a path stands in its file. */
export function createPlainJson(locate: (path: readonly string[]) => string): PlainJson {
  const issues: Issue[] = [];
  let values = 0;
  const refuse = (path: readonly string[], message: string): null => {
    if (issues.length < 100) issues.push({ path: locate(path), message });
    return null;
  };
  const read = (value: unknown, path: readonly string[]): JsonValue => {
    values += 1;
    if (values === MAX_VALUES + 1) refuse(path, `the crew holds more than ${MAX_VALUES} values`);
    if (values > MAX_VALUES) return null;
    if (value === null || value === undefined || typeof value === 'boolean') return value ?? null;
    if (typeof value === 'string')
      return textProblem(value) === null ? value : refuse(path, textProblem(value) ?? '');
    if (typeof value === 'number')
      return Number.isFinite(value) ? value : refuse(path, 'not a number that can be kept');
    if (path.length > MAX_DEPTH) return refuse(path, `more than ${MAX_DEPTH} levels deep`);
    if (Array.isArray(value))
      return value.map((item: unknown, place) => read(item, [...path, String(place)]));
    if (value instanceof Map) return readMap(value, path);
    return refuse(path, 'not a value that can be kept');
  };
  const readMap = (value: ReadonlyMap<unknown, unknown>, path: readonly string[]): JsonObject => {
    const entries: [string, JsonValue][] = [];
    for (const [key, item] of value) {
      const name = nameOf(key);
      const problem = name === '' ? 'a name must be a text' : textProblem(name);
      if (problem !== null || name === '__proto__')
        refuse([...path, name], problem ?? 'not a name that can be kept');
      else entries.push([name, read(item, [...path, name])]);
    }
    return Object.fromEntries(entries);
  };
  return { read, issues };
}

function textProblem(text: string): string | null {
  if (text.includes('\u0000')) return 'text must not contain the NUL character';
  return text.isWellFormed() ? null : 'text must not contain half of a surrogate pair';
}

/** Names that YAML reads as numbers or truth values are texts here; empty for what can be none. */
function nameOf(key: unknown): string {
  if (typeof key === 'string') return key;
  return typeof key === 'number' || typeof key === 'boolean' ? `${key}` : '';
}
