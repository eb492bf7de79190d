import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import type {
  LanguageModelV4FinishReason,
  LanguageModelV4Message,
  LanguageModelV4StreamPart,
  LanguageModelV4Usage,
} from '@ai-sdk/provider';
import { z } from 'zod';
import type { ChatMessage, TokenUsage, ToolCall } from '../domain/agent/messages.ts';
import { assertNever } from '../domain/errors.ts';
import { classifyFailure } from './classify-failure.ts';
import { estimateUsage } from './estimate-tokens.ts';
import { ModelFailure } from './model.ts';
import type { Model, ModelReply, ModelRequest } from './model.ts';
import { providerFacts } from './providers.ts';
import type { ProviderName } from './providers.ts';
import { watchSilence, watchedFetch } from './watched-fetch.ts';
import type { SilenceWatch } from './watched-fetch.ts';

/** Where a model lives and how it is reached. */
export interface ChatEndpoint {
  provider: ProviderName;
  model: string;
  /** Up to and without `/chat/completions`; a query in it is sent along. */
  baseUrl: string;
  apiKey: string | undefined;
  /** How long no byte may come before the call counts as timed out, in milliseconds. */
  idleMs: number;
}

/** A model behind the chat-completions protocol. Nothing is tried again here: that is the engine's business. */
export function createChatCompletionsModel(endpoint: ChatEndpoint): Model {
  // Made once: the SDK builds its schemas of replies anew for each. The watch of a call is found by its signal.
  const watches: Watches = new WeakMap();
  const spoken = languageModel(endpoint, watches);
  return {
    name: `${endpoint.provider}/${endpoint.model}`,
    complete: async (request, { signal, onText }) => {
      signal.throwIfAborted();
      const watch = watchSilence(signal, endpoint.idleMs);
      watches.set(watch.signal, watch);
      try {
        return await converse(endpoint, request, { spoken, watch, caller: signal, onText });
      } finally {
        watch.end();
      }
    },
  };
}

type Watches = WeakMap<AbortSignal, SilenceWatch>;

interface Line {
  spoken: ReturnType<typeof languageModel>;
  watch: SilenceWatch;
  caller: AbortSignal;
  onText: ((text: string) => void) | undefined;
}

/** What has been heard of a reply so far. */
interface Heard {
  begun: boolean;
  text: string;
  toolCalls: ToolCall[];
  usage: LanguageModelV4Usage | undefined;
  finish: LanguageModelV4FinishReason['unified'] | undefined;
}

async function converse(endpoint: ChatEndpoint, request: ModelRequest, line: Line): Promise<ModelReply> {
  const heard: Heard = { begun: false, text: '', toolCalls: [], usage: undefined, finish: undefined };
  const failure = (error: unknown): unknown => explain(error, endpoint, line, heard.begun);
  // Only what the server does is classified: an error of the caller's onText passes through as it is.
  const fromServer = async <T>(work: () => PromiseLike<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      throw failure(error);
    }
  };
  const { stream } = await fromServer(() => openStream(request, line));
  const reader = stream.getReader();
  for (;;) {
    const next = await fromServer(() => reader.read());
    if (next.done) break;
    if (next.value.type === 'error') throw failure(next.value.error);
    listen(heard, next.value, line.onText);
  }
  return settle(endpoint, request, heard);
}

function openStream(request: ModelRequest, { spoken, watch }: Line) {
  return spoken.doStream({
    prompt: request.messages.map(toPrompt),
    abortSignal: watch.signal,
    ...(request.tools.length === 0 ? {} : { tools: request.tools.map(toFunctionTool) }),
    ...(request.maxTokens === null ? {} : { maxOutputTokens: request.maxTokens }),
    ...(request.temperature === null ? {} : { temperature: request.temperature }),
    ...(request.topP === null ? {} : { topP: request.topP }),
  });
}

function languageModel(endpoint: ChatEndpoint, watches: Watches) {
  const { keyHeader, defaultBaseUrl } = providerFacts(endpoint.provider);
  const url = new URL(endpoint.baseUrl);
  const queryParams = Object.fromEntries(url.searchParams);
  url.search = '';
  const key: { apiKey?: string; headers?: Record<string, string> } =
    endpoint.apiKey === undefined
      ? {}
      : keyHeader === 'api-key'
        ? { headers: { 'api-key': endpoint.apiKey } }
        : { apiKey: endpoint.apiKey };
  // OpenAI's own newer models refuse `max_tokens`; servers that merely speak like it know nothing else.
  const renamesMaxTokens = endpoint.provider === 'openai' && endpoint.baseUrl === defaultBaseUrl;
  return createOpenAICompatible({
    name: endpoint.provider,
    baseURL: url.href.replace(/\/+$/, ''),
    ...key,
    ...(Object.keys(queryParams).length === 0 ? {} : { queryParams }),
    includeUsage: true,
    fetch: (input, init) => {
      const watch = init?.signal instanceof AbortSignal ? watches.get(init.signal) : undefined;
      if (watch === undefined) throw new Error('a model call without its watch');
      return watchedFetch(watch, endpoint.provider)(input, init);
    },
    ...(renamesMaxTokens
      ? {
          transformRequestBody: ({ max_tokens, ...body }) => ({ ...body, max_completion_tokens: max_tokens }),
        }
      : {}),
  }).chatModel(endpoint.model);
}

function explain(error: unknown, endpoint: ChatEndpoint, line: Line, replyBegun: boolean): unknown {
  if (line.caller.aborted) return line.caller.reason;
  const { provider, model, baseUrl, apiKey, idleMs } = endpoint;
  if (line.watch.silent()) {
    return new ModelFailure('timeout', `${provider}/${model} sent nothing for ${idleMs / 1000} s`);
  }
  const { keySetting, baseUrlSetting } = providerFacts(provider);
  return classifyFailure(error, {
    provider,
    model,
    baseUrl,
    apiKey,
    keySetting,
    baseUrlSetting,
    replyBegun,
    nowMs: Date.now(),
  });
}

function listen(heard: Heard, part: LanguageModelV4StreamPart, onText: Line['onText']): void {
  if (part.type !== 'stream-start' && part.type !== 'finish') heard.begun = true;
  if (part.type === 'text-delta') {
    heard.text += part.delta;
    onText?.(part.delta);
  } else if (part.type === 'tool-call') {
    // Models call a tool without parameters with no arguments at all.
    heard.toolCalls.push({
      id: part.toolCallId,
      name: part.toolName,
      arguments: part.input.trim() === '' ? '{}' : part.input,
    });
  } else if (part.type === 'finish') {
    heard.usage = part.usage;
    heard.finish = part.finishReason.unified;
  }
}

function settle(endpoint: ChatEndpoint, request: ModelRequest, heard: Heard): ModelReply {
  const { text, toolCalls } = heard;
  if (text.trim() === '' && toolCalls.length === 0) {
    const who = `${endpoint.provider}/${endpoint.model}`;
    if (heard.finish === 'content-filter')
      throw new ModelFailure('bad_request', `the content filter of ${who} held back the reply`);
    if (heard.finish === 'length')
      throw new ModelFailure('bad_reply', `${who} used up max_tokens before it said anything`);
    throw new ModelFailure('bad_reply', `${who} answered with an empty text`);
  }
  return { text, toolCalls, usage: reportedUsage(heard.usage) ?? estimateUsage(request, heard) };
}

const totalTokens = z.object({ total_tokens: z.number().int().nonnegative() });

/** What the provider counted; undefined when it counted nothing, zeros included. */
function reportedUsage(usage: LanguageModelV4Usage | undefined): TokenUsage | undefined {
  const promptTokens = usage?.inputTokens.total ?? 0;
  const completionTokens = usage?.outputTokens.total ?? 0;
  const sum = promptTokens + completionTokens;
  if (sum === 0) return undefined;
  // Some count hidden reasoning in the total alone.
  const total = totalTokens.safeParse(usage?.raw);
  return {
    promptTokens,
    completionTokens,
    totalTokens: total.success ? Math.max(total.data.total_tokens, sum) : sum,
    estimated: false,
  };
}

function toPrompt(message: ChatMessage): LanguageModelV4Message {
  switch (message.role) {
    case 'system':
      return { role: 'system', content: message.content };
    case 'user':
      return { role: 'user', content: [{ type: 'text', text: message.content }] };
    case 'assistant':
      return {
        role: 'assistant',
        content: [
          ...(message.content === '' ? [] : [{ type: 'text' as const, text: message.content }]),
          ...message.toolCalls.map((call) => ({
            type: 'tool-call' as const,
            toolCallId: call.id,
            toolName: call.name,
            input: argumentsObject(call.arguments),
          })),
        ],
      };
    case 'tool':
      return {
        role: 'tool',
        content: [
          {
            type: 'tool-result',
            toolCallId: message.toolCallId,
            toolName: message.toolName,
            output: { type: 'text', value: message.content },
          },
        ],
      };
    default:
      return assertNever(message);
  }
}

const jsonObject = z.record(z.string(), z.unknown());

/** Servers refuse a history whose arguments are no JSON object, so malformed ones are sent back wrapped in one. */
function argumentsObject(text: string): Record<string, unknown> {
  try {
    const parsed = jsonObject.safeParse(JSON.parse(text));
    if (parsed.success) return parsed.data;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  return { malformed_arguments: text };
}

const toFunctionTool = (tool: ModelRequest['tools'][number]) => ({
  type: 'function' as const,
  name: tool.name,
  description: tool.description,
  inputSchema: tool.parameters,
});
