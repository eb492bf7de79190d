import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { makePlatformCrew, type PlatformCrew } from '../support/platform-crew.ts';
import { says } from '../support/scripted-model.ts';
import { readSse } from '../support/sse-reader.ts';
import { startTestStack, until, waitForStatus, type TestStack } from '../support/test-stack.ts';

/** What answers and streams carry of runs that have said much. */

const LONG = `The beginning. ${'x'.repeat(50_000)} The end.`;
let stack: TestStack;
let crew: PlatformCrew;
let run: { id: number; uuid: string };

beforeAll(async () => {
  stack = await startTestStack({ settings: { RATE_LIMIT_PER_MINUTE: '0' } });
  await stack.startWorker();
  crew = await makePlatformCrew(stack, stack.api.admin.token, ['one', 'two']);
  stack.model.script([says(LONG), says('short')]);
  run = await crew.execute();
  await waitForStatus(stack, run.uuid, ['completed']);
});
afterAll(() => stack.close());

const resultSchema = z.looseObject({ raw: z.string(), tasks_output: z.array(z.unknown()) });
const shown = z.looseObject({
  output_data: resultSchema.nullable(),
  result: resultSchema,
  execution_log: z.array(z.looseObject({ seq: z.int(), data: z.record(z.string(), z.unknown()) })).nullable(),
});
const get = async (path: string): Promise<unknown> => (await stack.call('GET', `/api/v1${path}`)).body;
const bytesOf = (body: unknown): number => JSON.stringify(body).length;

describe('an execution whose tasks have written much', () => {
  it('carries its result in whole where it is shown alone, and its log with long texts cut', async () => {
    const body = await get(`/executions/${run.uuid}`);
    const { result, output_data: output, execution_log: log } = shown.parse(body);
    expect(output).toEqual(result);
    expect(JSON.stringify(result).includes(LONG)).toBe(true);
    expect(JSON.stringify(log)).toContain('The beginning.');
    expect(JSON.stringify(log)).not.toContain('The end.');
    expect(bytesOf(log)).toBeLessThan(20_000);
    const cut = log?.find(({ data }) => JSON.stringify(data).includes('(cut: '));
    expect(JSON.stringify(cut)).toContain(`/events?after=${(cut?.seq ?? 0) - 1}&limit=1`);
    const whole = JSON.stringify(
      await get(`/executions/${run.uuid}/events?after=${(cut?.seq ?? 0) - 1}&limit=1`),
    );
    expect(whole.includes('x'.repeat(2_000))).toBe(true);
  });

  it.each(['/executions', 'workflow'])('carries its result once in the list of %s, cut', async (list) => {
    const path = list === 'workflow' ? `/workflows/${crew.workflowId}/executions` : list;
    const [listed] = z.array(shown).parse(await get(path));
    expect(listed).toMatchObject({ output_data: null, execution_log: null, result: { raw: 'short' } });
    expect(bytesOf(listed?.result)).toBeLessThan(5_000);
    expect(listed?.result.tasks_output).toEqual([
      expect.stringContaining(`GET /api/v1/executions/${run.id}`),
    ]);
  });

  it('is shown at the beginning of its stream without what it has written', async () => {
    const stream = await readSse(`${stack.api.url}/api/v1/executions/${run.uuid}/stream`, {
      authorization: `Bearer ${stack.api.admin.token}`,
    });
    await until('the snapshot is there', () => stream.events.length > 0);
    stream.leave();
    const [snapshot] = stream.events;
    expect(snapshot).toMatchObject({
      event: 'snapshot',
      data: {
        execution: { status: 'completed', result: null, output_data: null },
        tasks: [
          { name: 'one', status: 'completed' },
          { name: 'two', status: 'completed' },
        ],
        live: null,
      },
    });
    expect(JSON.stringify(snapshot)).not.toContain('xxxx');
  });
});

describe('the snapshot of a live run', () => {
  it('is made once for all who come at the same moment, and anew for who has seen more', async () => {
    const { services: engine } = stack.engine;
    stack.model.always(() => says('done'));
    const live = await makePlatformCrew(stack, stack.api.admin.token, ['held']);
    const { id, uuid } = await live.execute();
    await waitForStatus(stack, uuid, ['completed']);
    await engine.system.query("update executions set status = 'waiting' where id = $1", [id]);
    await engine.system.query('update execution_log_heads set closed = false where execution_id = $1', [id]);
    let asked = 0;
    const liveState = engine.runs.liveState.bind(engine.runs);
    engine.runs.liveState = (workflowId, timeoutMs) => {
      asked += 1;
      return liveState(workflowId, timeoutMs);
    };
    const open = () =>
      readSse(`${stack.api.url}/api/v1/executions/${uuid}/stream`, {
        authorization: `Bearer ${stack.api.admin.token}`,
      });
    const readers = await Promise.all(Array.from({ length: 60 }, open));
    await until('each has its snapshot', () =>
      readers.every(({ events }) => events.some(({ event }) => event === 'snapshot')),
    );
    for (const reader of readers) reader.leave();
    engine.runs.liveState = liveState;
    // A moment is a second: on a slow machine they come in more than one.
    expect(asked).toBeGreaterThan(0);
    expect(asked).toBeLessThan(10);
  });
});
