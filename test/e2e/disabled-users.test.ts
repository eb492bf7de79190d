import { createServer } from 'node:http';
import { afterEach, describe, expect, it } from '@jest/globals';
import { Client } from 'pg';
import { z } from 'zod';
import { readEndpoint } from '../../src/persistence/deliveries.ts';
import { peopleOf, type Person } from '../support/people.ts';
import { hangs, says } from '../support/scripted-model.ts';
import { startTestStack, until, waitForStatus, type TestStack } from '../support/test-stack.ts';

/** What a disabled user has under way stops, whoever is there to hear it. */

let stack: TestStack;
const people = peopleOf(() => stack.api);
afterEach(() => stack.close());

const started = z.object({ execution_id: z.string() });
async function begin(person: Person): Promise<string> {
  const answer = await fetch(`${stack.api.url}/crew/start`, {
    method: 'POST',
    headers: { authorization: `Bearer ${person.token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ crew: 'one-task' }),
  });
  return started.parse(await answer.json()).execution_id;
}
const setActive = (person: Person, isActive: boolean): Promise<Response> =>
  people.send('PATCH', `/users/${person.id}`, stack.api.admin.token, { is_active: isActive });
const byAdmin = async (id: string, command: string): Promise<number> =>
  (await stack.call('POST', `/api/v1/executions/${id}/${command}`)).status;

describe('the runs of a user who is disabled', () => {
  it('are cancelled, a model call in flight too, and nobody else’s', async () => {
    stack = await startTestStack();
    const worker = await stack.startWorker();
    const [anna, bert] = [
      await people.register('anna@example.test'),
      await people.register('bert@example.test'),
    ];
    stack.model.script([hangs()]);
    const hers = await begin(anna);
    const call = await stack.model.waitForRequest(1);
    stack.model.script([hangs()]);
    const his = await begin(bert);
    await stack.model.waitForRequest(2);
    await setActive(anna, false);
    await waitForStatus(stack, hers, ['cancelled']);
    await call.ended;
    expect(call.aborted).toBe(true);
    expect(stack.model.requests.length).toBe(2);
    await waitForStatus(stack, his, ['running']);

    // It goes on only where its owner may.
    for (const command of ['retry', 'replay'])
      expect([command, await byAdmin(hers, command)]).toEqual([command, 409]);
    await setActive(anna, true);
    stack.model.script([says('done')]);
    expect(await byAdmin(hers, 'retry')).toBe(202);
    await waitForStatus(stack, hers, ['completed']);
    await worker.close();
  });

  it('stop with no worker up, also those that wait for their turn, though who disabled the user is gone at once', async () => {
    stack = await startTestStack({ settings: { MAX_ACTIVE_EXECUTIONS_PER_USER: '2' } });
    const anna = await people.register('anna@example.test');
    const ids = [await begin(anna), await begin(anna), await begin(anna), await begin(anna)];
    // As though the process had died after its commit.
    await stack.api.database.sql.query('update users set is_active = false where id = $1', [anna.id]);
    for (const id of ids) await waitForStatus(stack, id, ['cancelled', 'cancelling']);
    await stack.startWorker();
    for (const id of ids) await waitForStatus(stack, id, ['cancelled'], 60_000);
    expect(stack.model.requests.length).toBe(0);
  });

  it('stop though one of them cannot be told to', async () => {
    stack = await startTestStack();
    const anna = await people.register('anna@example.test');
    const [broken, other] = [await begin(anna), await begin(anna)];
    const operator = new Client({ connectionString: stack.settings.DATABASE_URL });
    await operator.connect();
    try {
      await operator.query(`
        create function break_run() returns trigger language plpgsql as $$
        begin raise exception 'this row is broken'; end $$;
        create trigger broken before update on executions
          for each row when (old.execution_id = '${broken}') execute function break_run();`);
      await operator.query('update users set is_active = false where id = $1', [anna.id]);
      await waitForStatus(stack, other, ['cancelled', 'cancelling']);
      await operator.query('drop trigger broken on executions');
      await waitForStatus(stack, broken, ['cancelled', 'cancelling']);
    } finally {
      await operator.end();
    }
  });

  it('wait for an admin where DISABLED_USER_RUNS says so', async () => {
    stack = await startTestStack({ settings: { DISABLED_USER_RUNS: 'pause' } });
    const worker = await stack.startWorker();
    const anna = await people.register('anna@example.test');
    stack.model.script([says('never heard')]);
    await worker.close();
    const id = await begin(anna);
    await setActive(anna, false);
    await waitForStatus(stack, id, ['paused']);
    expect(await byAdmin(id, 'resume')).toBe(409);
    await stack.startWorker();
    await setActive(anna, true);
    expect(await byAdmin(id, 'resume')).toBe(202);
    await waitForStatus(stack, id, ['completed'], 60_000);
  });

  it('are not begun by schedules, and webhooks are told nothing', async () => {
    stack = await startTestStack({ settings: { EGRESS_ALLOW_PRIVATE: 'true' } });
    await stack.startWorker();
    const anna = await people.register('anna@example.test');
    const made = await people.send('POST', '/schedules', anna.token, {
      name: 's',
      crew: 'one-task',
      cron: '0 0 1 1 *',
    });
    const schedule = z.object({ id: z.string() }).parse(await made.json()).id;
    const received: string[] = [];
    const receiver = createServer((request, response) => {
      received.push(request.url ?? '');
      response.end();
    });
    await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
    const address = receiver.address();
    const port = typeof address === 'object' ? address?.port : undefined;
    const hook = { url: `http://127.0.0.1:${port}/hers`, events: ['*'] };
    const webhook: unknown = await (await people.send('POST', '/webhooks', anna.token, hook)).json();
    stack.model.script([hangs()]);
    const id = await begin(anna);
    await stack.model.waitForRequest(1);
    await until('it is told of the start', () => received.length > 0);
    await setActive(anna, false);
    const told = received.length;
    await waitForStatus(stack, id, ['cancelled']);
    expect((await stack.call('POST', `/api/v1/schedules/${schedule}/trigger`)).status).toBe(202);
    await until(
      'the time is refused',
      async () => {
        const rows = await stack.api.database.sql.query<{ error: string }>(
          `select error from schedule_fires where schedule_id = $1 and status = 'refused'`,
          [schedule],
        );
        return rows[0]?.error === 'its owner is disabled';
      },
      60_000,
    );
    await until('what it would be told of waits', async () => {
      const rows = await stack.api.database.sql.query(
        `select 1 from deliveries where owner_id = $1 and status = 'pending' and event_type = 'workflow_cancelled'`,
        [anna.id],
      );
      return rows.length === 1;
    });
    expect(received.length).toBe(told);
    const hookId = z.object({ id: z.string() }).parse(webhook).id;
    expect(await readEndpoint(stack.api.database.sql, hookId)).toBeUndefined();
    await setActive(anna, true);
    expect(await readEndpoint(stack.api.database.sql, hookId)).toMatchObject({ id: hookId });
    receiver.close();
    receiver.closeAllConnections();
  }, 180_000);
});
