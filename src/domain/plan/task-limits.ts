import type { JsonObject, JsonValue } from '../json.ts';
import { toMicroUsd } from '../run/budget.ts';
import type { PlanTask } from './crew-plan.ts';

const isTokens = (value: JsonValue | undefined): value is number =>
  typeof value === 'number' && Number.isSafeInteger(value) && value >= 1;
const isUsd = (value: JsonValue | undefined): value is number =>
  typeof value === 'number' && value >= 0.000_001 && value <= 1_000_000;

/** A task's own limits, `max_tokens_total` and `max_cost_usd`; what is no such number is no limit. */
export const taskLimits = ({
  max_tokens_total: tokens,
  max_cost_usd: usd,
}: JsonObject): Pick<PlanTask, 'maxTokensTotal' | 'maxCostMicroUsd'> => ({
  ...(isTokens(tokens) && { maxTokensTotal: tokens }),
  ...(isUsd(usd) && { maxCostMicroUsd: toMicroUsd(usd) }),
});

/** What is wrong with them. */
export function limitProblems({ max_tokens_total: tokens, max_cost_usd: usd }: JsonObject): {
  field: string;
  message: string;
}[] {
  const problems = [];
  if ((tokens ?? null) !== null && !isTokens(tokens))
    problems.push({
      field: 'max_tokens_total',
      message: 'max_tokens_total is a whole number of tokens, 1 or more',
    });
  if ((usd ?? null) !== null && !isUsd(usd))
    problems.push({
      field: 'max_cost_usd',
      message: 'max_cost_usd is a number of US dollars, 0.000001 to 1000000',
    });
  return problems;
}
