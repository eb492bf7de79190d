import type { EventFrame } from '../../contracts/events.ts';
import { readEvents, readHeads } from '../../persistence/event-log.ts';
import type { Sql } from '../../persistence/sql.ts';
import type { Logger } from '../../telemetry/logger.ts';
import { sseFrame } from './sse-frame.ts';

/** Events one read takes. */
const PAGE = 500;

/** Somebody who follows a log. Frames arrive in order, each once. */
export interface LogReader {
  /** The same buffer goes to every reader: serialised once. */
  event(frame: Buffer, seq: number): void;
  /** Resolves when the reader has taken what it was given; a reader that goes away resolves it too. */
  ready(): Promise<void>;
  token(frame: Buffer): void;
  /** The final event is out and the log is closed. */
  end(): void;
}

interface Subscription {
  reader: LogReader;
  position: number;
  /** Caught up: gets what the topic reads. */
  live: boolean;
}

const FINAL_TYPES: ReadonlySet<string> = new Set([
  'workflow_completed',
  'workflow_failed',
  'workflow_cancelled',
]);
const toFrame = (event: EventFrame): Buffer => sseFrame(event.type, event, event.seq);

/** One execution's log with everybody who follows it: read once, for all of them. */
export class LogTopic {
  readonly executionId: number;
  /** Up to here the live readers have everything. */
  private lastSeq = 0;
  private readonly subscriptions = new Set<Subscription>();
  private reading = false;
  private mayEnd = false;
  private again = false;
  private readonly sql: Sql;
  private readonly logger: Logger;

  constructor(executionId: number, sql: Sql, logger: Logger) {
    this.executionId = executionId;
    this.sql = sql;
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
      this.logger.warn({ err: error, id: this.executionId }, 'a reader could not be caught up');
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
      this.logger.warn({ err: error, id: this.executionId }, 'the log could not be read; trying again');
    } finally {
      this.reading = false;
    }
  }

  token(frame: Buffer): void {
    for (const { live, reader } of this.subscriptions) if (live) reader.token(frame);
  }

  /** Ends every reader; each reconnects where it stood. */
  endAll(): void {
    for (const subscription of this.subscriptions) this.dismiss(subscription);
  }

  private dismiss(subscription: Subscription): void {
    if (this.subscriptions.delete(subscription)) subscription.reader.end();
  }

  private deliver(subscription: Subscription, seq: number, frame: Buffer): void {
    if (seq <= subscription.position || !this.subscriptions.has(subscription)) return;
    subscription.position = seq;
    subscription.reader.event(frame, seq);
  }

  private async readToEnd(): Promise<void> {
    for (;;) {
      const events = await readEvents(this.sql, this.executionId, this.lastSeq, PAGE);
      for (const event of events) {
        const frame = toFrame(event);
        this.lastSeq = event.seq;
        for (const subscription of this.subscriptions) {
          if (subscription.live) this.deliver(subscription, event.seq, frame);
        }
      }
      const last = events.at(-1);
      if (last !== undefined) this.mayEnd = FINAL_TYPES.has(last.type);
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
    const head = (await readHeads(this.sql, [this.executionId])).get(this.executionId);
    subscription.position = Math.min(subscription.position, head?.lastSeq ?? 0);
    for (;;) {
      const events = await readEvents(this.sql, this.executionId, subscription.position, PAGE);
      for (const event of events) {
        await subscription.reader.ready();
        this.deliver(subscription, event.seq, toFrame(event));
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
    const head = (await readHeads(this.sql, [this.executionId])).get(this.executionId);
    if (head?.closed !== true) return;
    for (const subscription of this.subscriptions) {
      if (subscription.live && subscription.position >= head.lastSeq) this.dismiss(subscription);
    }
  }
}
