import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { seededRandom } from '../../bench/statistics.ts';
import { appendEvents } from '../../src/persistence/event-log.ts';
import { says } from '../support/scripted-model.ts';
import { makePlatformCrew } from '../support/platform-crew.ts';
import { readSse } from '../support/sse-reader.ts';
import { getEvents, startTestStack, waitForStatus, type TestStack } from '../support/test-stack.ts';

/** The whole form is 200; it takes minutes where server and readers share a processor. */
const STREAMS = Number(process.env['MUSTER_RECONNECT_STREAMS'] ?? 30);
const DISCONNECTS = 20;
const EXECUTIONS = 10;
const EVENTS = 400;
const SEED = 20_261_121;

let stack: TestStack;
beforeAll(async () => {
  stack = await startTestStack();
  await stack.startWorker();
});
afterAll(() => stack.close());

/** Goes on with the log of a run that is over, in small pieces, and closes it again. */
async function write(id: number, random: () => number): Promise<void> {
  const { sql } = stack.api.database;
  for (let written = 0; written < EVENTS;) {
    const count = Math.min(1 + Math.floor(random() * 8), EVENTS - written);
    const isLast = written + count === EVENTS;
    const pieces = Array.from({ length: count }, (_, index) => ({
      type: 'message_created' as const,
      key: `piece:${written + index}`,
      reopens: true,
    }));
    const end = { type: 'workflow_completed' as const, key: 'end', final: true };
    written += count;
    await sql.transaction((tx) => appendEvents(tx, id, [...pieces, ...(isLast ? [end] : [])], new Date()));
    stack.engine.services.waker.wake('log', id);
    await sleep(random() * 200);
  }
}

/** Follows a log to its end; breaks off after each of these seqs and goes on with the last id it took in. */
async function follow(uuid: string, breaks: readonly number[]): Promise<number[]> {
  const ids: number[] = [];
  for (const leaveAt of [...breaks, Infinity]) {
    const stream = await readSse(`${stack.api.url}/api/v1/executions/${uuid}/stream`, {
      authorization: `Bearer ${stack.api.admin.token}`,
      'last-event-id': String(ids.at(-1) ?? 0),
    });
    const state = { hasEnded: stream.status === 204 };
    void stream.ended.then(() => (state.hasEnded = true));
    const last = (): number => Number(stream.events.at(-1)?.id ?? 0);
    while (!state.hasEnded && last() < leaveAt) await sleep(10);
    stream.leave();
    // What came after that is as though it had been lost with the connection.
    const taken = stream.events.map(({ id }) => Number(id)).filter((id) => id <= leaveAt);
    ids.push(...taken);
  }
  return ids;
}

it(`${STREAMS} streams that break off ${DISCONNECTS} times each miss nothing and see nothing twice`, async () => {
  const random = seededRandom(SEED);
  stack.model.always(() => says('done'));
  const crew = await makePlatformCrew(stack, stack.api.admin.token, ['one']);
  const runs = await Promise.all(Array.from({ length: EXECUTIONS }, () => crew.execute()));
  await Promise.all(runs.map(({ uuid }) => waitForStatus(stack, uuid, ['completed'])));
  const before = (await getEvents(stack, runs[0]?.uuid ?? '')).length;
  // Opened for its readers before the first of them comes.
  const writers = runs.map(({ id }) => write(id, random));
  await sleep(100);
  const whole = Array.from({ length: before + EVENTS + 1 }, (_, index) => index + 1);
  const readers = Array.from({ length: STREAMS }, (_, index) => {
    const breaks = Array.from({ length: DISCONNECTS }, () => 1 + Math.floor(random() * (EVENTS - 1)));
    return follow(
      runs[index % EXECUTIONS]?.uuid ?? '',
      breaks.toSorted((one, other) => one - other),
    );
  });
  await Promise.all(writers);
  const seen = await Promise.all(readers);
  const wrong = seen.filter(
    (ids) => ids.length !== whole.length || ids.some((id, index) => id !== index + 1),
  );
  expect(wrong).toEqual([]);
}, 300_000);
