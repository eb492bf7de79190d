import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { aGraph } from '../support/graph-bodies.ts';
import { callsTool, says } from '../support/scripted-model.ts';
import { makeTemporaryFolder } from '../support/temporary-folder.ts';
import { getEvents, startTestStack, waitForStatus, type TestStack } from '../support/test-stack.ts';

/** Agents with tools that reach outside: an MCP server of the worker's own, and the guarded http_request. */

const MCP_PROGRAM = fileURLToPath(new URL('../support/mcp-server-process.ts', import.meta.url));
let stack: TestStack;
let folder: { path: string; remove: () => Promise<void> };

beforeAll(async () => {
  folder = await makeTemporaryFolder();
  const file = join(folder.path, 'mcp.json');
  const words = { command: process.execPath, args: ['--no-warnings', MCP_PROGRAM] };
  writeFileSync(file, JSON.stringify({ mcpServers: { words, away: { url: 'http://127.0.0.1:1/mcp' } } }));
  stack = await startTestStack({ settings: { MCP_SERVERS: file } });
  await stack.engine.engine.tools.ready();
  await stack.startWorker();
});
afterEach(() => stack.model.assertDone());
afterAll(async () => {
  await stack.close();
  await folder.remove();
});

/** Runs a crew of one agent with one tool. @returns its id */
async function runWith(tool: string): Promise<string> {
  const graph = aGraph({
    nodes: [...aGraph().nodes, { id: 'tool', type: 'tool', data: { name: tool } }],
    edges: [...aGraph().edges, { source: 'tool', target: 'writer' }],
  });
  const made = await stack.call('POST', '/api/v1/graphs', graph);
  const { id } = z.looseObject({ id: z.string() }).parse(made.body);
  const started = await stack.call('POST', `/api/v1/graphs/${id}/execute`);
  expect([started.status, started.body]).toEqual([202, expect.anything()]);
  const { execution_id: execution } = z.looseObject({ execution_id: z.string() }).parse(started.body);
  await waitForStatus(stack, execution, ['completed']);
  return execution;
}

describe('an agent', () => {
  it('uses a tool of an MCP server, while another server is away', async () => {
    stack.model.script([callsTool('words__reverse', { text: 'retto' }), says('It says otter.')]);
    const events = await getEvents(stack, await runWith('words__reverse'));
    expect(events.find(({ type }) => type === 'tool_completed')?.data).toMatchObject({
      tool: 'words__reverse',
      output: 'otter',
    });
  });

  it('is told that it cannot reach what lies inside', async () => {
    stack.model.script([
      callsTool('http_request', { url: 'http://169.254.169.254/latest/meta-data/' }),
      says('I could not.'),
    ]);
    const events = await getEvents(stack, await runWith('http_request'));
    expect(events.find(({ type }) => type === 'tool_failed')?.data).toMatchObject({
      error: 'The tool http_request failed: 169.254.169.254 is not a public address',
    });
  });
});
