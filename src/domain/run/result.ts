import { isJsonObject, parseJson, type JsonObject, type JsonValue } from '../json.ts';

/** CrewAI's TaskOutput as it is stored and shown. A type, not an interface, so that it is a JsonObject. */
export type TaskOutput = {
  name: string;
  description: string;
  expected_output: string;
  summary: string;
  raw: string;
  /** The answer read by its schema, when that is an object. */
  json_dict: JsonObject | null;
  /** The agent's role. */
  agent: string;
  output_format: 'raw' | 'json' | 'pydantic';
};

/** What a finished crew gives back. */
export type CrewResult = {
  raw: string;
  data: JsonObject;
  tasks_output: JsonValue[];
};

const isTaskOutput = (value: unknown): value is TaskOutput =>
  typeof value === 'object' && value !== null && 'raw' in value && typeof value.raw === 'string';

function objectIn(text: string): JsonObject | null {
  const value = parseJson(text);
  return isJsonObject(value) ? value : null;
}

/**
 * The crew's result: the last output that says anything (crewai-0.121.1.md §5.8), its JSON as `data` when it
 * is an object. Null when no task said anything.
 */
export function crewResult(outputs: readonly unknown[]): CrewResult | null {
  const spoken = outputs.filter(isTaskOutput);
  const last = spoken.findLast((output) => output.raw !== '');
  if (last === undefined) return null;
  return {
    raw: last.raw,
    data: last.json_dict ?? objectIn(last.raw) ?? {},
    tasks_output: spoken,
  };
}
