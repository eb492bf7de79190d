/** A value that survives a round trip through JSON unchanged. */
export type JsonValue = string | number | boolean | null | JsonValue[] | { [key: string]: JsonValue };

/** A JSON object: what `jsonb` columns, event data and error details hold. */
export type JsonObject = { [key: string]: JsonValue };
