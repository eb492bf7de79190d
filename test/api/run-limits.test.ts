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
