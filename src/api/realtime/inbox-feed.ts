import {
  inboxCursorText,
  inboxEnd,
  ownersOfConversations,
  ownersOfExecutions,
  placesBehind,
  readInbox,
  type InboxCursor,
  type InboxPlace,
  type OwnedId,
} from '../../persistence/inbox.ts';
import type { Sql } from '../../persistence/sql.ts';
import type { WakeListener } from '../../persistence/wake.ts';
import type { Logger } from '../../telemetry/logger.ts';
import { presentMessage } from './present-message.ts';
import { RecentMap } from './recent-map.ts';
import { sseFrame } from './sse-frame.ts';
import type { SseStream } from './sse.ts';

const PAGE = 200;
/** Looks after a wake-up call wait so long for others that come with it. */
const GATHER_MS = 100;
/** A message is seen once no older transaction is open: so often it is looked again, woken or not, in one query for all. */
const LOOK_MS = 1_000;
/** Owners of so many conversations, and of so many executions, are remembered: they never change. */
const MOST_OWNERS = 20_000;

/**
 * Everybody in this process who follows an owner's whole inbox. Each reads for itself, by one index, when something of its
 * owner has happened; what others do costs it nothing.
 */
export interface InboxFeed {
  /** Sends what comes after a place, until the stream closes. @param after undefined for what comes from now on */
  follow(ownerId: string, after: InboxCursor | undefined, stream: SseStream): Promise<void>;
  close(): void;
}

/** One who follows: reads on when it is woken, one read at a time. */
class InboxReader {
  private readonly deps: { sql: Sql; logger: Logger; now: () => Date };
  readonly ownerId: string;
  private readonly stream: SseStream;
  private cursor: InboxCursor;
  private reading = false;
  closed = false;

  constructor(
    deps: { sql: Sql; logger: Logger; now: () => Date },
    ownerId: string,
    cursor: InboxCursor,
    stream: SseStream,
  ) {
    this.deps = deps;
    this.ownerId = ownerId;
    this.cursor = cursor;
    this.stream = stream;
  }

  get place(): InboxPlace {
    return { ownerId: this.ownerId, after: this.cursor };
  }

  async look(): Promise<void> {
    if (this.reading || this.closed) return;
    this.reading = true;
    try {
      while (!this.closed && (await this.readPage()) === PAGE);
    } catch (error) {
      this.deps.logger.warn({ err: error }, 'an inbox could not be read; trying again');
    } finally {
      this.reading = false;
    }
  }

  end(): void {
    this.closed = true;
    this.stream.end();
  }

  private async readPage(): Promise<number> {
    const { sql, now } = this.deps;
    const entries = await readInbox(sql, this.ownerId, this.cursor, PAGE, now());
    for (const { message, cursor } of entries) {
      if (this.closed) return 0;
      this.stream.send(sseFrame('message_created', presentMessage(message), inboxCursorText(cursor)));
      this.cursor = cursor;
      await this.stream.ready();
    }
    return entries.length;
  }
}

export function createInboxFeed(deps: {
  sql: Sql;
  listener: WakeListener;
  logger: Logger;
  now: () => Date;
}): InboxFeed {
  const { sql, logger, now } = deps;
  const readers = new Set<InboxReader>();
  const ownersOf = { message: ownersAmong(ownersOfConversations), log: ownersAmong(ownersOfExecutions) };
  /** What has been heard of since the last look. */
  const heard = { message: new Set<number>(), log: new Set<number>() };
  let gathering: NodeJS.Timeout | undefined;

  const wake = async (): Promise<void> => {
    gathering = undefined;
    const ids = { message: [...heard.message], log: [...heard.log] };
    heard.message.clear();
    heard.log.clear();
    if (readers.size === 0) return;
    const owners = new Set([
      ...(await ownersOf.message(sql, ids.message)),
      ...(await ownersOf.log(sql, ids.log)),
    ]);
    for (const reader of readers) if (owners.has(reader.ownerId)) void reader.look();
  };
  const look = async (): Promise<void> => {
    if (readers.size === 0) return;
    const all = [...readers];
    const behind = await placesBehind(
      sql,
      all.map(({ place }) => place),
      now(),
    );
    for (const index of behind) void all[index]?.look();
  };
  const safely = (work: () => Promise<void>) => (): void => {
    // The look once a second finds what this one missed.
    work().catch((error: unknown) => logger.warn({ err: error }, 'the inboxes could not be looked at'));
  };
  const hear =
    (channel: 'message' | 'log') =>
    (ids: readonly number[]): void => {
      if (readers.size === 0) return;
      for (const id of ids) heard[channel].add(id);
      gathering ??= setTimeout(safely(wake), GATHER_MS);
    };
  deps.listener.on('message', hear('message'));
  deps.listener.on('log', hear('log'));
  const timer = setInterval(safely(look), LOOK_MS);
  return {
    async follow(ownerId, after, stream) {
      const from = after ?? (await inboxEnd(deps.sql));
      const reader = new InboxReader(deps, ownerId, from, stream);
      readers.add(reader);
      stream.onClose(() => {
        reader.closed = true;
        readers.delete(reader);
      });
      stream.send(sseFrame('ready', { cursor: inboxCursorText(from) }, inboxCursorText(from)));
      void reader.look();
    },
    close() {
      clearInterval(timer);
      clearTimeout(gathering);
      for (const reader of readers) reader.end();
      readers.clear();
    },
  };
}

/** Looks owners up, each once. */
function ownersAmong(read: (sql: Sql, ids: readonly number[]) => Promise<OwnedId[]>) {
  const known = new RecentMap<number, string>(MOST_OWNERS);
  return async (sql: Sql, ids: readonly number[]): Promise<Set<string>> => {
    const owners = new Set<string>();
    const unknown: number[] = [];
    for (const id of ids) {
      const owner = known.get(id);
      if (owner === undefined) unknown.push(id);
      else owners.add(owner);
    }
    if (unknown.length === 0) return owners;
    for (const { id, owner_id: owner } of await read(sql, unknown)) {
      known.set(id, owner);
      owners.add(owner);
    }
    return owners;
  };
}
