import type { EventFrame } from '../../contracts/events.ts';
import { readEvents, readHeads } from '../../persistence/event-log.ts';
import type { Sql } from '../../persistence/sql.ts';
import type { WakeListener } from '../../persistence/wake.ts';
import type { Logger } from '../../telemetry/logger.ts';
import type { LogReader, TopicEntry, TopicSource } from './log-topic.ts';
import { outgoing } from './outgoing.ts';
import { RecentMap } from './recent-map.ts';
import { createTopicHub } from './topic-hub.ts';

/** One a process: everybody who follows an execution hangs on one topic. */
export interface LogHub {
  /** Sends the log from `after` on, then what comes. @returns a function that lets go. */
  follow(executionId: number, after: number, reader: LogReader): () => void;
  /** How many follow something. */
  readers(): number;
  close(): void;
}

const MOST_UUIDS = 10_000;

const FINAL_TYPES: ReadonlySet<string> = new Set([
  'workflow_completed',
  'workflow_failed',
  'workflow_cancelled',
]);

/** On a WebSocket `execution_id` is the integer. */
const onSocket = (event: EventFrame): object => ({
  ...event,
  execution_id: event.id,
  execution_uuid: event.execution_id,
});

const toEntry = (event: EventFrame): TopicEntry => ({
  ...outgoing(event.type, event, { id: event.seq, onSocket: () => onSocket(event) }),
  seq: event.seq,
  agentId: event.agent_id,
  mayEnd: FINAL_TYPES.has(event.type),
});

/** The logs of executions. */
export function createLogHub(deps: { sql: Sql; listener: WakeListener; logger: Logger }): LogHub {
  const { sql, listener, logger } = deps;
  /** Of the executions that were read: texts in passing carry the integer only. */
  const uuids = new RecentMap<number, string>(MOST_UUIDS);
  const source: TopicSource = {
    read: async (id, after, limit) => {
      const events = await readEvents(sql, id, after, limit);
      if (events[0] !== undefined) uuids.set(id, events[0].execution_id);
      return events.map(toEntry);
    },
    heads: (ids) => readHeads(sql, ids),
  };
  const hub = createTopicHub({ source, listener, logger });
  listener.on('log', hub.wake);
  listener.onToken(({ id, taskKey, text }) =>
    hub.token(id, () =>
      outgoing(
        'token',
        { id, task_key: taskKey, text },
        {
          onSocket: () => ({
            execution_id: id,
            execution_uuid: uuids.get(id) ?? null,
            task_key: taskKey,
            text,
          }),
        },
      ),
    ),
  );
  return hub;
}
