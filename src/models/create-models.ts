import type { Settings } from '../config.ts';
import { catalogueProvider } from './catalogue.ts';
import { createChatCompletionsModel } from './chat-completions.ts';
import { createEmbedder } from './embeddings.ts';
import { createDemoModel } from './demo-model.ts';
import { ModelFailure } from './model.ts';
import type { Embedder, Model, Models } from './model.ts';
import { PROVIDERS, isConfigured, providerFacts, providerNamed } from './providers.ts';
import type { ProviderName } from './providers.ts';

/** How long no byte may come from a server before a call counts as timed out, in milliseconds. */
const DEFAULT_IDLE_MS = 60_000;

/** A model as its name says it. */
interface ModelName {
  provider: ProviderName | 'demo' | { unknown: string };
  model: string;
}

/** Models kept connected by name. */
const MAX_CONNECTED = 200;

/**
 * The models these settings give access to (contract §10). Nothing is connected to here; a wrong key shows
 * with the first call.
 */
export function createModels(settings: Settings, options: { timeouts?: { idleMs: number } } = {}): Models {
  const idleMs = options.timeouts?.idleMs ?? DEFAULT_IDLE_MS;
  const demoStandsIn =
    settings.DEMO_MODEL === 'on' ||
    (settings.DEMO_MODEL === 'auto' && !PROVIDERS.some((provider) => isConfigured(settings, provider)));
  const connected = new Map<string, Model>();
  return {
    demoStandsIn,
    resolve(name) {
      const wanted = readName(settings, name?.trim() || settings.DEFAULT_MODEL);
      if (demoStandsIn) return createDemoModel(wanted.model);
      if (wanted.provider === 'demo') return explicitDemo(settings, wanted.model);
      if (typeof wanted.provider === 'object') throw unknownProvider(wanted.provider.unknown);
      const key = `${wanted.provider}/${wanted.model}`;
      const model = connected.get(key) ?? connect(settings, wanted.provider, wanted.model, idleMs);
      // Names come from plans: what is kept of them is bounded.
      if (connected.size >= MAX_CONNECTED) connected.clear();
      connected.set(key, model);
      return model;
    },
    embedder(name) {
      const { provider, model } = readName(settings, name);
      if (demoStandsIn || provider === 'demo')
        throw new ModelFailure('not_configured', 'the demo stand-in makes no embeddings');
      if (typeof provider === 'object') throw unknownProvider(provider.unknown);
      return connectEmbedder(settings, provider, model, idleMs);
    },
  };
}

/** `provider/model`; else a bare name's provider from the catalogue; else the default model's provider. */
function readName(settings: Settings, name: string): ModelName {
  const slash = name.indexOf('/');
  if (slash > 0 && slash < name.length - 1) {
    const prefix = name.slice(0, slash);
    const provider =
      prefix.toLowerCase() === 'demo' ? 'demo' : (providerNamed(prefix) ?? { unknown: prefix });
    return { provider, model: name.slice(slash + 1) };
  }
  const known = catalogueProvider(name);
  if (known !== undefined) return { provider: known, model: name };
  // A default model that is itself a bare name nobody knows is OpenAI's, as it is in CrewAI.
  return name === settings.DEFAULT_MODEL
    ? { provider: 'openai', model: name }
    : { provider: readName(settings, settings.DEFAULT_MODEL).provider, model: name };
}

function explicitDemo(settings: Settings, model: string): Model {
  if (settings.DEMO_MODEL !== 'off') return createDemoModel(model);
  throw new ModelFailure('not_configured', `the demo model "demo/${model}" is switched off by DEMO_MODEL`);
}

const unknownProvider = (prefix: string): ModelFailure =>
  new ModelFailure(
    'not_configured',
    `no provider is called "${prefix}"; there are ${[...PROVIDERS, 'demo'].join(', ')}. ` +
      `For any other server set OPENAI_COMPATIBLE_BASE_URL and write openai_compatible/<model>`,
  );

function connect(settings: Settings, provider: ProviderName, model: string, idleMs: number): Model {
  const maxReplyBytes = settings.MODEL_MAX_REPLY_BYTES;
  return createChatCompletionsModel({ ...endpointOf(settings, provider, model), idleMs, maxReplyBytes });
}

const connectEmbedder = (
  settings: Settings,
  provider: ProviderName,
  model: string,
  timeoutMs: number,
): Embedder => createEmbedder({ ...endpointOf(settings, provider, model), timeoutMs });

/** Address and key of a provider. @throws {ModelFailure} `not_configured` */
function endpointOf(settings: Settings, provider: ProviderName, model: string) {
  const { keySetting, baseUrlSetting, defaultBaseUrl } = providerFacts(provider);
  const baseUrl = settings[baseUrlSetting] ?? defaultBaseUrl;
  if (baseUrl === null) {
    throw new ModelFailure(
      'not_configured',
      `the model ${provider}/${model} needs ${baseUrlSetting} to be set`,
    );
  }
  if (!isConfigured(settings, provider)) {
    const address = provider === 'ollama' ? baseUrlSetting : `${keySetting} (or ${baseUrlSetting})`;
    throw new ModelFailure('not_configured', `the model ${provider}/${model} needs ${address} to be set`);
  }
  return { provider, model, baseUrl, apiKey: settings[keySetting] };
}
