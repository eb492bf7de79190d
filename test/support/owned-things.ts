import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import type { Send } from './people.ts';
import type { TestApi } from './test-api.ts';

/** Things of somebody's that others must not reach; in each, that it is Anna's. */

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

/** A webhook with a delivery, and a user agent. */
export async function aWebhook(
  send: Send,
  token: string,
): Promise<{ webhook: string; delivery: string; userAgent: string }> {
  const make = async (path: string, body?: unknown): Promise<string> => {
    const made = await send('POST', path, token, body);
    return z.object({ id: z.string() }).parse(await made.json()).id;
  };
  const url = 'https://93.184.215.14/annas';
  const webhook = await make('/webhooks', { url, events: ['*'], description: 'Annas webhook' });
  return {
    webhook,
    delivery: await make(`/webhooks/${webhook}/test`),
    userAgent: await make('/user-agents', { name: 'Annas user agent', webhook_url: url }),
  };
}

/** A question of a run, as its agent would have asked it. @returns its id */
export async function askedIn(api: TestApi, executionId: string): Promise<string> {
  const id = randomUUID();
  await api.database.sql.query(
    `insert into questions (id, owner_id, execution_id, task_execution_id, task_key, question_key, generation, kind,
       question, has_default, status, asked_at)
     select $1, e.owner_id, e.id, t.id, t.task_key, 'turn-1:tool:a', 1, 'ask_human', 'Go?', false, 'open', now()
       from executions e join task_executions t on t.execution_id = e.id where e.execution_id = $2`,
    [id, executionId],
  );
  return id;
}
