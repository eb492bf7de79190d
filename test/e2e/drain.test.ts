import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { says } from '../support/scripted-model.ts';
import { startCrew, startTestStack, until, waitForStatus, type TestStack } from '../support/test-stack.ts';
import { startWorkerProcess, type WorkerProcess } from '../support/worker-process.ts';

/** Two real workers under load, one of which is taken out. */

const RUNS = 8;
const workersSchema = z.array(
  z.looseObject({ id: z.string(), pid: z.int(), status: z.string(), tasks: z.int() }),
);

let stack: TestStack;
let leaving: WorkerProcess;
let staying: WorkerProcess;

beforeAll(async () => {
  stack = await startTestStack();
  [leaving, staying] = await Promise.all([
    startWorkerProcess(stack.settings),
    startWorkerProcess(stack.settings),
  ]);
}, 60_000);
afterAll(async () => {
  await Promise.all([leaving.stop(), staying.stop()]);
  await stack.close();
});

const listed = async (pid: number) => {
  const { body } = await stack.call('GET', '/api/v1/admin/workers');
  return workersSchema.parse(body).find((worker) => worker.pid === pid);
};

describe('a worker that is drained under load', () => {
  it('starts nothing more, finishes what it holds, and ends with 0, while no run notices', async () => {
    await until('both are listed', async () => {
      const states = await Promise.all([listed(leaving.pid), listed(staying.pid)]);
      return states.every((worker) => worker?.status === 'running');
    });
    stack.model.always(() => says('a thought', { chunkMs: 400 }));
    const runs = await Promise.all(
      Array.from({ length: RUNS }, () => startCrew(stack, { crew: 'two-step', inputs: { topic: 'rain' } })),
    );
    await until('it has work in hand', async () => ((await listed(leaving.pid))?.tasks ?? 0) > 0);
    const id = (await listed(leaving.pid))?.id ?? '';
    const path = `/api/v1/admin/workers/${id}/drain`;
    expect(await stack.call('POST', path)).toMatchObject({ status: 202, body: { id, status: 'draining' } });
    // Said twice it is one wish; what is there of it is in the database, whoever wrote it.
    expect((await stack.call('POST', path)).status).toBe(202);
    const later: string[] = [];
    const over = new AbortController();
    const loading = (async () => {
      while (!over.signal.aborted) {
        later.push(await startCrew(stack, { crew: 'two-step', inputs: { topic: 'more rain' } }));
        await sleep(100);
      }
    })();
    expect(await leaving.ended).toBe(0);
    over.abort();
    await loading;
    expect(await listed(leaving.pid)).toMatchObject({ status: 'ended', tasks: 0 });
    expect(await listed(staying.pid)).toMatchObject({ status: 'running' });
    expect((await stack.call('POST', path)).status).toBe(409);

    const all = [...runs, ...later];
    for (const run of all) await waitForStatus(stack, run, ['completed']);
    // No call was cut off or made twice.
    const calls = await stack.api.database.sql.query<{ status: string; count: number }>(
      'select status, count(*)::integer as count from calls group by status',
    );
    expect(calls).toEqual([{ status: 'completed', count: 2 * all.length }]);
    expect(stack.model.requests).toHaveLength(2 * all.length);
    const asked = await startedBy(id, all);
    expect(asked.before).toBeGreaterThan(0);
    expect(asked.after).toBe(0);
  }, 60_000);
});

/** How many activities a worker has started: until it said that it takes nothing new, and after that. */
async function startedBy(id: string, runs: readonly string[]): Promise<{ before: number; after: number }> {
  const word = leaving
    .said()
    .split('\n')
    .find((line) => line.includes('takes nothing new'));
  const said = z
    .object({ time: z.coerce.date() })
    .parse(JSON.parse(word ?? '{}'))
    .time.getTime();
  const counts = { before: 0, after: 0 };
  for (const run of runs) {
    const { events } = await stack.temporal.client.workflow.getHandle(`crew-run/${run}`).fetchHistory();
    for (const event of events ?? []) {
      const identity = event.activityTaskStartedEventAttributes?.identity;
      if (identity?.endsWith(`/${id}`) !== true) continue;
      const at = Number(event.eventTime?.seconds ?? 0) * 1000 + (event.eventTime?.nanos ?? 0) / 1e6;
      // What Temporal was handing over at that moment still counts as before.
      counts[at > said + 100 ? 'after' : 'before'] += 1;
    }
  }
  return counts;
}
