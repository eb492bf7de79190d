import { assertNever, MusterError } from '../../domain/errors.ts';
import { toEnvelope } from '../errors.ts';
import type { ExecutionFeed } from './execution-feed.ts';
import type { ExecutionFeeds } from './execution-feeds.ts';
import { createMessageAllowance } from './message-allowance.ts';
import type { SocketLine } from './socket-line.ts';
import { readRequest, type SocketRequest } from './socket-messages.ts';

const MOST_SUBSCRIPTIONS = 200;

/** What a session may ask about what its caller names. Each throws NOT_FOUND for what is absent or another's. */
export interface SocketReach {
  execution(ref: { id: number } | { executionId: string }): Promise<{ id: number; executionId: string }>;
  workflow(id: number): Promise<void>;
  agent(id: number): Promise<void>;
}

/** The conversation on one WebSocket: takes messages one by one, in their order. */
export interface SocketSession {
  receive(data: Buffer, isBinary: boolean): void;
}

export function createSocketSession(deps: {
  line: SocketLine;
  feed: ExecutionFeed;
  feeds: ExecutionFeeds;
  reach: SocketReach;
  requestId: string;
  /** For what is our fault. */
  failed: (error: unknown) => void;
  now: () => Date;
}): SocketSession {
  const { line, requestId, failed } = deps;
  const isAllowed = createMessageAllowance();
  let turn: Promise<void> = Promise.resolve();

  const say = (message: object): void => line.send(Buffer.from(JSON.stringify(message)));
  const complain = (error: unknown): void => {
    const { envelope, status } = toEnvelope(error, requestId);
    if (status >= 500) failed(error);
    say({ type: 'error', ...envelope });
  };
  const handle = async (data: Buffer, isBinary: boolean): Promise<void> => {
    try {
      await answer(readRequest(data, isBinary), { ...deps, say });
    } catch (error) {
      complain(error);
    }
  };
  return {
    receive(data, isBinary) {
      if (isAllowed()) turn = turn.then(() => handle(data, isBinary));
      else complain(new MusterError('RATE_LIMITED', 'Too many messages; send fewer'));
    },
  };
}

interface Answering {
  feed: ExecutionFeed;
  feeds: ExecutionFeeds;
  reach: SocketReach;
  now: () => Date;
  say: (message: object) => void;
}

/** Does what is asked. @throws {MusterError} when it cannot be done. */
async function answer(request: SocketRequest, to: Answering): Promise<void> {
  const { feed, feeds, reach, now, say } = to;
  switch (request.type) {
    case 'ping':
      return say({ type: 'pong', timestamp: request.timestamp ?? now().toISOString() });
    case 'subscribe_execution': {
      const { id, executionId } = await reach.execution(request.execution_id);
      checkRoom(feed, feed.executions.has(id));
      const name = { execution_id: id, execution_uuid: executionId };
      return feeds.followExecution(feed, id, request.after, (after) =>
        say({ type: 'subscribed', ...name, after }),
      );
    }
    case 'subscribe_workflow': {
      const { workflow_id: id } = request;
      await reach.workflow(id);
      checkRoom(feed, feed.workflows.has(id));
      return feeds.followSubject(feed, 'workflow', id, () => say({ type: 'subscribed', workflow_id: id }));
    }
    case 'subscribe_agent': {
      const { agent_id: id } = request;
      await reach.agent(id);
      checkRoom(feed, feed.agents.has(id));
      return feeds.followSubject(feed, 'agent', id, () => say({ type: 'subscribed', agent_id: id }));
    }
    case 'unsubscribe_execution': {
      const { id, executionId } = await reach.execution(request.execution_id);
      feed.executions.delete(id);
      feed.prune();
      return say({ type: 'unsubscribed', execution_id: id, execution_uuid: executionId });
    }
    case 'unsubscribe_workflow':
      feed.workflows.delete(request.workflow_id);
      feed.prune();
      return say({ type: 'unsubscribed', workflow_id: request.workflow_id });
    case 'unsubscribe_agent':
      feed.agents.delete(request.agent_id);
      feed.prune();
      return say({ type: 'unsubscribed', agent_id: request.agent_id });
    default:
      assertNever(request);
  }
}

function checkRoom(feed: ExecutionFeed, isKnown: boolean): void {
  if (isKnown || feed.size < MOST_SUBSCRIPTIONS) return;
  throw new MusterError('CONFLICT', `One connection may have ${MOST_SUBSCRIPTIONS} subscriptions`, {
    details: { limit: MOST_SUBSCRIPTIONS },
  });
}
