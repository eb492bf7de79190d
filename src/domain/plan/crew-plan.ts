/**
 * The one form every door compiles to and the engine runs. A plan is a snapshot: it is stored with the
 * execution and never changes while that execution lives. Texts keep their `{name}` placeholders; the
 * inputs are stored beside it and filled in when a task starts.
 */
export interface CrewPlan {
  schemaVersion: 1;
  name: string;
  process: 'sequential';
  agents: PlanAgent[];
  /** In execution order. */
  tasks: PlanTask[];
  /** Names of the `{variables}` that the inputs must bring, sorted. */
  inputs: string[];
}

export interface PlanAgent {
  key: string;
  role: string;
  goal: string;
  backstory: string;
  /** As written (`openai/gpt-4o`, a bare name), or null for the default model. */
  model: string | null;
  tools: string[];
  /** Model turns one task may take before a final answer is demanded. */
  maxIter: number;
  /** Upper bound of tokens of one reply, null for the provider's own. */
  maxTokens: number | null;
  temperature: number | null;
  topP: number | null;
}

export interface PlanTask {
  /** Unique in the plan. */
  key: string;
  name: string;
  description: string;
  expectedOutput: string;
  agentKey: string;
  context: TaskContext;
  /** Replaces the agent's tools when not empty, as in CrewAI. */
  tools: string[];
  /** Keys of the tasks that must be final before this one may start. */
  dependsOn: string[];
}

/** CrewAI tells "no context given" (all previous outputs) from "an empty list" (none). */
export type TaskContext = { kind: 'unspecified' } | { kind: 'tasks'; keys: string[] };
