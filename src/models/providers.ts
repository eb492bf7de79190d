import type { Settings } from '../config.ts';

/** Every provider that is spoken to by the chat-completions protocol. `demo` is apart: it needs no server. */
export const PROVIDERS = [
  'openai',
  'anthropic',
  'gemini',
  'cerebras',
  'groq',
  'ollama',
  'azure',
  'openai_compatible',
] as const;
export type ProviderName = (typeof PROVIDERS)[number];

type KeySetting = Extract<keyof Settings, `${string}_API_KEY`>;
type BaseUrlSetting = Extract<keyof Settings, `${string}_BASE_URL`>;

/** What has to be known of a provider beside its settings. */
export interface ProviderFacts {
  keySetting: KeySetting;
  baseUrlSetting: BaseUrlSetting;
  /** Its public chat-completions endpoint; null when only the operator can know it. */
  defaultBaseUrl: string | null;
  /** How the key travels. */
  keyHeader: 'authorization' | 'api-key';
}

const bearer = (
  keySetting: KeySetting,
  baseUrlSetting: BaseUrlSetting,
  defaultBaseUrl: string | null,
): ProviderFacts => ({ keySetting, baseUrlSetting, defaultBaseUrl, keyHeader: 'authorization' });

const FACTS: Record<ProviderName, ProviderFacts> = {
  openai: bearer('OPENAI_API_KEY', 'OPENAI_BASE_URL', 'https://api.openai.com/v1'),
  anthropic: bearer('ANTHROPIC_API_KEY', 'ANTHROPIC_BASE_URL', 'https://api.anthropic.com/v1'),
  gemini: bearer(
    'GEMINI_API_KEY',
    'GEMINI_BASE_URL',
    'https://generativelanguage.googleapis.com/v1beta/openai',
  ),
  cerebras: bearer('CEREBRAS_API_KEY', 'CEREBRAS_BASE_URL', 'https://api.cerebras.ai/v1'),
  groq: bearer('GROQ_API_KEY', 'GROQ_BASE_URL', 'https://api.groq.com/openai/v1'),
  ollama: bearer('OLLAMA_API_KEY', 'OLLAMA_BASE_URL', 'http://127.0.0.1:11434/v1'),
  azure: { ...bearer('AZURE_API_KEY', 'AZURE_BASE_URL', null), keyHeader: 'api-key' },
  openai_compatible: bearer('OPENAI_COMPATIBLE_API_KEY', 'OPENAI_COMPATIBLE_BASE_URL', null),
};

export const providerFacts = (provider: ProviderName): ProviderFacts => FACTS[provider];

/** Takes a text for a provider's name, whatever its case; undefined when there is none of that name. */
export function providerNamed(text: string): ProviderName | undefined {
  const wanted = text.toLowerCase();
  return PROVIDERS.find((provider) => provider === wanted);
}

/** A provider counts as configured when its key or its address is set: local servers want no key. */
export const isConfigured = (settings: Settings, provider: ProviderName): boolean =>
  settings[FACTS[provider].keySetting] !== undefined ||
  settings[FACTS[provider].baseUrlSetting] !== undefined;
