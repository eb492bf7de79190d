import type { TaskGuardrail, TaskOutputShape } from '../plan/crew-plan.ts';
import type { JsonObject, JsonValue } from '../json.ts';
import type { CheckedAnswer } from './checks.ts';
import type { Remembered } from './memory.ts';
import type { ChatMessage, ProviderData, ToolCall } from './messages.ts';

/**
 * An agent's work on a task as data: a stack of frames, of which the top one is active. `step` puts what came back
 * from outside into the state, `nextAction` says what the state asks for. Both are pure, so a state read back after
 * a crash goes on exactly where it stood.
 */
export interface AgentState {
  schemaVersion: 1;
  frames: Frame[];
  /** Model replies taken in so far, over all frames. */
  turns: number;
  /** Answers sent back because they did not have the shape that was asked for. */
  shapeRepairs: number;
  /** Answers sent back by the guardrail. */
  guardrailRetries: number;
  /** How many of an agent's models have failed for good, by its key: the next of its fallbacks speaks. */
  fallbacks: Record<string, number>;
  /** Tokens an agent's model turned out to be able to look at, by its key, where it has refused more. */
  windows?: Record<string, number>;
  /** Texts whose vectors are wanted before anything else happens: to recall by, or to remember by. */
  embed?: string[];
  /** Those vectors, until they are used; null when none could be had. */
  vectors?: number[][] | null;
  /** What is to be remembered of the task with its end. */
  memories?: Remembered[];
  /** Milliseconds its calls to models and tools have taken; waiting for people does not count. */
  workedMs: number;
  /** Set once nothing is left to do. */
  end: AgentEnd | null;
}

export type AgentEnd =
  | ({ kind: 'done' } & Answer)
  | { kind: 'failed'; code: 'OUTPUT_INVALID' | 'GUARDRAIL_FAILED' | 'COMPUTATION_LIMIT'; error: string };

export type Frame = TaskFrame | DelegationFrame | GuardrailFrame | ReviewFrame | SummaryFrame | MemoryFrame;

interface Conversation {
  /** Key of the agent who speaks. */
  agentKey: string;
  messages: ChatMessage[];
  /** Model replies since the last answer was asked for; `maxIter` bounds it. */
  iterations: number;
}

/** An agent working on the task itself. */
export interface TaskFrame extends Conversation {
  kind: 'task';
}

/** A coworker working on what it was handed; its answer becomes the result of the tool call that handed it over. */
export interface DelegationFrame extends Conversation {
  kind: 'delegation';
  call: { id: string; name: string };
}

/** An answer to the task: its text, and what it was read as where a shape was asked for. */
export interface Answer {
  raw: string;
  json: JsonValue | null;
}

/** A model judging an answer by a guardrail's text. */
export interface GuardrailFrame extends Conversation, Answer {
  kind: 'guardrail';
}

/** A person looking at an answer before it counts. */
export interface ReviewFrame extends Conversation, Answer {
  kind: 'review';
}

/** The conversation below it became too long for its model, and is summarised piece by piece. */
export interface SummaryFrame extends Conversation {
  kind: 'summary';
  pieces: string[];
  /** One for each piece that is done. */
  summaries: string[];
  /** The most characters of a summary that are kept. */
  summaryChars: number;
  /** What stays as it is: system prompt, the task, perhaps what was asked last. */
  keeps: ChatMessage[];
}

/** A model saying what of an answer is worth remembering; the answer counts already. */
export interface MemoryFrame extends Conversation, Answer {
  kind: 'memory';
}

/** What the schemas say of an answer, or why they could not be asked. */
export type CheckedReply = CheckedAnswer | { exceeded: string };

/** What the outside world answered. */
export type AgentInput =
  | {
      kind: 'model_replied';
      text: string;
      toolCalls: ToolCall[];
      providerData?: ProviderData;
      /** Given where `answerToCheck` found an answer; it is read on the spot otherwise. */
      checked?: CheckedReply;
    }
  | { kind: 'tool_returned'; toolCallId: string; toolName: string; content: string }
  | { kind: 'embedded'; vectors: number[][] | null }
  /** Nothing to say means: it is good as it is. */
  | { kind: 'reviewed'; feedback: string };

/** What is to be done next. */
export type AgentAction =
  | {
      kind: 'call_model';
      agentKey: string;
      messages: readonly ChatMessage[];
      /** `own`: the tools of the speaking agent; `task`: those of the task, and the coworkers. */
      offers: 'task' | 'own' | 'nothing';
    }
  | { kind: 'call_tool'; agentKey: string; call: ToolCall }
  | { kind: 'embed'; agentKey: string; texts: readonly string[] }
  | { kind: 'review'; raw: string }
  | AgentEnd;

/** Something that happened inside a step and belongs into the log. */
export interface Note {
  type: 'tool_started' | 'tool_completed' | 'tool_failed' | 'guardrail_failed';
  /** Unique among the notes of one state's life. */
  key: string;
  data: JsonObject;
}

/** An agent as its task sees it, with the inputs filled in. */
export interface RuleAgent {
  key: string;
  role: string;
  goal: string;
  backstory: string;
  maxIter: number;
}

/** What does not change while an agent works on a task. */
export interface AgentRules {
  agents: ReadonlyMap<string, RuleAgent>;
  /** Who may be delegated to or asked, by key; empty for nobody. */
  coworkers: readonly string[];
  output: TaskOutputShape | null;
  guardrail: TaskGuardrail | null;
  /** A person looks at each answer before it counts. */
  humanInput: boolean;
  /** Null: nothing is remembered. Else what the task was, for its memories. */
  remembers?: { description: string; embeds: boolean } | null;
}
