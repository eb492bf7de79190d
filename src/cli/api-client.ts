import { createParser } from 'eventsource-parser';
import { z } from 'zod';
import type { JsonObject } from '../domain/json.ts';
import type { Command } from '../domain/run/status.ts';
import { CliError, EXIT, Refused, ServerAway } from './exit-codes.ts';

/** Where the API is, and as whom we speak. */
export interface Target {
  /** Without a slash at its end. */
  url: string;
  /** API key or access token; undefined where none is known (a server with --no-auth wants none). */
  apiKey: string | undefined;
}

/** As much of an execution as the command line looks at; `--json` prints the rest as well. */
const executionSchema = z.looseObject({
  execution_id: z.string(),
  crew_name: z.string().nullable(),
  status: z.string(),
  error: z.string().nullable(),
  error_code: z.string().nullable(),
  result: z.looseObject({ raw: z.string().optional() }).nullable(),
  token_usage: z.looseObject({ total_tokens: z.number() }),
  created_at: z.string(),
  completed_at: z.string().nullable(),
});
export type ShownExecution = z.output<typeof executionSchema>;

/** One server-sent event. */
export interface StreamFrame {
  event: string;
  data: unknown;
}

/** A file as the body of a request. */
export interface FileBody {
  contentType: string;
  bytes: Uint8Array<ArrayBuffer>;
}

export interface ApiClient {
  readonly url: string;
  /** @returns the id of the execution. */
  start(crew: string, inputs: JsonObject): Promise<string>;
  /** @returns the id of the execution. */
  startGraph(graphId: string, inputs: JsonObject): Promise<string>;
  execution(id: string): Promise<ShownExecution>;
  command(id: string, command: Command): Promise<ShownExecution>;
  /** Any other call. @returns its answer: parsed JSON, of a shape that the caller checks */
  call(method: string, at: string, body?: JsonObject | FileBody): Promise<unknown>;
  /** @returns the bytes of an answer that is a file. */
  download(at: string): Promise<Uint8Array>;
  /** The log after the event `after`, as it grows. @returns null when everything has been read and the run is over. */
  stream(id: string, after: number, signal: AbortSignal): Promise<AsyncIterable<StreamFrame> | null>;
}

const ANSWER_TIMEOUT_MS = 30_000;
/** The server sends a heartbeat each 15 s: a wire that is silent for longer than two of them is dead. */
const SILENCE_MS = 40_000;

/**
 * Speaks to the API. Every method fails with a CliError that says what to do about it; a ServerAway among them may
 * be tried again.
 */
export function createApiClient(target: Target): ApiClient {
  const path = (id: string, rest = ''): string => `/api/v1/executions/${encodeURIComponent(id)}${rest}`;
  const answerOf = async (method: string, at: string, body?: JsonObject | FileBody): Promise<Uint8Array> => {
    const timeout = AbortSignal.timeout(ANSWER_TIMEOUT_MS);
    const response = await send(target, { method, at, body, signal: timeout });
    return response.bytes().catch((error: unknown) => {
      throw away(target, error);
    });
  };
  const json = async <T>(
    schema: z.ZodType<T>,
    method: string,
    at: string,
    body?: JsonObject | FileBody,
  ): Promise<T> => {
    const text = new TextDecoder().decode(await answerOf(method, at, body));
    const answer = schema.safeParse(parseJson(text));
    if (answer.success) return answer.data;
    throw new CliError(EXIT.away, `${target.url} answers, but not as Muster does: is it the right address?`);
  };
  return {
    url: target.url,
    start: async (crew, inputs) => {
      const started = z.object({ execution_id: z.string() });
      return (await json(started, 'POST', '/crew/start', { crew, inputs })).execution_id;
    },
    startGraph: async (graphId, inputs) => {
      const at = `/api/v1/graphs/${encodeURIComponent(graphId)}/execute`;
      return (await json(executionSchema, 'POST', at, { inputs })).execution_id;
    },
    execution: (id) => json(executionSchema, 'GET', path(id)),
    command: (id, command) => json(executionSchema, 'POST', path(id, `/${command}`)),
    call: (method, at, body) => json(z.union([z.array(z.unknown()), z.looseObject({})]), method, at, body),
    download: (at) => answerOf('GET', at),
    stream: (id, after, signal) => openStream(target, path(id, '/stream'), after, signal),
  };
}

async function openStream(
  target: Target,
  at: string,
  after: number,
  signal: AbortSignal,
): Promise<AsyncIterable<StreamFrame> | null> {
  const silence = new AbortController();
  const expire = (): void => silence.abort(new Error(`nothing heard for ${SILENCE_MS / 1000} s`));
  const watchdog = setTimeout(expire, SILENCE_MS);
  try {
    const headers = { accept: 'text/event-stream', 'last-event-id': String(after) };
    const either = AbortSignal.any([signal, silence.signal]);
    const response = await send(target, { method: 'GET', at, headers, signal: either });
    if (response.status !== 204 && response.body !== null) {
      return readFrames(target, response.body, watchdog, silence.signal);
    }
  } catch (error) {
    clearTimeout(watchdog);
    throw error;
  }
  clearTimeout(watchdog);
  return null;
}

async function* readFrames(
  target: Target,
  body: AsyncIterable<Uint8Array>,
  watchdog: NodeJS.Timeout,
  silence: AbortSignal,
): AsyncGenerator<StreamFrame> {
  const decoder = new TextDecoder();
  let frames: StreamFrame[] = [];
  const parser = createParser({
    onEvent: ({ event = 'message', data }) => frames.push({ event, data: parseJson(data) }),
  });
  try {
    for await (const chunk of body) {
      watchdog.refresh();
      parser.feed(decoder.decode(chunk, { stream: true }));
      yield* frames;
      frames = [];
    }
  } catch (error) {
    throw away(target, silence.aborted ? silence.reason : error);
  } finally {
    clearTimeout(watchdog);
  }
}

const isFile = (body: JsonObject | FileBody): body is FileBody => body['bytes'] instanceof Uint8Array;

/** @returns an answer that says yes; everything else is thrown. */
async function send(
  { url, apiKey }: Target,
  request: {
    method: string;
    at: string;
    body?: JsonObject | FileBody | undefined;
    headers?: Record<string, string>;
    signal: AbortSignal;
  },
): Promise<Response> {
  const { body } = request;
  let response: Response;
  try {
    response = await fetch(`${url}${request.at}`, {
      method: request.method,
      headers: {
        ...request.headers,
        ...(apiKey !== undefined && { authorization: `Bearer ${apiKey}` }),
        ...(body !== undefined && { 'content-type': isFile(body) ? body.contentType : 'application/json' }),
      },
      ...(body !== undefined && { body: isFile(body) ? body.bytes : JSON.stringify(body) }),
      // The credential goes where it was sent and nowhere else.
      redirect: 'manual',
      signal: request.signal,
    });
  } catch (error) {
    throw away({ url, apiKey }, error);
  }
  if (response.ok) return response;
  throw await refusal({ url, apiKey }, response);
}

const envelope = z.object({
  message: z.string(),
  details: z
    .looseObject({ issues: z.array(z.object({ path: z.string(), message: z.string() })).optional() })
    .optional(),
});

async function refusal({ url, apiKey }: Target, response: Response): Promise<CliError> {
  const text = await response.text().catch(() => '');
  const body = envelope.safeParse(parseJson(text));
  const said = body.success
    ? body.data.message
    : `it answers ${response.status} ${response.statusText}`.trim();
  const issues = (body.success ? body.data.details?.issues : undefined) ?? [];
  switch (response.status) {
    case 401:
    case 403:
      return new CliError(EXIT.auth, `${said}\n${credentialAdvice(url, apiKey)}`);
    case 404:
      return new CliError(EXIT.notFound, said);
    case 400:
    case 413:
    case 422:
      return new Refused(
        [said, ...issues.filter(({ message }) => !said.includes(message)).map(issueLine)].join('\n'),
        issues,
      );
    case 409:
      return new CliError(EXIT.failed, said);
    default: {
      const seconds = Number(response.headers.get('retry-after') ?? Number.NaN);
      const retryAfterMs = Number.isFinite(seconds) && seconds >= 0 ? seconds * 1000 : undefined;
      if (response.status === 429 || response.status >= 500) {
        return new ServerAway(`${url}: ${said}`, { retryAfterMs });
      }
      return new CliError(EXIT.away, `${url}: ${said}`);
    }
  }
}

const credentialAdvice = (url: string, apiKey: string | undefined): string =>
  apiKey === undefined
    ? `No API key is known for ${url}. Give MUSTER_API_KEY or --api-key (npm start keeps one in <data-dir>/cli-key).`
    : `The API key given does not do for ${url}: check MUSTER_API_KEY, --api-key and --data-dir.`;

/** `/inputs/topic` → how to give it on this command line. */
function issueLine({ path, message }: { path: string; message: string }): string {
  const input = /^\/inputs\/([^/]+)$/.exec(path)?.[1];
  return input === undefined
    ? `  ${path} ${message}`.trimEnd()
    : `  ${input}: ${message} (--input ${input}=…)`;
}

/** What kept an answer from coming. The platform's own words hide in the cause. */
function away({ url }: Target, error: unknown): ServerAway {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : undefined;
  const reason = code ?? (cause instanceof Error ? cause.message : String(cause));
  return new ServerAway(`No answer from ${url} (${reason})`, { cause: error });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    // Not JSON: no schema will take it, and what is said then says more than a syntax error.
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
