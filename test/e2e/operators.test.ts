import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { findTemporalBinary } from '../../src/embedded/temporal-binary.ts';
import { hangs, says } from '../support/scripted-model.ts';
import {
  startCrew,
  startTestStack,
  testTemporalAddress,
  until,
  waitForStatus,
  type TestStack,
} from '../support/test-stack.ts';
import { startWorkerProcess, type WorkerProcess } from '../support/worker-process.ts';

/** What operators do: a worker is taken out under load, and Temporal's own command line looks and meddles. */

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
    const runs: string[] = [];
    const over = new AbortController();
    const loading = (async () => {
      while (!over.signal.aborted) {
        runs.push(await startCrew(stack, { crew: 'two-step', inputs: { topic: 'rain' } }));
        await sleep(150);
      }
    })();
    await until('it has work in hand', async () => ((await listed(leaving.pid))?.tasks ?? 0) > 0);
    const id = (await listed(leaving.pid))?.id ?? '';
    const path = `/api/v1/admin/workers/${id}/drain`;
    expect(await stack.call('POST', path)).toMatchObject({ status: 202, body: { id, status: 'draining' } });
    // Said twice it is one wish; what is there of it is in the database, whoever wrote it.
    expect((await stack.call('POST', path)).status).toBe(202);
    expect(await leaving.ended).toBe(0);
    over.abort();
    await loading;
    expect(await listed(leaving.pid)).toMatchObject({ status: 'ended', tasks: 0 });
    expect(await listed(staying.pid)).toMatchObject({ status: 'running' });
    expect((await stack.call('POST', path)).status).toBe(409);

    for (const run of runs) await waitForStatus(stack, run, ['completed']);
    // No call was cut off or made twice.
    const calls = await stack.api.database.sql.query<{ status: string; count: number }>(
      'select status, count(*)::integer as count from calls group by status',
    );
    expect(calls).toEqual([{ status: 'completed', count: 2 * runs.length }]);
    expect(stack.model.requests).toHaveLength(2 * runs.length);
    const asked = await startedBy(id, runs);
    expect(asked.before).toBeGreaterThan(0);
    expect(asked.after).toBe(0);
  }, 60_000);
});

describe('Temporal’s own command line', () => {
  it('finds a run by owner and state, and reads without a payload what it does', async () => {
    const run = await hungRun();
    const owner = z
      .object({ created_by: z.string() })
      .parse((await stack.call('GET', `/api/v1/executions/${run}`)).body).created_by;
    const query = `OwnerId = "${owner}" AND ExecutionState = "running" AND ExecutionId = "${run}"`;
    await until('it is listed', async () =>
      (await cli('list', '--query', query)).includes(`crew-run/${run}`),
    );
    expect(await cli('list', '--query', query.replace('running', 'paused'))).not.toContain(run);
    expect(await cli('describe', '-w', `crew-run/${run}`)).toContain('"two-step"');
    const details = await cli('metadata', '-w', `crew-run/${run}`);
    expect(details).toContain('**running**, 0 of 2 tasks done; in hand: ');
    const history = await stack.temporal.client.workflow.getHandle(`crew-run/${run}`).fetchHistory();
    const task = history.events?.find((event) => event.activityTaskScheduledEventAttributes);
    const summary = Buffer.from(task?.userMetadata?.summary?.data ?? '').toString();
    expect(details).toContain(JSON.parse(summary));
    await stack.call('POST', `/api/v1/executions/${run}/cancel`);
  });

  it('ends, cancels and resets runs, which show as such here within 30 s', async () => {
    const [terminated, cancelled, reset] = [await hungRun(), await hungRun(), await hungRun()];
    stack.model.always(() => says('after the reset'));
    const meddledAt = Date.now();
    await cli('terminate', '-w', `crew-run/${terminated}`, '--reason', 'an operator');
    await cli('cancel', '-w', `crew-run/${cancelled}`);
    await cli('reset', '-w', `crew-run/${reset}`, '--type', 'FirstWorkflowTask', '--reason', 'an operator');
    const [ended, stopped, anew] = await Promise.all([
      waitForStatus(stack, terminated, ['cancelled']),
      waitForStatus(stack, cancelled, ['cancelled']),
      waitForStatus(stack, reset, ['completed']),
    ]);
    expect(Date.now() - meddledAt).toBeLessThan(30_000);
    expect([ended.error_code, stopped.error_code]).toEqual(['TERMINATED', 'CANCELLED']);
    expect(ended.error).toBe('terminated in Temporal by an operator');
    expect(anew.result?.raw).toBe('after the reset');
  }, 60_000);
});

/** A run whose model does not answer. */
async function hungRun(): Promise<string> {
  stack.model.always(() => hangs());
  const before = stack.model.requests.length;
  const run = await startCrew(stack, { crew: 'two-step', inputs: { topic: 'rain' } });
  await until('its model is asked', () => stack.model.requests.length > before);
  return run;
}

/** `temporal workflow …`. @returns what it printed */
async function cli(...args: string[]): Promise<string> {
  const { path } = await findTemporalBinary({ log: () => undefined });
  const { stdout } = await promisify(execFile)(path, [
    'workflow',
    ...args,
    '--address',
    testTemporalAddress(),
    '--output',
    'json',
  ]);
  return stdout;
}

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
