/**
 * Records one history of every shape the workflow of a schedule's time can take, as record.ts does with crews:
 *
 *   MUSTER_TEST_DATABASE_URL=… MUSTER_TEST_TEMPORAL_ADDRESS=… node test/replay/record-schedules.ts
 */
import { z } from 'zod';
import { temporalScheduleId } from '../../src/temporal/names.ts';
import { hangs, says } from '../support/scripted-model.ts';
import { startTestStack, until, type TestStack } from '../support/test-stack.ts';
import { keepHistories } from './keep-history.ts';

const VERSION = '0.1.0';

/** Makes a schedule that comes due once a year, and triggers it. @returns its id and the workflow of its time */
async function trigger(stack: TestStack): Promise<{ id: string; workflowId: string }> {
  const body = { name: 'seldom', crew: 'one-task', cron: '0 0 1 1 *', overlap: 'cancel_other' };
  const made = await stack.call('POST', '/api/v1/schedules', body);
  const { id } = z.looseObject({ id: z.string() }).parse(made.body);
  await stack.call('POST', `/api/v1/schedules/${id}/trigger`);
  return { id, workflowId: await untilFired(stack, id) };
}

async function untilFired(stack: TestStack, id: string): Promise<string> {
  let workflowId: string | undefined;
  await until('its run has begun', async () => {
    const [fire] = await stack.api.database.sql.query<{ workflow_id: string }>(
      `select workflow_id from schedule_fires where schedule_id = $1 and status = 'started'`,
      [id],
    );
    workflowId = fire?.workflow_id;
    return workflowId !== undefined;
  });
  return workflowId ?? '';
}

const STORIES: Record<string, (stack: TestStack) => Promise<string>> = {
  async ended(stack) {
    stack.model.script([says('done')]);
    return (await trigger(stack)).workflowId;
  },
  async cancelled(stack) {
    stack.model.script([hangs()]);
    const before = stack.model.requests.length;
    const { workflowId } = await trigger(stack);
    await until('the model is asked', () => stack.model.requests.length > before);
    await stack.temporal.client.workflow.getHandle(workflowId).cancel();
    return workflowId;
  },
  async 'known-already'(stack) {
    stack.model.script([says('done')]);
    const { id, workflowId } = await trigger(stack);
    await stack.temporal.client.workflow.getHandle(workflowId).result();
    // The same moment once more, as an operator's trigger in the Web UI could be.
    const handle = stack.temporal.client.schedule.getHandle(temporalScheduleId(id));
    const [first] = (await handle.describe()).info.recentActions;
    await stack.api.database.sql.query(
      `insert into schedule_requests (id, schedule_id, owner_id, payload, due_at, created_at)
       select gen_random_uuid(), id, owner_id, jsonb_build_object('kind', 'trigger', 'at', $2::text), 'epoch', 'epoch'
         from schedules where id = $1`,
      [id, first?.scheduledAt.toISOString()],
    );
    await until('it is started again', async () => (await handle.describe()).info.numActionsTaken === 2);
    return workflowId;
  },
};

const stack = await startTestStack();
try {
  await stack.startWorker();
  await keepHistories(stack, `scheduled-start-${VERSION}`, STORIES);
} finally {
  await stack.api.database.sql.query('delete from schedules');
  await until('Temporal has heard of the removals', async () => {
    const left = await stack.api.database.sql.query('select 1 from schedule_removals');
    return left.length === 0;
  });
  await stack.close();
}
