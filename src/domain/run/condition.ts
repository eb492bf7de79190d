import { assertNever } from '../errors.ts';
import { findOne } from '../agent/find-json.ts';
import type { JsonValue } from '../json.ts';
import type { ConditionTest } from '../plan/crew-plan.ts';
import { equalJson, valueAt } from './json-value.ts';
import { linearPattern } from './linear-pattern.ts';

/**
 * Whether a conditional task runs, given the output it looks at. A pattern that does not compile, an output
 * that is no JSON and a path that leads nowhere make the condition false.
 *
 * @param raw the looked-at output, empty when that task was skipped.
 */
export function conditionHolds(test: ConditionTest, raw: string): boolean {
  switch (test.kind) {
    case 'contains':
      return raw.includes(test.text);
    case 'not_contains':
      return !raw.includes(test.text);
    case 'matches': {
      const pattern = linearPattern(test.pattern);
      return pattern.ok && pattern.found(raw);
    }
    case 'json': {
      const value = findOne(raw, isAny);
      const found = value === undefined ? undefined : valueAt(value, test.path);
      return found !== undefined && equalJson(found, test.equals);
    }
    default:
      return assertNever(test);
  }
}

const isAny = (_value: JsonValue): _value is JsonValue => true;
