import { z } from 'zod';
import type { TestStack } from './test-stack.ts';

/** Starting and watching flows over HTTP. */

const startedSchema = z.object({ execution_id: z.uuid(), status: z.string(), message: z.string() });

/** Starts a flow. @returns the UUID of its execution */
export async function startFlow(stack: TestStack, path: string, body: unknown, query = ''): Promise<string> {
  const answer = await stack.call('POST', `/api/v1/${path}/execute${query}`, body);
  if (answer.status !== 200)
    throw new Error(`${path} answered ${answer.status}: ${JSON.stringify(answer.body)}`);
  return startedSchema.parse(answer.body).execution_id;
}

const flowRunSchema = z.looseObject({
  status: z.enum(['pending', 'running', 'completed', 'failed']),
  flow_name: z.string(),
  result: z.record(z.string(), z.unknown()).nullable(),
  error: z.string().nullable(),
});
export type ShownFlowRun = z.output<typeof flowRunSchema>;

export async function getFlowRun(stack: TestStack, path: string, id: string): Promise<ShownFlowRun> {
  const answer = await stack.call('GET', `/api/v1/${path}/execution/${id}`);
  return flowRunSchema.parse(answer.body);
}

/** Looks until the flow is over, or stands where the caller says. */
export async function flowEnd(
  stack: TestStack,
  path: string,
  id: string,
  timeoutMs = 40_000,
): Promise<ShownFlowRun> {
  const giveUpAt = Date.now() + timeoutMs;
  for (;;) {
    const run = await getFlowRun(stack, path, id);
    if (run.status === 'completed' || run.status === 'failed') return run;
    if (Date.now() > giveUpAt) throw new Error(`${path} is still ${run.status} after ${timeoutMs} ms`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

const stepSchema = z.looseObject({
  key: z.string(),
  status: z.string(),
  attempts: z.int(),
  output: z.looseObject({ raw: z.string() }).nullable(),
});

/** The runs of steps, in the order in which they were set off. */
export async function stepsOf(stack: TestStack, id: string): Promise<z.output<typeof stepSchema>[]> {
  return z.array(stepSchema).parse((await stack.call('GET', `/api/v1/executions/${id}/tasks`)).body);
}

const questionSchema = z.looseObject({ id: z.uuid(), status: z.string(), question: z.string() });

/** Answers the open question of a run. */
export async function answerOpen(stack: TestStack, id: string, answer: unknown): Promise<number> {
  const path = `/api/v1/executions/${id}/questions`;
  const asked = z.array(questionSchema).parse((await stack.call('GET', path)).body);
  const open = asked.find((question) => question.status === 'open');
  if (open === undefined) throw new Error('nothing is asked');
  return (await stack.call('POST', `${path}/${open.id}/answer`, { answer })).status;
}
