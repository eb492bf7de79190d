import { existsSync } from 'node:fs';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js';
import { z } from 'zod';

/** A small MCP server that speaks over stdin and stdout, for tests. Argument 2: a file without which it does not start. */

const needed = process.argv[2];
if (needed !== undefined && !existsSync(needed)) process.exit(1);

const server = new McpServer({ name: 'for tests', version: '1' });
server.registerTool(
  'reverse',
  {
    description: 'Turns a text round',
    inputSchema: { text: z.string().min(1) },
    annotations: { readOnlyHint: true },
  },
  ({ text }) => ({ content: [{ type: 'text', text: text.split('').toReversed().join('') }] }),
);
server.registerTool('pid', { description: 'Tells its process id' }, () => ({
  content: [{ type: 'text', text: String(process.pid) }],
}));
server.registerTool('break.it', { description: 'Fails' }, () => ({
  content: [{ type: 'text', text: 'the vase is broken' }],
  isError: true,
}));
server.registerTool('die', { description: 'Ends the server' }, () => process.exit(3));
await server.connect(new StdioServerTransport());
