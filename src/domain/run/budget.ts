import type { JsonObject, JsonValue } from '../json.ts';

/** What happens when the next call would pass a limit: the task fails, or a person is asked. */
export const ON_BUDGET = ['fail', 'ask'] as const;
export type OnBudget = (typeof ON_BUDGET)[number];

export const MICRO_USD = 1_000_000;
export const toMicroUsd = (usd: number): number => Math.round(usd * MICRO_USD);

/** A limit that the next call would pass. Amounts are tokens or micro-USD. */
export interface ExhaustedLimit {
  of: 'execution' | 'task';
  limit: 'max_tokens_total' | 'max_cost_usd';
  max: number;
  /** Settled and in flight; null when the cost is unknown. */
  used: number | null;
  /** What the next call would reserve; null when its model has no price. */
  wanted: number | null;
  onBudget: OnBudget;
}

const shown = ({ limit }: ExhaustedLimit, amount: number): string =>
  limit === 'max_tokens_total' ? `${amount} tokens` : `${amount / MICRO_USD} USD`;

/** Why a task fails that may make no further call. `model`: the one that would have been asked. */
export function exhaustedText(exhausted: ExhaustedLimit, model: string): string {
  const { of, limit, used, wanted } = exhausted;
  if (wanted === null)
    return `${limit} cannot be held: nobody has said what ${model} costs; give its price in MODEL_PRICES`;
  if (used === null)
    return `${limit} cannot be held: an earlier call had no price in MODEL_PRICES, so what was spent is unknown`;
  return `the next call would exceed ${limit}${of === 'task' ? ' of this task' : ''}`;
}

/** Whether more money or tokens would help: not where a price is missing. */
export const canBeRaised = ({ used, wanted }: ExhaustedLimit): boolean => used !== null && wanted !== null;

/** What the log says of it. */
export function exhaustedData({ of, limit, max, used, wanted }: ExhaustedLimit): JsonObject {
  const amount = (value: number | null): JsonValue =>
    value === null || limit === 'max_tokens_total' ? value : value / MICRO_USD;
  return { limit, of, max: amount(max), used: amount(used), wanted: amount(wanted) };
}

/** The answer that raises nothing. */
export const STOP = 'stop';
const MOST_TOKENS = 1_000_000_000;
const MOST_USD = 1_000_000;

/** What a person is asked: by how much to raise the limit, or to stop. */
export function raiseQuestion(exhausted: ExhaustedLimit): { question: string; schema: JsonObject } {
  const { of, limit, max, used, wanted } = exhausted;
  const isTokens = limit === 'max_tokens_total';
  const unit = isTokens ? 'tokens' : 'USD';
  const question =
    `The limit of this ${of} is reached: ${limit} is ${shown(exhausted, max)}, ` +
    `${shown(exhausted, used ?? 0)} are spent or in flight, and the next call may need ${shown(exhausted, wanted ?? 0)}. ` +
    `Answer with the number of ${unit} to raise it by, or "${STOP}".`;
  const number: JsonObject = isTokens
    ? { type: 'integer', minimum: 1, maximum: MOST_TOKENS }
    : { type: 'number', minimum: 1 / MICRO_USD, maximum: MOST_USD };
  return { question, schema: { anyOf: [number, { const: STOP }] } };
}

/** An answer as the amount to add, in the limit's own unit; null for stop. */
export function raiseOf(limit: ExhaustedLimit['limit'], answer: JsonValue): number | null {
  if (typeof answer !== 'number') return null;
  return limit === 'max_tokens_total' ? answer : toMicroUsd(answer);
}

/** Names the question of a limit. */
export const budgetKey = (of: ExhaustedLimit['of'], limit: ExhaustedLimit['limit']): string =>
  `budget:${of}:${limit}`;

/** What a question's key says it is about; null for other questions. */
export function budgetOfKey(key: string): Pick<ExhaustedLimit, 'of' | 'limit'> | null {
  const [kind, of, limit] = key.split(':');
  if (kind !== 'budget' || (of !== 'execution' && of !== 'task')) return null;
  return limit === 'max_tokens_total' || limit === 'max_cost_usd' ? { of, limit } : null;
}
