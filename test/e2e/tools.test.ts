import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { aGraph } from '../support/graph-bodies.ts';
import { callsTool, says } from '../support/scripted-model.ts';
import { makeTemporaryFolder } from '../support/temporary-folder.ts';
import { getEvents, startTestStack, until, waitForStatus, type TestStack } from '../support/test-stack.ts';

/** Agents with tools that reach outside: an MCP server of the worker's own, and the guarded http_request. */

const MCP_PROGRAM = fileURLToPath(new URL('../support/mcp-server-process.ts', import.meta.url));
const ODD_PROGRAM = fileURLToPath(new URL('../support/mcp-odd-server.ts', import.meta.url));
let stack: TestStack;
let folder: { path: string; remove: () => Promise<void> };

beforeAll(async () => {
  folder = await makeTemporaryFolder();
  const file = join(folder.path, 'mcp.json');
  const words = { command: process.execPath, args: ['--no-warnings', MCP_PROGRAM] };
  const odd = { command: process.execPath, args: ['--no-warnings', ODD_PROGRAM, cancels()] };
  writeFileSync(cancels(), '');
  writeFileSync(
    file,
    JSON.stringify({ mcpServers: { words, odd, away: { url: 'http://127.0.0.1:1/mcp' } } }),
  );
  stack = await startTestStack({ settings: { MCP_SERVERS: file } });
  await stack.engine.services.tools.ready();
  await stack.startWorker();
});
afterEach(() => stack.model.assertDone());
afterAll(async () => {
  await stack.close();
  await folder.remove();
});

/** Starts a crew of one agent with one tool. @returns its id */
async function startWith(tool: string): Promise<string> {
  const graph = aGraph({
    nodes: [...aGraph().nodes, { id: 'tool', type: 'tool', data: { name: tool } }],
    edges: [...aGraph().edges, { source: 'tool', target: 'writer' }],
  });
  const made = await stack.call('POST', '/api/v1/graphs', graph);
  const { id } = z.looseObject({ id: z.string() }).parse(made.body);
  const started = await stack.call('POST', `/api/v1/graphs/${id}/execute`);
  expect([started.status, started.body]).toEqual([202, expect.anything()]);
  return z.looseObject({ execution_id: z.string() }).parse(started.body).execution_id;
}

/** The same, and waits for its end. */
async function runWith(tool: string): Promise<string> {
  const execution = await startWith(tool);
  await waitForStatus(stack, execution, ['completed']);
  return execution;
}

/** Where the server of the long tool writes which calls it was told to cancel. */
const cancels = (): string => join(folder.path, 'cancels');
const cancelCount = (): number => readFileSync(cancels(), 'utf8').split('\n').length - 1;

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

describe('a tool of an MCP server', () => {
  it('without properties is told to the model with them', async () => {
    stack.model.script([callsTool('odd__noargs', {}), says('Done.')]);
    await runWith('odd__noargs');
    const tools = z
      .array(z.looseObject({ function: z.looseObject({ name: z.string(), parameters: z.unknown() }) }))
      .parse(stack.model.requests.at(-1)?.body['tools']);
    expect(tools[0]?.function).toMatchObject({
      name: 'odd__noargs',
      parameters: { type: 'object', properties: {} },
    });
  });

  it('gives the model the words of an embedded file', async () => {
    stack.model.script([callsTool('odd__file', {}), says('I have read it.')]);
    const events = await getEvents(stack, await runWith('odd__file'));
    const { output } = z
      .looseObject({ output: z.string() })
      .parse(events.find(({ type }) => type === 'tool_completed')?.data);
    expect(output).toContain('WORDS OF THE FILE');
  });

  it('that works for long is cancelled at its server when its run is', async () => {
    stack.model.script([callsTool('odd__long', { steps: 3_000 })]);
    const execution = await startWith('odd__long');
    await until('the tool works', async () =>
      (await getEvents(stack, execution)).some(({ type }) => type === 'tool_started'),
    );
    await stack.call('POST', `/api/v1/executions/${execution}/cancel`);
    await waitForStatus(stack, execution, ['cancelled']);
    await until('its server is told', () => cancelCount() === 1);
  });

  it('that works for long is cut off by a pause, and a person says after it whether it is made again', async () => {
    stack.model.script([callsTool('odd__long', { steps: 3_000 })]);
    const execution = await startWith('odd__long');
    await until('the tool works', async () =>
      (await getEvents(stack, execution)).some(({ type }) => type === 'tool_started'),
    );
    await stack.call('POST', `/api/v1/executions/${execution}/pause`);
    await waitForStatus(stack, execution, ['paused']);
    await until('its server is told', () => cancelCount() === 2);
    await stack.call('POST', `/api/v1/executions/${execution}/resume`);
    await waitForStatus(stack, execution, ['waiting']);
    stack.model.script([says('I did without.')]);
    const asked = await stack.call('GET', `/api/v1/executions/${execution}/questions`);
    const [question] = z.array(z.looseObject({ id: z.string(), question: z.string() })).parse(asked.body);
    expect(question?.question).toContain('odd__long');
    await stack.call('POST', `/api/v1/executions/${execution}/questions/${question?.id}/answer`, {
      answer: 'It did nothing.',
    });
    await waitForStatus(stack, execution, ['completed']);
  });
});
