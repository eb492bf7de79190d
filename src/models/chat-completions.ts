import { OpenAICompatibleChatLanguageModel } from '@ai-sdk/openai-compatible';
import type { LanguageModelV4Message } from '@ai-sdk/provider';
import type { ChatMessage, ProviderData } from '../domain/agent/messages.ts';
import { assertNever } from '../domain/errors.ts';
import { isFields, ReportedError } from './reported-error.ts';
import { ChatReplyReader } from './chat-reply.ts';
import type { ReadReply } from './chat-reply.ts';
import { classifyFailure } from './classify-failure.ts';
import { estimateUsage } from './estimate-tokens.ts';
import { ModelFailure } from './model.ts';
import { providerFetch } from './provider-fetch.ts';
import type { Model, ModelReply, ModelRequest } from './model.ts';
import { providerFacts } from './providers.ts';
import type { ProviderName } from './providers.ts';
import { readPieces, readRefusal } from './reply-pieces.ts';
import type { ReplyPiece } from './reply-pieces.ts';
import { watchSilence } from './silence-watch.ts';
import type { SilenceWatch } from './silence-watch.ts';

/** Where a model lives and how it is reached. */
export interface ChatEndpoint {
  provider: ProviderName;
  model: string;
  /** Up to and without `/chat/completions`; a query in it is sent along. */
  baseUrl: string;
  apiKey: string | undefined;
  /** How long no byte may come before the call counts as timed out, in milliseconds. */
  idleMs: number;
  /** Bytes beyond which a reply is given up. */
  maxReplyBytes: number;
}

/** A model behind the chat-completions protocol. Nothing is tried again here: that is the engine's business. */
export function createChatCompletionsModel(endpoint: ChatEndpoint): Model {
  const writer = requestWriter(endpoint);
  return {
    name: `${endpoint.provider}/${endpoint.model}`,
    complete: async (request, { signal, onText }) => {
      signal.throwIfAborted();
      const watch = watchSilence(signal, endpoint.idleMs);
      try {
        return await converse(endpoint, request, { writer, watch, caller: signal, onText });
      } finally {
        watch.end();
      }
    },
  };
}

interface Line {
  writer: OpenAICompatibleChatLanguageModel;
  watch: SilenceWatch;
  caller: AbortSignal;
  onText: ((text: string) => void) | undefined;
}

async function converse(endpoint: ChatEndpoint, request: ModelRequest, line: Line): Promise<ModelReply> {
  const who = `${endpoint.provider}/${endpoint.model}`;
  const reader = new ChatReplyReader({
    provider: endpoint.provider,
    who,
    offered: new Set(request.tools.map(({ name }) => name)),
  });
  // Only what the server does is classified: an error of the caller's onText passes through as it is.
  const fromServer = async <T>(work: () => PromiseLike<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      throw explain(error, endpoint, line, reader.hasBegun);
    }
  };
  const response = await fromServer(() => send(endpoint, request, line));
  const heard = line.watch.touch;
  if (!response.ok)
    throw explain(await fromServer(() => readRefusal({ response, heard, who })), endpoint, line, false);
  const pieces = readPieces({ response, maxBytes: endpoint.maxReplyBytes, heard, who });
  for (;;) {
    const text = await fromServer(() => nextText(pieces, reader));
    if (text === null) break;
    if (text !== '') line.onText?.(text);
  }
  return settle(endpoint, request, await fromServer(async () => reader.end()));
}

/** What the next piece adds to the text; null at the end. An error that is told behind a whole answer is such an end. */
async function nextText(pieces: AsyncGenerator<ReplyPiece>, reader: ChatReplyReader): Promise<string | null> {
  try {
    const next = await pieces.next();
    if (next.done === true) return null;
    if (next.value.kind === 'chunk') return reader.take(next.value.chunk);
    if (next.value.kind === 'error') throw next.value.error;
    reader.done();
    return '';
  } catch (error) {
    if (!(error instanceof ReportedError) || !reader.hasEnded) throw error;
    // Gives up the connection.
    await pieces.return(undefined);
    return null;
  }
}

async function send(
  endpoint: ChatEndpoint,
  request: ModelRequest,
  { writer, watch }: Line,
): Promise<Response> {
  const { body } = await writer.prepareRequest({
    prompt: request.messages.map((message) => toPrompt(message, endpoint.provider)),
    ...(request.tools.length === 0 ? {} : { tools: request.tools.map(toFunctionTool) }),
    ...(request.maxTokens === null ? {} : { maxOutputTokens: request.maxTokens }),
    ...(request.temperature === null ? {} : { temperature: request.temperature }),
    ...(request.topP === null ? {} : { topP: request.topP }),
  });
  const { keyHeader } = providerFacts(endpoint.provider);
  const url = new URL(endpoint.baseUrl);
  url.pathname = `${url.pathname.replace(/\/+$/, '')}/chat/completions`;
  const { apiKey } = endpoint;
  return providerFetch(endpoint.provider)(url, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      ...(apiKey === undefined
        ? {}
        : keyHeader === 'api-key'
          ? { 'api-key': apiKey }
          : { authorization: `Bearer ${apiKey}` }),
    },
    body: JSON.stringify({ ...body, stream: true, stream_options: { include_usage: true } }),
    signal: watch.signal,
  });
}

/** The SDK knows how a conversation is written; what comes back is read here. */
function requestWriter(endpoint: ChatEndpoint): OpenAICompatibleChatLanguageModel {
  // OpenAI's own newer models refuse `max_tokens`; servers that merely speak like it know nothing else.
  const renamesMaxTokens =
    endpoint.provider === 'openai' && endpoint.baseUrl === providerFacts('openai').defaultBaseUrl;
  return new OpenAICompatibleChatLanguageModel(endpoint.model, {
    provider: endpoint.provider,
    url: ({ path }) => path,
    ...(renamesMaxTokens
      ? {
          transformRequestBody: ({ max_tokens, ...body }) => ({ ...body, max_completion_tokens: max_tokens }),
        }
      : {}),
  });
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

function settle({ provider, model }: ChatEndpoint, request: ModelRequest, read: ReadReply): ModelReply {
  const { text, toolCalls, usage, finishReason, providerData } = read;
  const who = `${provider}/${model}`;
  const isEmpty = text.trim() === '' && toolCalls.length === 0;
  if (finishReason === null)
    throw isEmpty
      ? new ModelFailure('bad_reply', `${who} answered with nothing that is a chat completion`)
      : new ModelFailure('unavailable', `${who} broke off in the middle of its reply`);
  if (isEmpty) {
    if (finishReason === 'content_filter')
      throw new ModelFailure('bad_request', `the content filter of ${who} held back the reply`);
    if (finishReason === 'length')
      throw new ModelFailure('bad_reply', `${who} used up max_tokens before it said anything`);
    throw new ModelFailure('bad_reply', `${who} answered with an empty text`);
  }
  return {
    text,
    toolCalls,
    usage: usage ?? estimateUsage(request, read),
    finishReason,
    // Wanted back beside tool calls only; some refuse it anywhere else.
    ...(providerData !== null && toolCalls.length > 0 && { providerData }),
  };
}

function toPrompt(message: ChatMessage, provider: ProviderName): LanguageModelV4Message {
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
            input: sendableArguments(call.arguments),
            ...returned(call.providerData, provider),
          })),
        ],
        ...(message.toolCalls.length > 0 && returned(message.providerData, provider)),
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

/** What a provider sent along goes back to the same one only: others would refuse fields they do not know. */
function returned(data: ProviderData | undefined, provider: ProviderName) {
  if (data === undefined || data.provider !== provider) return {};
  return { providerOptions: { openaiCompatible: data.fields } };
}

/**
 * Arguments as the model wrote them, which the SDK sends on as they are. Servers refuse a history whose arguments are no JSON
 * object, so malformed ones are sent back wrapped in one.
 */
function sendableArguments(text: string): unknown {
  try {
    if (isFields(JSON.parse(text))) return text;
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
