import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { z } from 'zod';
import { sendReply } from './scripted-replies.ts';
import type { Reply } from './scripted-replies.ts';

export {
  callsTool,
  callsTools,
  cuts,
  empty,
  fails,
  garbage,
  hangs,
  says,
  slowly,
  streams,
} from './scripted-replies.ts';
export type { Reply } from './scripted-replies.ts';

const chatRequest = z.looseObject({
  model: z.string(),
  stream: z.boolean().default(false),
  messages: z.array(
    z.looseObject({
      role: z.string(),
      content: z.string().nullish(),
      tool_calls: z
        .array(
          z.looseObject({ id: z.string(), function: z.object({ name: z.string(), arguments: z.string() }) }),
        )
        .optional(),
      tool_call_id: z.string().optional(),
    }),
  ),
  tools: z.array(z.looseObject({ function: z.looseObject({ name: z.string() }) })).default([]),
});
/** A chat-completions request as it came in; fields not named here are kept too. */
export type ChatRequest = z.output<typeof chatRequest>;

const embeddingRequest = z.looseObject({ input: z.array(z.string()) });

export interface RecordedRequest {
  /** Milliseconds since 1970. */
  at: number;
  /** Lower-case names. */
  headers: IncomingMessage['headers'];
  /** With its query. */
  url: string;
  body: ChatRequest;
  /** True once the client went away before the answer was complete. */
  aborted: boolean;
  /** True once the whole answer was handed over. */
  completed: boolean;
  /** Settles when either of the two has become true, or the server cut the answer itself. */
  ended: Promise<void>;
}

/** A chat-completions server on loopback that answers what a test has scripted, and records what it was asked. */
export interface ScriptedModel {
  /** Base URL, ending in /v1. */
  readonly url: string;
  readonly requests: readonly RecordedRequest[];
  /** The texts of each request to `/embeddings`, which `embeds` answers. */
  readonly embedded: readonly (readonly string[])[];
  /** Says which vector a text has; until then `/embeddings` is refused with 404. */
  embeds: (vectorOf: (text: string) => number[]) => void;
  /** Answers each request to `/embeddings` with this, whatever it asks. */
  answerEmbeddings: (reply: Reply) => void;
  /** Adds replies to the default queue, one for each request. */
  script: (replies: readonly Reply[]) => void;
  /**
   * Adds a queue of its own for the conversations in which some message that is not the system's matches.
   * The first rule that matches and has replies left answers; a conversation that matches a rule never
   * takes from the default queue.
   */
  when: (pattern: RegExp, replies: readonly Reply[]) => void;
  /** Answers whatever the queues leave unanswered. */
  always: (answer: (request: ChatRequest) => Reply) => void;
  /** @throws {Error} when replies are left over or the script ran out. */
  assertDone: () => void;
  /** The n-th request (from 1), as soon as it is there. Rejects after `timeoutMs` (10 s). */
  waitForRequest: (n: number, timeoutMs?: number) => Promise<RecordedRequest>;
  /** Ends the server and every connection to it. */
  close: () => Promise<void>;
}

export interface ScriptedModelOptions {
  /** Answers streamed requests with one plain JSON completion, as some servers do. */
  plainJson?: boolean;
  /** 0, the default, takes a free one. */
  port?: number;
}

interface Rule {
  pattern: RegExp;
  queue: Reply[];
}

class Script {
  readonly queue: Reply[] = [];
  readonly rules: Rule[] = [];
  readonly complaints: string[] = [];
  fallback: ((request: ChatRequest) => Reply) | undefined;

  /** The reply for a request, or the text of the complaint that there is none. */
  next(request: ChatRequest): Reply | string {
    const spoken = request.messages
      .filter((message) => message.role !== 'system')
      .map((message) => message.content ?? '');
    const matching = this.rules.filter((rule) => spoken.some((text) => rule.pattern.test(text)));
    const queue = matching.length === 0 ? this.queue : matching.find((rule) => rule.queue.length > 0)?.queue;
    const reply = queue?.shift() ?? this.fallback?.(request);
    if (reply !== undefined) return reply;
    const where =
      matching.length === 0 ? '' : ` for ${matching.map((rule) => String(rule.pattern)).join(', ')}`;
    const complaint = `the script has run out${where}; asked last: ${JSON.stringify(spoken.at(-1)?.slice(0, 200) ?? '')}`;
    this.complaints.push(complaint);
    return complaint;
  }

  assertDone(): void {
    const left = [
      ...(this.queue.length > 0 ? [`${this.queue.length} of the default queue`] : []),
      ...this.rules
        .filter((rule) => rule.queue.length > 0)
        .map((rule) => `${rule.queue.length} for ${String(rule.pattern)}`),
    ];
    const problems = [
      ...this.complaints,
      ...(left.length > 0 ? [`replies are left over: ${left.join(', ')}`] : []),
    ];
    if (problems.length > 0) throw new Error(`the scripted model is not done: ${problems.join('; ')}`);
  }
}

/** Starts the server; end it with `close`. */
export async function startScriptedModel(options: ScriptedModelOptions = {}): Promise<ScriptedModel> {
  const script = new Script();
  const requests: RecordedRequest[] = [];
  const embedded: string[][] = [];
  let vectorOf: ((text: string) => number[]) | undefined;
  let embeddingReply: Reply | undefined;
  const waiting = new Set<() => void>();
  const sockets = new Set<Socket>();

  const answer = async (message: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = chatRequest.parse(JSON.parse(await readBody(message)));
    const recorded = record(message, response, body);
    requests.push(recorded);
    for (const wake of waiting) wake();
    const reply = script.next(body);
    if (typeof reply === 'string') {
      response
        .writeHead(400, { 'content-type': 'application/json' })
        .end(JSON.stringify({ error: { message: reply } }));
      return;
    }
    await sendReply(reply, response, {
      stream: body.stream && options.plainJson !== true,
      model: body.model,
      requestNumber: requests.length,
    });
  };

  const embed = async (
    message: IncomingMessage,
    response: ServerResponse,
    vector: (text: string) => number[],
  ): Promise<void> => {
    const { input } = embeddingRequest.parse(JSON.parse(await readBody(message)));
    embedded.push(input);
    const data = input.map((text, index) => ({ object: 'embedding', index, embedding: vector(text) }));
    response.writeHead(200, { 'content-type': 'application/json' }).end(
      JSON.stringify({
        object: 'list',
        data,
        usage: { prompt_tokens: 3 * input.length, total_tokens: 3 * input.length },
      }),
    );
  };

  const server = createServer((message, response) => {
    if (embeddingReply !== undefined && message.url?.endsWith('/v1/embeddings') === true) {
      void sendReply(embeddingReply, response, { stream: false, model: '', requestNumber: 0 });
      return;
    }
    if (vectorOf !== undefined && message.url?.endsWith('/v1/embeddings') === true) {
      embed(message, response, vectorOf).catch((error: unknown) => {
        script.complaints.push(`the embeddings broke: ${String(error)}`);
        response.destroy();
      });
      return;
    }
    if (
      message.method !== 'POST' ||
      !(message.url ?? '').split('?', 1)[0]?.endsWith('/v1/chat/completions')
    ) {
      response
        .writeHead(404, { 'content-type': 'application/json' })
        .end('{"error":{"message":"no such path"}}');
      return;
    }
    answer(message, response).catch((error: unknown) => {
      script.complaints.push(`the scripted model broke: ${String(error)}`);
      response.destroy();
    });
  });
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  const port = await listen(server, options.port ?? 0);

  return {
    url: `http://127.0.0.1:${port}/v1`,
    requests,
    embedded,
    embeds: (given) => {
      vectorOf = given;
    },
    answerEmbeddings: (reply) => {
      embeddingReply = reply;
    },
    script: (replies) => void script.queue.push(...replies),
    when: (pattern, replies) => {
      if (pattern.global || pattern.sticky) throw new Error('a pattern with g or y remembers where it stood');
      script.rules.push({ pattern, queue: [...replies] });
    },
    always: (fallback) => {
      script.fallback = fallback;
    },
    assertDone: () => script.assertDone(),
    waitForRequest: (n, timeoutMs = 10_000) =>
      waitFor(() => requests[n - 1], waiting, timeoutMs, `request ${n}`),
    close: async () => {
      const { promise, resolve } = Promise.withResolvers<void>();
      server.close(() => resolve());
      for (const socket of sockets) socket.destroy();
      await promise;
    },
  };
}

function record(message: IncomingMessage, response: ServerResponse, body: ChatRequest): RecordedRequest {
  const { promise, resolve } = Promise.withResolvers<void>();
  const recorded: RecordedRequest = {
    at: Date.now(),
    headers: message.headers,
    url: message.url ?? '',
    body,
    aborted: false,
    completed: false,
    ended: promise,
  };
  response.on('close', () => {
    recorded.completed = response.writableFinished;
    // `errored` is set when it was the server that destroyed the answer
    recorded.aborted = !response.writableFinished && response.errored === null;
    resolve();
  });
  return recorded;
}

async function readBody(message: IncomingMessage): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of message) chunks.push(z.instanceof(Uint8Array).parse(chunk));
  return Buffer.concat(chunks).toString('utf8');
}

async function listen(server: ReturnType<typeof createServer>, port: number): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once('error', reject);
  server.listen(port, '127.0.0.1', resolve);
  await promise;
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  return address.port;
}

/** Looks again whenever something has come in. */
async function waitFor<T>(
  look: () => T | undefined,
  waiting: Set<() => void>,
  timeoutMs: number,
  what: string,
): Promise<T> {
  const found = look();
  if (found !== undefined) return found;
  const { promise, resolve, reject } = Promise.withResolvers<T>();
  const timer = setTimeout(() => reject(new Error(`${what} did not come within ${timeoutMs} ms`)), timeoutMs);
  const wake = (): void => {
    const now = look();
    if (now !== undefined) resolve(now);
  };
  waiting.add(wake);
  try {
    return await promise;
  } finally {
    clearTimeout(timer);
    waiting.delete(wake);
  }
}
