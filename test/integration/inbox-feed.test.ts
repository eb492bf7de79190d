import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { createInboxFeed } from '../../src/api/realtime/inbox-feed.ts';
import type { SseStream } from '../../src/api/realtime/sse.ts';
import { appendMessage } from '../../src/persistence/messages.ts';
import type { Sql } from '../../src/persistence/sql.ts';
import {
  createWakeListener,
  createWaker,
  type WakeListener,
  type Waker,
} from '../../src/persistence/wake.ts';
import { createLogger } from '../../src/telemetry/logger.ts';
import { until } from '../support/test-stack.ts';
import { openEngineDatabase, type EngineDatabase } from './engine-database.ts';

/** Readers of inboxes, and what the messages of other owners cost them. */

const logger = createLogger({ level: 'silent' });
const READERS = 20;
let engine: EngineDatabase;
let listener: WakeListener;
let waker: Waker;

beforeAll(async () => {
  engine = await openEngineDatabase();
  listener = createWakeListener(engine.url, logger, ['message', 'log']);
  await new Promise<void>((resolve) => listener.onReconnect(resolve));
  waker = createWaker(engine.database.sql, logger);
});
afterAll(async () => {
  await waker.close();
  await listener.close();
  await engine.close();
});

/** A stream that keeps what it is sent. */
function keptStream(): { stream: SseStream; frames: string[] } {
  const frames: string[] = [];
  const stream: SseStream = {
    send: (frame) => void frames.push(frame.toString()),
    offer: () => undefined,
    ready: () => Promise.resolve(),
    end: () => undefined,
    onClose: () => undefined,
  };
  return { stream, frames };
}

/** Writes a message of an owner's and wakes. @returns its conversation */
async function say(ownerId: string, conversationId: number, content: string): Promise<void> {
  const message = { id: randomUUID(), ownerId, conversationId, threadId: null, executionId: null, content };
  await engine.database.sql.transaction((sql) =>
    appendMessage(sql, { ...message, senderType: 'agent', kind: 'step' }, new Date()),
  );
  waker.wake('message', conversationId);
}

async function conversationOf(ownerId: string): Promise<number> {
  const [row] = await engine.database.sql.query<{ id: number }>(
    'insert into conversation_heads (owner_id) values ($1) returning id',
    [ownerId],
  );
  return row?.id ?? 0;
}

it('are read when their owner is spoken to, and not when others are', async () => {
  const [mine, theirs] = [randomUUID(), randomUUID()];
  const reads = new Map<string, number>();
  const counting: Sql = {
    query(text, params) {
      if (text.includes('left join executions')) {
        const owner = String(params?.[0]);
        reads.set(owner, (reads.get(owner) ?? 0) + 1);
      }
      return engine.database.sql.query(text, params);
    },
  };
  const feed = createInboxFeed({ sql: counting, listener, logger, now: () => new Date() });
  const quiet = Array.from({ length: READERS }, keptStream);
  const spoken = keptStream();
  for (const { stream } of quiet) await feed.follow(mine, undefined, stream);
  await feed.follow(theirs, undefined, spoken.stream);
  const conversation = await conversationOf(theirs);
  for (let index = 0; index < 10; index += 1) {
    await say(theirs, conversation, `message ${index}`);
    await until('it is sent', () => spoken.frames.length === index + 2);
  }
  // Each has looked once, when it came.
  expect(reads.get(mine)).toBe(READERS);
  expect(reads.get(theirs)).toBeGreaterThan(10);
  await say(mine, await conversationOf(mine), 'for you');
  await until('each of mine has it', () => quiet.every(({ frames }) => frames.length === 2));
  feed.close();
});

it('are found by the look once a second where the wake-up call is lost', async () => {
  const owner = randomUUID();
  const feed = createInboxFeed({ sql: engine.database.sql, listener, logger, now: () => new Date() });
  const { stream, frames } = keptStream();
  await feed.follow(owner, undefined, stream);
  const conversationId = await conversationOf(owner);
  const unheard = { id: randomUUID(), ownerId: owner, conversationId, threadId: null, executionId: null };
  await engine.database.sql.transaction((sql) =>
    appendMessage(sql, { ...unheard, content: 'psst', senderType: 'agent', kind: 'step' }, new Date()),
  );
  await until('it is sent', () => frames.length === 2);
  expect(frames[1]).toContain('psst');
  feed.close();
});
