import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import type { peopleOf } from './people.ts';
import type { TestStack } from './test-stack.ts';

/** Things that belong to somebody, for tests of who reaches them. */

type Send = ReturnType<typeof peopleOf>['send'];

/** An agent, a workflow and its task. @returns their ids as texts */
export async function storedCrew(
  send: Send,
  token: string,
): Promise<{ agent: string; workflow: string; task: string }> {
  const make = async (path: string, body: unknown): Promise<number> => {
    const made = await send('POST', path, token, body);
    return z.object({ id: z.int() }).parse(await made.json()).id;
  };
  const agentId = await make('/agents', { name: 'Annas agent', role: 'R', goal: 'G' });
  const workflowId = await make('/workflows', { name: 'Annas workflow' });
  const fields = { workflow_id: workflowId, agent_id: agentId, name: 'Annas task', description: 'Do it' };
  const taskId = await make('/tasks', fields);
  return { agent: String(agentId), workflow: String(workflowId), task: String(taskId) };
}

/** A question of Anna's run, as its agent would have asked it. */
export async function askedIn(stack: TestStack, executionId: string): Promise<string> {
  const id = randomUUID();
  await stack.api.database.sql.query(
    `insert into questions (id, owner_id, execution_id, task_execution_id, task_key, question_key, generation, kind,
       question, has_default, status, asked_at)
     select $1, e.owner_id, e.id, t.id, t.task_key, 'turn-1:tool:a', 1, 'ask_human', 'Go?', false, 'open', now()
       from executions e join task_executions t on t.execution_id = e.id where e.execution_id = $2`,
    [id, executionId],
  );
  return id;
}
