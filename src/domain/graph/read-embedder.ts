import { isJsonObject } from '../crewai/field-types.ts';
import type { JsonValue } from '../json.ts';
import { MODEL_ADDRESSES } from './read-llm.ts';

/** CrewAI's own choice where only OpenAI is named. */
const DEFAULT_MODEL = 'text-embedding-3-small';

/** CrewAI's `embedder: {provider, config: {model}}` as `provider/model`; null when it names none. */
export function readEmbedder(value: JsonValue | undefined): string | null {
  if (!isJsonObject(value)) return null;
  const { provider, config } = value;
  if (typeof provider !== 'string' || provider === '') return null;
  const given = isJsonObject(config) ? (config.model ?? config.model_name) : undefined;
  const model = given ?? (provider === 'openai' ? DEFAULT_MODEL : undefined);
  return typeof model === 'string' && model !== '' ? `${provider}/${model}` : null;
}

/** Fields of an embedder's `config` that say where it is, and cannot be carried out. */
export const embedderAddresses = (value: JsonValue | undefined): string[] => {
  const config = isJsonObject(value) ? value.config : undefined;
  const names: readonly string[] = [...MODEL_ADDRESSES, 'url', 'host'];
  return isJsonObject(config) ? names.filter((name) => (config[name] ?? null) !== null) : [];
};
