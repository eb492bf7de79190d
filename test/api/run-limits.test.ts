import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { z } from 'zod';
import { makePlatformCrew, type PlatformCrew } from '../support/platform-crew.ts';
import { startTestStack, type TestStack } from '../support/test-stack.ts';

/** What a user may leave open. No worker: what is started stays as it is. */

let stack: TestStack;
let crew: PlatformCrew;
beforeAll(async () => {
  stack = await startTestStack({
    settings: { USER_LIMITS: 'open_executions=3', MAX_ACTIVE_EXECUTIONS_PER_USER: '1' },
  });
  crew = await makePlatformCrew(stack, stack.api.admin.token, ['one']);
});
afterAll(() => stack.close());

const start = () => stack.call('POST', `/api/v1/workflows/${crew.workflowId}/execute`, {});
const idOf = (body: unknown): string => z.looseObject({ execution_id: z.string() }).parse(body).execution_id;

it('as many as the limit says, queued ones among them; one more is refused by the name of the limit', async () => {
  const ids: string[] = [];
  for (let index = 0; index < 3; index += 1) {
    const { status, body } = await start();
    expect(status).toBe(202);
    ids.push(idOf(body));
  }
  const refused = await start();
  expect(refused).toMatchObject({
    status: 429,
    body: {
      error: 'RATE_LIMITED',
      message: expect.stringContaining('answer, resume or cancel some'),
      details: { limit: 'open_executions', maximum: 3, current: 3 },
    },
  });
  expect(refused.headers.get('retry-after')).toBe('30');
  const [first = ''] = ids;
  expect((await stack.call('POST', `/api/v1/executions/${first}/cancel`)).status).toBe(202);
  // There is room for one: a retry takes it, and the next start and retry find none.
  expect((await stack.call('POST', `/api/v1/executions/${first}/retry`)).status).toBe(202);
  expect((await start()).status).toBe(429);
  expect((await stack.call('POST', `/api/v1/executions/${first}/cancel`)).status).toBe(202);
  expect((await start()).status).toBe(202);
  expect(await stack.call('POST', `/api/v1/executions/${first}/retry`)).toMatchObject({ status: 429 });
  const bulk = { action: 'retry', filter: { execution_ids: [first] } };
  expect((await stack.call('POST', '/api/v1/executions/bulk', bulk)).body).toMatchObject({
    matched: 1,
    done: 0,
    failed: [{ error: 'RATE_LIMITED' }],
  });
});

it('a repeat of the request that took the last place is answered with what it made', async () => {
  // Without Temporal a cancel of a run that has begun stays under way.
  await stack.api.database.sql.query(
    `update executions set status = 'cancelled', completed_at = now() where status not in ('completed', 'failed', 'cancelled')`,
  );
  const again = () =>
    fetch(`${stack.api.url}/api/v1/workflows/${crew.workflowId}/execute`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${stack.api.admin.token}`,
        'content-type': 'application/json',
        'idempotency-key': 'the-last-place',
      },
      body: '{}',
    });
  while ((await openRuns()) < 2) await start();
  const answers = [await again(), await again()];
  const ids = await Promise.all(answers.map(async (answer) => idOf(await answer.json())));
  expect(new Set(ids).size).toBe(1);
  expect((await start()).status).toBe(429);
});

async function openRuns(): Promise<number> {
  const [row] = await stack.api.database.sql.query<{ count: number }>(
    `select count(*)::integer as count from executions where status not in ('completed', 'failed', 'cancelled')`,
  );
  return row?.count ?? 0;
}

it('a scheduled time waits while there is no room, for an hour, and starts when there is', async () => {
  const { sql } = stack.api.database;
  const endAll = () =>
    sql.query(
      `update executions set status = 'cancelled', completed_at = now() where status not in ('completed', 'failed', 'cancelled')`,
    );
  await endAll();
  for (let index = 0; index < 3; index += 1) expect((await start()).status).toBe(202);
  const made = await stack.call('POST', '/api/v1/schedules', {
    name: 'seldom',
    workflow_id: crew.workflowId,
    cron: '0 0 1 1 *',
  });
  expect(made.status).toBe(201);
  const { id } = z.looseObject({ id: z.string() }).parse(made.body);
  const fire = async (minutesAgo: number): Promise<string> => {
    const at = new Date(Date.now() - minutesAgo * 60_000).toISOString();
    await sql.query(
      `insert into schedule_fires (schedule_id, owner_id, nominal_at, workflow_id, run_id, status, due_at, created_at)
       select id, owner_id, $2::timestamptz, 'none', 'none', 'due', now(), $2::timestamptz from schedules where id = $1`,
      [id, at],
    );
    return at;
  };
  const lookedAt = async (at: string): Promise<{ status: string; error: string | null }> => {
    for (;;) {
      await new Promise((resolve) => setTimeout(resolve, 50));
      const [row] = await sql.query<{ status: string; error: string | null; seen: boolean }>(
        `select status, error, status <> 'due' or due_at > now() as seen from schedule_fires where nominal_at = $1 and schedule_id = $2`,
        [at, id],
      );
      if (row?.seen === true) return { status: row.status, error: row.error };
    }
  };
  const comesDue = (at: string) =>
    sql.query('update schedule_fires set due_at = now() where nominal_at = $1', [at]);

  const late = await fire(61);
  await lookedAt(late);
  const fresh = await fire(1);
  // It is looked at a second time when the first is over.
  for (let look = 0; look < 2; look += 1) {
    expect(await lookedAt(fresh)).toEqual({ status: 'due', error: null });
    await comesDue(fresh);
  }
  expect(await lookedAt(fresh)).toEqual({ status: 'due', error: null });
  expect(await lookedAt(late)).toEqual({
    status: 'refused',
    error: expect.stringContaining('answer, resume or cancel some'),
  });
  await endAll();
  await comesDue(fresh);
  // The lease of that look, and then what came of it.
  for (let status = 'due'; status === 'due';) ({ status } = await lookedAt(fresh));
  expect(await lookedAt(fresh)).toEqual({ status: 'started', error: null });
});
