import type { JsonObject, JsonValue } from '../json.ts';
import type { ToolApprovals } from './tool-approvals.ts';

/**
 * The one form every door compiles to and the engine runs. A plan is a snapshot: it is stored with the
 * execution and never changes while that execution lives. Texts keep their `{name}` placeholders; the
 * inputs are stored beside it and filled in when a task starts.
 *
 * What follows from a crew's shape (who runs a task, whom it may delegate to, what it waits for, which
 * outputs it sees) is worked out by the compiler, so that the engine follows keys and knows no process.
 */
export interface CrewPlan {
  schemaVersion: 1;
  name: string;
  process: CrewProcess;
  /** `strict` keeps the listed bugs of CrewAI 0.121.1 (docs/crewai-compatibility.md). */
  compat: Compat;
  /** With the manager, where there is one. */
  agents: PlanAgent[];
  /** In execution order. */
  tasks: PlanTask[];
  /** Keys of tasks whose outputs the result leaves out; only `strict` has any. */
  hiddenOutputs: string[];
  /** Names of the `{variables}` that the inputs must bring, sorted. */
  inputs: string[];
  /** Inputs that no text names are told to every task. */
  tellsUnnamedInputs?: boolean;
  /** Its runs are remembered, under its name; left out where nothing is. */
  remembers?: boolean;
  /** `provider/model` that makes the vectors of memory and knowledge; left out for a search by words. */
  embedder?: string;
  /** Ids of the knowledge sources of all its agents. */
  knowledge?: string[];
  /** Model calls a minute, counted over all runs of the crew of one owner. */
  maxRpm?: number;
  /** For every agent of the crew. */
  toolApprovals?: ToolApprovals;
  /** After which a call that nobody has approved is denied; left out for never. */
  approvalTimeoutMs?: number;
  /** After which people are reminded of a question that does not say so itself; left out for never. */
  remindAfterMs?: number;
  /** The task that plans the others, and its agent (crew-planning.ts); left out where nothing is planned. */
  planning?: { taskKey: string; agentKey: string };
}

/** `graph` runs every task as soon as its inputs are there; the other two are CrewAI's. */
export type CrewProcess = 'sequential' | 'hierarchical' | 'graph';
export type Compat = 'fixed' | 'strict';

export interface PlanAgent {
  key: string;
  /** Id of the stored agent it was made of, where there is one. */
  agentId?: number;
  role: string;
  goal: string;
  backstory: string;
  /** As written (`openai/gpt-4o`, a bare name), or null for the default model. */
  model: string | null;
  /** Tried in this order when the model fails for good. */
  fallbackModels: string[];
  tools: string[];
  /** Model turns one task may take before a final answer is demanded. */
  maxIter: number;
  /** Upper bound of tokens of one reply, null for the provider's own. */
  maxTokens: number | null;
  temperature: number | null;
  topP: number | null;
  /** Ids of its own knowledge sources. */
  knowledge?: string[];
  /** False: a conversation too long for the model is not summarised, it fails. Left out for true. */
  respectContextWindow?: boolean;
  /** Milliseconds one task of this agent may take, null without a limit. */
  maxExecutionTimeMs: number | null;
  /** Model calls a minute, counted over all runs it works in. */
  maxRpm?: number;
  toolApprovals?: ToolApprovals;
}

export interface PlanTask {
  /** Unique in the plan. */
  key: string;
  /** Id of the stored task it was made of, where there is one. */
  taskId?: number;
  /** Inputs of its own, beneath those of the run. */
  inputs?: JsonObject;
  name: string;
  description: string;
  expectedOutput: string;
  /** Who runs it: its own agent, or the manager. */
  agentKey: string;
  /** Keys of the agents that whoever runs it may delegate to or ask; empty for nobody. */
  coworkers: string[];
  context: TaskContext;
  /** Replaces the agent's tools when not empty, as in CrewAI. */
  tools: string[];
  /** Keys of the tasks that must be final before this one may start. */
  dependsOn: string[];
  /** Null: it runs. Else it runs only when the condition holds, and is skipped otherwise. */
  condition: TaskCondition | null;
  guardrail: TaskGuardrail | null;
  /** How the output is to be shaped; null for plain text. */
  output: TaskOutputShape | null;
  /** A person looks at the output before it counts. */
  humanInput: boolean;
  /** What its calls may use, beneath the limits of the run. */
  maxTokensTotal?: number;
  maxCostMicroUsd?: number;
  /** Beside those of its agent and crew. */
  toolApprovals?: ToolApprovals;
}

/** CrewAI tells "no context given" (all previous outputs) from "an empty list" (none). */
export type TaskContext = { kind: 'unspecified' } | { kind: 'tasks'; keys: string[] };

/** A test of one earlier output. */
export interface TaskCondition {
  /** Whose output is looked at. */
  taskKey: string;
  test: ConditionTest;
}

export type ConditionTest =
  | { kind: 'contains'; text: string }
  | { kind: 'not_contains'; text: string }
  /** A regular expression of RE2's syntax, which runs in linear time. */
  | { kind: 'matches'; pattern: string }
  /** `path` is a JSON pointer into the output read as JSON. */
  | { kind: 'json'; path: string; equals: JsonValue };

/** A check an output must pass; after so many retries the task fails. */
export interface TaskGuardrail {
  check: { kind: 'llm'; text: string } | { kind: 'json_schema'; schema: JsonObject };
  maxRetries: number;
}

export interface TaskOutputShape {
  format: 'json' | 'pydantic';
  /** JSON Schema (draft 2020-12). */
  schema: JsonObject;
  /** How often an answer of the wrong shape is sent back; left out for the usual number. */
  repairs?: number;
}
