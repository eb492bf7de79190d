import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readMcpServers, type McpServerEntry } from '../../src/tools/mcp/servers-file.ts';
import { makeTemporaryFolder } from '../support/temporary-folder.ts';

/** The file of MCP_SERVERS, in the spellings that other clients' files have. */

let folder: { path: string; remove: () => Promise<void> };
beforeAll(async () => {
  folder = await makeTemporaryFolder();
});
afterAll(() => folder.remove());

function read(servers: unknown, key = 'mcpServers'): McpServerEntry[] {
  const file = join(folder.path, 'mcp.json');
  writeFileSync(file, JSON.stringify({ [key]: servers }));
  return readMcpServers(file, { TOKEN: 'abc', EMPTY: '' });
}

describe('the file of MCP_SERVERS', () => {
  it.each([
    ['no type', {}, 'http_or_sse'],
    ['type http', { type: 'http' }, 'http'],
    ['type streamable-http', { type: 'streamable-http' }, 'http'],
    ['type streamableHttp', { type: 'streamableHttp' }, 'http'],
    ['transport streamable_http', { transport: 'streamable_http' }, 'http'],
    ['type sse', { type: 'sse' }, 'sse'],
  ])('with %s says how an address is spoken to', (_words, more, transport) => {
    expect(read({ s: { url: 'https://mcp.example.com/', ...more } })[0]?.config).toMatchObject({ transport });
  });

  it('may call its servers `servers`, and an address `httpUrl` or `serverUrl`', () => {
    const url = 'https://mcp.example.com/';
    expect(
      read({ a: { httpUrl: url }, b: { serverUrl: url } }, 'servers').map(({ config }) => config),
    ).toMatchObject([
      { url, transport: 'http' },
      { url, transport: 'http_or_sse' },
    ]);
  });

  it('fills variables in, with defaults', () => {
    const headers = {
      a: 'Bearer ${TOKEN}',
      b: '${NONE:-x}',
      c: '${EMPTY:-y}',
      d: '${env:TOKEN}',
      e: '$TOKEN',
    };
    expect(read({ s: { url: 'https://${HOST:-a.example.com}/', headers } })[0]?.config).toMatchObject({
      url: 'https://a.example.com/',
      headers: { a: 'Bearer abc', b: 'x', c: 'y', d: 'abc', e: '$TOKEN' },
    });
  });

  it.each([
    [60, 60_000],
    [3_600, 3_600_000],
    [30_000, 30_000],
  ])('with a timeout of %d waits %d ms', (timeout, callTimeoutMs) => {
    expect(read({ s: { command: 'x', timeout } })[0]?.config).toMatchObject({ callTimeoutMs });
  });

  it('names keys that have no effect', () => {
    expect(read({ s: { command: 'x', alwaysAllow: [], oauth: {} } })[0]?.unused).toEqual(['oauth']);
  });

  it.each([
    [{ s: {} }, 's: give either command'],
    [{ s: { command: 'x', url: 'https://a.example.com' } }, 's: give either command'],
    [{ s: { url: 'nowhere' } }, 's.url: an http:// or https:// address'],
    [{ s: { command: 'x', type: 'sse' } }, 's: a server of the type sse has a url'],
    [{ s: { url: 'https://a.example.com', type: 'pigeon' } }, 's.type: stdio, http'],
    [{ s: { command: 'x', timeout: 0 } }, 's.timeout: a number'],
    [{ s: { command: 'x', env: { A: 1 } } }, 's.env.A'],
    [{ 'a.b': { command: 'x' }, a_b: { command: 'x' } }, 'a.b and a_b would both name their tools a_b__'],
    ['x', 'mcpServers: an object of servers'],
  ])('%j stops the start with its place', (servers, words) => {
    expect(() => read(servers)).toThrow(words);
  });
});
