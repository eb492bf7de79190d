import { DEFAULT_MAX_ITER } from '../crewai/yaml-fields.ts';
import type { PlanAgent } from './crew-plan.ts';

/** A manager made of its model alone, called as CrewAI calls its own. */
export const crewManager = (
  key: string,
  llm: Pick<PlanAgent, 'model' | 'maxTokens' | 'temperature' | 'topP'>,
): PlanAgent => ({
  key,
  role: 'Crew Manager',
  goal: 'See every task through to a result that is as good as the team can make it.',
  backstory:
    'You lead a team and know what each member does best. You split work up, hand each part to whoever ' +
    'suits it, tell them all they need to know, because they know nothing of what was said before, and ' +
    'check what comes back before you answer for it.',
  model: llm.model,
  fallbackModels: [],
  tools: [],
  maxIter: DEFAULT_MAX_ITER,
  maxTokens: llm.maxTokens,
  temperature: llm.temperature,
  topP: llm.topP,
  maxExecutionTimeMs: null,
});
