import { proxyActivities } from '@temporalio/workflow';
import { AGENT, EXPECTED_OUTPUT, taskDescription } from '../task-text.ts';
import type * as activities from './activities.ts';

const { askModel } = proxyActivities<typeof activities>({ startToCloseTimeout: '1 minute' });

/** The crew as the shortest Temporal program: one activity a task, each with all earlier outputs. */
export async function plainCrew(input: { run: string; tasks: number; modelUrl: string }): Promise<string> {
  const outputs: string[] = [];
  for (let number = 1; number <= input.tasks; number += 1) {
    const parts = [taskDescription(number, input.run), EXPECTED_OUTPUT, ...outputs];
    const system = `${AGENT.role}. ${AGENT.backstory} ${AGENT.goal}`;
    outputs.push(await askModel({ modelUrl: input.modelUrl, system, prompt: parts.join('\n\n') }));
  }
  return outputs.at(-1) ?? '';
}
