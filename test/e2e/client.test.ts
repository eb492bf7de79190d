import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import getPort from 'get-port';
import { ApiError, createClient, type ExecutionEvent } from 'muster/client';
import { startApiProcess, type ApiProcess } from '../support/api-process.ts';
import { makePlatformCrew, type PlatformCrew } from '../support/platform-crew.ts';
import { API_TYPES, renderOpenApiTypes } from '../support/render-openapi-types.ts';
import { says } from '../support/scripted-model.ts';
import { startTcpProxy } from '../support/tcp-proxy.ts';
import { startTestStack, until, type TestStack } from '../support/test-stack.ts';

/** `muster/client` against a real API that goes away in between. */

let stack: TestStack;
let crew: PlatformCrew;
let token: string;
/** Held back, the model does not answer. */
let release: () => void;

beforeAll(async () => {
  stack = await startTestStack();
  token = stack.api.admin.token;
  crew = await makePlatformCrew(stack, token, ['one', 'two', 'three', 'four']);
});
afterAll(() => stack.close());

const hold = async (): Promise<{ id: number; uuid: string }> => {
  stack.model.script(['a', 'b', 'c', 'd'].map((text) => says(text)));
  const run = await crew.execute();
  release = () => void stack.startWorker();
  return run;
};
const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index + 1);
const collect = async (events: AsyncIterable<ExecutionEvent>, into: number[]): Promise<void> => {
  for await (const { seq } of events) into.push(seq);
};

describe('the types of the client', () => {
  it('are those of the OpenAPI document: npm run client:types makes them anew', async () => {
    const document = await (await fetch(`${stack.api.url}/openapi.json`)).text();
    expect(await readFile(API_TYPES, 'utf8')).toBe(await renderOpenApiTypes(document));
  });

  it('know paths, bodies and answers', async () => {
    const client = createClient({ baseUrl: stack.api.url, token });
    const { data } = await client.GET('/api/v1/agents/{agent_id}', {
      params: { path: { agent_id: crew.agentIds[0] ?? 0 } },
    });
    const name: string | undefined = data?.name;
    expect(name).toBe('one');
    const made = await client.POST('/api/v1/agents', {
      body: { name: 'JS Agent', role: 'JavaScript Developer', goal: 'Write JavaScript code' },
    });
    expect([made.response.status, made.data?.is_active]).toEqual([201, true]);
    // @ts-expect-error there is no such path
    await client.GET('/api/v1/nothing');
    const refused = await client.GET('/api/v1/agents/{agent_id}', {
      params: { path: { agent_id: 999_999 } },
    });
    expect(refused.error?.error).toBe('NOT_FOUND');
  });

  it('go with a client that imports nothing of Node', async () => {
    for (const name of ['index', 'stream-events', 'persistent-fetch', 'credentials', 'api-error']) {
      const text = await readFile(new URL(`../../src/client/${name}.ts`, import.meta.url), 'utf8');
      expect([name, /from 'node:|\bBuffer\b|\bprocess\./.test(text)]).toEqual([name, false]);
    }
  });
});

describe('a stream of the client', () => {
  it('gives each event once and in order while its connection is cut again and again, and ends', async () => {
    const { port, hostname } = new URL(stack.api.url);
    const wire = await startTcpProxy(hostname, Number(port));
    const client = createClient({ baseUrl: `http://127.0.0.1:${wire.port}`, token });
    const { uuid } = await hold();
    const seqs: number[] = [];
    const done = collect(client.executions.stream(uuid), seqs);
    const cutter = setInterval(() => {
      wire.cut();
      wire.mend();
    }, 400);
    await new Promise((resolve) => setTimeout(resolve, 300));
    release();
    await until('half of it is there', () => seqs.length > 6);
    clearInterval(cutter);
    await done;
    await wire.close();
    expect(seqs).toEqual(upTo(14));
  });

  it('goes on after the seq it is given, and says no in the words of the API', async () => {
    const client = createClient({ baseUrl: stack.api.url, apiKey: stack.api.admin.apiKey });
    stack.model.script(['a', 'b', 'c', 'd'].map((text) => says(text)));
    const { id } = await crew.execute();
    await client.executions.wait(id);
    const seqs: number[] = [];
    await collect(client.executions.stream(id, { after: 10 }), seqs);
    expect(seqs).toEqual([11, 12, 13, 14]);
    const absent = client.executions.stream(999_999);
    await expect(absent.next()).rejects.toBeInstanceOf(ApiError);
    await expect(client.executions.wait(999_999)).rejects.toMatchObject({ status: 404, code: 'NOT_FOUND' });
  });

  it('gives up a connection that has fallen silent and makes another', async () => {
    let opened = 0;
    const client = createClient({
      baseUrl: stack.api.url,
      token,
      fetch: (input, init) => {
        opened += 1;
        // The first connection never says a word.
        if (opened > 1) return fetch(input, init);
        return new Promise((_resolve, reject) => {
          init?.signal?.addEventListener('abort', () => reject(new DOMException('gone', 'AbortError')));
        });
      },
    });
    stack.model.script(['a', 'b', 'c', 'd'].map((text) => says(text)));
    const { uuid } = await crew.execute();
    const seqs: number[] = [];
    await collect(client.executions.stream(uuid, { silenceMs: 1_000 }), seqs);
    expect(seqs).toEqual(upTo(14));
    expect(opened).toBeGreaterThan(1);
  });

  it('ends when its reader leaves or its signal is aborted', async () => {
    stack.model.script(['a', 'b', 'c', 'd'].map((text) => says(text)));
    const { uuid } = await crew.execute();
    const client = createClient({ baseUrl: stack.api.url, token });
    for await (const { seq } of client.executions.stream(uuid)) if (seq === 1) break;
    const abort = new AbortController();
    const left = client.executions.stream(uuid, { signal: abort.signal });
    await left.next();
    abort.abort(new Error('enough'));
    await expect(collect(left, [])).rejects.toThrow('enough');
    await until('nobody follows', () => stack.engine.services.hub.readers() === 0);
    await client.executions.wait(uuid);
  });
});

describe('waiting and streaming', () => {
  let process: ApiProcess | undefined;
  afterAll(() => process?.stop());

  it('outlive an API that is killed and started again', async () => {
    const port = await getPort();
    process = await startApiProcess(stack, port);
    const client = createClient({ baseUrl: process.url, token });
    stack.model.script(['a', 'b', 'c', 'd'].map((text) => says(text)));
    const { uuid } = await crew.execute();
    const seqs: number[] = [];
    const waited = client.executions.wait(uuid, { timeoutMs: 40_000 });
    const streamed = collect(client.executions.stream(uuid), seqs);
    await until('it has begun', () => seqs.length > 0);
    await process.kill();
    process = await startApiProcess(stack, port);
    await process.stop();
    process = await startApiProcess(stack, port);
    expect(await waited).toMatchObject({ execution_id: uuid, status: 'completed' });
    await streamed;
    expect(seqs).toEqual(upTo(14));
  });

  it('end when time is up', async () => {
    const client = createClient({ baseUrl: 'http://127.0.0.1:1', token });
    await expect(client.executions.wait(1, { timeoutMs: 700 })).rejects.toMatchObject({
      name: 'TimeoutError',
    });
  });
});
