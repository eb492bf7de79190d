import { randomUUID } from 'node:crypto';
import type { JsonValue } from '../domain/json.ts';
import type { EachScope, Expressions } from '../flows/declared/expressions.ts';
import { createBudget, type Computing } from './computing.ts';
import { ComputationInterrupted, ComputationLimitExceeded } from './computing-errors.ts';
import {
  MAX_STEP_CHARACTERS,
  type ExpressionAnswer,
  type ExpressionRequest,
  type StepScope,
} from './step-scopes.ts';
import { TryAgain } from '../flows/step-work.ts';

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
  let charactersLeft = MAX_STEP_CHARACTERS;
  async function ask(what: ExpressionRequest['what'], each: EachScope | undefined): Promise<JsonValue> {
    const request = { scopeId, each: each ?? null, what };
    const first = await run({ ...request, scope: null });
    const answer = first.known ? first : await run({ ...request, scope });
    if (!answer.known) throw new Error('a computing process forgot the scope it was just sent');
    charactersLeft -= answer.size;
    if (charactersLeft < 0) throw tooLarge();
    return answer.value;
  }
  async function run(request: ExpressionRequest): Promise<ExpressionAnswer> {
    try {
      return await computing.run('evaluate', request, options);
    } catch (error) {
      if (error instanceof ComputationInterrupted)
        throw new TryAgain(error.message, undefined, { cause: error });
      throw error;
    }
  }
  return {
    evaluate: (source, each) => ask({ expression: source }, each),
    // most values have no expression in them
    render: async (template, each) => (mayHoldExpression(template) ? ask({ template }, each) : template),
  };
}

const tooLarge = (): ComputationLimitExceeded =>
  new ComputationLimitExceeded(
    'step_size',
    `the values of the step have more than ${MAX_STEP_CHARACTERS} characters altogether: make them smaller, or the lists shorter`,
  );

function mayHoldExpression(value: JsonValue): boolean {
  if (typeof value === 'string') return value.includes('${');
  if (typeof value !== 'object' || value === null) return false;
  return Object.values(value).some(mayHoldExpression);
}
