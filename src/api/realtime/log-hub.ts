import type { EventFrame } from '../../contracts/events.ts';
import { readEvents, readHeads } from '../../persistence/event-log.ts';
import type { Sql } from '../../persistence/sql.ts';
import type { TokenText, WakeListener } from '../../persistence/wake.ts';
import type { Logger } from '../../telemetry/logger.ts';

/** Events one read takes. */
const PAGE = 500;
/** The hub looks by itself so often: a lost wake-up call costs at most this. */
const LOOK_MS = 1_000;

/** Somebody who follows a log. Frames arrive in order, each once. */
export interface LogReader {
  /** The same buffer goes to every reader: serialised once. */
  event(frame: Buffer, seq: number): void;
  token(frame: Buffer): void;
  /** The final event is out and the log is closed. */
  end(): void;
}

/** One a process: everybody who follows an execution hangs on one topic, read once for all. */
export interface LogHub {
  /** Sends the log from `after` on, then what comes. @returns a function that lets go. */
  follow(executionId: number, after: number, reader: LogReader): () => void;
  readers(): number;
  close(): void;
}

interface Subscription {
  reader: LogReader;
  position: number;
  /** Caught up: gets what the topic reads. */
  live: boolean;
  gone: boolean;
}

interface Topic {
  executionId: number;
  /** Up to here the live readers have everything. */
  lastSeq: number;
  subscriptions: Set<Subscription>;
  pumping: boolean;
  again: boolean;
}

/** `id:` carries the seq, so that a browser reconnects where it stood. */
export function sseFrame(event: string, data: unknown, id?: number): Buffer {
  const idLine = id === undefined ? '' : `id: ${id}\n`;
  return Buffer.from(`${idLine}event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
}

const eventFrame = (event: EventFrame): Buffer => sseFrame(event.type, event, event.seq);

export function createLogHub(deps: { sql: Sql; listener: WakeListener; logger: Logger }): LogHub {
  const { sql, listener, logger } = deps;
  const topics = new Map<number, Topic>();

  const leave = (topic: Topic, subscription: Subscription): void => {
    subscription.gone = true;
    topic.subscriptions.delete(subscription);
    if (topic.subscriptions.size === 0) topics.delete(topic.executionId);
  };

  const deliver = (subscription: Subscription, seq: number, frame: Buffer): void => {
    if (subscription.gone || seq <= subscription.position) return;
    subscription.position = seq;
    subscription.reader.event(frame, seq);
  };

  /** Ends those who have read a closed log to its end. */
  const endIfClosed = async (topic: Topic): Promise<void> => {
    const head = (await readHeads(sql, [topic.executionId])).get(topic.executionId);
    if (head?.closed !== true) return;
    for (const subscription of [...topic.subscriptions]) {
      if (!subscription.live || subscription.position < head.lastSeq) continue;
      leave(topic, subscription);
      subscription.reader.end();
    }
  };

  const readOn = async (topic: Topic): Promise<void> => {
    for (;;) {
      const events = await readEvents(sql, topic.executionId, topic.lastSeq, PAGE);
      for (const event of events) {
        const frame = eventFrame(event);
        topic.lastSeq = event.seq;
        for (const subscription of topic.subscriptions) {
          if (subscription.live) deliver(subscription, event.seq, frame);
        }
      }
      if (events.length > 0 && isFinalType(events.at(-1)?.type)) await endIfClosed(topic);
      if (events.length < PAGE) return;
    }
  };

  const pump = async (topic: Topic): Promise<void> => {
    topic.again = true;
    if (topic.pumping) return;
    topic.pumping = true;
    try {
      while (topic.again && topic.subscriptions.size > 0) {
        topic.again = false;
        await readOn(topic);
      }
    } catch (error) {
      logger.warn({ err: error, id: topic.executionId }, 'the log could not be read; trying again');
    } finally {
      topic.pumping = false;
    }
  };

  /** Reads a newcomer up to where the topic stands; from then on it is live. */
  const catchUp = async (topic: Topic, subscription: Subscription): Promise<void> => {
    for (;;) {
      const events = await readEvents(sql, topic.executionId, subscription.position, PAGE);
      for (const event of events) deliver(subscription, event.seq, eventFrame(event));
      if (subscription.gone) return;
      if (events.length < PAGE && subscription.position >= topic.lastSeq) break;
    }
    subscription.live = true;
    topic.lastSeq = soleReader(topic, subscription) ? subscription.position : topic.lastSeq;
    await endIfClosed(topic);
    await pump(topic);
  };

  const look = async (): Promise<void> => {
    if (topics.size === 0) return;
    const heads = await readHeads(sql, [...topics.keys()]);
    for (const [executionId, head] of heads) {
      const topic = topics.get(executionId);
      if (topic !== undefined && head.lastSeq > topic.lastSeq) void pump(topic);
    }
  };
  const lookSafely = (): void => {
    look().catch((error: unknown) => logger.warn({ err: error }, 'the logs could not be looked at'));
  };

  listener.on('log', (ids) => {
    for (const id of ids) {
      const topic = topics.get(id);
      if (topic !== undefined) void pump(topic);
    }
  });
  listener.onToken((token) => sendToken(topics, token));
  listener.onReconnect(lookSafely);
  const timer = setInterval(lookSafely, LOOK_MS);

  return {
    follow(executionId, after, reader) {
      const topic = topics.get(executionId) ?? newTopic(executionId, after);
      topics.set(executionId, topic);
      const subscription: Subscription = { reader, position: after, live: false, gone: false };
      topic.subscriptions.add(subscription);
      catchUp(topic, subscription).catch((error: unknown) => {
        logger.warn({ err: error, id: executionId }, 'a reader could not be caught up');
        leave(topic, subscription);
        reader.end();
      });
      return () => leave(topic, subscription);
    },
    readers: () => [...topics.values()].reduce((sum, topic) => sum + topic.subscriptions.size, 0),
    close() {
      clearInterval(timer);
      for (const topic of topics.values()) {
        for (const subscription of [...topic.subscriptions]) {
          leave(topic, subscription);
          subscription.reader.end();
        }
      }
    },
  };
}

const newTopic = (executionId: number, after: number): Topic => ({
  executionId,
  lastSeq: after,
  subscriptions: new Set(),
  pumping: false,
  again: false,
});

const isFinalType = (type: string | undefined): boolean =>
  type === 'workflow_completed' || type === 'workflow_failed' || type === 'workflow_cancelled';

/** With nobody else live, the topic stands where its only reader stands. */
function soleReader(topic: Topic, subscription: Subscription): boolean {
  for (const other of topic.subscriptions) if (other !== subscription && other.live) return false;
  return true;
}

function sendToken(topics: ReadonlyMap<number, Topic>, token: TokenText): void {
  const topic = topics.get(token.id);
  if (topic === undefined) return;
  const frame = sseFrame('token', { id: token.id, task_key: token.taskKey, text: token.text });
  for (const subscription of topic.subscriptions) {
    if (subscription.live) subscription.reader.token(frame);
  }
}
