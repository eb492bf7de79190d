import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { Client } from 'pg';
import type { RunRef } from '../../src/contracts/crew-run.ts';
import { createLogHub, type LogHub } from '../../src/api/realtime/log-hub.ts';
import {
  createWakeListener,
  createWaker,
  type TokenText,
  type WakeChannel,
  type WakeListener,
} from '../../src/persistence/wake.ts';
import { createLogger } from '../../src/telemetry/logger.ts';
import { until } from '../support/test-stack.ts';
import { openEngineDatabase, type EngineDatabase } from './engine-database.ts';

/** Wake-up calls, and readers of the log who get each event once whether or not they are woken. */

const logger = createLogger({ level: 'silent' });
let engine: EngineDatabase;
const listeners: WakeListener[] = [];
const hubs: LogHub[] = [];

beforeAll(async () => {
  engine = await openEngineDatabase();
});
afterEach(async () => {
  for (const hub of hubs.splice(0)) hub.close();
  await Promise.all(listeners.splice(0).map((listener) => listener.close()));
});
afterAll(() => engine.close());

/** Connected, and hearing these channels. */
async function listen(channels: readonly WakeChannel[]): Promise<WakeListener> {
  const listener = createWakeListener(engine.url, logger, channels);
  listeners.push(listener);
  await new Promise<void>((resolve) => {
    listener.onReconnect(resolve);
  });
  return listener;
}

/** As an administrator would, or a server that goes down. */
async function cutListeners(): Promise<void> {
  const admin = new Client({ connectionString: engine.url });
  await admin.connect();
  await admin.query(
    `select pg_terminate_backend(pid) from pg_stat_activity
      where datname = current_database() and application_name = 'muster-listen'`,
  );
  await admin.end();
}

function hubOn(listener: WakeListener): LogHub {
  const hub = createLogHub({ sql: engine.database.sql, listener, logger });
  hubs.push(hub);
  return hub;
}

interface Reading {
  seqs: number[];
  ended: boolean;
  leave: () => void;
}

function read(hub: LogHub, ref: RunRef, after = 0): Reading {
  const reading: Reading = { seqs: [], ended: false, leave: () => undefined };
  reading.leave = hub.follow(ref.id, after, {
    event: ({ seq }) => void reading.seqs.push(seq),
    ready: () => Promise.resolve(),
    token: () => undefined,
    end: () => {
      reading.ended = true;
    },
  });
  return reading;
}

const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index + 1);
const note = (key: string) => ({ type: 'message_created' as const, key });
const final = { type: 'workflow_completed' as const, key: 'g1:final', final: true };

describe('a wake-up call', () => {
  it('reaches every process that listens, ids of a moment together', async () => {
    const heard: number[][] = [[], []];
    for (const mine of heard) (await listen(['log'])).on('log', (ids) => mine.push(...ids));
    const waker = createWaker(engine.database.sql, logger);
    for (const id of [7, 8, 7, 9, 8]) waker.wake('log', id);
    await until('both have heard all', () => heard.every((mine) => mine.length >= 3));
    await waker.close();
    for (const mine of heard)
      expect([...new Set(mine)].toSorted((one, other) => one - other)).toEqual([7, 8, 9]);
  });

  it('is not heard on a channel nobody asked for', async () => {
    const listener = await listen(['log']);
    const heard: string[] = [];
    listener.on('log', () => heard.push('log'));
    listener.on('outbox', () => heard.push('outbox'));
    const waker = createWaker(engine.database.sql, logger);
    waker.wake('outbox', 1);
    await waker.flush();
    waker.wake('log', 1);
    await until('the log is heard', () => heard.includes('log'));
    expect(heard).toEqual(['log']);
  });

  it('carries streamed text whole and in order', async () => {
    const listener = await listen(['token']);
    const heard: TokenText[] = [];
    listener.onToken((token) => heard.push(token));
    const waker = createWaker(engine.database.sql, logger);
    const text = Array.from({ length: 2_000 }, (_, index) => `«${index}» `).join('');
    for (let start = 0; start < text.length; start += 7) {
      waker.token({ id: 1, taskKey: 'task-1', text: text.slice(start, start + 7) });
    }
    await waker.close();
    const whole = (): string => heard.map((token) => token.text).join('');
    await until('all of it is there', () => whole().length >= text.length);
    expect(whole()).toBe(text);
  });

  it('is heard again after the connection that listens was cut', async () => {
    const listener = await listen(['log']);
    const heard: number[] = [];
    let connections = 0;
    listener.on('log', (ids) => heard.push(...ids));
    listener.onReconnect(() => {
      connections += 1;
    });
    await cutListeners();
    await until('it is connected again', () => connections > 0);
    const waker = createWaker(engine.database.sql, logger);
    waker.wake('log', 42);
    await until('it is heard', () => heard.includes(42));
    await waker.close();
    expect(connections).toBe(1);
  });
});

describe('a reader of a log', () => {
  it('who is never woken waits about a second for an event, no longer', async () => {
    const deaf = await listen([]);
    const ref = await engine.create();
    await engine.append(ref, [note('one')]);
    const reading = read(hubOn(deaf), ref);
    await until('the first is read', () => reading.seqs.length === 1);
    for (const expected of [2, 3]) {
      const writtenAt = Date.now();
      await engine.append(ref, [note(`n${expected}`)]);
      await until('it is read', () => reading.seqs.includes(expected));
      expect(Date.now() - writtenAt).toBeLessThan(1_800);
    }
    await engine.append(ref, [final]);
    await until('the stream has ended', () => reading.ended);
    expect(reading.seqs).toEqual([1, 2, 3, 4]);
  });

  it('gets each event once and in order, from wherever, while many write and many come', async () => {
    const hub = hubOn(await listen(['log']));
    const ref = await engine.create();
    const waker = createWaker(engine.database.sql, logger);
    const readings: { after: number; reading: Reading }[] = [];
    const write = async (writer: number): Promise<void> => {
      for (const round of upTo(40)) {
        const last = await engine.append(ref, [note(`w${writer}:${round}`)]);
        waker.wake('log', ref.id);
        if (round % 8 === 0)
          readings.push({ after: last - 5, reading: read(hub, ref, Math.max(last - 5, 0)) });
      }
    };
    readings.push({ after: 0, reading: read(hub, ref) });
    await Promise.all(upTo(16).map(write));
    const last = await engine.append(ref, [final]);
    waker.wake('log', ref.id);
    await until('all have ended', () => readings.every(({ reading }) => reading.ended));
    await waker.close();
    expect(last).toBe(641);
    for (const { after, reading } of readings) {
      const from = Math.max(after, 0);
      expect(reading.seqs).toEqual(upTo(last).filter((seq) => seq > from));
    }
    expect(hub.readers()).toBe(0);
  });

  it('goes on through a retry that reopens the log', async () => {
    const hub = hubOn(await listen(['log']));
    const ref = await engine.createClaimed();
    await engine.finalise(ref, { status: 'failed', code: 'MODEL_AUTH', taskKey: 'task-1' });
    const first = read(hub, ref);
    await until('the first has ended', () => first.ended);
    await engine.command(ref, 'retry');
    const second = read(hub, ref, 2);
    await until('the retry is read', () => second.seqs.length === 1);
    expect(second).toMatchObject({ seqs: [3], ended: false });
    // Whoever was let go stays away from those who came after.
    first.leave();
    await engine.finalise(
      { ...ref, generation: 2 },
      { status: 'failed', code: 'MODEL_AUTH', taskKey: 'task-1' },
    );
    await until('the second has ended', () => second.ended);
    expect(first.seqs).toEqual([1, 2]);
    expect(second.seqs).toEqual([3, 4]);
  });

  it('of a long log that is closed gets all its pages and the end', async () => {
    const hub = hubOn(await listen(['log']));
    const ref = await engine.create();
    await engine.append(ref, [...upTo(1_200).map((number) => note(`n${number}`)), final]);
    const reading = read(hub, ref);
    await until('it has ended', () => reading.ended);
    expect(reading.seqs).toEqual(upTo(1_201));
  });

  it('who left gets nothing more, and nobody else misses anything', async () => {
    const hub = hubOn(await listen(['log']));
    const ref = await engine.create();
    const [leaves, stays] = [read(hub, ref), read(hub, ref)];
    await engine.append(ref, [note('one')]);
    await until('both have it', () => leaves.seqs.length === 1 && stays.seqs.length === 1);
    leaves.leave();
    await engine.append(ref, [note('two')]);
    await until('the other has it', () => stays.seqs.length === 2);
    expect(leaves.seqs).toEqual([1]);
    expect(hub.readers()).toBe(1);
  });
});
