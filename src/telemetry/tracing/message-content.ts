import type { ChatMessage, ToolCall } from '../../domain/agent/messages.ts';
import type { ModelReply } from '../../models/model.ts';

/** Prompts and answers in the JSON of OpenTelemetry's conventions (`gen_ai.input.messages`, `gen_ai.output.messages`). */

type Part =
  | { type: 'text'; content: string }
  | { type: 'tool_call'; id: string; name: string; arguments: string }
  | { type: 'tool_call_response'; id: string; response: string };

export const saidIn = (messages: readonly ChatMessage[]): string =>
  JSON.stringify(messages.map((message) => ({ role: message.role, parts: partsOf(message) })));

export const saidOut = ({ text, toolCalls, finishReason }: ModelReply): string =>
  JSON.stringify([{ role: 'assistant', parts: spoken(text, toolCalls), finish_reason: finishReason }]);

function partsOf(message: ChatMessage): Part[] {
  switch (message.role) {
    case 'system':
    case 'user':
      return [{ type: 'text', content: message.content }];
    case 'assistant':
      return spoken(message.content, message.toolCalls);
    case 'tool':
      return [{ type: 'tool_call_response', id: message.toolCallId, response: message.content }];
  }
}

const spoken = (text: string, toolCalls: readonly ToolCall[]): Part[] => [
  ...(text === '' ? [] : [{ type: 'text' as const, content: text }]),
  ...toolCalls.map(({ id, name, arguments: given }) => ({
    type: 'tool_call' as const,
    id,
    name,
    arguments: given,
  })),
];
