import { createServer, type Server } from 'node:http';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { readMcpServers } from '../../src/tools/mcp/servers-file.ts';
import { makeTemporaryFolder } from '../support/temporary-folder.ts';
import { startTestStack, until, type TestStack } from '../support/test-stack.ts';

/** Tools over HTTP: built in, and of MCP servers that are real processes, one of them away at first. */

const MCP_PROGRAM = fileURLToPath(new URL('../support/mcp-server-process.ts', import.meta.url));
let stack: TestStack;
let folder: string;
let removeFolder: () => Promise<void>;
/** The server `late` does not start without it. */
let permit: string;
let canary: Server;
let canaryPort: number;
let canaryCalls = 0;

beforeAll(async () => {
  ({ path: folder, remove: removeFolder } = await makeTemporaryFolder());
  permit = join(folder, 'permit');
  const file = join(folder, 'mcp.json');
  const program = { command: process.execPath };
  writeFileSync(
    file,
    JSON.stringify({
      mcpServers: {
        words: { ...program, args: ['--no-warnings', MCP_PROGRAM] },
        late: { ...program, args: ['--no-warnings', MCP_PROGRAM, permit] },
        'no.where': { url: 'http://127.0.0.1:1/mcp' },
      },
    }),
  );
  canary = createServer((_request, response) => {
    canaryCalls += 1;
    response.end('canary');
  });
  await new Promise<void>((resolve) => canary.listen(0, '127.0.0.1', resolve));
  const address = canary.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  canaryPort = address.port;
  stack = await startTestStack({ settings: { MCP_SERVERS: file } });
  await stack.engine.services.tools.ready();
});
afterAll(async () => {
  await stack.close();
  canary.close();
  await removeFolder();
});

const run = async (name: string, input?: unknown): Promise<{ status: number; body: unknown }> =>
  stack.call('POST', `/api/v1/tools/${name}/run`, input === undefined ? {} : { input });
const serversSchema = z.array(
  z.looseObject({ name: z.string(), status: z.string(), error: z.string().nullable() }),
);
const statuses = async (): Promise<Record<string, string>> => {
  const servers = serversSchema.parse((await stack.call('GET', '/api/v1/tool-servers')).body);
  return Object.fromEntries(servers.map(({ name, status }) => [name, status]));
};

describe('the tools', () => {
  it('are listed with their JSON schemas, those of MCP servers too', async () => {
    const { body, headers } = await stack.call('GET', '/api/v1/tools');
    const tools = z.array(z.looseObject({ name: z.string(), source: z.string() })).parse(body);
    expect(tools.map(({ name, source }) => `${source}:${name}`)).toEqual([
      'builtin:ask_human',
      'builtin:calculator',
      'builtin:current_time',
      'builtin:hello_world',
      'builtin:http_request',
      'mcp:words__break_it',
      'mcp:words__die',
      'mcp:words__pid',
      'mcp:words__reverse',
    ]);
    expect(headers.get('x-total-count')).toBe('9');
    expect((await stack.call('GET', '/api/v1/tools?skip=2&limit=1')).body).toMatchObject([
      { name: 'current_time' },
    ]);
    expect((await stack.call('GET', '/api/v1/tools/words__reverse')).body).toMatchObject({
      description: 'Turns a text round',
      input_schema: { type: 'object', properties: { text: { type: 'string' } }, required: ['text'] },
      idempotent: true,
      source: 'mcp',
      server: 'words',
    });
    expect((await stack.call('GET', '/api/v1/tools/words__pid')).body).toMatchObject({ idempotent: false });
    expect((await stack.call('GET', '/api/v1/tools/nothing')).status).toBe(404);
  });

  it('can be tried out', async () => {
    expect(await run('calculator', { expression: '6 * 7' })).toMatchObject({
      status: 200,
      body: { output: '42' },
    });
    expect(await run('hello_world')).toMatchObject({ status: 200, body: { output: 'Hello, world!' } });
    expect(await run('words__reverse', { text: 'olleh' })).toMatchObject({
      status: 200,
      body: { output: 'hello' },
    });
  });

  it.each([
    ['calculator', {}, '/input/expression'],
    ['hello_world', { name: '' }, '/input/name'],
    ['http_request', { url: 'ftp://example.com' }, '/input/url'],
    ['words__reverse', {}, '/input/text'],
    ['words__reverse', { text: 5 }, '/input/text'],
  ])('say where an input does not fit: %s %j', async (name, input, path) => {
    expect(await run(name, input)).toMatchObject({ status: 422, body: { details: { issues: [{ path }] } } });
  });

  it('say in their own words that they failed', async () => {
    expect(await run('calculator', { expression: '1 / 0' })).toMatchObject({
      status: 422,
      body: { message: expect.stringMatching(/calculator failed/), details: { tool_failed: true } },
    });
    expect(await run('words__break_it')).toMatchObject({
      status: 422,
      body: { message: 'The tool words__break_it failed: the vase is broken' },
    });
  });

  it('reach no private address, however it is spelled', async () => {
    for (const host of ['127.0.0.1', 'localhost', '2130706433', '[::ffff:127.0.0.1]', '0x7f.1']) {
      const url = `http://${host}:${canaryPort}/`;
      expect(await run('http_request', { url })).toMatchObject({
        status: 422,
        body: { message: expect.stringMatching(/is not a public address/) },
      });
    }
    expect(canaryCalls).toBe(0);
  });

  it('reach them where the operator allows it', async () => {
    const open = await startTestStack({ settings: { EGRESS_ALLOW_PRIVATE: 'true' } });
    try {
      const answer = await open.call('POST', '/api/v1/tools/http_request/run', {
        input: { url: `http://127.0.0.1:${canaryPort}/` },
      });
      expect(answer.body).toEqual({ output: 'HTTP 200\n\ncanary' });
    } finally {
      await open.close();
    }
  });
});

describe('an MCP server', () => {
  it('that is away stops no start, is said to be away, and is there once it can be', async () => {
    expect(await statuses()).toEqual({ words: 'connected', late: 'away', 'no.where': 'away' });
    const list = await stack.call('GET', '/api/v1/tools');
    expect(list.headers.get('x-tool-servers-away')).toBe('late,no.where');
    expect((await stack.call('GET', '/api/v1/tools/late__reverse')).status).toBe(404);
    writeFileSync(permit, '');
    await until(
      'the late server is connected',
      async () => (await statuses())['late'] === 'connected',
      20_000,
    );
    expect(await run('late__reverse', { text: 'ab' })).toMatchObject({ body: { output: 'ba' } });
  });

  it('that dies is started again by the next call of one of its tools', async () => {
    const pid = async (): Promise<string> =>
      z.object({ output: z.string() }).parse((await run('words__pid')).body).output;
    const before = await pid();
    expect(await run('words__die')).toMatchObject({ status: 422, body: { details: { tool_failed: true } } });
    const after = await pid();
    expect(after).not.toBe(before);
    expect(await statuses()).toMatchObject({ words: 'connected' });
  });

  it('is ended with the program', async () => {
    const other = await startTestStack({ settings: { MCP_SERVERS: join(folder, 'mcp.json') } });
    await other.engine.services.tools.ready();
    const answer = await other.call('POST', '/api/v1/tools/words__pid/run', {});
    const pid = Number(z.object({ output: z.string() }).parse(answer.body).output);
    expect(() => process.kill(pid, 0)).not.toThrow();
    await other.close();
    await until('its process is gone', () => {
      try {
        return !process.kill(pid, 0);
      } catch {
        return true;
      }
    });
  });

  it('whose entry is wrong stops the start, with all that is wrong', () => {
    const file = join(folder, 'wrong.json');
    writeFileSync(file, JSON.stringify({ mcpServers: { a: { url: 'nowhere' }, b: {} } }));
    expect(() => readMcpServers(file, {})).toThrow(/MCP_SERVERS: .*\n.*MCP_SERVERS: /);
    expect(() => readMcpServers(join(folder, 'absent.json'), {})).toThrow(/MCP_SERVERS: .* cannot be read/);
  });
});
