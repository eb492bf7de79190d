import { DEFAULT_MAX_ITER } from '../domain/crewai/yaml-fields.ts';
import type { CrewPlan } from '../domain/plan/crew-plan.ts';
import { placeholders } from '../domain/plan/interpolate.ts';

/** An agent and what it shall do, in CrewAI's words. `{name}` is filled in with the inputs of the step. */
export interface LoneAgent {
  role: string;
  goal: string;
  backstory?: string;
  /** `provider/model`; the default model without it. */
  llm?: string;
  tools?: string[];
  description: string;
  expected_output: string;
}

/** A crew of one agent with one task, for a step that wants an agent and its tools rather than one model call. */
export function agentCrew(name: string, agent: LoneAgent): CrewPlan {
  const {
    role,
    goal,
    backstory = '',
    llm = null,
    tools = [],
    description,
    expected_output: expected,
  } = agent;
  return {
    schemaVersion: 1,
    name,
    process: 'sequential',
    compat: 'fixed',
    agents: [
      {
        key: 'agent',
        role,
        goal,
        backstory,
        model: llm,
        fallbackModels: [],
        tools,
        maxIter: DEFAULT_MAX_ITER,
        maxTokens: null,
        temperature: null,
        topP: null,
        maxExecutionTimeMs: null,
      },
    ],
    tasks: [
      {
        key: 'task',
        name,
        description,
        expectedOutput: expected,
        agentKey: 'agent',
        coworkers: [],
        context: { kind: 'unspecified' },
        tools: [],
        dependsOn: [],
        condition: null,
        guardrail: null,
        output: null,
        humanInput: false,
      },
    ],
    hiddenOutputs: [],
    inputs: placeholders([role, goal, backstory, description, expected]),
  };
}
