import type { JsonObject } from '../json.ts';

/** What an agent and its model say to each other, in a form no provider owns. Pure data, stored as JSON. */
export type ChatMessage =
  | { role: 'system'; content: string }
  | { role: 'user'; content: string }
  | { role: 'assistant'; content: string; toolCalls: ToolCall[]; providerData?: ProviderData }
  | { role: 'tool'; toolCallId: string; toolName: string; content: string };

/**
 * Fields of its own that a provider wants to see again in the next turn, unchanged: reasoning, signatures of thoughts. Nobody
 * but the provider they came from is sent them.
 */
export interface ProviderData {
  provider: string;
  fields: JsonObject;
}

/** A model's wish to use a tool. `arguments` is the raw JSON text the model wrote; it may be malformed. */
export interface ToolCall {
  id: string;
  name: string;
  arguments: string;
  providerData?: ProviderData;
}

/** Tokens of one model call. `estimated` when the provider reported none. */
export interface TokenUsage {
  promptTokens: number;
  completionTokens: number;
  totalTokens: number;
  estimated: boolean;
}

/** A tool as a model is told about it. */
export interface ToolSpec {
  name: string;
  description: string;
  /** JSON Schema (draft 2020-12) of the arguments object. */
  parameters: Record<string, unknown>;
}
