import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { doctorCommand } from '../../src/cli/doctor/doctor.ts';
import { pruneCommand } from '../../src/cli/prune.ts';
import type { Settings } from '../../src/config.ts';
import { says } from '../support/scripted-model.ts';
import { startCrew, startTestStack, until, waitForStatus, type TestStack } from '../support/test-stack.ts';

let stack: TestStack;
beforeAll(async () => {
  stack = await startTestStack();
  await stack.startWorker();
});
afterAll(() => stack.close());

async function doctor(other: Partial<Settings> = {}, json = false): Promise<{ code: number; text: string }> {
  const lines: string[] = [];
  const code = await doctorCommand(
    { ...stack.settings, ...other },
    { json, say: (line) => lines.push(line) },
  );
  return { code, text: lines.join('\n') };
}

describe('muster doctor', () => {
  it('finds a running installation well, and says what could be better', async () => {
    await until('the worker is seen', async () => (await doctor()).code === 0);
    const { text } = await doctor();
    for (const line of [
      /✓ database: PostgreSQL \d+/,
      /✓ migrations: the schema is up to date/,
      /✓ vectors: memory and knowledge are compared by /,
      /✓ clock: /,
      /✓ temporal: server \S+ at /,
      /✓ search attributes: all are set up/,
      /✓ workers: \d+ poll for workflows/,
      /✓ JWT_SECRET: /,
      /! encryption: .* → PAYLOAD_ENCRYPTION_KEYS=/,
      /✓ models: DEFAULT_MODEL is /,
    ])
      expect(text).toMatch(line);
  });

  it('names what is away, wrong or missing, how to mend it, and ends with 1', async () => {
    const broken = await doctor({
      DATABASE_URL: 'postgres://muster:secret-word@127.0.0.1:1/muster',
      TEMPORAL_ADDRESS: '127.0.0.1:1',
      JWT_SECRET: 'short',
    });
    expect(broken.code).toBe(1);
    expect(broken.text).toMatch(/✗ database: .*ECONNREFUSED.* → is PostgreSQL up/);
    expect(broken.text).toMatch(/✗ temporal: 127\.0\.0\.1:1.* → is Temporal up/);
    expect(broken.text).toMatch(/✗ JWT_SECRET: is missing or weak → JWT_SECRET=/);
    expect(broken.text).not.toContain('secret-word');
    const nobody = await doctor({ TEMPORAL_TASK_QUEUE: 'a-queue-without-workers' });
    expect(nobody).toEqual({ code: 1, text: expect.stringMatching(/✗ workers: 0 poll .* → start a worker/) });
  });

  it('speaks JSON to programs', async () => {
    const { text } = await doctor({}, true);
    expect(JSON.parse(text)).toMatchObject({
      ok: true,
      findings: expect.arrayContaining([expect.objectContaining({ check: 'database', status: 'ok' })]),
    });
  });
});

describe('muster prune', () => {
  const DAY_MS = 86_400_000;
  const prune = async (dryRun: boolean): Promise<string> => {
    const lines: string[] = [];
    const say = (line: string) => lines.push(line);
    await pruneCommand(stack.settings.DATABASE_URL, { olderThanMs: 90 * DAY_MS, dryRun, say });
    return lines.join('\n');
  };
  const rowsOf = async (execution: number): Promise<number[]> => {
    const tables = ['execution_events', 'messages', 'task_executions', 'calls', 'execution_log_heads'];
    const counts = await Promise.all(
      tables.map((table) =>
        stack.api.database.sql.query(`select 1 from ${table} where execution_id = $1`, [execution]),
      ),
    );
    return counts.map((rows) => rows.length);
  };

  it('deletes what ended long ago with all that hangs on it, and nothing else', async () => {
    stack.model.always(() => says('words'));
    const start = () => startCrew(stack, { crew: 'two-step', inputs: { topic: 'otters' } });
    const [old, fresh, open] = [await start(), await start(), await start()];
    const [gone, kept] = [
      await waitForStatus(stack, old, ['completed']),
      await waitForStatus(stack, fresh, ['completed']),
    ];
    const { id: stillOpen } = await waitForStatus(stack, open, ['completed']);
    const past = new Date(Date.now() - 91 * DAY_MS).toISOString();
    const { sql } = stack.api.database;
    await sql.query('update executions set completed_at = $2 where id = $1', [gone.id, past]);
    // Open for longer than that: somebody's work.
    await sql.query("update executions set status = 'paused', completed_at = $2 where id = $1", [
      stillOpen,
      past,
    ]);
    await sql.query('update executions set created_at = $1', [past]);
    expect((await rowsOf(gone.id)).every((count) => count > 0)).toBe(true);

    expect(await prune(true)).toMatch(/^1 executions that ended before .* would be deleted/);
    expect((await stack.call('GET', `/api/v1/executions/${old}`)).status).toBe(200);
    expect(await prune(false)).toMatch(/^1 executions that ended before .* deleted\.$/);
    expect((await stack.call('GET', `/api/v1/executions/${old}`)).status).toBe(404);
    expect(await rowsOf(gone.id)).toEqual([0, 0, 0, 0, 0]);
    expect((await rowsOf(kept.id)).every((count) => count > 0)).toBe(true);
    expect((await stack.call('GET', `/api/v1/executions/${fresh}/events`)).status).toBe(200);
    expect((await rowsOf(stillOpen)).every((count) => count > 0)).toBe(true);
    expect(await prune(false)).toMatch(/^0 executions/);
  });
});
