import type { EngineServices } from '../engine/services.ts';
import type { CredentialWatch } from './realtime/credential-watch.ts';
import type { ExecutionFeeds } from './realtime/execution-feeds.ts';
import type { InboxFeed } from './realtime/inbox-feed.ts';
import type { LogHub } from './realtime/log-hub.ts';
import type { MessageHub } from './realtime/message-hub.ts';
import type { Sockets } from './realtime/sockets.ts';

/** Those who read the log and the conversations live. */
export interface Readers {
  hub: LogHub;
  /** The messages of conversations, as they come. */
  messages: MessageHub;
  /** All messages of one owner, as they come. */
  inbox: InboxFeed;
  /** What WebSockets follow. */
  feeds: ExecutionFeeds;
  sockets: Sockets;
  credentials: CredentialWatch;
}

/** What the resources of the API work with: each names the few it uses. */
export type ApiServices = EngineServices & Readers;
