import type { PlanAgent, PlanTask } from '../plan/crew-plan.ts';

/** What stands between two outputs in a task's context; CrewAI's own divider, so that prompts compare. */
export const CONTEXT_DIVIDER = '\n\n----------\n\n';

/** An output of an earlier task, as context needs it. */
export interface EarlierOutput {
  taskKey: string;
  raw: string;
}

/**
 * The context of a task (crewai-0.121.1.md §5.2): unspecified means every earlier output in order, a list
 * means exactly those tasks.
 */
export function taskContext(task: PlanTask, earlier: readonly EarlierOutput[]): string {
  const { context } = task;
  const chosen =
    context.kind === 'unspecified'
      ? earlier
      : context.keys.flatMap((key) => earlier.filter((output) => output.taskKey === key));
  return chosen
    .map((output) => output.raw)
    .filter((raw) => raw !== '')
    .join(CONTEXT_DIVIDER);
}

/** Texts of agent and task with their inputs filled in. */
export interface FilledTask {
  description: string;
  expectedOutput: string;
}

export function systemPrompt(agent: Pick<PlanAgent, 'role' | 'goal' | 'backstory'>): string {
  const backstory = agent.backstory === '' ? '' : `\n${agent.backstory}`;
  return `You are ${agent.role}.${backstory}\n\nWhat you strive for: ${agent.goal}`;
}

/**
 * @param shape how the answer must look beyond what is expected, null for free text
 * @param recalled what memory and knowledge hold that may help, empty for nothing
 * @param details what the run was given beside the texts, empty for nothing
 */
export function taskPrompt(
  task: FilledTask,
  context: string,
  shape: string | null = null,
  details = '',
  recalled = '',
): string {
  const parts = [
    `Your task:\n${task.description}`,
    `What is expected as the result:\n${task.expectedOutput}\n\nAnswer with the complete result itself, not a summary of it.`,
  ];
  if (shape !== null) parts.push(shape);
  if (details !== '') parts.push(`Details for this work:\n${details}`);
  if (recalled !== '') parts.push(recalled);
  if (context !== '') parts.push(`Material from earlier tasks to build upon:\n${context}`);
  return parts.join('\n\n');
}

/** CrewAI's summary of a task: the first ten words of its description. */
export function taskSummary(description: string): string {
  return `${description.split(' ').slice(0, 10).join(' ')}...`;
}
