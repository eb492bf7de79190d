import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { appendEvents } from '../../src/persistence/event-log.ts';
import { bearer } from '../support/people.ts';
import { makePlatformCrew } from '../support/platform-crew.ts';
import { says } from '../support/scripted-model.ts';
import { connect, socketUrl } from '../support/socket-client.ts';
import { readSse } from '../support/sse-reader.ts';
import { startTestStack, until, waitForStatus, type TestStack } from '../support/test-stack.ts';

/** The short form of `npm run bench:streams`: a crowd of readers of either kind, each told everything once. */

const SSE = 160;
const SOCKETS = 40;
const EXECUTIONS = 8;
const BATCHES = 10;
const BATCH = 10;

let stack: TestStack;
beforeAll(async () => {
  stack = await startTestStack({ settings: { WS_CONNECTIONS_PER_MINUTE: '0' } });
  await stack.startWorker();
});
afterAll(() => stack.close());

it(`${SSE} SSE and ${SOCKETS} WebSocket readers of ${EXECUTIONS} executions get every event once and in order`, async () => {
  const { token } = stack.api.admin;
  stack.model.always(() => says('done'));
  const crew = await makePlatformCrew(stack, token, ['one']);
  const runs = await Promise.all(Array.from({ length: EXECUTIONS }, () => crew.execute()));
  await Promise.all(runs.map(({ uuid }) => waitForStatus(stack, uuid, ['completed'])));
  const { sql } = stack.api.database;
  let written = 0;
  const writeToAll = async (count: number): Promise<void> => {
    const entries = Array.from({ length: count }, (_, index) => ({
      type: 'message_created' as const,
      key: `crowd:${written + index}`,
      reopens: true,
    }));
    written += count;
    await Promise.all(
      runs.map(({ id }) => sql.transaction((tx) => appendEvents(tx, id, entries, new Date()))),
    );
    for (const { id } of runs) stack.engine.services.waker.wake('log', id);
  };
  // Open again, so that nobody is sent home before the crowd is there.
  await writeToAll(1);
  const streams = await Promise.all(
    Array.from({ length: SSE }, (_, index) => {
      const { uuid } = runs[index % EXECUTIONS] ?? { uuid: '' };
      return readSse(`${stack.api.url}/api/v1/executions/${uuid}/stream`, bearer(token));
    }),
  );
  const sockets = await Promise.all(
    Array.from({ length: SOCKETS }, () => connect(socketUrl(stack.api.url), bearer(token))),
  );
  // Each socket follows two.
  for (const [index, socket] of sockets.entries()) {
    for (const step of [0, 1]) {
      socket.send({ type: 'subscribe_execution', execution_id: runs[(index + step) % EXECUTIONS]?.id });
    }
  }
  for (let batch = 0; batch < BATCHES; batch += 1) await writeToAll(BATCH);
  const [log] = await sql.query<{ last_seq: number }>(
    'select last_seq from execution_log_heads where execution_id = $1',
    [runs[0]?.id],
  );
  const whole = Array.from({ length: log?.last_seq ?? 0 }, (_, index) => index + 1).join(' ');
  expect(whole).toContain(String(written));

  const bySse = (): string[] =>
    streams.map(({ events }) => events.flatMap(({ id }) => (id === undefined ? [] : [id])).join(' '));
  const bySocket = (): string[] =>
    sockets.flatMap((socket, index) =>
      [0, 1].map((step) =>
        socket
          .events()
          .filter((event) => event['execution_id'] === runs[(index + step) % EXECUTIONS]?.id)
          .map(({ seq }) => seq)
          .join(' '),
      ),
    );
  await until('everybody has something', () =>
    [...bySse(), ...bySocket()].every((seqs) => seqs.length >= whole.length),
  );
  expect([...bySse(), ...bySocket()].filter((seqs) => seqs !== whole)).toEqual([]);
  for (const one of [...streams, ...sockets]) one.leave();
  await until('nobody follows any more', () => stack.engine.services.hub.readers() === 0);
}, 60_000);
