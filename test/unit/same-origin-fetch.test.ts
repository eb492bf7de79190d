import { writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { createChatCompletionsModel } from '../../src/models/chat-completions.ts';
import { createEmbedder } from '../../src/models/embeddings.ts';
import { createClient } from '../../src/client/index.ts';
import { readSettings } from '../../src/config.ts';
import { createLogger } from '../../src/telemetry/logger.ts';
import { createToolbox } from '../../src/tools/toolbox.ts';
import { makeTemporaryFolder } from '../support/temporary-folder.ts';
import { RedirectRefused, sameOriginFetch } from '../../src/security/same-origin-fetch.ts';

/** Two servers: the one that is trusted with a credential, and another. */

interface Listening {
  server: Server;
  url: string;
  seen: IncomingMessage['headers'][];
}
let trusted: Listening;
let other: Listening;
let answer: (request: IncomingMessage, response: ServerResponse) => void;

async function listen(
  handle: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<Listening> {
  const seen: IncomingMessage['headers'][] = [];
  const server = createServer((request, response) => {
    seen.push(request.headers);
    handle(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return { server, url: `http://127.0.0.1:${address.port}`, seen };
}
beforeAll(async () => {
  trusted = await listen((request, response) => answer(request, response));
  other = await listen((_request, response) => void response.end('stolen'));
});
beforeEach(() => {
  trusted.seen.length = 0;
});
afterAll(async () => {
  for (const { server } of [trusted, other]) await new Promise((resolve) => server.close(resolve));
});

const redirecting =
  (status: number, location: string) =>
  (request: IncomingMessage, response: ServerResponse): void =>
    void (request.url === '/end' ? response.end('end') : response.writeHead(status, { location }).end());
const POST = { method: 'POST', headers: { 'api-key': 'secret' }, body: 'a prompt' };

describe('a request with a credential', () => {
  it.each([301, 302, 303, 307, 308])('is not sent on to another origin by a %i', async (status) => {
    answer = redirecting(status, `${other.url}/end`);
    for (const init of [POST, { headers: { 'x-custom-key': 'secret' } }]) {
      const sent = sameOriginFetch(`${trusted.url}/start`, init);
      await expect(sent).rejects.toThrow(RedirectRefused);
      await expect(sent).rejects.toThrow(other.url);
    }
    expect(other.seen).toEqual([]);
  });

  it('follows its server to another path, with everything', async () => {
    answer = redirecting(307, '/end');
    const response = await sameOriginFetch(`${trusted.url}/start`, POST);
    expect(await response.text()).toBe('end');
    expect(trusted.seen.map((headers) => headers['api-key'])).toEqual(['secret', 'secret']);
  });

  it('does not become another request, and does not run in a circle', async () => {
    answer = redirecting(302, '/end');
    await expect(sameOriginFetch(`${trusted.url}/start`, POST)).rejects.toThrow(/redirects a POST to \/end/);
    answer = redirecting(307, '/again');
    await expect(sameOriginFetch(`${trusted.url}/start`, POST)).rejects.toThrow(/more than 5 times/);
  });
});

describe('what is sent with a key', () => {
  beforeEach(() => {
    answer = redirecting(307, `${other.url}/end`);
  });

  it('stays with the provider of a model, and the failure names the setting', async () => {
    const endpoint = { provider: 'azure', model: 'm', baseUrl: trusted.url, apiKey: 'secret' } as const;
    const signal = new AbortController().signal;
    const request = { messages: [], tools: [], temperature: null, topP: null, maxTokens: null };
    const asked = createChatCompletionsModel({
      ...endpoint,
      maxReplyBytes: 1_000_000,
      idleMs: 5_000,
    }).complete(request, {
      signal,
      onText: () => undefined,
    });
    await expect(asked).rejects.toMatchObject({ kind: 'bad_request' });
    await expect(asked).rejects.toThrow(/AZURE_BASE_URL/);
    const embedded = createEmbedder({ ...endpoint, timeoutMs: 5_000 }).embed(['a text'], signal);
    await expect(embedded).rejects.toMatchObject({ kind: 'bad_request' });
    expect(other.seen).toEqual([]);
  });

  it('stays with an MCP server, whose state says why it is away', async () => {
    const folder = await makeTemporaryFolder();
    const file = join(folder.path, 'mcp.json');
    const server = { url: `${trusted.url}/mcp`, headers: { 'x-custom-key': 'secret' } };
    writeFileSync(file, JSON.stringify({ mcpServers: { web: server } }));
    const tools = createToolbox(readSettings({ MCP_SERVERS: file }), createLogger({ level: 'silent' }));
    await tools.ready();
    expect(tools.servers()).toEqual([
      expect.objectContaining({ name: 'web', status: 'away', error: expect.stringContaining(other.url) }),
    ]);
    await tools.close();
    await folder.remove();
    expect(other.seen).toEqual([]);
  });

  it('stays with the API that a client of muster/client was told', async () => {
    const muster = createClient({ baseUrl: trusted.url, apiKey: 'mst_secret' });
    await muster.GET('/api/v1/auth/me').catch(() => undefined);
    await expect(muster.executions.wait('1')).rejects.toThrow(/307/);
    expect(other.seen).toEqual([]);
  });
});
