import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { peopleOf, statusOf, type Person } from '../support/people.ts';
import { startTestStack, type TestStack } from '../support/test-stack.ts';

/** Stored agents, workflows and tasks, without running them. */

let stack: TestStack;
let owner: Person;
let stranger: Person;
const { send, register } = peopleOf(() => stack.api);
const idSchema = z.looseObject({ id: z.int() });

beforeAll(async () => {
  stack = await startTestStack({ settings: { DEFAULT_MODEL: 'openai/gpt-4o' } });
  owner = await register('owner@example.com');
  stranger = await register('stranger@example.com');
});
afterAll(() => stack.close());

const make = async (path: string, body: unknown, who = owner): Promise<number> => {
  const response = await send('POST', path, who.token, body);
  expect([await response.clone().text(), response.status]).toEqual([expect.any(String), 201]);
  return idSchema.parse(await response.json()).id;
};
const agent = (more: object = {}, who = owner): Promise<number> =>
  make('/agents', { name: 'A', role: 'R', goal: 'G', ...more }, who);
const workflow = (more: object = {}, who = owner): Promise<number> =>
  make('/workflows', { name: 'W', ...more }, who);
const task = (workflowId: number, agentId: number, more: object = {}): Promise<number> =>
  make('/tasks', { workflow_id: workflowId, agent_id: agentId, name: 'T', description: 'D', ...more });
const read = async (path: string, who = owner): Promise<unknown> =>
  (await send('GET', path, who.token)).json();
const idsOf = async (path: string, who = owner): Promise<number[]> =>
  z
    .array(idSchema)
    .parse(await read(path, who))
    .map(({ id }) => id);
const issuesOf = async (answer: Promise<Response>): Promise<{ path: string; message: string }[]> => {
  const response = await answer;
  expect(response.status).toBe(422);
  const issues = z.array(z.object({ path: z.string(), message: z.string() }));
  return z.object({ details: z.object({ issues }) }).parse(await response.json()).details.issues;
};

describe('an agent', () => {
  it('is stored with what is usual where nothing is said, in the types of the wire', async () => {
    const response = await send('POST', '/agents/', owner.token, { name: 'A', role: 'R', goal: 'G' });
    expect(response.status).toBe(201);
    const made = idSchema.parse(await response.json());
    expect(response.headers.get('location')).toBe(`/api/v1/agents/${made.id}`);
    expect(made).toEqual({
      id: made.id,
      name: 'A',
      role: 'R',
      goal: 'G',
      backstory: '',
      model: 'openai/gpt-4o',
      temperature: '0.6',
      max_tokens: 32_768,
      top_p: '0.9',
      is_active: true,
      created_at: expect.stringMatching(/Z$/),
      updated_at: expect.stringMatching(/Z$/),
      created_by: owner.id,
      config: null,
      capabilities: [],
      tools: [],
      warnings: [],
    });
    expect(await read(`/agents/${made.id}/`)).toEqual(made);
  });

  it('keeps a tool that nobody offers, and is warned about it', async () => {
    const id = await agent({ tools: ['calculator', 'search_tool'], capabilities: ['Web Search'] });
    expect(await read(`/agents/${id}`)).toMatchObject({
      tools: ['calculator', 'search_tool'],
      capabilities: ['Web Search'],
      warnings: [{ path: '/tools/1', message: expect.stringContaining('search_tool') }],
    });
  });

  it.each([
    [{ temperature: '2.1' }, '/temperature'],
    [{ temperature: 'warm' }, '/temperature'],
    [{ top_p: '1.5' }, '/top_p'],
    [{ max_tokens: 0 }, '/max_tokens'],
    [{ name: ' ' }, '/name'],
    [{ tools: 'calculator' }, '/tools'],
  ])('is not stored with %j', async (wrong, path) => {
    const issues = await issuesOf(
      send('POST', '/agents', owner.token, { name: 'A', role: 'R', goal: 'G', ...wrong }),
    );
    expect(issues.map((issue) => issue.path)).toEqual([path]);
  });

  it('is changed field by field, by PUT and by PATCH, and may be sent back as it was read', async () => {
    const id = await agent();
    const changed = await send('PUT', `/agents/${id}/`, owner.token, { temperature: 0.2, is_active: false });
    expect(await changed.json()).toMatchObject({ temperature: '0.2', is_active: false, role: 'R' });
    await send('PATCH', `/agents/${id}`, owner.token, {
      backstory: null,
      tools: null,
      config: { max_iter: 2 },
    });
    const before = z.looseObject({ updated_at: z.string() }).parse(await read(`/agents/${id}`));
    expect(before).toMatchObject({ backstory: '', tools: [], config: { max_iter: 2 } });
    const back = await send('PUT', `/agents/${id}`, owner.token, before);
    expect(await back.json()).toEqual({ ...before, updated_at: expect.any(String) });
  });

  it('is listed newest first, inactive ones on demand, page by page', async () => {
    const person = await register('agents@example.com');
    const ids = [];
    for (const active of [true, false, true]) ids.push(await agent({ is_active: active }, person));
    const [first, second, third] = ids;
    expect(await idsOf('/agents/', person)).toEqual([third, first]);
    const all = await send('GET', '/agents?active_only=false&skip=1&limit=1', person.token);
    expect(all.headers.get('x-total-count')).toBe('3');
    expect(await all.json()).toMatchObject([{ id: second }]);
    expect(await statusOf(send('GET', '/agents?active_only=maybe', person.token))).toBe(422);
  });

  it('is deleted, unless a task has it', async () => {
    const id = await agent();
    const taskId = await task(await workflow(), id);
    const refused = await send('DELETE', `/agents/${id}`, owner.token);
    expect([refused.status, await refused.json()]).toMatchObject([409, { details: { task_ids: [taskId] } }]);
    await send('DELETE', `/tasks/${taskId}`, owner.token);
    expect(await statusOf(send('DELETE', `/agents/${id}`, owner.token))).toBe(200);
    expect(await statusOf(send('GET', `/agents/${id}`, owner.token))).toBe(404);
  });
});

describe('a workflow', () => {
  it('is stored, changed, listed and deleted with its tasks', async () => {
    const person = await register('workflows@example.com');
    const made = await send('POST', '/workflows/', person.token, { name: 'W' });
    const body = idSchema.parse(await made.json());
    expect(body).toMatchObject({
      name: 'W',
      description: '',
      workflow_type: 'linear',
      config: null,
      is_active: true,
      created_by: person.id,
    });
    const path = `/workflows/${body.id}`;
    await send('PATCH', path, person.token, { workflow_type: 'graph', config: { a: 1 } });
    await send('PUT', path, person.token, { is_active: false });
    expect(await read(path, person)).toMatchObject({
      workflow_type: 'graph',
      config: { a: 1 },
      is_active: false,
    });
    expect(await idsOf('/workflows', person)).toEqual([]);
    expect(await idsOf('/workflows?active_only=false', person)).toEqual([body.id]);
    expect(await statusOf(send('DELETE', path, person.token))).toBe(200);
    expect(await statusOf(send('GET', path, person.token))).toBe(404);
    expect(await statusOf(send('PATCH', path, person.token, { workflow_type: 'circular' }))).toBe(422);
  });

  it('takes its tasks with it when it is deleted', async () => {
    const id = await workflow();
    const taskId = await task(id, await agent());
    expect(await statusOf(send('DELETE', `/workflows/${id}`, owner.token))).toBe(200);
    expect(await statusOf(send('GET', `/tasks/${taskId}`, owner.token))).toBe(404);
  });
});

describe('a task', () => {
  it('is stored with what is usual where nothing is said', async () => {
    const [workflowId, agentId] = [await workflow(), await agent()];
    const id = await task(workflowId, agentId);
    expect(await read(`/tasks/${id}`)).toEqual({
      id,
      workflow_id: workflowId,
      agent_id: agentId,
      name: 'T',
      description: 'D',
      task_type: 'ai_task',
      priority: 0,
      order: 0,
      input_data: null,
      config: null,
      dependencies: [],
      is_active: true,
      status: 'pending',
      created_at: expect.any(String),
      updated_at: expect.any(String),
      created_by: owner.id,
    });
  });

  it('is found by workflow, agent and status', async () => {
    const [one, other] = [await workflow(), await workflow()];
    const [anna, bert] = [await agent(), await agent()];
    const [first, second, third] = [await task(one, anna), await task(one, bert), await task(other, anna)];
    expect(await idsOf(`/tasks/?workflow_id=${one}`)).toEqual([second, first]);
    expect(await idsOf(`/tasks?agent_id=${anna}`)).toEqual([third, first]);
    expect(await idsOf(`/tasks/workflow/${one}/?agent_id=${bert}`)).toEqual([second]);
    expect(await idsOf(`/tasks/workflow/${one}?status=pending,failed`)).toEqual([second, first]);
    expect(await idsOf(`/tasks?workflow_id=${one}&status=completed`)).toEqual([]);
    expect(await statusOf(send('GET', '/tasks?status=lost', owner.token))).toBe(422);
    expect(await statusOf(send('GET', `/tasks/workflow/${one}`, stranger.token))).toBe(404);
  });

  it('is not stored for a workflow or agent that is not there, or somebody else’s', async () => {
    const [foreignWorkflow, foreignAgent] = [await workflow({}, stranger), await agent({}, stranger)];
    const [workflowId, agentId] = [await workflow(), await agent()];
    const body = { workflow_id: workflowId, agent_id: agentId, name: 'T', description: 'D' };
    const issues = (more: object) => issuesOf(send('POST', '/tasks', owner.token, { ...body, ...more }));
    expect(await issues({ workflow_id: 999_999 })).toMatchObject([{ path: '/workflow_id' }]);
    expect(await issues({ workflow_id: foreignWorkflow })).toEqual([
      { path: '/workflow_id', message: `there is no workflow ${foreignWorkflow}` },
    ]);
    expect(await issues({ agent_id: foreignAgent })).toEqual([
      { path: '/agent_id', message: `there is no agent ${foreignAgent}` },
    ]);
    const id = await task(workflowId, agentId);
    expect(
      await issuesOf(send('PATCH', `/tasks/${id}`, owner.token, { agent_id: foreignAgent })),
    ).toHaveLength(1);
  });

  it('depends on tasks of its own workflow only, not on itself, and not in a circle', async () => {
    const [workflowId, agentId] = [await workflow(), await agent()];
    const foreign = await task(await workflow(), agentId);
    const first = await task(workflowId, agentId, { name: 'First' });
    const second = await task(workflowId, agentId, { name: 'Second', dependencies: [first, first] });
    expect(await read(`/tasks/${second}`)).toMatchObject({ dependencies: [first] });
    const issues = (dependencies: number[]) =>
      issuesOf(send('PUT', `/tasks/${first}`, owner.token, { dependencies }));
    expect(await issues([foreign])).toEqual([
      { path: '/dependencies/0', message: `workflow ${workflowId} has no task ${foreign}` },
    ]);
    expect(await issues([first])).toMatchObject([{ message: `task ${first} cannot depend on itself` }]);
    const [circle] = await issues([second]);
    expect(circle?.message).toMatch(/First.*Second|Second.*First/);
    const moved = await issuesOf(
      send('PATCH', `/tasks/${first}`, owner.token, { workflow_id: await workflow() }),
    );
    expect(moved).toMatchObject([{ path: '/workflow_id', message: expect.stringContaining('Second') }]);
  });

  it('cannot get into a circle by two changes at once', async () => {
    const [workflowId, agentId] = [await workflow(), await agent()];
    for (let round = 0; round < 5; round += 1) {
      const [one, other] = [await task(workflowId, agentId), await task(workflowId, agentId)];
      const statuses = await Promise.all([
        statusOf(send('PATCH', `/tasks/${one}`, owner.token, { dependencies: [other] })),
        statusOf(send('PATCH', `/tasks/${other}`, owner.token, { dependencies: [one] })),
      ]);
      expect(statuses.toSorted((a, b) => a - b)).toEqual([200, 422]);
    }
  });

  it('is not deleted while others depend on it', async () => {
    const [workflowId, agentId] = [await workflow(), await agent()];
    const first = await task(workflowId, agentId);
    const second = await task(workflowId, agentId, { dependencies: [first] });
    const refused = await send('DELETE', `/tasks/${first}`, owner.token);
    expect([refused.status, await refused.json()]).toMatchObject([409, { details: { task_ids: [second] } }]);
    await send('PUT', `/tasks/${second}`, owner.token, { dependencies: null });
    expect(await statusOf(send('DELETE', `/tasks/${first}`, owner.token))).toBe(200);
  });
});

describe('an admin', () => {
  it('reaches what is anybody’s, and what is added there belongs to its owner', async () => {
    const [workflowId, agentId] = [await workflow(), await agent()];
    const { token } = stack.api.admin;
    const body = { workflow_id: workflowId, agent_id: agentId, name: 'T', description: 'D' };
    const made = await send('POST', '/tasks', token, body);
    expect([made.status, await made.json()]).toMatchObject([201, { created_by: owner.id }]);
    const all = z.array(idSchema).parse(await (await send('GET', '/agents?scope=all', token)).json());
    expect(all.map(({ id }) => id)).toContain(agentId);
    expect(await statusOf(send('GET', '/workflows?scope=all', stranger.token))).toBe(403);
  });
});
