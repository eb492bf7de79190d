import { writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { SSEServerTransport } from '@modelcontextprotocol/sdk/server/sse.js';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import { readSettings } from '../../src/config.ts';
import { createLogger } from '../../src/telemetry/logger.ts';
import { mcpToolName } from '../../src/tools/mcp/mcp-tools.ts';
import { callTool } from '../../src/tools/run-tool-call.ts';
import { createToolbox, type Toolbox } from '../../src/tools/toolbox.ts';
import { makeTemporaryFolder } from '../support/temporary-folder.ts';

/** An MCP server behind an address (those that are programs: test/api/tools.test.ts). */

let server: Server;
let port = 0;
let folder: { path: string; remove: () => Promise<void> };
let tools: Toolbox;
const SECRET = 'Bearer of the tests';

/** Answers each request anew, as servers without sessions do, to those who bring the header. */
function listen(at: number): Promise<Server> {
  const http = createServer((request, response) => {
    if (request.headers.authorization !== SECRET) {
      response.writeHead(401).end();
      return;
    }
    const mcp = new McpServer({ name: 'over http', version: '1' });
    mcp.registerTool(
      'echo',
      { description: 'Says hello', annotations: { idempotentHint: true } },
      ({ _meta }) => ({
        content: [{ type: 'text', text: `hello ${String(_meta?.['muster/idempotency-key'])}` }],
      }),
    );
    mcp.registerTool('huge', { description: 'Says too much' }, () => ({
      content: [{ type: 'text', text: 'x'.repeat(6_000_000) }],
    }));
    const transport = new StreamableHTTPServerTransport();
    void mcp.connect(transport).then(() => transport.handleRequest(request, response));
  });
  return new Promise((resolve) => http.listen(at, '127.0.0.1', () => resolve(http)));
}

async function stop(http: Server): Promise<void> {
  http.closeAllConnections();
  await new Promise((resolve) => http.close(resolve));
}

beforeAll(async () => {
  server = await listen(0);
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  ({ port } = address);
  folder = await makeTemporaryFolder();
  const file = join(folder.path, 'mcp.json');
  const url = `http://127.0.0.1:${port}/mcp`;
  writeFileSync(
    file,
    JSON.stringify({ mcpServers: { web: { url, headers: { authorization: SECRET } }, stranger: { url } } }),
  );
  tools = createToolbox(readSettings({ MCP_SERVERS: file }), createLogger({ level: 'silent' }));
  await tools.ready();
});
afterAll(async () => {
  await tools.close();
  await stop(server);
  await folder.remove();
});

const echo = () =>
  callTool(tools.registry, 'web__echo', '{}', {
    idempotencyKey: 'key-7',
    signal: new AbortController().signal,
    now: () => new Date(),
  });
const statusOf = (name: string): string | undefined =>
  tools.servers().find((one) => one.name === name)?.status;

describe('an MCP server behind an address', () => {
  it('gets its headers, and each call’s idempotency key', async () => {
    expect(tools.registry.find('web__echo')).toMatchObject({ server: 'web', idempotent: true });
    expect(await echo()).toEqual({ ok: true, output: 'hello key-7' });
    expect([statusOf('web'), statusOf('stranger')]).toEqual(['connected', 'away']);
  });

  it('whose answer has megabytes fails that call with a named error, and stays connected', async () => {
    const context = { idempotencyKey: 'k', signal: new AbortController().signal, now: () => new Date() };
    expect(await callTool(tools.registry, 'web__huge', '{}', context)).toMatchObject({
      ok: false,
      error: expect.stringContaining('MCP_RESULT_TOO_LARGE'),
    });
    expect(statusOf('web')).toBe('connected');
  });

  it('that goes away is told to whoever calls, and called again once it is back', async () => {
    await stop(server);
    expect(await echo()).toMatchObject({ ok: false });
    expect(statusOf('web')).toBe('away');
    expect(await echo()).toMatchObject({
      ok: false,
      error: expect.stringMatching(/the MCP server web is away/),
    });
    server = await listen(port);
    expect(await echo()).toEqual({ ok: true, output: 'hello key-7' });
    expect(statusOf('web')).toBe('connected');
  });
});

describe('an MCP server that speaks the older transport, HTTP with server-sent events', () => {
  let old: Server;
  beforeAll(async () => {
    const open = new Map<string, SSEServerTransport>();
    old = createServer((request, response) => {
      const url = new URL(request.url ?? '/', 'http://127.0.0.1');
      if (request.method === 'GET' && url.pathname === '/sse') {
        const transport = new SSEServerTransport('/messages', response);
        open.set(transport.sessionId, transport);
        const mcp = new McpServer({ name: 'old', version: '1' });
        mcp.registerTool('greet', { description: 'Says hello' }, () => ({
          content: [{ type: 'text', text: `hello ${request.headers['x-name']?.toString()}` }],
        }));
        mcp.registerTool('huge', { description: 'Says too much' }, () => ({
          content: [{ type: 'text', text: 'x'.repeat(6_000_000) }],
        }));
        void mcp.connect(transport);
        return;
      }
      const transport = open.get(url.searchParams.get('sessionId') ?? '');
      if (transport === undefined) response.writeHead(405).end();
      else void transport.handlePostMessage(request, response);
    });
    await new Promise<void>((resolve) => old.listen(0, '127.0.0.1', resolve));
  });
  afterAll(() => stop(old));

  it.each(['sse', undefined])('is reached where the file says the type %s', async (type) => {
    const address = old.address();
    if (address === null || typeof address === 'string') throw new Error('no port');
    const file = join(folder.path, 'old.json');
    const url = `http://127.0.0.1:${address.port}/sse`;
    writeFileSync(file, JSON.stringify({ mcpServers: { old: { type, url, headers: { 'x-name': 'Ada' } } } }));
    const box = createToolbox(readSettings({ MCP_SERVERS: file }), createLogger({ level: 'silent' }));
    try {
      await box.ready();
      const context = {
        idempotencyKey: 'k',
        signal: new AbortController().signal,
        now: () => new Date(),
      };
      expect(await callTool(box.registry, 'old__greet', '{}', context)).toEqual({
        ok: true,
        output: 'hello Ada',
      });
      expect(await callTool(box.registry, 'old__huge', '{}', context)).toMatchObject({
        ok: false,
        error: expect.stringContaining('MCP_RESULT_TOO_LARGE'),
      });
      expect(await callTool(box.registry, 'old__greet', '{}', context)).toMatchObject({ ok: true });
    } finally {
      await box.close();
    }
  });
});

describe('numbers that JavaScript cannot hold', () => {
  let raw: Toolbox;
  beforeAll(async () => {
    const file = join(folder.path, 'raw.json');
    const args = [fileURLToPath(new URL('../support/mcp-raw-process.ts', import.meta.url))];
    writeFileSync(file, JSON.stringify({ mcpServers: { raw: { command: process.execPath, args } } }));
    raw = createToolbox(readSettings({ MCP_SERVERS: file }), createLogger({ level: 'silent' }));
    await raw.ready();
  });
  afterAll(() => raw.close());
  const call = (name: string, args = '{}') =>
    callTool(raw.registry, `raw__${name}`, args, {
      idempotencyKey: 'k',
      signal: new AbortController().signal,
      now: () => new Date(),
    });

  it('reach an MCP server as the model wrote them', async () => {
    const args = '{"id":1234567890123456789,"deep":[{"n":-9223372036854775808}],"f":0.5}';
    expect(await call('said', args)).toMatchObject({ ok: true, output: args });
  });

  it('come back exactly as text, and are said to be inexact where they came as numbers only', async () => {
    expect(await call('both')).toMatchObject({ ok: true, output: '{"id":1234567890123456789}' });
    expect(await call('structured')).toMatchObject({
      ok: true,
      output: expect.stringMatching(
        /"id":"about 1.23\d*e\+18, sent as a number that cannot be read exactly"/,
      ),
    });
    expect(await call('floats')).toMatchObject({
      ok: true,
      output: '{"a":6.02e+23,"b":0.1,"c":9007199254740991}',
    });
  });
});

describe('the name of an MCP tool', () => {
  it.each([
    ['files', 'read', 'files__read'],
    ['my.files', 'read file/now', 'my_files__read_file_now'],
    ['s', 'x'.repeat(80), `s__${'x'.repeat(61)}`],
  ])('of %s and %s is one that models take', (name, tool, expected) => {
    expect(mcpToolName(name, tool)).toBe(expected);
  });
});
