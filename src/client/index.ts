import createFetchClient, { type Client } from 'openapi-fetch';
import type { components, paths } from './api-types.ts';
import { credentialHeaders, type Credentials } from './credentials.ts';
import { askUntilAnswered, BackOff } from './persistent-fetch.ts';
import { streamEntries, type ExecutionEvent, type OpenStream, type StreamOptions } from './stream-events.ts';

/** A typed client of Muster's API, for Node and browsers. */

export { ApiError } from './api-error.ts';
export type { components, paths } from './api-types.ts';
export type { Credentials } from './credentials.ts';
export type { ExecutionEvent, StreamOptions } from './stream-events.ts';

/** An execution as the API shows it. */
export type Execution = components['schemas']['Execution'];

/** Something said to or by an agent. */
export type ConversationMessage = components['schemas']['ConversationMessage'];

/** Where the API is and who asks. */
export interface ClientOptions extends Credentials {
  /** Such as `http://localhost:8000`. */
  baseUrl: string;
  /** Instead of the platform's own. */
  fetch?: typeof globalThis.fetch;
}

/** Typed calls (`GET('/api/v1/agents', { … })`), and what takes more than one. */
export type MusterClient = Client<paths> & {
  executions: {
    /** The events of its log in order, each once, over lost connections and restarts, to the final one. */
    stream(id: number | string, options?: StreamOptions): AsyncGenerator<ExecutionEvent, void, undefined>;
    /**
     * Waits until it has ended, over lost connections and restarts.
     * @throws a TimeoutError when time is up, {ApiError} when the server refuses
     */
    wait(id: number | string, options?: { timeoutMs?: number; signal?: AbortSignal }): Promise<Execution>;
  };
  agentInstances: {
    /** Its messages in order, each once, over lost connections and restarts; ends when the signal says so. */
    stream(
      id: string,
      options?: Omit<StreamOptions, 'onToken'>,
    ): AsyncGenerator<ConversationMessage, void, undefined>;
  };
};

const FINAL: ReadonlySet<string> = new Set(['completed', 'failed', 'cancelled']);

/** Makes a client. Nothing is asked until it is used. */
export function createClient({
  baseUrl,
  fetch: given = globalThis.fetch,
  ...credentials
}: ClientOptions): MusterClient {
  // The API redirects nobody: whoever does is somebody else, who must not be told the credential.
  const fetch: typeof globalThis.fetch = (input, init) => given(input, { ...init, redirect: 'manual' });
  const root = baseUrl.replace(/\/+$/, '').replace(/\/api(\/v1)?$/, '');
  const calls = createFetchClient<paths>({ baseUrl: root, fetch: (request) => fetch(request) });
  calls.use({
    async onRequest({ request }) {
      for (const [name, value] of Object.entries(await credentialHeaders(credentials)))
        request.headers.set(name, value);
      return request;
    },
  });
  const pathOf = (id: number | string): string =>
    `${root}/api/v1/executions/${encodeURIComponent(String(id))}`;

  const opening =
    (address: string): OpenStream =>
    async ({ headers, signal }) =>
      fetch(address, { headers: { ...headers, ...(await credentialHeaders(credentials)) }, signal });

  const stream = (id: number | string, options: StreamOptions = {}) =>
    streamEntries<ExecutionEvent>(opening(`${pathOf(id)}/stream`), { isWhole: true }, options);

  const streamMessages: MusterClient['agentInstances']['stream'] = (id, options = {}) =>
    streamEntries<ConversationMessage>(
      opening(`${root}/api/v1/agent-instances/${encodeURIComponent(id)}/messages/stream`),
      { isWhole: false },
      options,
    );

  const show = async (id: number | string, signal: AbortSignal | undefined): Promise<Execution> => {
    const ask = async (): Promise<Response> =>
      fetch(pathOf(id), { headers: await credentialHeaders(credentials), ...(signal && { signal }) });
    const response = await askUntilAnswered(ask, new BackOff(), signal);
    const execution: Execution = JSON.parse(await response.text());
    return execution;
  };

  const wait: MusterClient['executions']['wait'] = async (id, { timeoutMs, signal } = {}) => {
    const ends = [
      ...(timeoutMs === undefined ? [] : [AbortSignal.timeout(timeoutMs)]),
      ...(signal ? [signal] : []),
    ];
    const until = ends.length === 0 ? undefined : AbortSignal.any(ends);
    let after = 0;
    for (;;) {
      const execution = await show(id, until);
      if (FINAL.has(execution.status)) return execution;
      const events = stream(id, { after, ...(until && { signal: until }) });
      for await (const { seq } of events) after = seq;
    }
  };
  return { ...calls, executions: { stream, wait }, agentInstances: { stream: streamMessages } };
}
