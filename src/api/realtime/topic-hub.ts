import type { WakeListener } from '../../persistence/wake.ts';
import type { Logger } from '../../telemetry/logger.ts';
import { LogTopic, type LogReader, type TopicSource } from './log-topic.ts';
import type { Outgoing } from './outgoing.ts';

/** The hub looks by itself so often: a lost wake-up call costs at most this. */
const LOOK_MS = 1_000;

/** All topics of one kind of log in this process. */
export interface TopicHub {
  /** Sends the log from `after` on, then what comes. @returns a function that lets go. */
  follow(id: number, after: number, reader: LogReader): () => void;
  /** Makes those of these topics that somebody follows read on. */
  wake: (ids: readonly number[]) => void;
  /** Sends a passing frame to those who are caught up. */
  token(id: number, text: () => Outgoing): void;
  /** How many follow something. */
  readers(): number;
  close(): void;
}

export function createTopicHub(deps: {
  source: TopicSource;
  listener: WakeListener;
  logger: Logger;
}): TopicHub {
  const { source, listener, logger } = deps;
  const topics = new Map<number, LogTopic>();

  const look = async (): Promise<void> => {
    for (const [id, topic] of topics) if (topic.size === 0) topics.delete(id);
    if (topics.size === 0) return;
    for (const [id, head] of await source.heads([...topics.keys()])) {
      const topic = topics.get(id);
      if (topic?.isBehind(head.lastSeq) === true) void topic.readOn();
    }
  };
  const lookSafely = (): void => {
    look().catch((error: unknown) => logger.warn({ err: error }, 'the logs could not be looked at'));
  };
  listener.onReconnect(lookSafely);
  const timer = setInterval(lookSafely, LOOK_MS);

  return {
    follow(id, after, reader) {
      const topic = topics.get(id) ?? new LogTopic(id, source, logger);
      topics.set(id, topic);
      return topic.follow(after, reader);
    },
    wake(ids) {
      for (const id of ids) void topics.get(id)?.readOn();
    },
    token(id, text) {
      const topic = topics.get(id);
      if (topic !== undefined && topic.size > 0) topic.token(text());
    },
    readers: () => [...topics.values()].reduce((sum, topic) => sum + topic.size, 0),
    close() {
      clearInterval(timer);
      for (const topic of topics.values()) topic.endAll();
      topics.clear();
    },
  };
}
