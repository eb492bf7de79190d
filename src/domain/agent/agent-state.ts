import type { TaskGuardrail, TaskOutputShape } from '../plan/crew-plan.ts';
import type { JsonObject, JsonValue } from '../json.ts';
import type { ChatMessage, ToolCall } from './messages.ts';

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
  /** Milliseconds its calls to models and tools have taken; waiting for people does not count. */
  workedMs: number;
  /** Set once nothing is left to do. */
  end: AgentEnd | null;
}

export type AgentEnd =
  | { kind: 'done'; raw: string; json: JsonValue | null }
  | { kind: 'failed'; code: 'OUTPUT_INVALID' | 'GUARDRAIL_FAILED'; error: string };

export type Frame = TaskFrame | DelegationFrame | GuardrailFrame | ReviewFrame;

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

/** A model judging an answer by a guardrail's text. */
export interface GuardrailFrame extends Conversation {
  kind: 'guardrail';
  /** The answer that is judged. */
  raw: string;
}

/** A person looking at an answer before it counts. */
export interface ReviewFrame extends Conversation {
  kind: 'review';
  /** The answer that is looked at. */
  raw: string;
}

/** What the outside world answered. */
export type AgentInput =
  | { kind: 'model_replied'; text: string; toolCalls: ToolCall[] }
  | { kind: 'tool_returned'; toolCallId: string; toolName: string; content: string }
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
}
