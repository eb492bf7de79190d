import type { EventFrame } from '../../contracts/events.ts';
import { readEvents, readHeads } from '../../persistence/event-log.ts';
import type { Sql } from '../../persistence/sql.ts';
import type { WakeListener } from '../../persistence/wake.ts';
import type { Logger } from '../../telemetry/logger.ts';
import type { LogReader, TopicEntry, TopicSource } from './log-topic.ts';
import { sseFrame } from './sse-frame.ts';
import { createTopicHub } from './topic-hub.ts';

/** One a process: everybody who follows an execution hangs on one topic. */
export interface LogHub {
  /** Sends the log from `after` on, then what comes. @returns a function that lets go. */
  follow(executionId: number, after: number, reader: LogReader): () => void;
  /** How many follow something. */
  readers(): number;
  close(): void;
}

const FINAL_TYPES: ReadonlySet<string> = new Set([
  'workflow_completed',
  'workflow_failed',
  'workflow_cancelled',
]);

const toEntry = (event: EventFrame): TopicEntry => ({
  seq: event.seq,
  frame: sseFrame(event.type, event, event.seq),
  mayEnd: FINAL_TYPES.has(event.type),
});

/** The logs of executions. */
export function createLogHub(deps: { sql: Sql; listener: WakeListener; logger: Logger }): LogHub {
  const { sql, listener, logger } = deps;
  const source: TopicSource = {
    read: async (id, after, limit) => (await readEvents(sql, id, after, limit)).map(toEntry),
    heads: (ids) => readHeads(sql, ids),
  };
  const hub = createTopicHub({ source, listener, logger });
  listener.on('log', hub.wake);
  listener.onToken(({ id, taskKey, text }) =>
    hub.token(id, () => sseFrame('token', { id, task_key: taskKey, text })),
  );
  return hub;
}
