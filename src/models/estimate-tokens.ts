import type { TokenUsage, ToolCall } from '../domain/agent/messages.ts';
import type { ModelRequest } from './model.ts';

/** Characters of one token, roughly and for every language: only used where a provider counts nothing. */
const CHARACTERS_PER_TOKEN = 4;

const tokensOf = (characters: number): number => Math.ceil(characters / CHARACTERS_PER_TOKEN);

const callCharacters = (calls: readonly ToolCall[]): number =>
  calls.reduce((sum, call) => sum + call.name.length + call.arguments.length, 0);

/** What a request will cost at least in prompt tokens, guessed from its length (messages and tools). Pure. */
export function estimatePromptTokens(request: Pick<ModelRequest, 'messages' | 'tools'>): number {
  const spoken = request.messages.reduce(
    (sum, message) =>
      sum + message.content.length + (message.role === 'assistant' ? callCharacters(message.toolCalls) : 0),
    0,
  );
  const offered = request.tools.length === 0 ? 0 : JSON.stringify(request.tools).length;
  return tokensOf(spoken + offered);
}

/** The usage of a call whose provider reported none. Pure. */
export function estimateUsage(
  request: Pick<ModelRequest, 'messages' | 'tools'>,
  reply: { text: string; toolCalls: readonly ToolCall[] },
): TokenUsage {
  const promptTokens = estimatePromptTokens(request);
  const completionTokens = tokensOf(reply.text.length + callCharacters(reply.toolCalls));
  return { promptTokens, completionTokens, totalTokens: promptTokens + completionTokens, estimated: true };
}
