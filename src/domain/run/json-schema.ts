import type { JsonObject, JsonValue } from '../json.ts';

export interface SchemaProblem {
  /** JSON pointer into the value, or, of `schemaIssues`, into the schema. */
  path: string;
  message: string;
}

export const schemaProblems = (_schema: JsonObject, _value: JsonValue): SchemaProblem[] => [];
export const schemaIssues = (_schema: JsonObject): SchemaProblem[] => [];
