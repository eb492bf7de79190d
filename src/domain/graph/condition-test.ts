import { isJsonObject } from '../crewai/field-types.ts';
import type { JsonValue } from '../json.ts';
import type { ConditionTest } from '../plan/crew-plan.ts';
import { isJsonPointer } from '../run/json-value.ts';
import { linearPattern } from '../run/linear-pattern.ts';

export type ConditionReading =
  | { ok: true; test: ConditionTest }
  /** `below` is where under the condition it stands. */
  | { ok: false; code: 'graph_bad_condition' | 'graph_bad_pattern'; message: string; below: string };

const KINDS = ['contains', 'not_contains', 'matches', 'json'];

const bad = (message: string, below = ''): ConditionReading => ({
  ok: false,
  code: 'graph_bad_condition',
  message,
  below,
});

/** Reads the `condition` of a task node (contract §9). */
export function readCondition(value: JsonValue): ConditionReading {
  if (!isJsonObject(value)) return bad(`a condition is an object with one of ${KINDS.join(', ')}`);
  const keys = Object.keys(value);
  const [kind = ''] = keys;
  if (keys.length !== 1 || !KINDS.includes(kind)) {
    return bad(
      `a condition has exactly one of ${KINDS.join(', ')}; this has ${keys.join(', ') || 'nothing'}`,
    );
  }
  const content = value[kind] ?? null;
  if (kind === 'json') return readJsonCondition(content);
  if (typeof content !== 'string') return bad(`${kind} wants a text`, `/${kind}`);
  if (kind === 'contains' || kind === 'not_contains') return { ok: true, test: { kind, text: content } };
  const pattern = linearPattern(content);
  if (pattern.ok) return { ok: true, test: { kind: 'matches', pattern: content } };
  return {
    ok: false,
    code: 'graph_bad_pattern',
    message: `not a regular expression that runs in linear time (RE2): ${pattern.message}`,
    below: '/matches',
  };
}

function readJsonCondition(content: JsonValue): ConditionReading {
  if (!isJsonObject(content) || !Object.hasOwn(content, 'equals')) {
    return bad('json wants an object with path and equals', '/json');
  }
  const { path = '', equals = null } = content;
  if (typeof path !== 'string' || !isJsonPointer(path)) {
    return bad('path is a JSON pointer such as /verdict/ok, or the empty text for the whole', '/json/path');
  }
  return { ok: true, test: { kind: 'json', path, equals } };
}
