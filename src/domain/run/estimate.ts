import type { ChatMessage } from '../agent/messages.ts';

/** Characters a token stands for when a provider has not counted; the usual rule of thumb for English. */
const CHARS_PER_TOKEN = 4;
/** What a reply is assumed to cost when the agent sets no limit of its own. */
const ASSUMED_REPLY_TOKENS = 1_024;

export const tokensOf = (text: string): number => Math.ceil(text.length / CHARS_PER_TOKEN);

/** Tokens to reserve for a call before it is made: the prompt, and the reply up to its limit. */
export function estimateCall(
  messages: readonly ChatMessage[],
  maxTokens: number | null,
): { promptTokens: number; completionTokens: number } {
  return {
    promptTokens: messages.reduce((sum, message) => sum + tokensOf(message.content) + 4, 0),
    completionTokens: Math.min(maxTokens ?? ASSUMED_REPLY_TOKENS, ASSUMED_REPLY_TOKENS),
  };
}
