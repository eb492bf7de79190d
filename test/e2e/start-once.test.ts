import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { startTestStack, type TestStack } from '../support/test-stack.ts';

/** A start with a key happens once. No worker: the runs need not go anywhere. */

let stack: TestStack;
beforeAll(async () => {
  stack = await startTestStack({ settings: { MAX_ACTIVE_EXECUTIONS_PER_USER: '20' } });
});
afterAll(() => stack.close());

const startedSchema = z.object({ execution_id: z.uuid() });
const start = async (key: string, body = '{"crew":"one-task"}') => {
  const response = await fetch(`${stack.api.url}/crew/start`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${stack.api.admin.token}`,
      'content-type': 'application/json',
      'idempotency-key': key,
    },
    body,
  });
  const text = await response.text();
  return { status: response.status, text, headers: response.headers };
};
const idOf = (text: string): string => startedSchema.parse(JSON.parse(text)).execution_id;
const executions = async (): Promise<number> => {
  const [row] = await stack.api.database.sql.query<{ n: number }>(
    'select count(*)::int as n from executions',
  );
  return row?.n ?? 0;
};

describe('POST /crew/start with an Idempotency-Key', () => {
  it('1,000 at once over 50 keys start 50 executions', async () => {
    const before = await executions();
    const ids = new Map<string, Set<string>>();
    const statuses = new Map<number, number>();
    const untilAnswered = async (key: string): Promise<void> => {
      for (;;) {
        const { status, text, headers } = await start(key);
        statuses.set(status, (statuses.get(status) ?? 0) + 1);
        if (status === 200) {
          ids.set(key, (ids.get(key) ?? new Set()).add(idOf(text)));
          return;
        }
        expect(status).toBe(409);
        await new Promise((resolve) => setTimeout(resolve, 20 * Number(headers.get('retry-after'))));
      }
    };
    await Promise.all(Array.from({ length: 1_000 }, (_none, index) => untilAnswered(`key-${index % 50}`)));
    expect(await executions()).toBe(before + 50);
    expect(ids.size).toBe(50);
    for (const set of ids.values()) expect(set.size).toBe(1);
    expect(new Set([...ids.values()].flatMap((set) => [...set])).size).toBe(50);
    expect(statuses.get(200)).toBe(1_000);
  });

  it('after a crash between the commit and the answer finds the run it has started', async () => {
    const first = await start('crashed');
    const before = await executions();
    await stack.api.database.sql.query(
      `update idempotency_keys set status = null, headers = null, body = null, lease_until = 'epoch' where key = 'crashed'`,
    );
    const again = await start('crashed');
    expect(again.status).toBe(200);
    expect(again.headers.get('idempotency-replayed')).toBeNull();
    expect(idOf(again.text)).toBe(idOf(first.text));
    expect(await executions()).toBe(before);
    expect((await start('crashed', '{"crew":"two-step","inputs":{"topic":"x"}}')).status).toBe(422);
  });

  it('starts a new one once the day is over and the key forgotten', async () => {
    const first = await start('yesterday');
    await stack.api.database.sql.query(`delete from idempotency_keys where key = 'yesterday'`);
    expect(idOf((await start('yesterday')).text)).not.toBe(idOf(first.text));
  });

  it('keeps nothing of a start that was refused', async () => {
    const refused = await start('refused', '{"crew":"two-step"}');
    expect(refused.status).toBe(422);
    expect((await start('refused')).status).toBe(200);
  });
});
