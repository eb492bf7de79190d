/** What a model costs, in USD per million tokens. */
export interface ModelPrice {
  input: number;
  output: number;
}

/**
 * List prices for standard use, USD per million tokens [input, output], as openai.com/api/pricing (looked at in spring
 * 2026) and platform.claude.com/docs/en/about-claude/pricing (October 2026) gave them. Only models whose price is one
 * number whatever the prompt's length, and that are priced by token. Discounts for cached or batched prompts are not
 * counted: what is shown is never too low for them. Anything else, and any other price, comes from MODEL_PRICES.
 */
const LIST: readonly (readonly [string, number, number])[] = [
  ['openai/gpt-4o', 2.5, 10],
  ['openai/gpt-4o-mini', 0.15, 0.6],
  ['openai/gpt-4.1', 2, 8],
  ['openai/gpt-4.1-mini', 0.4, 1.6],
  ['openai/gpt-4.1-nano', 0.1, 0.4],
  ['openai/gpt-5', 1.25, 10],
  ['openai/gpt-5-mini', 0.25, 2],
  ['openai/gpt-5-nano', 0.05, 0.4],
  ['openai/o3', 2, 8],
  ['openai/o3-mini', 1.1, 4.4],
  ['openai/o4-mini', 1.1, 4.4],
  ['anthropic/claude-opus-4-5', 5, 25],
  ['anthropic/claude-opus-4-1', 15, 75],
  ['anthropic/claude-haiku-4-5', 1, 5],
  ['anthropic/claude-3-5-haiku-20241022', 0.8, 4],
  ['anthropic/claude-3-haiku-20240307', 0.25, 1.25],
];

/** Prices of models by `provider/model`, as a resolved model is named. */
export interface ModelPrices {
  /** Undefined when nobody has said what it costs. `demo/…` costs nothing. */
  of(model: string): ModelPrice | undefined;
}

/** @param own what the operator says; `provider/*` speaks for all models of a provider that it does not name. Pure. */
export function createPrices(own: Readonly<Record<string, ModelPrice>> = {}): ModelPrices {
  const prices = new Map<string, ModelPrice>([
    ...LIST.map(([model, input, output]): [string, ModelPrice] => [model, { input, output }]),
    ...Object.entries(own).map(([model, price]): [string, ModelPrice] => [model.toLowerCase(), price]),
  ]);
  return {
    of(model) {
      const name = model.toLowerCase();
      const provider = name.slice(0, name.indexOf('/'));
      return provider === 'demo'
        ? { input: 0, output: 0 }
        : (prices.get(name) ?? prices.get(`${provider}/*`));
    },
  };
}

/** Micro-USD of so many tokens, rounded up; null when there is no price. Pure. */
export function costMicroUsd(
  price: ModelPrice | undefined,
  tokens: { promptTokens: number; completionTokens: number },
): number | null {
  if (price === undefined) return null;
  // USD per million tokens are micro-USD per token. Counted in millionths, so that 0.1 + 0.2 rounds up nothing.
  const millionths =
    tokens.promptTokens * Math.round(price.input * 1e6) +
    tokens.completionTokens * Math.round(price.output * 1e6);
  return Math.ceil(millionths / 1e6);
}
