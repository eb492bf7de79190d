import type { ChatMessage, ProviderData, TokenUsage, ToolCall, ToolSpec } from '../domain/agent/messages.ts';
import type { RunErrorCode } from '../domain/errors.ts';

/** One turn asked of a model. */
export interface ModelRequest {
  messages: readonly ChatMessage[];
  tools: readonly ToolSpec[];
  temperature: number | null;
  topP: number | null;
  maxTokens: number | null;
}

export interface ModelReply {
  text: string;
  toolCalls: ToolCall[];
  usage: TokenUsage;
  /** `stop`, `length` (cut off), `content_filter`, `tool_calls`, or a word of the provider's own. */
  finishReason: string;
  providerData?: ProviderData;
}

/** A model that can be spoken to: provider, name and key are settled. */
export interface Model {
  /** `provider/model`, as events and executions name it. */
  readonly name: string;
  /**
   * @param onText receives the text as it streams, in order.
   * @throws {ModelFailure} for everything that can go wrong, already classified.
   */
  complete(
    request: ModelRequest,
    options: { signal: AbortSignal; onText?: (text: string) => void },
  ): Promise<ModelReply>;
}

/** Turns texts into vectors whose directions tell how near they are in meaning. */
export interface Embedder {
  /** `provider/model`: only vectors of one embedder compare. */
  readonly name: string;
  /** @returns a vector a text, in their order, and the tokens the provider counted. @throws {ModelFailure} */
  embed(texts: readonly string[], signal: AbortSignal): Promise<{ vectors: number[][]; tokens: number }>;
}

/** Finds the model a plan names. */
export interface Models {
  /**
   * @param name `provider/model`, a bare name, or null for the default.
   * @throws {ModelFailure} `not_configured`, naming the setting to fill in.
   */
  resolve(name: string | null): Model;
  /** @param name `provider/model`. @throws {ModelFailure} `not_configured`, also where the demo stand-in answers. */
  embedder(name: string): Embedder;
  /** True while the demo stand-in answers for every model because no provider is configured. */
  readonly demoStandsIn: boolean;
}

/** Whose fault a failed call is; decides retry and wording. */
export type ModelFailureKind =
  | 'rate_limit'
  | 'quota'
  | 'timeout'
  | 'unavailable'
  | 'bad_reply'
  | 'reply_too_large'
  | 'bad_request'
  | 'context_length'
  | 'auth'
  | 'not_configured';

const KINDS: Record<ModelFailureKind, { retryable: boolean; code: RunErrorCode }> = {
  rate_limit: { retryable: true, code: 'MODEL_RATE_LIMITED' },
  quota: { retryable: false, code: 'MODEL_QUOTA_EXHAUSTED' },
  timeout: { retryable: true, code: 'MODEL_TIMEOUT' },
  unavailable: { retryable: true, code: 'MODEL_UNAVAILABLE' },
  bad_reply: { retryable: true, code: 'MODEL_BAD_REPLY' },
  reply_too_large: { retryable: false, code: 'MODEL_REPLY_TOO_LARGE' },
  bad_request: { retryable: false, code: 'MODEL_BAD_REQUEST' },
  context_length: { retryable: false, code: 'MODEL_CONTEXT_EXCEEDED' },
  auth: { retryable: false, code: 'MODEL_AUTH' },
  not_configured: { retryable: false, code: 'MODEL_NOT_CONFIGURED' },
};

/** Thrown when a model call did not give a usable reply. The message is for the user and never holds a key. */
export class ModelFailure extends Error {
  readonly kind: ModelFailureKind;
  /** What the server asked for in `Retry-After`, in milliseconds. */
  readonly retryAfterMs: number | undefined;

  constructor(
    kind: ModelFailureKind,
    message: string,
    more: { retryAfterMs?: number | undefined; cause?: unknown } = {},
  ) {
    super(message, more.cause === undefined ? undefined : { cause: more.cause });
    this.name = 'ModelFailure';
    this.kind = kind;
    this.retryAfterMs = more.retryAfterMs;
  }

  get retryable(): boolean {
    return KINDS[this.kind].retryable;
  }

  get code(): RunErrorCode {
    return KINDS[this.kind].code;
  }
}
