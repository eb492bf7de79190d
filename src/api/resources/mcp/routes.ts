import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import { z } from 'zod';
import { defineStream, type AnyRoute } from '../../define-route.ts';
import type { ApiServices } from '../../services.ts';
import { createAgentServer } from './agent-server.ts';
import { refuseUnfit } from './refuse-unfit.ts';

/**
 * `/mcp`: the agent side for coding agents that speak the Model Context Protocol. Each request stands for itself: there
 * is no session that an API process could lose, and any process takes the next request.
 */
export const mcpRoutes = (
  engine: Pick<ApiServices, 'computing' | 'database' | 'messages' | 'now' | 'system' | 'waker'>,
): AnyRoute[] => [
  defineStream(
    {
      method: 'POST',
      path: '/mcp',
      operationId: 'callMcp',
      tags: ['Agents elsewhere'],
      summary: 'MCP server (streamable HTTP) with the tools log_step, ask_question and end_session',
      description:
        'For MCP clients: give them this address and an API key with the scope `agent` as bearer token. A call is ' +
        'answered with server-sent events, so that a question can be waited for with progress notifications.',
      access: 'user',
      scopes: ['agent', 'write'],
      idempotent: false,
      body: z
        .union([z.record(z.string(), z.json()), z.array(z.json())])
        .meta({ id: 'McpRequest', description: 'A JSON-RPC 2.0 message of the protocol' }),
      example: { jsonrpc: '2.0', id: 1, method: 'tools/list' },
      responses: {
        200: {
          description: 'JSON-RPC answers as server-sent events',
          contentType: 'text/event-stream',
          schema: z.string(),
          example: 'event: message\ndata: {"jsonrpc":"2.0","id":1,"result":{"tools":[]}}\n\n',
        },
      },
      errors: ['NOT_ACCEPTABLE'],
    },
    async ({ body, caller, ctx }) => {
      refuseUnfit(ctx.req.headers, body);
      // The SDK wants to read both types by name, also from a client that takes anything.
      ctx.req.headers.accept = 'application/json, text/event-stream';
      const server = createAgentServer(engine, caller);
      const transport = new StreamableHTTPServerTransport();
      ctx.respond = false;
      ctx.res.once('close', () => {
        server.close().catch((error: unknown) => ctx.state.log.debug({ err: error }, 'end of an MCP call'));
      });
      await server.connect(transport);
      await transport.handleRequest(ctx.req, ctx.res, body);
    },
  ),
];
