import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readSettings } from '../../src/config.ts';
import { createLogger } from '../../src/telemetry/logger.ts';
import { callTool, type ToolOutcome } from '../../src/tools/run-tool-call.ts';
import { createToolbox, type Toolbox } from '../../src/tools/toolbox.ts';
import { makeTemporaryFolder } from '../support/temporary-folder.ts';

/** MCP servers as they are found in public, which keep less to the protocol than its own examples. */

const PROGRAM = fileURLToPath(new URL('../support/mcp-odd-server.ts', import.meta.url));
let folder: { path: string; remove: () => Promise<void> };
let tools: Toolbox;

beforeAll(async () => {
  folder = await makeTemporaryFolder();
  const file = join(folder.path, 'mcp.json');
  const odd = {
    command: '${NODE}',
    args: ['--no-warnings', '${PROGRAM:-nowhere}'],
    excludeTools: ['hidden'],
  };
  writeFileSync(
    file,
    JSON.stringify({
      mcpServers: {
        c: odd,
        hasty: { ...odd, timeout: 2 },
        off: { ...odd, disabled: true },
        unset: {
          url: 'https://example.com/${ABSENT_PART}',
          headers: { authorization: 'Bearer ${ABSENT_TOKEN}' },
        },
      },
    }),
  );
  tools = createToolbox(
    readSettings({ MCP_SERVERS: file, MCP_CALL_LIMIT: '4s', MCP_CALL_TIMEOUT: '60s' }),
    createLogger({ level: 'silent' }),
    { NODE: process.execPath, PROGRAM },
  );
  await tools.ready();
});
afterAll(async () => {
  await tools.close();
  await folder.remove();
});

const use = (
  name: string,
  given: unknown = {},
  signal = new AbortController().signal,
): Promise<ToolOutcome> =>
  callTool(tools.registry, name, JSON.stringify(given), {
    idempotencyKey: 'key',
    signal,
    now: () => new Date(),
  });
const server = (name: string) => tools.servers().find((one) => one.name === name);
const parametersOf = (name: string) => tools.registry.specs([name])[0]?.parameters;

describe('the tools of an MCP server', () => {
  it('have `properties`, without which a model’s server refuses the whole request', () => {
    for (const name of ['c__noargs', 'c__nothing'])
      expect(parametersOf(name)).toEqual({ type: 'object', properties: {} });
  });

  it('without a description are described by their name', () => {
    expect(tools.registry.find('c__nothing')?.description).toBe('nothing');
  });

  it('show models one type at a place, items for each list, and no alternatives at the top', () => {
    expect(parametersOf('c__nullable')).toEqual({
      type: 'object',
      properties: {
        text: { description: 'Or nothing', anyOf: [{ type: 'string' }, { type: 'null' }] },
        list: { type: 'array', items: {} },
      },
      required: ['text'],
    });
    expect(parametersOf('c__either')).toEqual({
      type: 'object',
      properties: { a: { type: 'string' }, b: { type: 'string' } },
    });
  });

  it('are still checked against the server’s own schema', async () => {
    expect(await use('c__nullable', { text: null })).toMatchObject({ ok: true });
    expect(await use('c__nullable', { text: 7 })).toMatchObject({ ok: false, ran: false });
  });

  it('are left out one by one where a schema is none, with the reason', () => {
    expect(server('c')).toMatchObject({
      status: 'connected',
      leftOut: [
        { tool: 'broken', reason: 'properties of its inputSchema is not an object' },
        { tool: 'text_only', reason: 'its inputSchema has the type "string"; a tool takes an object' },
      ],
    });
  });

  it('keep distinct names when long ones come out the same, and reach the right tool', async () => {
    const long = server('c')?.tools.filter((name) => name.includes('very_long')) ?? [];
    expect(new Set(long).size).toBe(2);
    expect(long.every((name) => name.length <= 64)).toBe(true);
    const answers = await Promise.all(long.map((name) => use(name)));
    expect(answers.map((answer) => (answer.ok ? answer.output.slice(-8) : answer.error)).sort()).toEqual([
      'one done',
      'two done',
    ]);
  });

  it('are not offered where the file excludes them', () => {
    expect(tools.registry.find('c__hidden')).toBeUndefined();
  });
});

describe('the result of an MCP tool', () => {
  it('has the texts of embedded resources and the addresses of links', async () => {
    const outcome = await use('c__file');
    expect(outcome).toMatchObject({ ok: true });
    const lines = (outcome.ok ? outcome.output : '').split('\n');
    expect(lines).toEqual([
      'downloaded',
      '[resource repo://x/README.md]',
      'WORDS OF THE FILE',
      '[resource repo://x/data.json]',
      '{"in":"base64"}',
      '[link to a resource: repo://x/LICENSE — LICENSE — Its licence]',
      '[image left out: image/png, 3 bytes, no text]',
      '[hologram left out: no text]',
    ]);
  });

  it('of megabytes is a named error, and the next call goes through', async () => {
    expect(await use('c__big', { bytes: 6_000_000 })).toMatchObject({
      ok: false,
      error: expect.stringContaining('MCP_RESULT_TOO_LARGE'),
    });
    expect(await use('c__noargs')).toEqual({ ok: true, output: 'noargs done' });
  });
});

describe('a call of an MCP tool', () => {
  it('lasts on while progress is reported, beyond the time it may be silent', async () => {
    expect(await use('hasty__long', { steps: 30 })).toEqual({ ok: true, output: 'long done' });
  });

  it('ends after that time without progress, with the setting to change, and its server is told', async () => {
    const before = await use('hasty__cancelled');
    expect(await use('hasty__long', { steps: 50, silent: true })).toMatchObject({
      ok: false,
      error: expect.stringMatching(/neither answered nor reported progress for 2 s .*MCP_CALL_TIMEOUT/),
    });
    expect(before).toEqual({ ok: true, output: '0' });
    expect(await use('hasty__cancelled')).toEqual({ ok: true, output: '1' });
  });

  it('ends at the limit whatever progress is reported', async () => {
    expect(await use('c__long', { steps: 1_000 })).toMatchObject({
      ok: false,
      error: expect.stringMatching(/lasted longer than 4 s .*MCP_CALL_LIMIT/),
    });
  });

  it('that is aborted is cancelled at its server', async () => {
    const before = await use('c__cancelled');
    const stop = new AbortController();
    const call = use('c__long', { steps: 1_000 }, stop.signal);
    setTimeout(() => stop.abort(new Error('stopped')), 300);
    await expect(call).rejects.toThrow('stopped');
    const after = await use('c__cancelled');
    const count = (outcome: ToolOutcome): number => Number(outcome.ok ? outcome.output : Number.NaN);
    expect(count(after)).toBe(count(before) + 1);
  });
});

describe('an entry of MCP_SERVERS', () => {
  it('that is disabled is not started', () => {
    expect(server('off')).toMatchObject({ status: 'disabled', error: null, tools: [] });
  });

  it('with variables that are not set names server and place, and takes no other server down', () => {
    expect(server('unset')).toMatchObject({ status: 'away', tools: [] });
    expect(server('unset')?.error).toMatch(/MCP_SERVERS: unset: url: .*ABSENT_PART is not set/);
    expect(server('unset')?.error).toMatch(/headers\.authorization: .*ABSENT_TOKEN is not set/);
    expect(server('c')?.status).toBe('connected');
  });
});
