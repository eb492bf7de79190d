import { createParser, type EventSourceMessage } from 'eventsource-parser';
import type { components } from './api-types.ts';
import { askUntilAnswered, BackOff, pause } from './persistent-fetch.ts';

/** One entry of an execution's log. */
export type ExecutionEvent = components['schemas']['Event'];

/** The server says something each 15 s; a connection that is silent for three times as long is dead. */
const SILENCE_MS = 45_000;

/** How a stream is followed. */
export interface StreamOptions {
  /** The last seq that was seen. Default 0: from the beginning. */
  after?: number;
  signal?: AbortSignal;
  /** Text while a model speaks; it may be lost. */
  onToken?: (token: { task_key: string; text: string }) => void;
  /** Said when a connection stands, and when there is none: nothing is missed, it only comes later. */
  onConnection?: (state: 'open' | 'lost') => void;
  /** A connection that is silent for so long is given up and made anew. Default 45,000. */
  silenceMs?: number;
}

/** One connection of a stream. @param init what it adds to the request */
export type OpenStream = (init: {
  headers: Record<string, string>;
  signal: AbortSignal;
}) => Promise<Response>;

/** What a stream shows of its log. */
export interface StreamedLog {
  /**
   * Whether every entry of the log is sent. Then their seqs follow each other, and a gap between them is a loss. An agent
   * instance shares its conversation with others: of those seqs it is sent only its own.
   */
  isWhole: boolean;
}

/**
 * The entries of a log in order, each once, over as many connections as it takes: the events of an execution, which
 * end after the final one, or the messages of a conversation.
 * @throws {ApiError} when the server refuses, and the signal's reason when it is aborted
 */
export async function* streamEntries<Entry>(
  open: OpenStream,
  { isWhole }: StreamedLog,
  { after = 0, signal, onToken, onConnection, silenceMs = SILENCE_MS }: StreamOptions,
): AsyncGenerator<Entry, void, undefined> {
  const backOff = new BackOff();
  let last = after;
  for (;;) {
    let connection = watched(signal, silenceMs);
    try {
      const ask = (): Promise<Response> => {
        connection.close();
        connection = watched(signal, silenceMs);
        const headers = { accept: 'text/event-stream', 'last-event-id': String(last) };
        return open({ headers, signal: connection.signal }).then(
          (answer) => {
            if (!answer.ok) onConnection?.('lost');
            return answer;
          },
          (error: unknown) => {
            onConnection?.('lost');
            throw error;
          },
        );
      };
      const response = await askUntilAnswered(ask, backOff, signal);
      onConnection?.('open');
      if (response.status === 204 || response.body === null) return;
      for await (const message of messagesOf(response.body, connection.heard)) {
        if (message.event === 'token') onToken?.(JSON.parse(message.data));
        const seq = Number(message.id);
        if (message.id === undefined || seq <= last) continue;
        // What is missing is asked for again.
        if (isWhole && seq !== last + 1) break;
        last = seq;
        backOff.reset();
        yield JSON.parse(message.data);
      }
    } finally {
      connection.close();
    }
    signal?.throwIfAborted();
    onConnection?.('lost');
    await pause(backOff.next(), signal);
  }
}

/** A signal for one connection: aborted with the caller's, or after too long a silence. */
function watched(signal: AbortSignal | undefined, silenceMs: number) {
  const silence = new AbortController();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const heard = (): void => {
    clearTimeout(timer);
    timer = setTimeout(() => silence.abort(), silenceMs);
  };
  heard();
  return {
    signal: signal === undefined ? silence.signal : AbortSignal.any([signal, silence.signal]),
    heard,
    close(): void {
      clearTimeout(timer);
      silence.abort();
    },
  };
}

/** The messages of one connection. However it ends, it only ends: the caller knows where it stood. */
async function* messagesOf(
  body: ReadableStream<Uint8Array>,
  heard: () => void,
): AsyncGenerator<EventSourceMessage, void, undefined> {
  const waiting: EventSourceMessage[] = [];
  const parser = createParser({ onEvent: (message) => void waiting.push(message) });
  const decoder = new TextDecoder();
  const reader = body.getReader();
  const readSafely = (): Promise<{ done: boolean; value?: Uint8Array | undefined }> =>
    reader.read().catch(() => ({ done: true }));
  for (;;) {
    const { done, value } = await readSafely();
    if (done || value === undefined) return;
    heard();
    parser.feed(decoder.decode(value, { stream: true }));
    yield* waiting.splice(0);
  }
}
