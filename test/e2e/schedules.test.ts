import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { temporalScheduleId } from '../../src/temporal/names.ts';
import { hangs, says } from '../support/scripted-model.ts';
import { startTestStack, until, type TestStack } from '../support/test-stack.ts';

let stack: TestStack;

beforeAll(async () => {
  stack = await startTestStack();
  await stack.startWorker();
});
afterEach(() => stack.model.assertDone());
afterAll(async () => {
  // The server outlives the test: what is left of its schedules would fire on.
  const left = await stack.api.database.sql.query<{ id: string }>('select id from schedules');
  for (const { id } of left)
    await stack.temporal.client.schedule
      .getHandle(temporalScheduleId(id))
      .delete()
      .catch(() => undefined);
  await stack.close();
});

const scheduleSchema = z.looseObject({
  id: z.uuid(),
  paused: z.boolean(),
  next_runs: z.array(z.string()),
  last_runs: z.array(
    z.object({
      scheduled_at: z.string(),
      status: z.string(),
      execution_id: z.uuid().nullable(),
      execution_status: z.string().nullable(),
      error: z.string().nullable(),
    }),
  ),
  temporal: z.object({ synced: z.boolean(), schedule_id: z.string() }),
});
type Shown = z.output<typeof scheduleSchema>;

/** Once a year, so that nothing comes due by itself. */
const SELDOM = { name: 'seldom', crew: 'one-task', cron: '0 0 1 1 *' };
const make = async (body: object): Promise<Shown> => {
  const answer = await stack.call('POST', '/api/v1/schedules', body);
  expect(answer.status).toBe(201);
  return scheduleSchema.parse(answer.body);
};
const show = async (id: string): Promise<Shown> =>
  scheduleSchema.parse((await stack.call('GET', `/api/v1/schedules/${id}`)).body);
const ask = (id: string, what: string, body?: object) =>
  stack.call('POST', `/api/v1/schedules/${id}/${what}`, body);
const untilSynced = (id: string) => until('Temporal has heard', async () => (await show(id)).temporal.synced);
const executionsOf = async (id: string) =>
  z
    .array(z.looseObject({ execution_id: z.string(), status: z.string() }))
    .parse((await stack.call('GET', `/api/v1/executions?schedule_id=${id}`)).body);
const untilRuns = (id: string, count: number, status: string) =>
  until(
    `${count} runs are ${status}`,
    async () => (await executionsOf(id)).filter((run) => run.status === status).length === count,
    30_000,
  );
const issuesOf = (body: unknown) =>
  z.object({ details: z.object({ issues: z.array(z.object({ path: z.string() })) }) }).parse(body).details
    .issues;

describe('a schedule', () => {
  it.each([
    ['a cron of four fields', { ...SELDOM, cron: '0 0 1 1' }, '/cron'],
    ['minute 61', { ...SELDOM, cron: '61 0 1 1 *' }, '/cron'],
    ['the 31st of February', { ...SELDOM, cron: '0 0 31 2 *' }, '/cron'],
    ['day of month and of week', { ...SELDOM, cron: '0 0 1 * MON' }, '/cron'],
    ['an unknown zone', { ...SELDOM, timezone: 'Mars/Olympus' }, '/timezone'],
    ['nothing to start', { name: 'n', cron: '0 0 1 1 *' }, ''],
    ['two things to start', { ...SELDOM, flow: 'poem_flow' }, ''],
    ['a missing input', { ...SELDOM, crew: 'two-step' }, '/inputs/topic'],
    [
      'a flow that refuses its request',
      { name: 'n', cron: '0 0 1 1 *', flow: 'poem_flow', inputs: { sentence_count: 0 } },
      '/inputs/sentence_count',
    ],
  ])('is refused with %s', async (_what, body, path) => {
    const answer = await stack.call('POST', '/api/v1/schedules', body);
    expect(answer.status).toBe(422);
    expect(issuesOf(answer.body).map((issue) => issue.path)).toContain(path);
  });

  it('tells its next times in its own zone, over the change of the clocks', async () => {
    const { id } = await make({ ...SELDOM, cron: '0 9 * * *', timezone: 'Europe/Berlin' });
    const { next_runs: next } = await show(id);
    const hours = next.map((time) =>
      new Intl.DateTimeFormat('en-GB', {
        timeZone: 'Europe/Berlin',
        hour: '2-digit',
        minute: '2-digit',
      }).format(new Date(time)),
    );
    expect(hours).toEqual(['09:00', '09:00', '09:00', '09:00', '09:00']);
    expect((await stack.call('DELETE', `/api/v1/schedules/${id}`)).status).toBe(200);
    expect((await stack.call('GET', `/api/v1/schedules/${id}`)).status).toBe(404);
  });

  it('is not there for others, nor for a graph of theirs', async () => {
    const answer = await stack.call('POST', '/api/v1/schedules', {
      ...SELDOM,
      crew: null,
      graph_id: randomUUID(),
    });
    expect(answer.status).toBe(404);
  });
});

describe('a trigger', () => {
  it('starts one run, and the overlap policy skip leaves the second out until that is over', async () => {
    const { id } = await make(SELDOM);
    stack.model.script([hangs()]);
    expect((await ask(id, 'trigger')).status).toBe(202);
    await untilRuns(id, 1, 'running');
    const [first] = (await show(id)).last_runs;
    expect(first).toMatchObject({ status: 'started', execution_status: 'running' });
    const handle = stack.temporal.client.schedule.getHandle(temporalScheduleId(id));
    expect((await ask(id, 'trigger')).status).toBe(202);
    await until(
      'the second is skipped',
      async () => (await handle.describe()).info.numActionsSkippedOverlap === 1,
    );
    expect(await executionsOf(id)).toHaveLength(1);
    await stack.call('POST', `/api/v1/executions/${first?.execution_id ?? ''}/cancel`);
    await untilRuns(id, 1, 'cancelled');
    await until(
      'Temporal knows it is over',
      async () => (await handle.describe()).info.runningActions.length === 0,
    );
    stack.model.script([says('done')]);
    await ask(id, 'trigger');
    await untilRuns(id, 1, 'completed');
  });

  it('with cancel_other cancels what runs and takes its place', async () => {
    const { id } = await make({ ...SELDOM, overlap: 'cancel_other' });
    stack.model.script([hangs(), says('mine')]);
    await ask(id, 'trigger');
    await untilRuns(id, 1, 'running');
    await until('a second has gone by', () => Date.now() % 1000 < 50);
    await ask(id, 'trigger');
    await untilRuns(id, 1, 'cancelled');
    await untilRuns(id, 1, 'completed');
  });

  it('of something that cannot start any more is refused, with the reason', async () => {
    const made = await stack.call('POST', '/api/v1/workflows', { name: 'empty later' });
    const workflowId = z.object({ id: z.int() }).parse(made.body).id;
    const agent = await stack.call('POST', '/api/v1/agents', { name: 'a', role: 'r', goal: 'g' });
    const agentId = z.object({ id: z.int() }).parse(agent.body).id;
    const task = { workflow_id: workflowId, agent_id: agentId, name: 't', description: 'd' };
    const taskId = z.object({ id: z.int() }).parse((await stack.call('POST', '/api/v1/tasks', task)).body).id;
    const { id } = await make({ name: 'n', workflow_id: workflowId, cron: '0 0 1 1 *' });
    await stack.call('DELETE', `/api/v1/tasks/${taskId}`);
    await ask(id, 'trigger');
    await until('it is refused', async () => (await show(id)).last_runs[0]?.status === 'refused', 30_000);
    expect((await show(id)).last_runs[0]?.error).toContain('cannot run');
    const handle = stack.temporal.client.schedule.getHandle(temporalScheduleId(id));
    await until(
      'its workflow is over',
      async () => (await handle.describe()).info.runningActions.length === 0,
    );
  });
});

describe('a backfill', () => {
  const HOURS = { from: '2026-01-01T01:00:00Z', to: '2026-01-01T03:00:00Z' };

  it('of three times starts three runs, and asked for again none', async () => {
    const { id } = await make({ ...SELDOM, cron: '0 * * * *', paused: true });
    stack.model.script([says('one'), says('two'), says('three')]);
    expect((await ask(id, 'backfill', HOURS)).status).toBe(202);
    await untilRuns(id, 3, 'completed');
    const times = (await show(id)).last_runs.map((run) => run.scheduled_at);
    expect(times).toEqual([
      '2026-01-01T03:00:00.000Z',
      '2026-01-01T02:00:00.000Z',
      '2026-01-01T01:00:00.000Z',
    ]);
    const handle = stack.temporal.client.schedule.getHandle(temporalScheduleId(id));
    // Temporal counts an action a little after it has taken it: what is compared with must have come to rest.
    await until(
      'its workflows are over',
      async () => {
        const { info } = await handle.describe();
        return info.numActionsTaken >= 3 && info.runningActions.length === 0;
      },
      60_000,
    );
    const taken = (await handle.describe()).info.numActionsTaken;
    await ask(id, 'backfill', { ...HOURS, overlap: 'allow_all' });
    await until(
      'it was heard',
      async () => {
        const { info } = await handle.describe();
        return info.numActionsTaken === taken + 3 && info.runningActions.length === 0;
      },
      60_000,
    );
    expect(await executionsOf(id)).toHaveLength(3);
  });

  it.each([
    ['the future', { from: '2026-01-01T00:00:00Z', to: '2999-01-01T00:00:00Z' }],
    ['a time before its begin', { from: '2026-01-02T00:00:00Z', to: '2026-01-01T00:00:00Z' }],
    ['no time at all', { from: '2026-01-01T01:10:00Z', to: '2026-01-01T01:20:00Z' }],
    ['too many times', { from: '2020-01-01T00:00:00Z', to: '2026-01-01T00:00:00Z' }],
  ])('of %s is refused', async (_what, body) => {
    const { id } = await make({ ...SELDOM, cron: '0 * * * *', paused: true });
    expect((await ask(id, 'backfill', body)).status).toBe(422);
  });
});

describe('Temporal', () => {
  it('hears of pause, resume, changes and the end', async () => {
    const { id } = await make(SELDOM);
    await untilSynced(id);
    const handle = stack.temporal.client.schedule.getHandle(temporalScheduleId(id));
    expect((await ask(id, 'pause')).status).toBe(202);
    expect((await ask(id, 'pause')).status).toBe(409);
    expect((await show(id)).next_runs).toEqual([]);
    await untilSynced(id);
    expect((await handle.describe()).state.paused).toBe(true);
    expect((await ask(id, 'resume')).status).toBe(202);
    await stack.call('PATCH', `/api/v1/schedules/${id}`, { overlap: 'buffer_one' });
    await untilSynced(id);
    const described = await handle.describe();
    expect(described.state.paused).toBe(false);
    expect(described.policies.overlap).toBe('BUFFER_ONE');
    await stack.call('DELETE', `/api/v1/schedules/${id}`);
    await until('it is gone there too', async () => {
      const rows = await stack.api.database.sql.query(
        'select 1 from schedules where id = $1 union all select 1 from schedule_removals where schedule_id = $1',
        [id],
      );
      return rows.length === 0;
    });
    await expect(handle.describe()).rejects.toMatchObject({ name: 'ScheduleNotFoundError' });
  });

  it('gets a schedule anew that it has lost', async () => {
    const { id } = await make(SELDOM);
    await untilSynced(id);
    const handle = stack.temporal.client.schedule.getHandle(temporalScheduleId(id));
    await handle.delete();
    await stack.api.database.sql.query(`update schedules set checked_at = 'epoch' where id = $1`, [id]);
    await until('it is back', () =>
      handle.describe().then(
        () => true,
        () => false,
      ),
    );
  });

  it('is told nothing of what a run is about', async () => {
    const secret = 'a-topic-nobody-may-read';
    const { id } = await make({ ...SELDOM, crew: 'two-step', inputs: { topic: secret } });
    stack.model.script([says('a'), says('b')]);
    await ask(id, 'trigger');
    await untilRuns(id, 1, 'completed');
    const [fire] = await stack.api.database.sql.query<{ workflow_id: string }>(
      'select workflow_id from schedule_fires where schedule_id = $1',
      [id],
    );
    const workflow = stack.temporal.client.workflow.getHandle(fire?.workflow_id ?? '');
    await workflow.result();
    expect(JSON.stringify(await workflow.fetchHistory())).not.toContain(secret);
    const { raw } = await stack.temporal.client.schedule.getHandle(temporalScheduleId(id)).describe();
    expect(JSON.stringify(raw)).not.toContain(secret);
  });
});
