import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { appendEvents } from '../../src/persistence/event-log.ts';
import { bearer, peopleOf, type Person } from '../support/people.ts';
import { makePlatformCrew, type PlatformCrew } from '../support/platform-crew.ts';
import { fails, says, slowly } from '../support/scripted-model.ts';
import { connect, socketUrl, type SocketClient, type SocketMessage } from '../support/socket-client.ts';
import { startTestStack, until, waitForStatus, type TestStack } from '../support/test-stack.ts';

/** What the WebSocket tells of real runs. */

let stack: TestStack;
let anna: Person;
let crew: PlatformCrew;
const people = peopleOf(() => stack.api);
const open: SocketClient[] = [];

beforeAll(async () => {
  stack = await startTestStack({ settings: { WS_CONNECTIONS_PER_MINUTE: '0' } });
  await stack.startWorker();
  anna = await people.register('anna@example.test');
  crew = await makePlatformCrew(stack, anna.token, ['find', 'write']);
});
afterEach(() => {
  for (const client of open.splice(0)) client.leave();
});
afterAll(() => stack.close());

const enter = async (token = anna.token): Promise<SocketClient> => {
  const client = await connect(socketUrl(stack.api.url), bearer(token));
  open.push(client);
  return client;
};
const subscribe = async (client: SocketClient, message: object): Promise<SocketMessage> => {
  const answer = await client.ask(message);
  expect(answer).toMatchObject({ type: 'subscribed' });
  return answer;
};
const isFinal = ({ type }: SocketMessage): boolean =>
  ['workflow_completed', 'workflow_failed', 'workflow_cancelled'].includes(type);
const ended = (client: SocketClient, count = 1): Promise<void> =>
  until('the final event has come', () => client.events().filter(isFinal).length >= count);
const quiet = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 300));
const seqsOf = (client: SocketClient): unknown[] => client.events().map(({ seq }) => seq);
const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index + 1);

/** An execution that nobody works on, with a log of so many events. */
async function fillLog(
  events: number,
  text = '',
): Promise<{ id: number; more: (count: number) => Promise<void> }> {
  const { id } = await crew.execute();
  const execution = await stack.api.database.sql.query<{ execution_id: string }>(
    'select execution_id from executions where id = $1',
    [id],
  );
  await waitForStatus(stack, execution[0]?.execution_id ?? '', ['completed']);
  let written = 0;
  const more = async (count: number): Promise<void> => {
    const entries = upTo(count).map(() => ({
      type: 'message_created' as const,
      key: `filler:${(written += 1)}`,
      data: { text },
      reopens: true,
    }));
    await stack.api.database.sql.transaction((sql) => appendEvents(sql, id, entries, new Date()));
    stack.engine.services.waker.wake('log', id);
  };
  await more(events);
  return { id, more };
}

describe('a run over the WebSocket', () => {
  it('tells each event once and in order, though execution, workflow and agents are all followed', async () => {
    stack.model.script([says('a'), says('b')]);
    const client = await enter();
    await subscribe(client, { type: 'subscribe_workflow', workflow_id: crew.workflowId });
    await subscribe(client, { type: 'subscribe_agent', agent_id: crew.agentIds[0] });
    await subscribe(client, { type: 'subscribe_agent', agent_id: crew.agentIds[1] });
    const { id, uuid } = await crew.execute();
    const answer = await subscribe(client, { type: 'subscribe_execution', execution_id: uuid });
    expect(answer).toMatchObject({ execution_id: id, execution_uuid: uuid, after: expect.any(Number) });
    await ended(client);
    await quiet();
    const events = client.events();
    expect(events.map(({ seq, type, task_id: task, agent_id: agent }) => [seq, type, task, agent])).toEqual([
      [1, 'workflow_started', null, null],
      [2, 'task_started', crew.taskIds[0], crew.agentIds[0]],
      [3, 'llm_call_completed', crew.taskIds[0], crew.agentIds[0]],
      [4, 'task_completed', crew.taskIds[0], crew.agentIds[0]],
      [5, 'task_started', crew.taskIds[1], crew.agentIds[1]],
      [6, 'llm_call_completed', crew.taskIds[1], crew.agentIds[1]],
      [7, 'task_completed', crew.taskIds[1], crew.agentIds[1]],
      [8, 'workflow_completed', null, null],
    ]);
    for (const event of events) {
      expect(event).toMatchObject({ workflow_id: crew.workflowId, execution_id: id, execution_uuid: uuid });
    }
    expect(events[0]).toMatchObject({ type: 'workflow_started', status: 'running' });
    expect(events[7]).toMatchObject({ type: 'workflow_completed', status: 'completed' });
    expect(events[6]).toMatchObject({ type: 'task_completed', status: 'completed' });
  });

  it('goes on after the seq that was seen, be it named by integer or UUID', async () => {
    stack.model.script([says('a'), says('b')]);
    const { id, uuid } = await crew.execute();
    await waitForStatus(stack, uuid, ['completed']);
    const client = await enter();
    expect(
      await subscribe(client, { type: 'subscribe_execution', execution_id: id, after: 5 }),
    ).toMatchObject({ after: 5 });
    await ended(client);
    expect(seqsOf(client)).toEqual([6, 7, 8]);
    const other = await enter();
    await subscribe(other, { type: 'subscribe_execution', execution_id: uuid });
    await ended(other);
    expect(seqsOf(other)).toEqual(upTo(8));
  });

  it('tells of an agent what that agent does, and of nobody else', async () => {
    stack.model.script([says('a'), says('b')]);
    const client = await enter();
    await subscribe(client, { type: 'subscribe_agent', agent_id: crew.agentIds[1] });
    const { uuid } = await crew.execute();
    await waitForStatus(stack, uuid, ['completed']);
    await quiet();
    expect(client.events().map(({ seq, agent_id: agent }) => [seq, agent])).toEqual(
      [5, 6, 7].map((seq) => [seq, crew.agentIds[1]]),
    );
  });

  it('is told from now on: nothing of runs that were over, and all of their retry', async () => {
    stack.model.script([fails(401)]);
    const { uuid } = await crew.execute();
    await waitForStatus(stack, uuid, ['failed']);
    const client = await enter();
    await subscribe(client, { type: 'subscribe_workflow', workflow_id: crew.workflowId });
    await new Promise((resolve) => setTimeout(resolve, 2_500));
    expect(client.events()).toEqual([]);
    stack.model.script([fails(401)]);
    await people.send('POST', `/executions/${uuid}/retry`, anna.token);
    await ended(client);
    // The same follower, the log having ended and begun again under its eyes.
    stack.model.script([says('a'), says('b')]);
    await people.send('POST', `/executions/${uuid}/retry`, anna.token);
    await ended(client, 2);
    await quiet();
    const [first, ...rest] = client.events();
    expect(first).toMatchObject({ type: 'workflow_retried' });
    const seqs = [first, ...rest].map((event) => Number(event?.seq));
    expect(seqs).toEqual(seqs.map((_seq, index) => (seqs[0] ?? 0) + index));
    expect(rest.map(({ type }) => type).filter((type) => type.startsWith('workflow_'))).toEqual([
      'workflow_failed',
      'workflow_retried',
      'workflow_completed',
    ]);
  });

  it('shows tokens while a model speaks', async () => {
    stack.model.script([slowly('one two three four', { chunkMs: 50, chunks: 4 }), says('b')]);
    const client = await enter();
    await subscribe(client, { type: 'subscribe_workflow', workflow_id: crew.workflowId });
    const { id, uuid } = await crew.execute();
    await ended(client);
    const tokens = client.messages.filter(({ type }) => type === 'token');
    expect(tokens.length).toBeGreaterThan(0);
    expect(tokens[0]).toEqual({
      type: 'token',
      execution_id: id,
      execution_uuid: uuid,
      task_key: expect.any(String),
      text: expect.any(String),
    });
  });

  it('is not heard by strangers, is by an admin, and not after unsubscribing', async () => {
    const mallory = await people.register('mallory@example.test');
    const hers = await makePlatformCrew(stack, mallory.token, ['spy']);
    const [stranger, admin, left] = [
      await enter(mallory.token),
      await enter(stack.api.admin.token),
      await enter(),
    ];
    await subscribe(stranger, { type: 'subscribe_workflow', workflow_id: hers.workflowId });
    for (const client of [admin, left])
      await subscribe(client, { type: 'subscribe_workflow', workflow_id: crew.workflowId });
    expect(await left.ask({ type: 'unsubscribe_workflow', workflow_id: crew.workflowId })).toEqual({
      type: 'unsubscribed',
      workflow_id: crew.workflowId,
    });
    stack.model.script([says('a'), says('b')]);
    const { id } = await crew.execute();
    expect(await stranger.ask({ type: 'subscribe_execution', execution_id: id })).toMatchObject({
      type: 'error',
      error: 'NOT_FOUND',
    });
    await ended(admin);
    expect(seqsOf(admin)).toEqual(upTo(8));
    expect(stranger.events()).toEqual([]);
    expect(left.events()).toEqual([]);
  });
});

describe('a WebSocket', () => {
  it('whose reader is too slow is closed with 1013, holds nobody back, and goes on where it stood', async () => {
    stack.model.script([says('a'), says('b')]);
    const { id, more } = await fillLog(1, 'x'.repeat(200_000));
    const [slow, quick] = [await enter(), await enter()];
    for (const client of [slow, quick])
      await subscribe(client, { type: 'subscribe_execution', execution_id: id });
    await until('both are caught up', () => slow.events().length === 9 && quick.events().length === 9);
    slow.socket.pause();
    for (let round = 0; round < 8; round += 1) {
      await more(10);
      await until('the quick one has them', () => quick.events().length === 9 + 10 * (round + 1));
    }
    slow.socket.resume();
    expect(await slow.closed).toMatchObject({ code: 1013 });
    const seen = slow.events().length;
    expect(seen).toBeLessThan(89);
    expect(seqsOf(slow)).toEqual(upTo(seen));
    const again = await enter();
    await subscribe(again, { type: 'subscribe_execution', execution_id: id, after: seen });
    await until('the rest is there', () => again.events().length === 89 - seen);
    expect([...seqsOf(slow), ...seqsOf(again)]).toEqual(upTo(89));
    expect(seqsOf(quick)).toEqual(upTo(89));
  }, 30_000);

  it('takes 200 subscriptions and no more', async () => {
    stack.model.always(() => says('x'));
    const client = await enter();
    const ids = await stack.api.database.sql.query<{ id: number }>(
      `insert into workflows (owner_id, name, description, workflow_type, config, is_active, created_at, updated_at)
       select $1, 'many', '', 'linear', '{}', true, now(), now() from generate_series(1, 201) returning id`,
      [anna.id],
    );
    for (const { id } of ids.slice(0, 200)) client.send({ type: 'subscribe_workflow', workflow_id: id });
    await until('all are answered', () => client.messages.length === 200);
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(await client.ask({ type: 'subscribe_workflow', workflow_id: ids[200]?.id })).toMatchObject({
      type: 'error',
      error: 'CONFLICT',
      details: { limit: 200 },
    });
    expect(await client.ask({ type: 'subscribe_workflow', workflow_id: ids[0]?.id })).toMatchObject({
      type: 'subscribed',
    });
  });

  it('closes with 4401 when its session or key ends', async () => {
    const key = await people.makeKey(anna.token, { name: 'reader' });
    const again = await people.login(anna.email, anna.password);
    const { access_token: token, refresh_token: refresh } = JSON.parse(await again.text());
    const [byKey, bySession, stays] = [await enter(key.key), await enter(token), await enter()];
    await people.send('DELETE', `/api-keys/${key.id}`, anna.token);
    await people.send('POST', '/auth/logout', token, { refresh_token: refresh });
    await stack.engine.services.credentials.look();
    expect([await byKey.closed, await bySession.closed]).toMatchObject([{ code: 4401 }, { code: 4401 }]);
    expect(await stays.ask({ type: 'ping' })).toMatchObject({ type: 'pong' });
  });
});

describe('a WebSocket of a server with short patience', () => {
  let other: TestStack;
  beforeAll(async () => {
    other = await startTestStack({
      settings: { WS_CONNECTIONS_PER_MINUTE: '0', ACCESS_TOKEN_TTL: '3s' },
      heartbeatMs: 300,
    });
  });
  afterAll(() => other.close());

  it('is cut when nobody answers pings, closes with its token, and with 1001 when the server stops', async () => {
    const key = await peopleOf(() => other.api).makeKey(other.api.admin.token, { name: 'reader' });
    const at = socketUrl(other.api.url);
    const byToken = await connect(at, bearer(other.api.admin.token));
    const byKey = await connect(at, bearer(key.key));
    const deaf = await connect(at, bearer(key.key), { autoPong: false });
    expect(await deaf.closed).toMatchObject({ code: 1006 });
    expect(await byToken.closed).toMatchObject({ code: 4401 });
    expect(await byKey.ask({ type: 'ping' })).toMatchObject({ type: 'pong' });
    other.engine.endStreams();
    expect(await byKey.closed).toMatchObject({ code: 1001 });
    await expect(connect(at, bearer(key.key))).rejects.toThrow('503');
    await until('none is left', () => other.engine.services.sockets.count() === 0);
  });
});
