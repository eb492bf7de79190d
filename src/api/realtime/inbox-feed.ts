import { inboxCursorText, inboxEnd, readInbox, type InboxCursor } from '../../persistence/inbox.ts';
import type { Sql } from '../../persistence/sql.ts';
import type { WakeListener } from '../../persistence/wake.ts';
import type { Logger } from '../../telemetry/logger.ts';
import { presentMessage } from './present-message.ts';
import { sseFrame } from './sse-frame.ts';
import type { SseStream } from './sse.ts';

const PAGE = 200;
/** Looks after a wake-up call wait so long for others that come with it. */
const GATHER_MS = 100;
/** A message is seen once no older transaction is open: so often it is looked again, woken or not. */
const LOOK_MS = 1_000;

/** Everybody in this process who follows an owner's whole inbox. Each reads for itself, by one index. */
export interface InboxFeed {
  /** Sends what comes after a place, until the stream closes. @param after undefined for what comes from now on */
  follow(ownerId: string, after: InboxCursor | undefined, stream: SseStream): Promise<void>;
  close(): void;
}

/** One who follows: reads on when it is woken, one read at a time. */
class InboxReader {
  private readonly deps: { sql: Sql; logger: Logger; now: () => Date };
  private readonly ownerId: string;
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
  const readers = new Set<InboxReader>();
  let gathering: NodeJS.Timeout | undefined;
  const lookAll = (): void => {
    gathering = undefined;
    for (const reader of readers) void reader.look();
  };
  const soon = (): void => {
    if (readers.size > 0) gathering ??= setTimeout(lookAll, GATHER_MS);
  };
  deps.listener.on('message', soon);
  deps.listener.on('log', soon);
  const timer = setInterval(lookAll, LOOK_MS);
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
