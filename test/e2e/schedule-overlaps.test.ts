import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { temporalScheduleId } from '../../src/temporal/names.ts';
import { peopleOf } from '../support/people.ts';
import { hangs, says, type Reply } from '../support/scripted-model.ts';
import { startTcpProxy, type TcpProxy } from '../support/tcp-proxy.ts';
import { startTestStack, testTemporalAddress, until, type TestStack } from '../support/test-stack.ts';

/** Starts of a schedule that meet, and schedules while Temporal is away. */

let stack: TestStack;
let wire: TcpProxy;
const { register, send } = peopleOf(() => stack.api);

beforeAll(async () => {
  const [host = '', port = ''] = testTemporalAddress().split(':');
  wire = await startTcpProxy(host, Number(port));
  stack = await startTestStack({ settings: { TEMPORAL_ADDRESS: `127.0.0.1:${wire.port}` } });
  await stack.startWorker();
});
afterEach(() => stack.model.assertDone());
afterAll(async () => {
  // The server outlives the test, and its schedules with it.
  await stack.api.database.sql.query('delete from schedules');
  await untilRemoved();
  await stack.close();
  await wire.close();
});

const idSchema = z.looseObject({ id: z.uuid() });
/** Once a year, so that nothing comes due by itself. */
const SELDOM = { name: 'seldom', crew: 'one-task', cron: '0 0 1 1 *' };
const make = async (body: object = {}): Promise<string> => {
  const answer = await stack.call('POST', '/api/v1/schedules', { ...SELDOM, ...body });
  expect(answer.status).toBe(201);
  return idSchema.parse(answer.body).id;
};
const trigger = async (id: string): Promise<void> => {
  expect((await stack.call('POST', `/api/v1/schedules/${id}/trigger`)).status).toBe(202);
};
const runsOf = async (id: string) =>
  z
    .array(z.looseObject({ execution_id: z.string(), status: z.string() }))
    .parse((await stack.call('GET', `/api/v1/executions?schedule_id=${id}`)).body);
const untilRuns = (id: string, wanted: readonly string[]) =>
  until(
    `its runs are ${wanted.join(', ')}`,
    async () =>
      (await runsOf(id))
        .map(({ status }) => status)
        .toSorted()
        .join() === wanted.join(),
    30_000,
  );
/** Starts a run that stays with its model, and waits until it is there. */
const startHanging = async (id: string, then: readonly Reply[] = []): Promise<void> => {
  stack.model.script([hangs(), ...then]);
  const before = stack.model.requests.length;
  await trigger(id);
  await until('the model is asked', () => stack.model.requests.length > before, 30_000);
};
const cancelFirst = async (id: string): Promise<void> => {
  const [first] = await runsOf(id);
  await stack.call('POST', `/api/v1/executions/${first?.execution_id ?? ''}/cancel`);
};
const inTemporal = (id: string) => stack.temporal.client.schedule.getHandle(temporalScheduleId(id));
const isInTemporal = (id: string): Promise<boolean> =>
  inTemporal(id)
    .describe()
    .then(
      () => true,
      () => false,
    );
const untilRemoved = () =>
  until(
    'Temporal has heard of the removal',
    async () => (await stack.api.database.sql.query('select 1 from schedule_removals')).length === 0,
    30_000,
  );

describe('starts that meet', () => {
  it('are both carried out under allow_all, also within one second', async () => {
    const id = await make({ overlap: 'allow_all' });
    stack.model.script([says('one'), says('two')]);
    await Promise.all([trigger(id), trigger(id)]);
    await untilRuns(id, ['completed', 'completed']);
    const rows = await stack.api.database.sql.query<{ nominal_at: string }>(
      'select nominal_at from schedule_fires where schedule_id = $1',
      [id],
    );
    expect(new Set(rows.map(({ nominal_at: at }) => at)).size).toBe(2);
  });

  it('under terminate_other end the earlier run at once', async () => {
    const id = await make({ overlap: 'terminate_other' });
    await startHanging(id, [says('mine')]);
    await trigger(id);
    await untilRuns(id, ['cancelled', 'completed']);
  });

  it('wait for the earlier run, one under buffer_one and all under buffer_all', async () => {
    const ids = [await make({ overlap: 'buffer_one' }), await make({ overlap: 'buffer_all' })];
    for (const id of ids) await startHanging(id);
    for (const id of [...ids, ...ids]) await trigger(id);
    for (const id of ids) {
      await until('both are heard', async () => {
        const { raw, info } = await inTemporal(id).describe();
        return Number(raw.info?.bufferSize ?? 0) + info.numActionsSkippedOverlap === 2;
      });
      expect(await runsOf(id)).toHaveLength(1);
    }
    stack.model.script([says('at last'), says('at last'), says('at last')]);
    for (const id of ids) await cancelFirst(id);
    const [one = '', all = ''] = ids;
    await untilRuns(one, ['cancelled', 'completed']);
    await untilRuns(all, ['cancelled', 'completed', 'completed']);
  });
});

describe('a schedule that is deleted', () => {
  it('while its run goes on leaves the run alone, and its workflow hears of the end', async () => {
    const id = await make();
    await startHanging(id);
    const [running] = (await inTemporal(id).describe()).info.runningActions;
    await stack.call('DELETE', `/api/v1/schedules/${id}`);
    await untilRemoved();
    await untilRuns(id, ['running']);
    await cancelFirst(id);
    const workflow = stack.temporal.client.workflow.getHandle(running?.workflow.workflowId ?? '');
    expect(await workflow.result()).toEqual({ started: true });
    await until('nothing is left of it', async () => {
      const left = await stack.api.database.sql.query('select 1 from schedule_fires where schedule_id = $1', [
        id,
      ]);
      return left.length === 0;
    });
  });
});

describe('while Temporal is away', () => {
  it('schedules are made, changed and deleted with their owner, and it hears of all when it is back', async () => {
    const person = await register('leaves@example.test');
    const made = await send('POST', '/schedules', person.token, SELDOM);
    const theirs = idSchema.parse(await made.json()).id;
    const changed = await make();
    await until('Temporal has both', async () => (await isInTemporal(theirs)) && isInTemporal(changed));
    wire.cut();
    const fresh = await make({ timezone: 'Europe/Berlin' });
    await stack.call('PATCH', `/api/v1/schedules/${changed}`, { overlap: 'buffer_all', paused: true });
    expect((await stack.call('DELETE', `/api/v1/users/${person.id}`)).status).toBe(200);
    wire.mend();
    await untilRemoved();
    await until('it has the new one', () => isInTemporal(fresh), 30_000);
    await until(
      'and the changed one as it is',
      async () => (await inTemporal(changed).describe()).policies.overlap === 'BUFFER_ALL',
      30_000,
    );
    expect((await inTemporal(changed).describe()).state.paused).toBe(true);
    expect(await isInTemporal(theirs)).toBe(false);
  });
});
