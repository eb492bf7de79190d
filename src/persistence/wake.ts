import { Client } from 'pg';
import type { Logger } from 'pino';
import type { Sql } from './sql.ts';

/**
 * The wake-up calls between processes. They carry ids (and passing token text), never truth: whoever is
 * woken re-reads the tables, and looks by itself once in a while, so that a lost call only costs a second.
 */

/**
 * `log`: new events. `control`: a pause, resume or cancel. `outbox`: something to deliver. `token`: streamed text.
 * These carry ids of executions. `message`: new messages, with ids of conversations.
 */
export type WakeChannel = 'log' | 'control' | 'outbox' | 'token' | 'message';
type IdChannel = Exclude<WakeChannel, 'token'>;
const CHANNELS: readonly WakeChannel[] = ['log', 'control', 'outbox', 'token', 'message'];

/** One process sends at most one NOTIFY each so many milliseconds: it takes a lock that all writers share. */
const COALESCE_MS = 20;
/** Postgres refuses payloads of 8,000 bytes and more. */
const MAX_PAYLOAD_BYTES = 7_900;

/** A piece of a model's reply while it streams. Ephemeral: it has no seq and may be lost. */
export interface TokenText {
  id: number;
  taskKey: string;
  text: string;
}

/** Sends wake-up calls, coalesced. */
export interface Waker {
  wake(channel: IdChannel, id: number): void;
  token(token: TokenText): void;
  /** Sends what is waiting. */
  flush(): Promise<void>;
  close(): Promise<void>;
}

export function createWaker(sql: Sql, logger: Logger): Waker {
  const ids = new Map<WakeChannel, Set<number>>();
  const tokens: TokenText[] = [];
  let timer: NodeJS.Timeout | undefined;
  let sentAt = 0;
  let sending: Promise<void> = Promise.resolve();

  const payloads = (): [WakeChannel, string][] => {
    const out: [WakeChannel, string][] = [];
    for (const [channel, set] of ids) {
      const all = [...set];
      for (let start = 0; start < all.length; start += 500) {
        out.push([channel, JSON.stringify(all.slice(start, start + 500))]);
      }
    }
    ids.clear();
    for (const token of tokens.splice(0)) {
      const payload = JSON.stringify(token);
      if (Buffer.byteLength(payload) <= MAX_PAYLOAD_BYTES) out.push(['token', payload]);
    }
    return out;
  };

  const send = async (): Promise<void> => {
    const batch = payloads();
    if (batch.length === 0) return;
    try {
      await sql.query('select pg_notify(c, p) from unnest($1::text[], $2::text[]) as t(c, p)', [
        batch.map(([channel]) => `muster_${channel}`),
        batch.map(([, payload]) => payload),
      ]);
    } catch (error) {
      // Readers look by themselves once a second; nothing is lost but that second.
      logger.debug({ err: error }, 'wake-up call not sent');
    }
  };

  const flush = (): Promise<void> => {
    clearTimeout(timer);
    timer = undefined;
    sentAt = performance.now();
    sending = sending.then(send);
    return sending;
  };
  /** The first call after a quiet time goes out at once; those that follow wait for each other. */
  const schedule = (): void => {
    const wait = Math.max(sentAt + COALESCE_MS - performance.now(), 0);
    timer ??= setTimeout(() => void flush(), wait);
  };

  return {
    wake(channel, id) {
      const set = ids.get(channel) ?? new Set<number>();
      ids.set(channel, set.add(id));
      schedule();
    },
    token(token) {
      const last = tokens.at(-1);
      if (
        last !== undefined &&
        last.id === token.id &&
        last.taskKey === token.taskKey &&
        last.text.length < 2_000
      ) {
        last.text += token.text;
      } else {
        tokens.push({ ...token });
      }
      schedule();
    },
    flush,
    close: flush,
  };
}

/** Hears wake-up calls: one LISTEN connection a process. */
export interface WakeListener {
  on(channel: IdChannel, handler: (ids: number[]) => void): void;
  onToken(handler: (token: TokenText) => void): void;
  /** Called whenever the connection is (back) up: calls may have been missed, so look at everything. */
  onReconnect(handler: () => void): void;
  close(): Promise<void>;
}

interface Handlers {
  ids: Map<WakeChannel, ((ids: number[]) => void)[]>;
  token: ((token: TokenText) => void)[];
  reconnect: (() => void)[];
}

const isTokenText = (value: unknown): value is TokenText =>
  typeof value === 'object' && value !== null && 'id' in value && 'taskKey' in value && 'text' in value;

function dispatch(handlers: Handlers, channel: string, payload: string): void {
  const value: unknown = JSON.parse(payload);
  if (channel === 'muster_token') {
    if (isTokenText(value)) for (const handler of handlers.token) handler(value);
    return;
  }
  const name = CHANNELS.find((candidate) => `muster_${candidate}` === channel);
  if (name === undefined || !Array.isArray(value)) return;
  const ids = value.filter((id): id is number => typeof id === 'number');
  for (const handler of handlers.ids.get(name) ?? []) handler(ids);
}

/** Connects in the background and reconnects for ever; a database that is away is not an error here. */
export function createWakeListener(
  url: string,
  logger: Logger,
  channels: readonly WakeChannel[],
): WakeListener {
  const handlers: Handlers = { ids: new Map(), token: [], reconnect: [] };
  let client: Client | undefined;
  let closed = false;
  let timer: NodeJS.Timeout | undefined;

  /** One attempt at a time, however many ways a connection ends. */
  const openLater = (): void => {
    clearTimeout(timer);
    if (!closed) timer = setTimeout(() => void open(), 500);
  };
  const connect = async (): Promise<void> => {
    const next = new Client({ connectionString: url, application_name: 'muster-listen', keepAlive: true });
    next.on('notification', (message) => dispatch(handlers, message.channel, message.payload ?? 'null'));
    next.on('error', (error) => logger.warn({ err: error }, 'the LISTEN connection broke'));
    next.on('end', () => {
      if (client === next) openLater();
    });
    client = next;
    await next.connect();
    for (const channel of channels) await next.query(`listen muster_${channel}`);
    for (const handler of handlers.reconnect) handler();
  };
  const open = async (): Promise<void> => {
    if (closed) return;
    try {
      await connect();
    } catch (error) {
      logger.debug({ err: error }, 'the LISTEN connection is not up yet');
      const failed = client;
      client = undefined;
      await failed
        ?.end()
        .catch((endError: unknown) => logger.debug({ err: endError }, 'end of a dead connection'));
      openLater();
    }
  };
  void open();

  return {
    on(channel, handler) {
      handlers.ids.set(channel, [...(handlers.ids.get(channel) ?? []), handler]);
    },
    onToken: (handler) => void handlers.token.push(handler),
    onReconnect: (handler) => void handlers.reconnect.push(handler),
    async close() {
      closed = true;
      clearTimeout(timer);
      await client?.end();
    },
  };
}
