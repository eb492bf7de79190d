import { createParser } from 'eventsource-parser';

export interface SseEvent {
  id: string | undefined;
  event: string;
  data: unknown;
}

/** A follower of a stream, for tests: collects what comes until the stream ends or is left. */
export interface SseReader {
  status: number;
  events: SseEvent[];
  /** Resolves when the server has ended the stream. */
  ended: Promise<void>;
  leave(): void;
}

export async function readSse(url: string, headers: Record<string, string>): Promise<SseReader> {
  const abort = new AbortController();
  const response = await fetch(url, {
    headers: { accept: 'text/event-stream', ...headers },
    signal: abort.signal,
  });
  const events: SseEvent[] = [];
  const parser = createParser({
    onEvent: ({ id, event, data }) => events.push({ id, event: event ?? 'message', data: JSON.parse(data) }),
  });
  const read = async (): Promise<void> => {
    if (response.body === null) return;
    const decoder = new TextDecoder();
    try {
      for await (const chunk of response.body) parser.feed(decoder.decode(chunk, { stream: true }));
    } catch (error) {
      if (!abort.signal.aborted) throw error;
    }
  };
  return { status: response.status, events, ended: read(), leave: () => abort.abort() };
}
