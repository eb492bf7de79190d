import { createParser } from 'eventsource-parser';
import { parseForWriting } from '../domain/exact-numbers.ts';
import { ModelFailure } from './model.ts';
import { complaintInText, errorIn, ReportedError } from './reported-error.ts';

/** How a reply comes in. */
export interface ReplySource {
  response: Response;
  /** Bytes beyond which it is given up. */
  maxBytes: number;
  /** Called with every piece that is heard. */
  heard: () => void;
  /** The model, for messages. */
  who: string;
}

/** `done`: the server said so. `error`: in its place among the events, since the answer before it may have been whole. */
export type ReplyPiece =
  { kind: 'chunk'; chunk: unknown } | { kind: 'done' } | { kind: 'error'; error: ReportedError };

/** How server-sent events begin. */
const EVENTS = /^\uFEFF?\s*(?:data|event|id|retry)?:/;
/** Nothing else but these has a meaning for what is to be read. */
const FIRST_WORD = 8;
/** Of an answer that is no 200: more words than anybody reads. In bytes. */
const MOST_ERROR_BYTES = 64 * 1024;

/**
 * The pieces of a reply: the events of a stream, or the one JSON document that some servers send although a stream was
 * asked for. What it is shows by how it begins; what servers say of it in `content-type` is often wrong.
 * @throws {ReportedError} when the reply is neither
 * @throws {ModelFailure} `reply_too_large`
 */
export async function* readPieces(source: ReplySource): AsyncGenerator<ReplyPiece> {
  let pending: ReplyPiece[] = [];
  const parser = createParser({
    onEvent: ({ event, data }) => void pending.push(...pieceOf(event, data)),
  });
  let isStream: boolean | undefined;
  let start = '';
  for await (const text of textsOf(source, source.maxBytes)) {
    if (isStream === undefined) {
      start += text;
      if (start.trimStart().length < FIRST_WORD) continue;
      isStream = EVENTS.test(start);
      if (isStream) parser.feed(start);
    } else if (isStream) parser.feed(text);
    else start += text;
    yield* pending;
    pending = [];
  }
  if (isStream ?? EVENTS.test(start)) {
    // The last event may lack the empty line that ends it.
    parser.feed(isStream === undefined ? `${start}\n\n` : '\n\n');
    yield* pending;
  } else if (start.trim() !== '') {
    yield { kind: 'chunk', chunk: document(start) };
    yield { kind: 'done' };
  }
}

/** What an answer that is no 200 says. */
export async function readRefusal(source: Omit<ReplySource, 'maxBytes'>): Promise<ReportedError> {
  let text = '';
  try {
    for await (const part of textsOf(source, MOST_ERROR_BYTES)) text += part;
  } catch (error) {
    if (!(error instanceof ModelFailure)) throw error;
  }
  const { status, statusText, headers } = source.response;
  const reported = complaintInText(text);
  return new ReportedError(reported.message === '' ? { ...reported, message: statusText } : reported, {
    answer: { status, headers: Object.fromEntries(headers) },
  });
}

/** The whole of an answer that is one JSON document. @throws as `readPieces` does, also for an error in it */
export async function readDocument(source: ReplySource): Promise<unknown> {
  let text = '';
  for await (const part of textsOf(source, source.maxBytes)) text += part;
  const value = document(text);
  const reported = errorIn(value);
  if (reported !== undefined) throw new ReportedError(reported);
  return value;
}

async function* textsOf({ response, heard, who }: Omit<ReplySource, 'maxBytes'>, maxBytes: number) {
  if (response.body === null) return;
  const decoder = new TextDecoder();
  let bytes = 0;
  for await (const part of response.body) {
    heard();
    bytes += part.byteLength;
    if (bytes > maxBytes)
      throw new ModelFailure('reply_too_large', `the reply of ${who} is longer than ${maxBytes} bytes`);
    yield decoder.decode(part, { stream: true });
  }
  yield decoder.decode();
}

function pieceOf(event: string | undefined, data: string): ReplyPiece[] {
  const text = data.trim();
  if (event === 'error') return [{ kind: 'error', error: new ReportedError(complaintInText(text)) }];
  if (text === '[DONE]') return [{ kind: 'done' }];
  if (text === '' || event === 'ping') return [];
  try {
    return [{ kind: 'chunk', chunk: document(text) }];
  } catch (error) {
    if (error instanceof ReportedError) return [{ kind: 'error', error }];
    throw error;
  }
}

function document(text: string): unknown {
  try {
    return parseForWriting(text);
  } catch (error) {
    if (!(error instanceof SyntaxError) && !(error instanceof RangeError)) throw error;
    throw new ReportedError(complaintInText(text), { isForeign: true });
  }
}
