import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { callsTool, fails, hangs, says } from '../support/scripted-model.ts';
import {
  END,
  startCrew,
  startTestStack,
  until,
  waitForStatus,
  type TestStack,
} from '../support/test-stack.ts';

/** Stored agents, workflows and tasks at work, on a real Temporal. */

let stack: TestStack;
const idSchema = z.looseObject({ id: z.int() });
const eventsSchema = z.array(
  z.looseObject({
    type: z.string(),
    workflow_id: z.int().nullable(),
    task_id: z.int().nullable(),
    agent_id: z.int().nullable(),
    task_key: z.string().nullable(),
  }),
);

beforeAll(async () => {
  stack = await startTestStack();
  await stack.startWorker();
});
afterEach(() => stack.model.assertDone());
afterAll(() => stack.close());

const call = (method: string, path: string, body?: unknown) => stack.call(method, `/api/v1${path}`, body);
async function make(path: string, body: unknown): Promise<number> {
  const answer = await call('POST', path, body);
  expect([answer.body, answer.status]).toEqual([expect.anything(), 201]);
  return idSchema.parse(answer.body).id;
}
const agent = (more: object = {}): Promise<number> =>
  make('/agents', { name: 'A', role: 'Writer', goal: 'write', max_tokens: 50, ...more });
const workflow = (more: object = {}): Promise<number> => make('/workflows', { name: 'W', ...more });
const task = (workflowId: number, agentId: number, more: object = {}): Promise<number> =>
  make('/tasks', { workflow_id: workflowId, agent_id: agentId, name: 'T', description: 'Do it', ...more });
async function start(path: string, body?: unknown): Promise<string> {
  const answer = await call('POST', path, body);
  expect([answer.body, answer.status]).toEqual([expect.anything(), 202]);
  const { execution_id: id } = z.object({ execution_id: z.uuid() }).parse(answer.body);
  expect(answer.headers.get('location')).toBe(`/api/v1/executions/${id}`);
  return id;
}
const eventsOf = async (id: string) =>
  eventsSchema.parse((await call('GET', `/executions/${id}/events?limit=1000`)).body);
const prompts = (): string[] =>
  stack.model.requests.map(({ body }) => body.messages.map(({ content }) => content ?? '').join('\n'));
const statusOfTask = async (id: number) => (await call('GET', `/tasks/${id}`)).body;

describe('a run of a workflow', () => {
  it('says in its events whose workflow, task and agent it is about', async () => {
    const [workflowId, first, second] = [await workflow(), await agent(), await agent()];
    const tasks = [await task(workflowId, first), await task(workflowId, second)];
    stack.model.script([says('one'), says('two')]);
    const id = await start(`/workflows/${workflowId}/execute/`);
    expect(await waitForStatus(stack, id, END)).toMatchObject({
      status: 'completed',
      kind: 'crew',
      workflow_id: workflowId,
      crew_name: 'W',
    });
    const events = await eventsOf(id);
    expect(events.every((event) => event.workflow_id === workflowId)).toBe(true);
    const ofTasks = events.filter(({ task_key: key }) => key !== null);
    expect(ofTasks.length).toBeGreaterThan(5);
    expect(new Set(ofTasks.map((event) => `${event.task_key}:${event.task_id}:${event.agent_id}`))).toEqual(
      new Set([`task-${tasks[0]}:${tasks[0]}:${first}`, `task-${tasks[1]}:${tasks[1]}:${second}`]),
    );
    expect(events.at(-1)).toMatchObject({ type: 'workflow_completed', task_id: null, agent_id: null });
  });

  it('has none of these ids when it came from elsewhere', async () => {
    stack.model.script([says('done')]);
    const id = await startCrew(stack, { crew: 'one-task' });
    await waitForStatus(stack, id, END);
    const ids = (await eventsOf(id)).flatMap((event) => [event.workflow_id, event.task_id, event.agent_id]);
    expect(new Set(ids)).toEqual(new Set([null]));
  });

  it('fills in its inputs, tells the rest to every task, and refuses to start without one', async () => {
    const [workflowId, agentId] = [await workflow(), await agent({ role: 'Expert in {topic}' })];
    await task(workflowId, agentId, {
      description: 'About {topic} in {tone}',
      input_data: { tone: 'dry words' },
      config: { expected_output: 'One line on {topic}' },
    });
    const refused = await call('POST', `/workflows/${workflowId}/execute`, { input_data: { other: 1 } });
    expect(refused).toMatchObject({
      status: 422,
      body: { details: { issues: [{ path: '/input_data/topic' }] } },
    });
    stack.model.script([says('x')]);
    const body = { input_data: { topic: 'tea', audience: 'cats' } };
    await waitForStatus(stack, await start(`/workflows/${workflowId}/execute`, body), END);
    const prompt = prompts().at(-1);
    for (const text of [
      'You are Expert in tea.',
      'About tea in dry words',
      'One line on tea',
      'audience: cats',
    ])
      expect(prompt).toContain(text);
    expect(prompt).not.toContain('topic: tea');
  });

  it('keeps the ids and the kind when it is replayed', async () => {
    const [workflowId, agentId] = [await workflow(), await agent()];
    const taskId = await task(workflowId, agentId);
    stack.model.script([says('once'), says('twice')]);
    const first = await start(`/workflows/${workflowId}/execute`);
    await waitForStatus(stack, first, END);
    const again = await start(`/executions/${first}/replay`);
    expect(await waitForStatus(stack, again, END)).toMatchObject({ workflow_id: workflowId });
    expect(await eventsOf(again)).toEqual(
      expect.arrayContaining([expect.objectContaining({ task_id: taskId, agent_id: agentId })]),
    );
    const listed = await call('GET', `/workflows/${workflowId}/executions/?limit=1`);
    expect(listed.headers.get('x-total-count')).toBe('2');
    expect(listed.body).toMatchObject([{ execution_id: again }]);
    expect((await call('GET', `/workflows/${workflowId}/executions?status=failed`)).body).toEqual([]);
  });

  it('of type parallel asks for all tasks at once', async () => {
    const [workflowId, agentId] = [await workflow({ workflow_type: 'parallel' }), await agent()];
    const before = stack.model.requests.length;
    stack.model.script([hangs(), hangs()]);
    for (const name of ['one', 'two']) await task(workflowId, agentId, { name });
    const id = await start(`/workflows/${workflowId}/execute`);
    await stack.model.waitForRequest(before + 2);
    await call('POST', `/workflows/${workflowId}/cancel`);
    expect(await waitForStatus(stack, id, END)).toMatchObject({ status: 'cancelled' });
  });

  it('of type graph shows a task the outputs of its dependencies alone', async () => {
    const [workflowId, agentId] = [await workflow({ workflow_type: 'graph' }), await agent()];
    const find = await task(workflowId, agentId, { description: 'Find facts' });
    await task(workflowId, agentId, { description: 'Tell jokes' });
    await task(workflowId, agentId, { description: 'Write up', dependencies: [find] });
    stack.model.when(/Find facts/, [says('the facts')]);
    stack.model.when(/Tell jokes/, [says('the jokes')]);
    stack.model.when(/Write up/, [says('the text')]);
    await waitForStatus(stack, await start(`/workflows/${workflowId}/execute`), END);
    const writing = prompts().find((text) => text.includes('Write up'));
    expect(writing).toContain('the facts');
    expect(writing).not.toContain('the jokes');
  });

  it('of type hierarchical is led by the manager that the call names for this run', async () => {
    const workflowId = await workflow({
      workflow_type: 'hierarchical',
      config: { manager_llm: 'openai/gpt-4' },
    });
    const agentId = await agent();
    const taskId = await task(workflowId, agentId);
    stack.model.script([says('led')]);
    const id = await start(`/workflows/${workflowId}/execute`, { config: { manager_llm: 'openai/gpt-4.1' } });
    await waitForStatus(stack, id, END);
    expect(stack.model.requests.at(-1)?.body.model).toBe('gpt-4.1');
    expect(prompts().at(-1)).toContain('You are Crew Manager.');
    expect(await eventsOf(id)).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ type: 'task_completed', task_id: taskId, agent_id: agentId }),
      ]),
    );
  });

  it('has the highest priority of its tasks, unless the call names one', async () => {
    const [workflowId, agentId] = [await workflow(), await agent()];
    await task(workflowId, agentId, { priority: 1 });
    await task(workflowId, agentId, { priority: 3, is_active: false });
    stack.model.script([says('x'), says('x')]);
    const usual = await start(`/workflows/${workflowId}/execute`);
    const urgent = await start(`/workflows/${workflowId}/execute`, { priority: 7, tags: ['now'] });
    expect(await waitForStatus(stack, usual, END)).toMatchObject({ priority: 1 });
    expect(await waitForStatus(stack, urgent, END)).toMatchObject({ priority: 7, tags: ['now'] });
  });

  it('does not start when there is nothing to run, or the workflow is inactive', async () => {
    const workflowId = await workflow();
    expect(await call('POST', `/workflows/${workflowId}/execute`)).toMatchObject({
      status: 422,
      body: { details: { issues: [{ message: 'the workflow has no tasks' }] } },
    });
    await call('PATCH', `/workflows/${workflowId}`, { is_active: false });
    expect((await call('POST', `/workflows/${workflowId}/execute`)).status).toBe(409);
  });

  it('does not offer its agent a tool that nobody has', async () => {
    const workflowId = await workflow();
    await task(workflowId, await agent({ tools: ['calculator', 'search_tool'] }));
    stack.model.script([says('x')]);
    await waitForStatus(stack, await start(`/workflows/${workflowId}/execute`), END);
    const offered = stack.model.requests.at(-1)?.body.tools.map((tool) => tool.function.name);
    expect(offered).toEqual(['calculator']);
  });

  it('keeps what it came from from being deleted while it is live', async () => {
    const [workflowId, agentId] = [await workflow(), await agent({ tools: ['ask_human'] })];
    const taskId = await task(workflowId, agentId);
    stack.model.script([callsTool('ask_human', { question: 'Go?' })]);
    const id = await start(`/workflows/${workflowId}/execute`);
    await waitForStatus(stack, id, ['waiting']);
    expect(await statusOfTask(taskId)).toMatchObject({ status: 'waiting' });
    for (const path of [`/workflows/${workflowId}`, `/tasks/${taskId}`, `/agents/${agentId}`])
      expect([path, (await call('DELETE', path)).status]).toEqual([path, 409]);
    const refused = await call('POST', `/workflows/${workflowId}/resume`);
    expect(refused).toMatchObject({
      status: 202,
      body: { matched: 1, done: 0, failed: [{ execution_id: id, error: 'CONFLICT' }] },
    });
    await call('POST', `/workflows/${workflowId}/cancel`);
    await waitForStatus(stack, id, END);
    expect((await call('DELETE', `/workflows/${workflowId}`)).status).toBe(200);
    expect((await call('GET', `/executions/${id}`)).body).toMatchObject({ workflow_id: workflowId });
  });
});

describe('a task by itself', () => {
  it('is run alone, its runs are listed, and its status is that of the latest', async () => {
    const [workflowId, agentId] = [await workflow(), await agent()];
    const first = await task(workflowId, agentId);
    const second = await task(workflowId, agentId, { dependencies: [first], priority: 2 });
    stack.model.script([says('one'), says('two'), fails(401)]);
    await waitForStatus(stack, await start(`/workflows/${workflowId}/execute`), END);
    expect(await statusOfTask(second)).toMatchObject({ status: 'completed' });
    const id = await start(`/tasks/${second}/execute`, { input_data: { size: 'small' } });
    const ended = await waitForStatus(stack, id, END);
    expect(ended).toMatchObject({ kind: 'task', status: 'failed', workflow_id: workflowId, priority: 2 });
    expect(prompts().at(-1)).toContain('size: small');
    expect(await statusOfTask(second)).toMatchObject({ status: 'failed' });
    expect(await statusOfTask(first)).toMatchObject({ status: 'completed' });
    const runs = await call('GET', `/tasks/${second}/executions/`);
    expect(runs.headers.get('x-total-count')).toBe('2');
    expect(runs.body).toMatchObject([
      { status: 'failed', task_id: second, agent_id: agentId, execution_uuid: id, execution_id: ended.id },
      { status: 'completed', workflow_id: workflowId, output: { raw: 'two' } },
    ]);
    const listed = await call('GET', `/tasks?workflow_id=${workflowId}&status=failed`);
    expect(listed.body).toMatchObject([{ id: second }]);
  });

  it('is retried where it has failed last, and not at all when it has not', async () => {
    const [workflowId, agentId] = [await workflow(), await agent()];
    const taskId = await task(workflowId, agentId);
    expect((await call('POST', `/tasks/${taskId}/retry`)).status).toBe(409);
    stack.model.script([fails(401)]);
    const id = await start(`/workflows/${workflowId}/execute`);
    await waitForStatus(stack, id, END);
    stack.model.script([says('better')]);
    expect(await start(`/tasks/${taskId}/retry`)).toBe(id);
    await waitForStatus(stack, id, ['completed']);
    expect((await call('POST', `/tasks/${taskId}/retry`)).status).toBe(409);
  });
});

describe('a test of an agent', () => {
  it('answers with what it said, what it cost and how long it took', async () => {
    const id = await agent({ goal: 'please {who}' });
    stack.model.script([says('Hello', { usage: { promptTokens: 40, completionTokens: 2 } })]);
    const body = { input: 'Greet as {"json"} {who}', context: { who: 'Ann', mood: 'good' } };
    const answer = await call('POST', `/agents/${id}/test/`, body);
    expect(answer).toMatchObject({
      status: 200,
      body: { agent_id: id, input: body.input, output: 'Hello', success: true, error: null, tokens_used: 42 },
    });
    const { execution_time: seconds, execution_id: executionId } = z
      .looseObject({ execution_time: z.number(), execution_id: z.uuid() })
      .parse(answer.body);
    expect(seconds).toBeGreaterThan(0);
    expect(seconds).toBeLessThan(20);
    expect((await call('GET', `/executions/${executionId}`)).body).toMatchObject({
      kind: 'agent_test',
      workflow_id: null,
    });
    expect(prompts().at(-1)).toContain('please Ann');
    expect(prompts().at(-1)).toContain('mood: good');
    const events = await eventsOf(executionId);
    expect(events.find(({ type }) => type === 'task_completed')).toMatchObject({
      agent_id: id,
      task_id: null,
    });
  });

  it('answers with the error when the model fails', async () => {
    const id = await agent();
    stack.model.script([fails(401)]);
    expect(await call('POST', `/agents/${id}/test`, { input: 'Hi' })).toMatchObject({
      status: 200,
      body: { success: false, output: null, error: expect.stringContaining('OPENAI_API_KEY') },
    });
  });

  it('does not wait for ever, and names the execution that goes on', async () => {
    const id = await agent();
    const before = stack.model.requests.length;
    stack.model.script([hangs()]);
    const answer = await call('POST', `/agents/${id}/test`, { input: 'Hi', wait_seconds: 1 });
    const { error, execution_id: executionId } = z
      .looseObject({ error: z.string(), execution_id: z.string() })
      .parse(answer.body);
    expect(answer).toMatchObject({ status: 200, body: { success: false } });
    expect(error).toContain(executionId);
    await stack.model.waitForRequest(before + 1);
    expect((await call('DELETE', `/agents/${id}`)).status).toBe(409);
    await call('POST', `/executions/${executionId}/cancel`);
    await waitForStatus(stack, executionId, END);
  });

  it('wants what the agent’s own texts name', async () => {
    const id = await agent({ role: 'Friend of {who}' });
    const answer = await call('POST', `/agents/${id}/test`, { input: 'Hi' });
    expect(answer).toMatchObject({ status: 422, body: { details: { issues: [{ path: '/context/who' }] } } });
  });
});

describe('one execution', () => {
  it('tells its log in words, its progress and what it took', async () => {
    const [workflowId, agentId] = [await workflow(), await agent({ tools: ['calculator'] })];
    await task(workflowId, agentId);
    await task(workflowId, agentId);
    stack.model.script([callsTool('calculator', { expression: '1+1' }), says('2'), fails(401)]);
    const id = await start(`/workflows/${workflowId}/execute`);
    const ended = await waitForStatus(stack, id, END);
    expect((await call('GET', `/executions/${id}/status/`)).body).toEqual({
      id: ended.id,
      execution_id: id,
      status: 'failed',
      progress: { completed_tasks: 1, total_tasks: 2 },
      error_message: ended.error,
    });
    const page = z
      .array(z.looseObject({ seq: z.int(), level: z.string(), message: z.string() }))
      .parse((await call('GET', `/executions/${ended.id}/logs?after=1&limit=2`)).body);
    expect(page.map(({ seq }) => seq)).toEqual([2, 3]);
    const all = z
      .array(z.looseObject({ level: z.string(), message: z.string(), timestamp: z.string() }))
      .parse((await call('GET', `/executions/${id}/logs`)).body);
    expect(all.at(-1)).toMatchObject({ level: 'error', message: expect.stringContaining('workflow failed') });
    expect((await call('GET', `/executions/${id}/metrics`)).body).toMatchObject({
      id: ended.id,
      status: 'failed',
      model_calls: 3,
      failed_model_calls: 1,
      tool_calls: 1,
      tasks: { completed: 1, failed: 1 },
      token_usage: ended.token_usage,
      execution_time: expect.any(Number),
    });
  });

  it('that is not there is 404 under each of these', async () => {
    for (const part of ['logs', 'status', 'metrics'])
      expect((await call('GET', `/executions/999999/${part}`)).status).toBe(404);
  });
});

it('a run that has ended shows in the statistics at once', async () => {
  const total = async (): Promise<number> =>
    z.looseObject({ total_executions: z.int() }).parse((await call('GET', '/executions/stats')).body)
      .total_executions;
  const [before, workflowId] = [await total(), await workflow()];
  await task(workflowId, await agent());
  stack.model.script([says('x')]);
  await waitForStatus(stack, await start(`/workflows/${workflowId}/execute`), END);
  await until('it is counted', async () => (await total()) === before + 1, 1_000);
});
