import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import type { StartOptions } from '../../src/engine/starting/start-crew-run.ts';
import type { CrewPlan } from '../../src/domain/plan/crew-plan.ts';
import { crewRunWorkflowId } from '../../src/temporal/names.ts';
import { startPlan } from '../support/plan-runs.ts';
import { anAgent, aPlan, aTask } from '../support/plans.ts';
import { callsTool, fails, hangs, says, slowly } from '../support/scripted-model.ts';
import {
  END,
  getEvents,
  getExecution,
  startTestStack,
  until,
  waitForStatus,
  type TestStack,
} from '../support/test-stack.ts';

/** Runs that are too long for one Temporal run. Here one takes three tasks, so that a dozen is long. */

let stack: TestStack;
const NONE = { kind: 'tasks' as const, keys: [] };

beforeAll(async () => {
  stack = await startTestStack();
  await stack.startWorker(3);
});
afterEach(() => stack.model.assertDone());
afterAll(() => stack.close());

async function start(plan: CrewPlan, options: StartOptions = {}): Promise<string> {
  return startPlan(stack, plan, options);
}

const chain = (length: number): CrewPlan =>
  aPlan({
    process: 'graph',
    tasks: Array.from({ length }, (_, index) => {
      const before = index === 0 ? [] : [`t${index - 1}`];
      return aTask({ key: `t${index}`, context: { kind: 'tasks', keys: before }, dependsOn: before });
    }),
  });

/** The Temporal runs of an execution, the latest first: each names the one it continues. */
async function temporalRuns(id: string): Promise<string[]> {
  const runs: string[] = [];
  for (let runId: string | undefined; ;) {
    const found = await stack.temporal.client.workflow.getHandle(crewRunWorkflowId(id), runId).describe();
    runs.push(found.runId);
    const continues = z.string().optional().parse(found.memo?.['continues']);
    if (continues === undefined) return runs;
    runId = continues;
  }
}

describe('a run of more tasks than one Temporal run takes', () => {
  it('goes on in further ones, and readers see one run', async () => {
    const layers = [0, 1, 2].map((layer) => [0, 1, 2, 3].map((place) => `l${layer}-${place}`));
    const tasks = layers.flatMap((keys, layer) => {
      const before = layers[layer - 1] ?? [];
      return keys.map((key) =>
        aTask({ key, context: { kind: 'tasks', keys: before }, dependsOn: [...before] }),
      );
    });
    stack.model.script(tasks.map(({ key }) => says(`output of some task, ${key}`)));
    const id = await start(aPlan({ process: 'graph', tasks }));
    const { result, temporal } = await waitForStatus(stack, id, END);
    expect(result?.tasks_output).toHaveLength(12);

    const events = await getEvents(stack, id);
    expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index + 1));
    expect(events.filter(({ type }) => type === 'workflow_started')).toHaveLength(1);
    expect(events.filter(({ type }) => type === 'task_completed')).toHaveLength(12);
    expect(events.at(-1)?.type).toBe('workflow_completed');

    const runs = await temporalRuns(id);
    expect(runs.length).toBeGreaterThanOrEqual(4);
    expect(temporal.run_id).toBe(runs[0]);
    expect(stack.logLines.filter((line) => line.includes('reconciled'))).toEqual([]);
  });

  it('shows every task in its live state', async () => {
    stack.model.script([...Array.from({ length: 5 }, () => says('quick')), hangs()]);
    const before = stack.model.requests.length;
    const id = await start(chain(8));
    await until('its sixth task is asked', () => stack.model.requests.length === before + 6);
    const { live } = await readSnapshot(id);
    expect(live.tasks.map(({ status }) => status)).toEqual([
      ...Array.from({ length: 5 }, () => 'done'),
      'running',
      'pending',
      'pending',
    ]);
    await stack.call('POST', `/api/v1/executions/${id}/cancel`);
    expect(await waitForStatus(stack, id, END)).toMatchObject({ status: 'cancelled' });
  });

  it('is paused, edited, resumed and timed as any other', async () => {
    stack.model.script([
      says('one'),
      says('two'),
      says('three'),
      slowly('four', { chunkMs: 100, chunks: 5 }),
      says('five'),
      says('six'),
      says('seven'),
    ]);
    const before = stack.model.requests.length;
    const id = await start(chain(7), { timeout_seconds: 600 });
    await until('its fourth task is asked', () => stack.model.requests.length === before + 4);
    await stack.call('POST', `/api/v1/executions/${id}/pause`);
    await waitForStatus(stack, id, ['paused']);
    const edited = await stack.call('PATCH', `/api/v1/executions/${id}/tasks/t6`, {
      description: 'Say goodbye',
    });
    expect(edited.status).toBe(202);
    await stack.call('POST', `/api/v1/executions/${id}/resume`);
    expect(await waitForStatus(stack, id, END)).toMatchObject({ status: 'completed' });
    expect(JSON.stringify(stack.model.requests.at(-1)?.body)).toContain('Say goodbye');
    const types = (await getEvents(stack, id)).map(({ type }) => type);
    expect(types.filter((type) => type === 'workflow_paused')).toHaveLength(1);
  });

  it('does not wait for people longer than it must: the tasks beyond go on', async () => {
    const tasks = Array.from({ length: 8 }, (_, index) =>
      aTask({
        key: `t${index}`,
        description: index < 3 ? 'Ask first' : 'Just work',
        context: NONE,
        agentKey: 'writer',
      }),
    );
    const ask = Array.from({ length: 3 }, () => callsTool('ask_human', { question: 'May I?' }));
    stack.model.when(/Ask first/, [...ask, says('done'), says('done'), says('done')]);
    stack.model.when(
      /Just work/,
      Array.from({ length: 5 }, () => says('worked')),
    );
    const id = await start(aPlan({ process: 'graph', agents: [anAgent({ tools: ['ask_human'] })], tasks }));
    await waitForStatus(stack, id, ['waiting']);
    await until('all others are done', async () => {
      const events = await getEvents(stack, id);
      return events.filter(({ type }) => type === 'task_completed').length === 5;
    });
    const path = `/api/v1/executions/${id}/questions`;
    const asked = z.array(z.looseObject({ id: z.string() })).parse((await stack.call('GET', path)).body);
    expect(asked).toHaveLength(3);
    for (const question of asked)
      await stack.call('POST', `${path}/${question.id}/answer`, { answer: 'yes' });
    expect(await waitForStatus(stack, id, END)).toMatchObject({ status: 'completed' });
    const types = (await getEvents(stack, id)).map(({ type }) => type);
    expect(types.filter((type) => type === 'question_asked')).toHaveLength(3);
  });

  it('leaves behind a task that failed where it shall go on, and keeps what is put off put off', async () => {
    stack.model.script([fails(401), says('two'), says('three'), fails(429, { retryAfter: 3 })]);
    stack.model.script([says('four'), says('five')]);
    const startedAt = Date.now();
    const id = await start(chain(5), { on_task_failure: 'continue' });
    expect(await waitForStatus(stack, id, END)).toMatchObject({ status: 'completed' });
    expect(Date.now() - startedAt).toBeGreaterThanOrEqual(3_000);
    const failed = (await getEvents(stack, id)).filter(({ type }) => type === 'task_failed');
    expect(failed.map(({ task_key: key }) => key)).toEqual(['t0']);
  });

  it('is retried from where it failed', async () => {
    stack.model.script([says('one'), says('two'), says('three'), says('four'), fails(401)]);
    const id = await start(chain(6));
    expect(await waitForStatus(stack, id, END)).toMatchObject({ status: 'failed' });
    stack.model.script([says('five'), says('six')]);
    await stack.call('POST', `/api/v1/executions/${id}/retry`);
    await until('it is completed', async () => (await getExecution(stack, id)).status === 'completed');
  });

  it('is listed page by page', async () => {
    stack.model.script(Array.from({ length: 4 }, () => says('done')));
    const id = await start(chain(4));
    await waitForStatus(stack, id, END);
    const page = await stack.call('GET', `/api/v1/executions/${id}/tasks?skip=1&limit=2`);
    expect(page.body).toMatchObject([{ key: 't1' }, { key: 't2' }]);
    expect(page.headers.get('x-total-count')).toBe('4');
  });
});

const snapshotSchema = z.object({
  live: z.object({ tasks: z.array(z.object({ key: z.string(), status: z.string() })) }),
});

/** The first frame of its stream. */
async function readSnapshot(id: string): Promise<z.output<typeof snapshotSchema>> {
  const stop = new AbortController();
  const response = await fetch(`${stack.api.url}/api/v1/executions/${id}/stream`, {
    headers: { authorization: `Bearer ${stack.api.admin.token}` },
    signal: stop.signal,
  });
  let text = '';
  try {
    for await (const chunk of response.body ?? []) {
      text += new TextDecoder().decode(chunk);
      const data = /event: snapshot\ndata: (.*)\n\n/.exec(text)?.[1];
      if (data !== undefined) return snapshotSchema.parse(JSON.parse(data));
    }
  } finally {
    stop.abort();
  }
  throw new Error(`no snapshot in ${text}`);
}
