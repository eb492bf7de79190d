import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import type { StartOptions } from '../../src/engine/starting/start-crew-run.ts';
import { peopleOf } from '../support/people.ts';
import { startPlan } from '../support/plan-runs.ts';
import { aPlan, aTask, anAgent } from '../support/plans.ts';
import { callsTool, fails, says, slowly } from '../support/scripted-model.ts';
import {
  END,
  getEvents,
  getExecution,
  startTestStack,
  until,
  waitForStatus,
  type TestStack,
} from '../support/test-stack.ts';

/** What people ask of single tasks, and runs that are made of earlier ones. */

let stack: TestStack;
const PLAN = aPlan({
  tasks: [
    aTask({ key: 'find', description: 'Find facts' }),
    aTask({ key: 'write', description: 'Write them up', dependsOn: ['find'] }),
    aTask({ key: 'check', description: 'Check it', dependsOn: ['write'] }),
  ],
});
const tasksSchema = z.array(
  z.looseObject({
    key: z.string(),
    status: z.string(),
    output: z.looseObject({ raw: z.string() }).nullable(),
    warnings: z.array(z.looseObject({ code: z.string() })),
  }),
);

beforeAll(async () => {
  stack = await startTestStack();
  await stack.startWorker();
});
afterEach(() => stack.model.assertDone());
afterAll(() => stack.close());

async function start(options: StartOptions = {}, plan = PLAN): Promise<string> {
  return startPlan(stack, plan, options);
}
const onTask = (id: string, key: string, what: 'retry' | 'skip') =>
  stack.call('POST', `/api/v1/executions/${id}/tasks/${key}/${what}`);
const edit = (id: string, key: string, body: unknown) =>
  stack.call('PATCH', `/api/v1/executions/${id}/tasks/${key}`, body);
const tasksOf = async (id: string) =>
  tasksSchema.parse((await stack.call('GET', `/api/v1/executions/${id}/tasks`)).body);
const typesOf = async (id: string) => (await getEvents(stack, id)).map(({ type }) => type);
/** A run parked because its second task has failed. */
async function parked(): Promise<string> {
  stack.model.script([says('facts'), fails(401)]);
  const id = await start({ on_task_failure: 'pause' });
  await waitForStatus(stack, id, ['paused']);
  return id;
}

describe('a run parked by a failed task', () => {
  it('goes on when the task is retried', async () => {
    const id = await parked();
    expect((await tasksOf(id)).map(({ status }) => status)).toEqual(['completed', 'failed', 'pending']);
    stack.model.script([says('written'), says('checked')]);
    expect(await onTask(id, 'write', 'retry')).toMatchObject({ status: 202, body: { status: 'pending' } });
    expect(await waitForStatus(stack, id, END)).toMatchObject({ status: 'completed' });
    expect(await typesOf(id)).toEqual([
      'workflow_started',
      'task_started',
      'llm_call_completed',
      'task_completed',
      'task_started',
      'task_failed',
      'workflow_paused',
      'workflow_resumed',
      'task_started',
      'llm_call_completed',
      'task_completed',
      'task_started',
      'llm_call_completed',
      'task_completed',
      'workflow_completed',
    ]);
  });

  it('goes on without the task when it is skipped', async () => {
    const id = await parked();
    stack.model.script([says('checked')]);
    expect((await onTask(id, 'write', 'skip')).status).toBe(202);
    const execution = await waitForStatus(stack, id, END);
    expect(execution.result?.tasks_output.map(({ raw }) => raw)).toEqual(['facts', '', 'checked']);
  });

  it('fills the inputs into the texts of a task that is skipped', async () => {
    stack.model.script([fails(401)]);
    const plan = aPlan({
      agents: [anAgent({ role: 'Friend of {topic}' })],
      tasks: [
        aTask({ key: 'write', description: 'Write about {topic}', expectedOutput: '{topic} in prose' }),
      ],
    });
    const executionId = await startPlan(stack, plan, { on_task_failure: 'pause' }, { topic: 'tea' });
    await waitForStatus(stack, executionId, ['paused']);
    expect((await onTask(executionId, 'write', 'skip')).status).toBe(202);
    expect((await tasksOf(executionId))[0]?.output).toMatchObject({
      description: 'Write about tea',
      expected_output: 'tea in prose',
      agent: 'Friend of tea',
      raw: '',
    });
    await waitForStatus(stack, executionId, END);
  });

  it('goes on with the task as it was changed', async () => {
    const id = await parked();
    stack.model.script([says('written'), says('checked')]);
    expect((await edit(id, 'write', { description: 'Write a poem' })).status).toBe(202);
    expect(await waitForStatus(stack, id, END)).toMatchObject({ status: 'completed' });
    expect(JSON.stringify(stack.model.requests.at(-2))).toContain('Write a poem');
    expect(await typesOf(id)).toContain('task_edited');
  });

  it('tries the task again on a plain resume, and can be cancelled', async () => {
    const id = await parked();
    stack.model.script([fails(401)]);
    await stack.call('POST', `/api/v1/executions/${id}/resume`);
    await until(
      'it is parked again',
      async () => (await typesOf(id)).filter((type) => type === 'workflow_paused').length === 2,
    );
    await stack.call('POST', `/api/v1/executions/${id}/cancel`);
    expect(await waitForStatus(stack, id, END)).toMatchObject({ status: 'cancelled' });
  });
});

async function pausedAfterItsFirstTask(): Promise<string> {
  stack.model.script([slowly('facts', { chunkMs: 100, chunks: 5 })]);
  const id = await start();
  await until('the model is asked', async () => (await typesOf(id)).includes('task_started'));
  await stack.call('POST', `/api/v1/executions/${id}/pause`);
  await waitForStatus(stack, id, ['paused']);
  return id;
}

describe('a run that a person has paused', () => {
  it('stays paused when one of its tasks is changed or left out', async () => {
    stack.model.script([slowly('facts', { chunkMs: 100, chunks: 5 })]);
    const id = await start({ on_task_failure: 'pause' });
    await until('the model is asked', async () => (await typesOf(id)).includes('task_started'));
    await stack.call('POST', `/api/v1/executions/${id}/pause`);
    await waitForStatus(stack, id, ['paused']);
    expect((await edit(id, 'check', { description: 'Check it twice' })).status).toBe(202);
    expect((await onTask(id, 'write', 'skip')).status).toBe(202);
    expect(await getExecution(stack, id)).toMatchObject({ status: 'paused', pause_requested: true });
    stack.model.script([says('checked')]);
    await stack.call('POST', `/api/v1/executions/${id}/resume`);
    expect(await waitForStatus(stack, id, END)).toMatchObject({ result: { raw: 'checked' } });
  });

  it('goes on to its end once its last task is left out', async () => {
    const id = await pausedAfterItsFirstTask();
    expect((await onTask(id, 'write', 'skip')).status).toBe(202);
    expect((await onTask(id, 'check', 'skip')).status).toBe(202);
    expect(await waitForStatus(stack, id, END)).toMatchObject({ status: 'completed' });
    const end = ['workflow_paused', 'task_skipped', 'task_skipped', 'workflow_resumed', 'workflow_completed'];
    expect((await typesOf(id)).slice(-5)).toEqual(end);
  });

  it('never stands still where the tasks behind the one in flight were left out', async () => {
    stack.model.script([slowly('facts', { chunkMs: 100, chunks: 5 })]);
    const id = await start();
    await until('the model is asked', async () => (await typesOf(id)).includes('task_started'));
    await stack.call('POST', `/api/v1/executions/${id}/pause`);
    expect((await onTask(id, 'write', 'skip')).status).toBe(202);
    expect((await onTask(id, 'check', 'skip')).status).toBe(202);
    expect(await waitForStatus(stack, id, END)).toMatchObject({ status: 'completed' });
    expect(await typesOf(id)).not.toContain('workflow_paused');
  });
});

describe('a task that was left out before its turn', () => {
  it('holds back those behind it until then, also when the run is retried', async () => {
    stack.model.script([slowly('facts', { chunkMs: 100, chunks: 50 })]);
    const id = await start();
    await until('the model is asked', async () => (await typesOf(id)).includes('task_started'));
    expect((await onTask(id, 'write', 'skip')).status).toBe(202);
    await stack.call('POST', `/api/v1/executions/${id}/cancel`);
    await waitForStatus(stack, id, ['cancelled']);
    stack.model.script([says('facts'), says('checked')]);
    await stack.call('POST', `/api/v1/executions/${id}/retry`);
    expect(await waitForStatus(stack, id, END)).toMatchObject({ result: { raw: 'checked' } });
    const events = await getEvents(stack, id);
    const since = events.slice(events.findIndex(({ type }) => type === 'workflow_retried'));
    expect(
      since.flatMap(({ type, task_key: key }) => (type.startsWith('task_') ? [`${key} ${type}`] : [])),
    ).toEqual(['find task_started', 'find task_completed', 'check task_started', 'check task_completed']);
  });
});

describe('on_task_failure: continue', () => {
  it('goes on without the output of the task that failed', async () => {
    stack.model.script([says('facts'), fails(401), says('checked')]);
    const id = await start({ on_task_failure: 'continue' });
    const execution = await waitForStatus(stack, id, END);
    expect(execution).toMatchObject({ status: 'completed', result: { raw: 'checked' } });
    expect((await tasksOf(id)).map(({ status }) => status)).toEqual(['completed', 'failed', 'completed']);
  });

  it('takes no retry of the failed task while it runs: its workflow would not look at it', async () => {
    stack.model.script([fails(401), callsTool('ask_human', { question: 'Go?' })]);
    const plan = {
      ...PLAN,
      agents: [anAgent({ tools: ['ask_human'] })],
      tasks: PLAN.tasks.slice(0, 2),
    };
    const id = await start({ on_task_failure: 'continue' }, plan);
    await waitForStatus(stack, id, ['waiting']);
    expect(await onTask(id, 'find', 'retry')).toMatchObject({ status: 409 });
    await stack.call('POST', `/api/v1/executions/${id}/cancel`);
    await waitForStatus(stack, id, END);
  });
});

describe('a task that has not started', () => {
  it('can be changed, within the rules of a crew', async () => {
    stack.model.script([callsTool('ask_human', { question: 'Go?' }), says('asked'), says('w'), says('c')]);
    const id = await start({}, { ...PLAN, agents: [anAgent({ tools: ['ask_human'] })] });
    await waitForStatus(stack, id, ['waiting']);
    const wrong = await edit(id, 'check', {
      agent: 'nobody',
      context: ['check', 'nothing'],
      tools: ['hammer'],
      description: 'About {topic}',
    });
    expect(wrong).toMatchObject({ status: 422, body: { error: 'VALIDATION_FAILED' } });
    expect(JSON.stringify(wrong.body)).toMatch(
      /\/agent.*\/context\/0.*\/context\/1.*\/tools\/0.*\/description/,
    );
    expect((await edit(id, 'check', { context: ['find'], unknown: 1 })).status).toBe(202);
    expect((await edit(id, 'find', { name: 'late' })).status).toBe(409);
    expect((await onTask(id, 'check', 'retry')).status).toBe(409);
    expect((await onTask(id, 'nothing', 'skip')).status).toBe(404);
    const [question] = z
      .array(z.looseObject({ id: z.string() }))
      .parse((await stack.call('GET', `/api/v1/executions/${id}/questions`)).body);
    await stack.call('POST', `/api/v1/executions/${id}/questions/${question?.id ?? ''}/answer`, {
      answer: 'y',
    });
    await waitForStatus(stack, id, END);
    const last = JSON.stringify(stack.model.requests.at(-1));
    expect(last).toContain('asked');
    expect(last).not.toContain('earlier tasks to build upon:\\n\\nw');
    expect((await onTask(id, 'check', 'skip')).status).toBe(409);
  });

  it('can be left out, and one that waits for a person too', async () => {
    stack.model.script([callsTool('ask_human', { question: 'Go?' }), says('checked')]);
    const id = await start({}, { ...PLAN, agents: [anAgent({ tools: ['ask_human'] })] });
    await waitForStatus(stack, id, ['waiting']);
    expect((await onTask(id, 'write', 'skip')).status).toBe(202);
    expect((await onTask(id, 'find', 'skip')).status).toBe(202);
    const execution = await waitForStatus(stack, id, END);
    expect(execution.result?.tasks_output.map(({ raw }) => raw)).toEqual(['', '', 'checked']);
  });
});

describe('a replay', () => {
  it('takes over what stands before a task, its warnings too, and runs the rest anew', async () => {
    stack.model.script([says('facts', { finishReason: 'length' }), says('written'), says('checked')]);
    const id = await start();
    await waitForStatus(stack, id, END);
    stack.model.script([says('checked twice')]);
    const answer = await stack.call('POST', `/api/v1/executions/${id}/replay`, {
      from_task: 'check',
      overrides: {
        tasks: { check: { description: 'Check it harder' } },
        agents: { writer: { role: 'Critic' } },
      },
    });
    expect(answer).toMatchObject({ status: 202, body: { parent_execution_id: id } });
    const again = z.looseObject({ execution_id: z.uuid() }).parse(answer.body).execution_id;
    const execution = await waitForStatus(stack, again, END);
    expect(execution.result?.tasks_output.map(({ raw }) => raw)).toEqual([
      'facts',
      'written',
      'checked twice',
    ]);
    expect((await tasksOf(again)).map(({ warnings }) => warnings.map(({ code }) => code))).toEqual([
      ['model_reply_cut'],
      [],
      [],
    ]);
    const asked = JSON.stringify(stack.model.requests.at(-1));
    expect(asked).toMatch(/Critic.*Check it harder.*facts.*written/);
    expect(await getExecution(stack, id)).toMatchObject({ result: { raw: 'checked' } });
  });

  it('names what it cannot do', async () => {
    stack.model.script([says('facts'), says('written'), says('checked')]);
    const id = await start();
    await waitForStatus(stack, id, END);
    const replay = (body: unknown) => stack.call('POST', `/api/v1/executions/${id}/replay`, body);
    expect(await replay({ from_task: 'dream' })).toMatchObject({
      status: 422,
      body: { details: { issues: [{ path: '/from_task' }] } },
    });
    expect(
      await replay({ overrides: { agents: { nobody: {} }, tasks: { write: { agent: 'x' } } } }),
    ).toMatchObject({
      status: 422,
      body: {
        details: { issues: [{ path: '/overrides/agents/nobody' }, { path: '/overrides/tasks/write/agent' }] },
      },
    });
  });
});

describe('a bulk action', () => {
  it('does to many what could be asked of one, and says what could not be done', async () => {
    const parkedOne = await parked();
    stack.model.script([says('a'), says('b'), says('c')]);
    const done = await start();
    await waitForStatus(stack, done, END);
    const filter = { execution_ids: [parkedOne, done] };
    const bulk = (body: unknown) => stack.call('POST', '/api/v1/executions/bulk', body);
    expect(await bulk({ action: 'cancel', filter, dry_run: true })).toMatchObject({
      status: 200,
      body: { matched: 2, done: 0, failed: [] },
    });
    expect(await getExecution(stack, parkedOne)).toMatchObject({ status: 'paused' });
    expect(await bulk({ action: 'cancel', filter })).toMatchObject({
      status: 200,
      body: { matched: 2, done: 1, failed: [{ execution_id: done, error: 'CONFLICT' }] },
    });
    await waitForStatus(stack, parkedOne, ['cancelled']);
    expect(await bulk({ action: 'cancel', filter: {} })).toMatchObject({ status: 422 });
    const people = peopleOf(() => stack.api);
    const bert = await people.register('bert@example.test');
    const foreign = await people.send('POST', '/executions/bulk', bert.token, { action: 'cancel', filter });
    expect(foreign.status).toBe(403);
  });
});
