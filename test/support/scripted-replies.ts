import type { ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

/** Tokens a reply reports; null for a server that reports none. */
export type ScriptedUsage = { promptTokens: number; completionTokens: number } | null;

interface ScriptedCall {
  name: string;
  /** Raw text, perhaps no JSON at all. */
  arguments: string;
  id: string | undefined;
}

interface Speech {
  kind: 'speech';
  text: string;
  calls: readonly ScriptedCall[];
  usage: ScriptedUsage;
  /** Pieces a text, or a call's arguments, streams in. */
  chunks: number;
  /** Pause before each piece. */
  chunkMs: number;
  /** Sends the stream in TCP writes of this many bytes, wherever that cuts; 0 leaves pieces whole. */
  bytesPerWrite: number;
  finishReason: string | undefined;
}

/** What the server does with one request. */
export type Reply =
  | Speech
  | {
      kind: 'failure';
      status: number;
      retryAfter: string | undefined;
      headers: Record<string, string>;
      body: unknown;
    }
  | { kind: 'hang'; after: string }
  | { kind: 'garbage'; body: string; contentType: string }
  | { kind: 'cut'; text: string };

/** What tokens a reply reports when a test does not care. */
const USUAL_USAGE: ScriptedUsage = { promptTokens: 10, completionTokens: 5 };

type SpeechOptions = Partial<Pick<Speech, 'usage' | 'chunks' | 'chunkMs' | 'bytesPerWrite' | 'finishReason'>>;

const speech = (text: string, calls: readonly ScriptedCall[], options: SpeechOptions): Speech => ({
  kind: 'speech',
  text,
  calls,
  usage: USUAL_USAGE,
  chunks: 3,
  chunkMs: 0,
  bytesPerWrite: 0,
  finishReason: undefined,
  ...options,
});

/** Answers with a text, streamed in a few pieces at once. */
export const says = (text: string, options: SpeechOptions = {}): Reply => speech(text, [], options);

/** Answers with a text that takes `chunks` × `chunkMs`. */
export const slowly = (text: string, options: SpeechOptions & { chunkMs: number; chunks: number }): Reply =>
  speech(text, [], options);

/** Wants a tool called. Arguments given as a text are sent as they are, malformed or not. */
export const callsTool = (
  name: string,
  args: object | string = {},
  options: SpeechOptions & { id?: string; text?: string } = {},
): Reply => callsTools([{ name, args, ...(options.id === undefined ? {} : { id: options.id }) }], options);

/** Wants several tools called in one turn. */
export function callsTools(
  calls: readonly { name: string; args: object | string; id?: string }[],
  options: SpeechOptions & { text?: string } = {},
): Reply {
  const { text = '', ...rest } = options;
  const scripted = calls.map(({ name, args, id }) => ({
    name,
    id,
    arguments: typeof args === 'string' ? args : JSON.stringify(args),
  }));
  return speech(text, scripted, rest);
}

/** Refuses with an HTTP status. `retryAfter`: seconds, or a whole header value. */
export const fails = (
  status: number,
  options: { retryAfter?: number | string; headers?: Record<string, string>; body?: unknown } = {},
): Reply => ({
  kind: 'failure',
  status,
  retryAfter: options.retryAfter === undefined ? undefined : String(options.retryAfter),
  headers: options.headers ?? {},
  body: options.body ?? { error: { message: `scripted failure ${status}` } },
});

/** Says nothing, or `after` and then nothing more, until the client goes away. */
export const hangs = (options: { after?: string } = {}): Reply => ({
  kind: 'hang',
  after: options.after ?? '',
});

/** Answers 200 with something that is no chat completion. */
export const garbage = (body = '<html>not a completion</html>', contentType = 'text/html'): Reply => ({
  kind: 'garbage',
  body,
  contentType,
});

/** Answers with these chunks as they are, as server-sent events; a text is a line of the stream. Ended by `[DONE]`, or not. */
export const streams = (chunks: readonly (object | string)[], end: 'done' | 'nothing' = 'done'): Reply =>
  garbage(
    [
      ...chunks.map((one) => (typeof one === 'string' ? `${one}\n\n` : event(one))),
      end === 'done' ? 'data: [DONE]\n\n' : '',
    ].join(''),
    'text/event-stream',
  );

/** Breaks the connection in the middle of a text. */
export const cuts = (text = 'this sentence will never be'): Reply => ({ kind: 'cut', text });

/** Finishes properly without having said anything. */
export const empty = (options: SpeechOptions = {}): Reply => speech('', [], options);

interface Form {
  stream: boolean;
  model: string;
  /** Which request of the server this answers: makes the ids of tool calls unique. */
  requestNumber: number;
}

/** Carries a reply out. Settles when nothing more is to be sent; a client that goes away ends it early. */
export async function sendReply(reply: Reply, response: ServerResponse, form: Form): Promise<void> {
  switch (reply.kind) {
    case 'speech':
      await (form.stream ? streamSpeech(reply, response, form) : sendWhole(reply, response, form));
      return;
    case 'failure':
      response.writeHead(reply.status, {
        'content-type': 'application/json',
        ...(reply.retryAfter === undefined ? {} : { 'retry-after': reply.retryAfter }),
        ...reply.headers,
      });
      response.end(typeof reply.body === 'string' ? reply.body : JSON.stringify(reply.body));
      return;
    case 'hang':
      if (reply.after !== '')
        response.writeHead(200, EVENT_STREAM).write(event(chunk(form, { content: reply.after })));
      return;
    case 'garbage':
      response.writeHead(200, { 'content-type': reply.contentType }).end(reply.body);
      return;
    case 'cut': {
      const half = event(chunk(form, { content: reply.text }));
      response.writeHead(200, EVENT_STREAM).write(half);
      // the first piece must have left before the connection goes
      await sleep(20);
      response.destroy(new Error('the script cuts here'));
    }
  }
}

const EVENT_STREAM = { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-cache' };

const event = (data: unknown): string => `data: ${JSON.stringify(data)}\n\n`;

const chunk = (form: Form, delta: object, finishReason: string | null = null): object => ({
  id: 'chatcmpl-scripted',
  object: 'chat.completion.chunk',
  created: 1_700_000_000,
  model: form.model,
  choices: [{ index: 0, delta, finish_reason: finishReason }],
});

const finishOf = (reply: Speech): string =>
  reply.finishReason ?? (reply.calls.length > 0 ? 'tool_calls' : 'stop');

const callId = (call: ScriptedCall, index: number, form: Form): string =>
  call.id ?? `call_${form.requestNumber}_${index + 1}`;

const usageOf = (usage: NonNullable<ScriptedUsage>): object => ({
  prompt_tokens: usage.promptTokens,
  completion_tokens: usage.completionTokens,
  total_tokens: usage.promptTokens + usage.completionTokens,
});

async function streamSpeech(reply: Speech, response: ServerResponse, form: Form): Promise<void> {
  response.writeHead(200, EVENT_STREAM);
  response.flushHeaders();
  for (const line of streamLines(reply, form)) {
    if (reply.chunkMs > 0 && line.paced) await sleep(reply.chunkMs);
    if (response.destroyed) return;
    await write(response, line.text, reply.bytesPerWrite);
  }
  response.end();
}

function* streamLines(reply: Speech, form: Form): Generator<{ text: string; paced: boolean }> {
  const say = (delta: object, paced = false): { text: string; paced: boolean } => ({
    text: event(chunk(form, delta)),
    paced,
  });
  yield say({ role: 'assistant', content: '' });
  for (const content of pieces(reply.text, reply.chunks)) yield say({ content }, true);
  for (const [index, call] of reply.calls.entries()) {
    const id = callId(call, index, form);
    yield say(
      { tool_calls: [{ index, id, type: 'function', function: { name: call.name, arguments: '' } }] },
      true,
    );
    for (const part of pieces(call.arguments, reply.chunks)) {
      yield say({ tool_calls: [{ index, function: { arguments: part } }] });
    }
  }
  yield { text: event(chunk(form, {}, finishOf(reply))), paced: false };
  if (reply.usage !== null) {
    yield { text: event({ ...chunk(form, {}), choices: [], usage: usageOf(reply.usage) }), paced: false };
  }
  yield { text: 'data: [DONE]\n\n', paced: false };
}

async function write(response: ServerResponse, text: string, bytesPerWrite: number): Promise<void> {
  if (bytesPerWrite === 0) {
    response.write(text);
    return;
  }
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += bytesPerWrite) {
    response.write(bytes.subarray(at, at + bytesPerWrite));
    await sleep(1);
  }
}

async function sendWhole(reply: Speech, response: ServerResponse, form: Form): Promise<void> {
  await sleep(reply.chunkMs * reply.chunks);
  if (response.destroyed) return;
  const message = {
    role: 'assistant',
    content: reply.text === '' && reply.calls.length > 0 ? null : reply.text,
    ...(reply.calls.length === 0
      ? {}
      : {
          tool_calls: reply.calls.map((call, index) => ({
            id: callId(call, index, form),
            type: 'function',
            function: { name: call.name, arguments: call.arguments },
          })),
        }),
  };
  const body = {
    id: 'chatcmpl-scripted',
    object: 'chat.completion',
    created: 1_700_000_000,
    model: form.model,
    choices: [{ index: 0, message, finish_reason: finishOf(reply) }],
    ...(reply.usage === null ? {} : { usage: usageOf(reply.usage) }),
  };
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

/** A text in at most `count` pieces of whole characters. */
function pieces(text: string, count: number): string[] {
  const characters = Array.from(text);
  const size = Math.max(1, Math.ceil(characters.length / Math.max(1, count)));
  return Array.from({ length: Math.ceil(characters.length / size) }, (_, index) =>
    characters.slice(index * size, (index + 1) * size).join(''),
  );
}
