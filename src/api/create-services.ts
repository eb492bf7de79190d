import { createEngine, type RunningEngine } from '../engine/create-engine.ts';
import type { SqlPool } from '../persistence/sql.ts';
import type { WakeListener } from '../persistence/wake.ts';
import type { Logger } from '../telemetry/logger.ts';
import { createCredentialWatch } from './realtime/credential-watch.ts';
import { createExecutionFeeds } from './realtime/execution-feeds.ts';
import { createInboxFeed } from './realtime/inbox-feed.ts';
import { createLogHub } from './realtime/log-hub.ts';
import { createMessageHub } from './realtime/message-hub.ts';
import { createSockets } from './realtime/sockets.ts';
import { readyRun } from './resources/schedules/ready-run.ts';
import type { ApiServices, Readers } from './services.ts';

/** The engine of one API process and those who read what it writes. */
export interface RunningServices {
  services: ApiServices;
  /** Ends every open stream. */
  endStreams(): void;
  /** Ends readers, dispatcher, reconciler and housekeeping. The database and Temporal stay open. */
  close(): Promise<void>;
}

type EngineOptions = Omit<Parameters<typeof createEngine>[0], 'readyRun'>;

/** @param options.heartbeatMs how often WebSockets are pinged, other than the usual, for tests */
export function createServices({
  heartbeatMs,
  ...options
}: EngineOptions & { heartbeatMs?: number }): RunningServices {
  const engine: RunningEngine = createEngine({ ...options, readyRun });
  const { system: sql, logger, now } = engine.services;
  const readers = createReaders({ sql, listener: engine.listener, logger, now }, heartbeatMs);
  return {
    services: { ...engine.services, ...readers.of },
    endStreams: () => readers.end(),
    async close() {
      readers.end();
      readers.of.credentials.close();
      // The listener goes with the engine, after those who hear of it.
      await engine.close();
    },
  };
}

function createReaders(
  deps: { sql: SqlPool; listener: WakeListener; logger: Logger; now: () => Date },
  heartbeatMs: number | undefined,
): { of: Readers; end(): void } {
  const hub = createLogHub(deps);
  const messages = createMessageHub(deps);
  const inbox = createInboxFeed(deps);
  const feeds = createExecutionFeeds({ ...deps, hub });
  const sockets = createSockets(heartbeatMs);
  const credentials = createCredentialWatch(deps);
  return {
    of: { hub, messages, inbox, feeds, sockets, credentials },
    end() {
      for (const each of [sockets, hub, messages, inbox]) each.close();
      feeds.end();
    },
  };
}
