import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { hangs, says, slowly } from '../support/scripted-model.ts';
import { startCrew, startTestStack, until, waitForStatus, type TestStack } from '../support/test-stack.ts';

let stack: TestStack;
const ONE = { crew: 'one-task' };

beforeAll(async () => {
  stack = await startTestStack({ settings: { MAX_ACTIVE_EXECUTIONS_PER_USER: '2' } });
  await stack.startWorker();
});
afterEach(() => stack.model.assertDone());
afterAll(() => stack.close());

interface Span {
  execution_id: string;
  from: number;
  to: number;
}
/** When each run had begun and ended, by the worker's clock, in the order in which they began. */
async function spans(ids: string[]): Promise<Span[]> {
  return stack.api.database.sql.query<Span>(
    `select execution_id, extract(epoch from started_at)::float8 as from,
            extract(epoch from completed_at)::float8 as to
       from executions where execution_id = any($1::uuid[]) order by started_at`,
    [ids],
  );
}

describe('a limit of two active executions', () => {
  it('runs five in their turn, never three at once, the urgent before the old', async () => {
    stack.model.script(Array.from({ length: 5 }, () => slowly('done', { chunkMs: 60, chunks: 4 })));
    const ids: string[] = [];
    for (const priority of [0, 0, 0, 1, 5]) ids.push(await startCrew(stack, { ...ONE, priority }));
    const [, , old, urgent, first] = ids;
    for (const id of ids) await waitForStatus(stack, id, ['completed']);
    const ran = await spans(ids);
    for (const { from } of ran) {
      expect(ran.filter((other) => other.from <= from && from < other.to).length).toBeLessThanOrEqual(2);
    }
    const order = ran.map((span) => span.execution_id);
    // The first two may end in the same moment, and their places be taken in either order.
    expect(new Set(order.slice(2, 4))).toEqual(new Set([first, urgent]));
    expect(order.at(-1)).toBe(old);
  });

  it('lets the next go when a running one is cancelled', async () => {
    stack.model.script([hangs(), hangs(), says('mine')]);
    const before = stack.model.requests.length;
    const [one, two] = [await startCrew(stack, ONE), await startCrew(stack, ONE)];
    await until('both run', () => stack.model.requests.length === before + 2);
    const third = await startCrew(stack, ONE);
    await new Promise((resolve) => setTimeout(resolve, 500));
    await waitForStatus(stack, third, ['pending']);
    expect(stack.model.requests.length).toBe(before + 2);
    await stack.call('POST', `/api/v1/executions/${one}/cancel`);
    await waitForStatus(stack, third, ['completed']);
    await stack.call('POST', `/api/v1/executions/${two}/cancel`);
    await waitForStatus(stack, two, ['cancelled']);
  });

  it('keeps the place in Temporal’s events too: a queued retry ends as completed', async () => {
    stack.model.script([hangs(), hangs(), hangs(), says('at last')]);
    const before = stack.model.requests.length;
    const failed = await startCrew(stack, ONE);
    await until('it runs', () => stack.model.requests.length === before + 1);
    await stack.call('POST', `/api/v1/executions/${failed}/cancel`);
    await waitForStatus(stack, failed, ['cancelled']);
    const [one, two] = [await startCrew(stack, ONE), await startCrew(stack, ONE)];
    await until('both run', () => stack.model.requests.length === before + 3);
    const retried = await stack.call('POST', `/api/v1/executions/${failed}/retry`);
    expect(retried).toMatchObject({ status: 202, body: { status: 'pending' } });
    for (const id of [one, two]) await stack.call('POST', `/api/v1/executions/${id}/cancel`);
    await waitForStatus(stack, failed, ['completed']);
  });
});
