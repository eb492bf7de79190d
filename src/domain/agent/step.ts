import type { ChatMessage, ToolCall } from './messages.ts';

/**
 * An agent's work on a task as data: a stack of frames, of which the top one is active. `step` puts what
 * came back from outside into the state, `nextAction` says what the state asks for. Both are pure, so a
 * state read back after a crash goes on exactly where it stood.
 */
export interface AgentState {
  schemaVersion: 1;
  frames: Frame[];
  /** Model replies taken in so far, over all frames. */
  turns: number;
}

export type Frame = TaskFrame;

/** An agent working on the task itself. */
export interface TaskFrame {
  kind: 'task';
  messages: ChatMessage[];
  /** Model replies in this frame; `maxIter` bounds it. */
  iterations: number;
}

/** What the outside world answered. */
export type AgentInput =
  | { kind: 'model_replied'; text: string; toolCalls: ToolCall[] }
  | { kind: 'tool_returned'; toolCallId: string; toolName: string; content: string };

/** What is to be done next. */
export type AgentAction =
  | { kind: 'call_model'; messages: readonly ChatMessage[]; offerTools: boolean }
  | { kind: 'call_tool'; call: ToolCall }
  | { kind: 'finish'; raw: string };

/** Says the last word to an agent that used up its turns. */
export const FINAL_ANSWER_DEMAND =
  'You have used all the steps you had. Call no more tools: give your best final answer now, complete, in the form the task asks for.';

/** A fresh state: system prompt and task prompt, nothing said yet. */
export function startAgent(system: string, prompt: string): AgentState {
  return {
    schemaVersion: 1,
    frames: [
      {
        kind: 'task',
        iterations: 0,
        messages: [
          { role: 'system', content: system },
          { role: 'user', content: prompt },
        ],
      },
    ],
    turns: 0,
  };
}

function topFrame(state: AgentState): Frame {
  const frame = state.frames.at(-1);
  if (frame === undefined) throw new Error('an agent state has at least one frame');
  return frame;
}

/** The first tool call of the last reply that has no result yet, or null. */
function openToolCall(messages: readonly ChatMessage[]): ToolCall | null {
  const answered = new Set<string>();
  for (const message of messages.toReversed()) {
    if (message.role === 'tool') answered.add(message.toolCallId);
    else if (message.role === 'assistant')
      return message.toolCalls.find((call) => !answered.has(call.id)) ?? null;
    else return null;
  }
  return null;
}

/**
 * What the state asks for: an open tool call first, then the model, and the end when the model answered
 * without wanting a tool. With `maxIter` turns used, tools are withheld and an answer is demanded; what the
 * model then says is final even if it asks for a tool again (0.121.1 goes on for ever there).
 */
export function nextAction(state: AgentState, maxIter: number): AgentAction {
  const frame = topFrame(state);
  const last = frame.messages.at(-1);
  if (last === undefined) throw new Error('a frame has at least one message');
  const spent = frame.iterations > maxIter;
  if (last.role === 'assistant' && (last.toolCalls.length === 0 || spent))
    return { kind: 'finish', raw: last.content };
  const open = openToolCall(frame.messages);
  if (open !== null) return { kind: 'call_tool', call: open };
  if (frame.iterations < maxIter) return { kind: 'call_model', messages: frame.messages, offerTools: true };
  const demand: ChatMessage = { role: 'user', content: FINAL_ANSWER_DEMAND };
  return { kind: 'call_model', messages: [...frame.messages, demand], offerTools: false };
}

/** Some models give all calls of a reply one id, or none: each gets its own, or a result would answer for two. */
function withOwnIds(toolCalls: readonly ToolCall[]): ToolCall[] {
  const taken = new Set<string>();
  return toolCalls.map((call, index) => {
    const id = call.id === '' || taken.has(call.id) ? `${call.id}#${index + 1}` : call.id;
    taken.add(id);
    return id === call.id ? call : { ...call, id };
  });
}

/** Takes in what came back. Never changes the state it was given. */
export function step(state: AgentState, input: AgentInput): AgentState {
  const frame = topFrame(state);
  const below = state.frames.slice(0, -1);
  switch (input.kind) {
    case 'model_replied': {
      const toolCalls = withOwnIds(input.toolCalls);
      const message: ChatMessage = { role: 'assistant', content: input.text, toolCalls };
      const next: Frame = {
        ...frame,
        iterations: frame.iterations + 1,
        messages: [...frame.messages, message],
      };
      return { ...state, turns: state.turns + 1, frames: [...below, next] };
    }
    case 'tool_returned': {
      const message: ChatMessage = {
        role: 'tool',
        toolCallId: input.toolCallId,
        toolName: input.toolName,
        content: input.content,
      };
      return { ...state, frames: [...below, { ...frame, messages: [...frame.messages, message] }] };
    }
  }
}
