import { readHeads } from '../../persistence/event-log.ts';
import type { Sql } from '../../persistence/sql.ts';
import type { WakeListener } from '../../persistence/wake.ts';
import type { Logger } from '../../telemetry/logger.ts';
import { LogTopic, type LogReader } from './log-topic.ts';
import { sseFrame } from './sse-frame.ts';

/** The hub looks by itself so often: a lost wake-up call costs at most this. */
const LOOK_MS = 1_000;

/** One a process: everybody who follows an execution hangs on one topic. */
export interface LogHub {
  /** Sends the log from `after` on, then what comes. @returns a function that lets go. */
  follow(executionId: number, after: number, reader: LogReader): () => void;
  /** How many follow something. */
  readers(): number;
  close(): void;
}

export function createLogHub(deps: { sql: Sql; listener: WakeListener; logger: Logger }): LogHub {
  const { sql, listener, logger } = deps;
  const topics = new Map<number, LogTopic>();

  const look = async (): Promise<void> => {
    for (const [id, topic] of topics) if (topic.size === 0) topics.delete(id);
    if (topics.size === 0) return;
    for (const [id, head] of await readHeads(sql, [...topics.keys()])) {
      const topic = topics.get(id);
      if (topic?.isBehind(head.lastSeq) === true) void topic.readOn();
    }
  };
  const lookSafely = (): void => {
    look().catch((error: unknown) => logger.warn({ err: error }, 'the logs could not be looked at'));
  };

  listener.on('log', (ids) => {
    for (const id of ids) void topics.get(id)?.readOn();
  });
  listener.onToken(({ id, taskKey, text }) => {
    const topic = topics.get(id);
    if (topic !== undefined && topic.size > 0)
      topic.token(sseFrame('token', { id, task_key: taskKey, text }));
  });
  listener.onReconnect(lookSafely);
  const timer = setInterval(lookSafely, LOOK_MS);

  return {
    follow(executionId, after, reader) {
      const topic = topics.get(executionId) ?? new LogTopic(executionId, sql, logger);
      topics.set(executionId, topic);
      return topic.follow(after, reader);
    },
    readers: () => [...topics.values()].reduce((sum, topic) => sum + topic.size, 0),
    close() {
      clearInterval(timer);
      for (const topic of topics.values()) topic.endAll();
      topics.clear();
    },
  };
}
