import { z } from 'zod';
import type { TestStack } from './test-stack.ts';
import { bearer } from './people.ts';

/** A stored crew of the platform, as its REST API makes it. */
export interface PlatformCrew {
  workflowId: number;
  agentIds: number[];
  taskIds: number[];
  /** Starts it. @returns the execution's names. */
  execute(): Promise<{ id: number; uuid: string }>;
}

const idSchema = z.looseObject({ id: z.int() });
const runSchema = z.looseObject({ id: z.int(), execution_id: z.uuid() });

/** Stores a workflow with one task for each of the words, each with an agent of its own. */
export async function makePlatformCrew(
  stack: TestStack,
  token: string,
  words: readonly string[],
): Promise<PlatformCrew> {
  const post = async (path: string, body: unknown): Promise<unknown> => {
    const response = await fetch(`${stack.api.url}/api/v1${path}`, {
      method: 'POST',
      headers: { ...bearer(token), 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    const answer: unknown = await response.json();
    if (!response.ok) throw new Error(`POST ${path} answered ${response.status}: ${JSON.stringify(answer)}`);
    return answer;
  };
  const model = 'openai/gpt-4o-mini';
  const workflow = await post('/workflows/', { name: `Crew ${words.join(' ')}`, workflow_type: 'linear' });
  const { id: workflowId } = idSchema.parse(workflow);
  const agentIds: number[] = [];
  const taskIds: number[] = [];
  for (const [order, word] of words.entries()) {
    const agent = await post('/agents/', { name: word, role: `Role ${word}`, goal: 'work', model });
    const agentId = idSchema.parse(agent).id;
    agentIds.push(agentId);
    const task = await post('/tasks/', {
      workflow_id: workflowId,
      agent_id: agentId,
      name: word,
      description: `Do ${word}`,
      order,
    });
    taskIds.push(idSchema.parse(task).id);
  }
  return {
    workflowId,
    agentIds,
    taskIds,
    async execute() {
      const run = runSchema.parse(await post(`/workflows/${workflowId}/execute`, { input_data: {} }));
      return { id: run.id, uuid: run.execution_id };
    },
  };
}
