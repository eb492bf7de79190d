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
