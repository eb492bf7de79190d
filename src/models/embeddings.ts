import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { classifyFailure } from './classify-failure.ts';
import type { Embedder } from './model.ts';
import { ModelFailure } from './model.ts';
import { providerFetch } from './provider-fetch.ts';
import { providerFacts, type ProviderName } from './providers.ts';

/** Where texts are turned into vectors, by the `/embeddings` of a provider. */
export interface EmbeddingEndpoint {
  provider: ProviderName;
  model: string;
  baseUrl: string;
  apiKey: string | undefined;
  /** How long one request may take, in milliseconds. */
  timeoutMs: number;
}

/** Texts of one request. */
const BATCH = 100;

export function createEmbedder(endpoint: EmbeddingEndpoint): Embedder {
  const { provider, model, baseUrl, apiKey, timeoutMs } = endpoint;
  const { keyHeader, keySetting, baseUrlSetting } = providerFacts(provider);
  const key =
    apiKey === undefined ? {} : keyHeader === 'api-key' ? { headers: { 'api-key': apiKey } } : { apiKey };
  const spoken = createOpenAICompatible({
    name: provider,
    baseURL: baseUrl.replace(/\/+$/, ''),
    fetch: providerFetch(provider),
    ...key,
  });
  const embedding = spoken.embeddingModel(model);
  const name = `${provider}/${model}`;
  const once = async (values: string[], signal: AbortSignal) => {
    const timeout = AbortSignal.timeout(timeoutMs);
    try {
      return await embedding.doEmbed({ values, abortSignal: AbortSignal.any([signal, timeout]) });
    } catch (error) {
      signal.throwIfAborted();
      if (timeout.aborted)
        throw new ModelFailure('timeout', `${name} did not answer within ${timeoutMs / 1000} s`);
      throw classifyFailure(error, {
        provider,
        model,
        baseUrl,
        apiKey,
        keySetting,
        baseUrlSetting,
        replyBegun: false,
        nowMs: Date.now(),
      });
    }
  };
  return {
    name,
    async embed(texts, signal) {
      const vectors: number[][] = [];
      let tokens = 0;
      for (let at = 0; at < texts.length; at += BATCH) {
        const batch = texts.slice(at, at + BATCH);
        const { embeddings, usage } = await once([...batch], signal);
        if (embeddings.length !== batch.length)
          throw new ModelFailure(
            'bad_reply',
            `${name} gave ${embeddings.length} vectors for ${batch.length} texts`,
          );
        vectors.push(...embeddings);
        tokens += usage?.tokens ?? 0;
      }
      return { vectors, tokens };
    },
  };
}
