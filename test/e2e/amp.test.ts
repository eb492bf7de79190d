import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { aGraph } from '../support/graphs.ts';
import { fails, says } from '../support/scripted-model.ts';
import { startTestStack, waitForStatus, type TestStack } from '../support/test-stack.ts';

/** A client of CrewAI AMP that has changed its base URL. */

let stack: TestStack;
let base: string;
const TOPICAL = aGraph({
  nodes: aGraph().nodes.map((node) =>
    node.type === 'task' ? { ...node, data: { ...node.data, description: 'Write about {topic}' } } : node,
  ),
});

beforeAll(async () => {
  stack = await startTestStack();
  const { body } = await stack.call('POST', '/api/v1/graphs', TOPICAL);
  base = `/amp/${z.looseObject({ id: z.string() }).parse(body).id}`;
});
afterEach(() => stack.model.assertDone());
afterAll(() => stack.close());

const kickoff = async (): Promise<string> => {
  const answer = await stack.call('POST', `${base}/kickoff`, {
    inputs: { topic: 'otters' },
    meta: { any: 1 },
  });
  expect(answer.status).toBe(200);
  return z.object({ kickoff_id: z.uuid() }).parse(answer.body).kickoff_id;
};

describe('a client of CrewAI AMP', () => {
  it('asks what a crew wants, kicks it off, and asks how it is doing until it has the result', async () => {
    expect((await stack.call('GET', `${base}/inputs`)).body).toEqual({ inputs: ['topic'] });
    expect((await stack.call('POST', `${base}/kickoff`, { inputs: {} })).status).toBe(422);
    const id = await kickoff();
    expect((await stack.call('GET', `${base}/status/${id}`)).body).toEqual({
      status: 'running',
      current_task: null,
      progress: { completed_tasks: 0, total_tasks: 1 },
    });
    stack.model.script([says('Dear otter …')]);
    await stack.startWorker();
    await waitForStatus(stack, id, ['completed']);
    expect((await stack.call('GET', `${base}/status/${id}`)).body).toEqual({
      status: 'completed',
      result: {
        output: 'Dear otter …',
        tasks: [
          { task_id: 'letter', output: 'Dear otter …', agent: 'Writer', execution_time: expect.any(Number) },
        ],
      },
      execution_time: expect.any(Number),
    });
  });

  it('is told why a crew failed, and nothing of what is no kickoff of this crew', async () => {
    stack.model.script([fails(401)]);
    const id = await kickoff();
    await waitForStatus(stack, id, ['failed']);
    const { body } = await stack.call('GET', `${base}/status/${id}`);
    expect(body).toMatchObject({ status: 'error', error: expect.stringMatching(/failed/) });
    const other = await stack.call('POST', '/api/v1/graphs', TOPICAL);
    const { id: otherId } = z.looseObject({ id: z.string() }).parse(other.body);
    expect((await stack.call('GET', `/amp/${otherId}/status/${id}`)).status).toBe(404);
  });
});
