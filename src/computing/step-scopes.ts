import type { JsonObject, JsonValue } from '../domain/json.ts';
import { evaluate, expressionScope, withValues, type ExpressionScope } from '../flows/declared/expression.ts';
import type { EachScope } from '../flows/declared/expressions.ts';
import { StepFailure } from '../flows/step-work.ts';
import { render } from '../flows/declared/template.ts';

/** What every expression of one step sees. */
export interface StepScope {
  state: JsonObject;
  outputs: JsonObject;
  /** What `now()` says: when the run was asked for. */
  now: Date;
}

/** One expression or template of a step. */
export interface ExpressionRequest {
  scopeId: string;
  /** Sent when the process said that it does not know the scope; null otherwise. */
  scope: StepScope | null;
  each: EachScope | null;
  what: { expression: string } | { template: JsonValue };
}

/** `size`: characters of the value as JSON. */
export type ExpressionAnswer = { known: true; value: JsonValue; size: number } | { known: false };

/** Characters that all values of one step may have: a model reads less, and everybody's worker writes them. */
export const MAX_STEP_CHARACTERS = 4_000_000;

/** Scopes one process keeps; a step sends its own again when it was forgotten. */
const MAX_SCOPES = 4;

/** Runs in computing processes: a step's state and outputs are read once, however many expressions look at them. */
export function createStepScopes(): { evaluate(request: ExpressionRequest): ExpressionAnswer } {
  const known = new Map<string, { scope: ExpressionScope; outputs: JsonObject }>();
  return {
    evaluate({ scopeId, scope, each, what }) {
      if (scope !== null) {
        const { state, outputs, now } = scope;
        known.set(scopeId, { scope: expressionScope({ state, outputs }, now), outputs });
        const [oldest] = known.keys();
        if (known.size > MAX_SCOPES && oldest !== undefined) known.delete(oldest);
      }
      const found = known.get(scopeId);
      if (found === undefined) return { known: false };
      // Whoever was asked last is forgotten last.
      known.delete(scopeId);
      known.set(scopeId, found);
      const seen =
        each === null
          ? found.scope
          : withValues(found.scope, {
              item: each.item,
              ...(Object.keys(each.outputs).length > 0 && { outputs: { ...found.outputs, ...each.outputs } }),
            });
      const value = 'expression' in what ? evaluate(what.expression, seen) : render(what.template, seen);
      const size = JSON.stringify(value).length;
      if (size > MAX_STEP_CHARACTERS)
        throw new StepFailure(`a value has more than ${MAX_STEP_CHARACTERS} characters: make it smaller`);
      return { known: true, value, size };
    },
  };
}
