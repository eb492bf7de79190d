import type { ProviderName } from './providers.ts';

/**
 * Whose model a bare name is. Small on purpose: it holds the families nobody mistakes, and a few single
 * names that several servers offer but one is known for. The first that fits wins.
 */
const FAMILIES: readonly (readonly [RegExp, ProviderName])[] = [
  [/^llama-4-maverick-17b-128e-instruct$/, 'cerebras'],
  [/^llama-4-scout-17b-16e-instruct$/, 'cerebras'],
  [/^llama3\.1-8b$/, 'cerebras'],
  [/^llama-3\.3-70b$/, 'cerebras'],
  [/^llama-3\.(1-8b-instant|3-70b-versatile)$/, 'groq'],
  [/^gpt-oss[-:]/, 'groq'],
  [/^(gpt|chatgpt)-/, 'openai'],
  [/^o[1-9](-|$)/, 'openai'],
  [/^claude-/, 'anthropic'],
  [/^gemini-/, 'gemini'],
];

/** The provider a bare model name belongs to, or undefined when the catalogue does not know it. Pure. */
export function catalogueProvider(model: string): ProviderName | undefined {
  const wanted = model.toLowerCase();
  return FAMILIES.find(([pattern]) => pattern.test(wanted))?.[1];
}

/** The most tokens one reply of a family may have, as its maker says. The first that fits wins. */
const LONGEST_REPLIES: readonly (readonly [RegExp, number])[] = [
  [/^llama-4-(maverick|scout)-/, 32_768],
  [/^gpt-4\.1/, 32_768],
  [/^gpt-4o/, 16_384],
  [/^gpt-(4-turbo|4-1106|4-0125|3\.5-turbo)/, 4_096],
  [/^gpt-4(-\d+)?$/, 8_192],
  [/^claude-3-(haiku|opus|sonnet)/, 4_096],
  [/^claude-3-5-/, 8_192],
  [/^gemini-(1\.5|2\.0)-/, 8_192],
];

/** The tokens a family can look at, question and answer together, as its maker says. The first that fits wins. */
const WINDOWS: readonly (readonly [RegExp, number])[] = [
  [/^gpt-5/, 400_000],
  [/^gpt-4\.1/, 1_047_576],
  [/^(gpt-4o|gpt-4-turbo|gpt-4-1106|gpt-4-0125|chatgpt-|o1-(mini|preview))/, 128_000],
  [/^gpt-4-32k/, 32_768],
  [/^gpt-4(-\d+)?$/, 8_192],
  [/^gpt-3\.5-turbo/, 16_385],
  [/^o[1-9](-|$)/, 200_000],
  [/^claude-/, 200_000],
  [/^gemini-/, 1_048_576],
  [/^llama3\.1-8b$/, 8_192],
  [/^(llama-4-|llama-3\.|gpt-oss)/, 131_072],
];
/** Of a model nobody knows: most look at more, and one that looks at less says so. */
const USUAL_WINDOW = 32_768;

/** The tokens a model can look at, by its name with or without a provider. The demo stand-in looks at everything. Pure. */
export function contextWindow(model: string): number {
  if (model.startsWith('demo/')) return Infinity;
  const bare = model.slice(model.lastIndexOf('/') + 1).toLowerCase();
  return WINDOWS.find(([pattern]) => pattern.test(bare))?.[1] ?? USUAL_WINDOW;
}

/** The most tokens a model can say at once, by its name with or without a provider; undefined when unknown. Pure. */
export function longestReply(model: string): number | undefined {
  const bare = model.slice(model.indexOf('/') + 1).toLowerCase();
  return LONGEST_REPLIES.find(([pattern]) => pattern.test(bare))?.[1];
}
