import { lostNumberAdvice, lostNumbers } from '../../../src/domain/exact-numbers.ts';

export type JsonObject = { [key: string]: JsonValue };
export type JsonValue = string | number | boolean | null | JsonValue[] | JsonObject;

/** A text read as JSON, or what is wrong with it. */
export type ReadJson<Value> = { value: Value; error: null } | { value: undefined; error: string };

export function readJson(text: string): ReadJson<JsonValue> {
  try {
    const value: JsonValue = JSON.parse(text);
    const [lost] = lostNumbers(text);
    return lost === undefined
      ? { value, error: null }
      : { value: undefined, error: `${lost.path || 'Here'}: ${lostNumberAdvice(lost.source)}` };
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
