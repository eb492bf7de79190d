/** What `jsonb` refuses in a text: NUL, and halves of surrogate pairs. */
const REFUSED = /\\u(?:0000|d[89a-f][0-9a-f]{2})/i;

/** A text Postgres can keep: what it cannot is replaced by U+FFFD. */
export const storableText = (text: string): string => text.toWellFormed().replaceAll('\u0000', '\uFFFD');

/** JSON text for a `jsonb` column. Models and tools may say anything; a paid reply must not be lost for it. */
export function toJsonb(value: unknown): string {
  const json = JSON.stringify(value);
  if (!REFUSED.test(json)) return json;
  return JSON.stringify(value, (_key, part: unknown) =>
    typeof part === 'string' ? storableText(part) : part,
  );
}
