import { randomUUID } from 'node:crypto';
import type { JsonValue } from '../domain/json.ts';
import type { EachScope, Expressions } from '../flows/declared/expressions.ts';
import { createBudget, type Computing } from './computing.ts';
import type { ExpressionRequest, StepScope } from './step-scopes.ts';

/** What all expressions of one run of a step may take together. */
const STEP_BUDGET_MS = 20_000;

/** The expressions of one run of a step of a declared flow. */
export function stepExpressions(
  computing: Computing,
  scope: StepScope,
  { owner, signal }: { owner: string; signal: AbortSignal },
): Expressions {
  const scopeId = randomUUID();
  const options = { owner, signal, budget: createBudget(STEP_BUDGET_MS) };
  async function ask(what: ExpressionRequest['what'], each: EachScope | undefined): Promise<JsonValue> {
    const request = { scopeId, each: each ?? null, what };
    const first = await computing.run('evaluate', { ...request, scope: null }, options);
    if (first.known) return first.value;
    const second = await computing.run('evaluate', { ...request, scope }, options);
    if (second.known) return second.value;
    throw new Error('a computing process forgot the scope it was just sent');
  }
  return {
    evaluate: (source, each) => ask({ expression: source }, each),
    // most values have no expression in them
    render: async (template, each) => (mayHoldExpression(template) ? ask({ template }, each) : template),
  };
}

function mayHoldExpression(value: JsonValue): boolean {
  if (typeof value === 'string') return value.includes('${');
  if (typeof value !== 'object' || value === null) return false;
  return Object.values(value).some(mayHoldExpression);
}
