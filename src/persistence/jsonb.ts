import { storableText } from '../domain/storable-text.ts';

/** What `jsonb` refuses in a text: NUL, and halves of surrogate pairs. */
const REFUSED = /\\u(?:0000|d[89a-f][0-9a-f]{2})/i;

/** JSON text for a `jsonb` column. Models and tools may say anything; a paid reply must not be lost for it. */
export function toJsonb(value: unknown): string {
  const json = JSON.stringify(value);
  if (!REFUSED.test(json)) return json;
  return JSON.stringify(value, (_key, part: unknown) => storable(part));
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** A text, or an object whose field names can be kept; what is inside comes by itself. */
function storable(part: unknown): unknown {
  if (typeof part === 'string') return storableText(part);
  if (!isRecord(part)) return part;
  return Object.fromEntries(Object.entries(part).map(([name, inner]) => [storableText(name), inner]));
}
