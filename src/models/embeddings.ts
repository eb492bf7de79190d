import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { classifyFailure } from './classify-failure.ts';
import type { Embedder } from './model.ts';
import { ModelFailure } from './model.ts';
import { providerFetch } from './provider-fetch.ts';
import { providerFacts, type ProviderName } from './providers.ts';
import { complaintIn, isFields, ReportedError } from './reported-error.ts';
import { readDocument, readRefusal } from './reply-pieces.ts';

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
/** 100 vectors of 12,000 numbers. In bytes. */
const MAX_REPLY_BYTES = 32 * 1024 * 1024;

export function createEmbedder(endpoint: EmbeddingEndpoint): Embedder {
  const { provider, model, baseUrl, apiKey, timeoutMs } = endpoint;
  const { keyHeader, keySetting, baseUrlSetting } = providerFacts(provider);
  const key =
    apiKey === undefined ? {} : keyHeader === 'api-key' ? { headers: { 'api-key': apiKey } } : { apiKey };
  const name = `${provider}/${model}`;
  const spoken = createOpenAICompatible({
    name: provider,
    baseURL: baseUrl.replace(/\/+$/, ''),
    ...key,
    fetch: readingFetch(name, providerFetch(provider)),
  });
  const embedding = spoken.embeddingModel(model);
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

/** A `fetch` whose answers are what the SDK expects: what is plain is made so, and what is no answer is thrown. */
const readingFetch =
  (who: string, ask: typeof globalThis.fetch): typeof globalThis.fetch =>
  async (input, init) => {
    const response = await ask(input, init);
    const source = { response, heard: () => undefined, who };
    if (!response.ok) throw await readRefusal(source);
    const answer = await readDocument({ ...source, maxBytes: MAX_REPLY_BYTES });
    return Response.json(plainAnswer(answer));
  };

function plainAnswer(answer: unknown) {
  const data = isFields(answer) ? answer['data'] : undefined;
  if (!isFields(answer) || !Array.isArray(data))
    throw new ReportedError(complaintIn(answer), { isForeign: true });
  const usage = isFields(answer['usage']) ? answer['usage'] : {};
  const tokens = Number(usage['prompt_tokens'] ?? usage['total_tokens']);
  return {
    // Some servers answer in the order in which they were done.
    data: data
      .map((one: unknown, at) => (isFields(one) ? one : { embedding: one, index: at }))
      .map((one, at) => ({ at: Number(one['index'] ?? at), embedding: vectorOf(one['embedding']) }))
      .toSorted((one, other) => one.at - other.at)
      .map(({ embedding }) => ({ embedding })),
    ...(Number.isSafeInteger(tokens) && { usage: { prompt_tokens: tokens } }),
  };
}

/** Numbers, or their bytes as base64, which some servers send whatever was asked for. */
function vectorOf(embedding: unknown): unknown {
  if (typeof embedding !== 'string') return embedding;
  const bytes = Buffer.from(embedding, 'base64');
  return Array.from({ length: Math.floor(bytes.length / 4) }, (_, at) => bytes.readFloatLE(at * 4));
}
