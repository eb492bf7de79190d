import type { JsonValue } from '../json.ts';

/** Deeper than anybody means it, and well before the stack ends: models' outputs are compared here. */
const MAX_DEPTH = 500;

/** Equal as JSON: numbers by value, objects whatever the order of their keys. What is nested deeper than 500 is not. */
export function equalJson(one: JsonValue, other: JsonValue, depth = 0): boolean {
  if (one === other) return true;
  if (depth > MAX_DEPTH) return false;
  if (typeof one !== 'object' || typeof other !== 'object' || one === null || other === null) return false;
  if (Array.isArray(one) || Array.isArray(other)) {
    return (
      Array.isArray(one) &&
      Array.isArray(other) &&
      one.length === other.length &&
      one.every((item, index) => equalJson(item, other[index] ?? null, depth + 1))
    );
  }
  const keys = Object.keys(one);
  return (
    keys.length === Object.keys(other).length &&
    keys.every(
      (key) => Object.hasOwn(other, key) && equalJson(one[key] ?? null, other[key] ?? null, depth + 1),
    )
  );
}

/** True for the empty text and what begins with `/`, its tildes escaped (RFC 6901). */
export const isJsonPointer = (text: string): boolean => /^(\/([^~/]|~[01])*)*$/.test(text);

/** What a JSON pointer leads to; undefined when there is nothing. */
export function valueAt(value: JsonValue, pointer: string): JsonValue | undefined {
  if (pointer === '') return value;
  if (!isJsonPointer(pointer)) return undefined;
  let at: JsonValue | undefined = value;
  for (const step of pointer.slice(1).split('/')) {
    const key = step.replaceAll('~1', '/').replaceAll('~0', '~');
    if (typeof at !== 'object' || at === null) return undefined;
    if (Array.isArray(at)) at = /^(0|[1-9]\d*)$/.test(key) ? at[Number(key)] : undefined;
    else at = Object.hasOwn(at, key) ? at[key] : undefined;
  }
  return at;
}

/** The same text for equal values, whatever the order of keys; what is nested deeper than 500 counts as the same. */
export function canonicalJson(value: JsonValue, depth = 0): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  if (depth > MAX_DEPTH) return '"…"';
  if (Array.isArray(value)) return `[${value.map((item) => canonicalJson(item, depth + 1)).join(',')}]`;
  const keys = Object.keys(value).sort();
  const fields = keys.map((key) => `${JSON.stringify(key)}:${canonicalJson(value[key] ?? null, depth + 1)}`);
  return `{${fields.join(',')}}`;
}
