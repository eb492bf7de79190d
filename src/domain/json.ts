import { withLostNumbersAsTexts } from './exact-numbers.ts';

/** A value that survives a round trip through JSON unchanged. */
export type JsonValue = string | number | boolean | null | JsonValue[] | { [key: string]: JsonValue };

/** A JSON object: what `jsonb` columns, event data and error details hold. */
export type JsonObject = { [key: string]: JsonValue };

export const isJsonObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * A text read as JSON; undefined when it is none, which is no error of prose. Numbers that would come out as other ones
 * come as texts of their digits.
 */
export function parseJson(text: string): JsonValue | undefined {
  try {
    const value: JsonValue = JSON.parse(withLostNumbersAsTexts(text));
    return value;
  } catch {
    return undefined;
  }
}
