import type { JsonObject, JsonValue } from '../../domain/json.ts';

/** What expressions of `each` see beside `state` and `outputs`: the item, and the outputs of the steps before. */
export interface EachScope {
  item: JsonValue;
  outputs: JsonObject;
}

/**
 * Works out expressions of one step of a declared flow, which see the state and outputs the step began with.
 * @throws {ExpressionError} when an expression has no value; {ComputationLimitExceeded}
 */
export interface Expressions {
  /** The value of one CEL expression. */
  evaluate(source: string, each?: EachScope): Promise<JsonValue>;
  /** A value with the `${…}` in its texts filled in. */
  render(template: JsonValue, each?: EachScope): Promise<JsonValue>;
}
