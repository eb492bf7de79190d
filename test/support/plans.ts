import type { CrewPlan, PlanAgent, PlanTask } from '../../src/domain/plan/crew-plan.ts';

/** Builders of plans: a test says what it is about, the rest is the plainest crew there is. */

export const anAgent = (fields: Partial<PlanAgent> = {}): PlanAgent => ({
  key: 'writer',
  role: 'Writer',
  goal: 'write',
  backstory: '',
  model: null,
  fallbackModels: [],
  tools: [],
  maxIter: 5,
  maxTokens: 50,
  temperature: null,
  topP: null,
  maxExecutionTimeMs: null,
  ...fields,
});

export const aTask = (fields: Partial<PlanTask> = {}): PlanTask => ({
  key: 'task-1',
  name: fields.key ?? 'task-1',
  description: 'Write a letter',
  expectedOutput: 'A letter',
  agentKey: 'writer',
  coworkers: [],
  context: { kind: 'unspecified' },
  tools: [],
  dependsOn: [],
  condition: null,
  guardrail: null,
  output: null,
  humanInput: false,
  ...fields,
});

export const aPlan = (fields: Partial<CrewPlan> = {}): CrewPlan => ({
  schemaVersion: 1,
  name: 'letters',
  process: 'sequential',
  compat: 'fixed',
  agents: [anAgent()],
  tasks: [aTask()],
  hiddenOutputs: [],
  inputs: [],
  ...fields,
});
