import { conversationsOf, readConversationHeads, readMessages } from '../../persistence/messages.ts';
import type { Sql } from '../../persistence/sql.ts';
import type { WakeListener } from '../../persistence/wake.ts';
import type { Logger } from '../../telemetry/logger.ts';
import type { LogReader, TopicSource } from './log-topic.ts';
import { outgoing } from './outgoing.ts';
import { presentMessage } from './present-message.ts';
import { createTopicHub } from './topic-hub.ts';

/** One a process: everybody who follows a conversation hangs on one topic. Conversations do not end. */
export interface MessageHub {
  /** Sends the messages from `after` on, then what comes. @returns a function that lets go. */
  follow(conversationId: number, after: number, reader: LogReader): () => void;
  /** How many follow something. */
  readers(): number;
  close(): void;
}

/** The messages of conversations, woken by those who write them and by the logs of the runs that speak there. */
export function createMessageHub(deps: { sql: Sql; listener: WakeListener; logger: Logger }): MessageHub {
  const { sql, listener, logger } = deps;
  const source: TopicSource = {
    read: async (id, after, limit) =>
      (await readMessages(sql, id, after, limit)).map((message) => ({
        ...outgoing('message_created', presentMessage(message), { id: message.seq }),
        seq: message.seq,
        agentId: null,
        instanceId: message.agentInstanceId,
        mayEnd: false,
      })),
    heads: async (ids) =>
      new Map(
        [...(await readConversationHeads(sql, ids))].map(([id, lastSeq]) => [id, { lastSeq, closed: false }]),
      ),
  };
  const hub = createTopicHub({ source, listener, logger });
  listener.on('message', hub.wake);
  listener.on('log', (executionIds) => {
    if (hub.readers() === 0) return;
    conversationsOf(sql, executionIds)
      .then(hub.wake)
      // The look once a second finds what this one missed.
      .catch((error: unknown) => logger.debug({ err: error }, 'the threads of runs could not be looked up'));
  });
  return hub;
}
