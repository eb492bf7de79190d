import type { Logger } from '../../telemetry/logger.ts';
import type { Outgoing } from './outgoing.ts';

/** Events one read takes. */
const PAGE = 500;

/** Somebody who follows a log. Frames arrive in order, each once. */
export interface LogReader {
  /** The same entry goes to every reader: serialised once. */
  event(entry: TopicEntry): void;
  /** Resolves when the reader has taken what it was given; a reader that goes away resolves it too. */
  ready(): Promise<void>;
  token(text: Outgoing): void;
  /** The final event is out and the log is closed. */
  end(): void;
}

/** One entry of a log, ready to be sent. */
export interface TopicEntry extends Outgoing {
  seq: number;
  /** The platform's agent it is about. */
  agentId: number | null;
  /** Of a message: the agent instance it belongs to. */
  instanceId?: string | null;
  /** The log may be closed after it. */
  mayEnd: boolean;
}

/** Where a log stands: its last seq, and whether nothing follows. */
export interface TopicHead {
  lastSeq: number;
  closed: boolean;
}

/** Where topics read their logs: numbered from 1 without a gap, in the order of the commits. */
export interface TopicSource {
  /** A page after `after`, oldest first. */
  read(id: number, after: number, limit: number): Promise<TopicEntry[]>;
  heads(ids: readonly number[]): Promise<Map<number, TopicHead>>;
}

interface Subscription {
  reader: LogReader;
  position: number;
  /** Caught up: gets what the topic reads. */
  live: boolean;
}

/** One log (an execution's, a conversation's) with everybody who follows it: read once, for all of them. */
export class LogTopic {
  readonly id: number;
  /** Up to here the live readers have everything. */
  private lastSeq = 0;
  private readonly subscriptions = new Set<Subscription>();
  private reading = false;
  private mayEnd = false;
  private again = false;
  private readonly source: TopicSource;
  private readonly logger: Logger;

  constructor(id: number, source: TopicSource, logger: Logger) {
    this.id = id;
    this.source = source;
    this.logger = logger;
  }

  get size(): number {
    return this.subscriptions.size;
  }

  isBehind(lastSeq: number): boolean {
    return this.mayEnd || lastSeq > this.lastSeq;
  }

  /** Sends the log after `after`, then what comes. @returns a function that lets go. */
  follow(after: number, reader: LogReader): () => void {
    const subscription: Subscription = { reader, position: after, live: false };
    this.subscriptions.add(subscription);
    this.catchUp(subscription).catch((error: unknown) => {
      this.logger.warn({ err: error, id: this.id }, 'a reader could not be caught up');
      this.dismiss(subscription);
    });
    return () => void this.subscriptions.delete(subscription);
  }

  /** Reads on for everybody who is live. While one read is under way, further calls only make it look again. */
  async readOn(): Promise<void> {
    this.again = true;
    if (this.reading) return;
    this.reading = true;
    try {
      while (this.again && this.size > 0) {
        this.again = false;
        await this.readToEnd();
      }
    } catch (error) {
      this.logger.warn({ err: error, id: this.id }, 'the log could not be read; trying again');
    } finally {
      this.reading = false;
    }
  }

  token(text: Outgoing): void {
    for (const { live, reader } of this.subscriptions) if (live) reader.token(text);
  }

  /** Ends every reader; each reconnects where it stood. */
  endAll(): void {
    for (const subscription of this.subscriptions) this.dismiss(subscription);
  }

  private dismiss(subscription: Subscription): void {
    if (this.subscriptions.delete(subscription)) subscription.reader.end();
  }

  private deliver(subscription: Subscription, entry: TopicEntry): void {
    if (entry.seq <= subscription.position || !this.subscriptions.has(subscription)) return;
    subscription.position = entry.seq;
    subscription.reader.event(entry);
  }

  private async readToEnd(): Promise<void> {
    for (;;) {
      const events = await this.source.read(this.id, this.lastSeq, PAGE);
      for (const event of events) {
        this.lastSeq = event.seq;
        for (const subscription of this.subscriptions) {
          if (subscription.live) this.deliver(subscription, event);
        }
      }
      const last = events.at(-1);
      if (last !== undefined) this.mayEnd = last.mayEnd;
      if (this.mayEnd) {
        await this.endIfClosed();
        this.mayEnd = false;
      }
      if (events.length < PAGE) return;
    }
  }

  /** Reads a newcomer up to where the topic stands; from then on it is live. */
  private async catchUp(subscription: Subscription): Promise<void> {
    // Nobody stands behind the end of the log, whatever a client says.
    const head = (await this.source.heads([this.id])).get(this.id);
    subscription.position = Math.min(subscription.position, head?.lastSeq ?? 0);
    for (;;) {
      const events = await this.source.read(this.id, subscription.position, PAGE);
      for (const event of events) {
        await subscription.reader.ready();
        this.deliver(subscription, event);
      }
      await subscription.reader.ready();
      if (!this.subscriptions.has(subscription)) return;
      if (events.length < PAGE && subscription.position >= this.lastSeq) break;
    }
    // With nobody else live, the topic stands where its only reader stands.
    if (!this.hasLiveReader()) this.lastSeq = subscription.position;
    subscription.live = true;
    await this.endIfClosed();
    await this.readOn();
  }

  private hasLiveReader(): boolean {
    for (const { live } of this.subscriptions) if (live) return true;
    return false;
  }

  /** Ends those who have read a closed log to its end. */
  private async endIfClosed(): Promise<void> {
    const head = (await this.source.heads([this.id])).get(this.id);
    if (head?.closed !== true) return;
    for (const subscription of this.subscriptions) {
      if (subscription.live && subscription.position >= head.lastSeq) this.dismiss(subscription);
    }
  }
}
