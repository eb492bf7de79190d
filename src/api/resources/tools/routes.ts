import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { invalid, MusterError, notFound } from '../../../domain/errors.ts';
import type { JsonObject } from '../../../domain/json.ts';
import { callTool } from '../../../tools/run-tool-call.ts';
import type { Tool, ToolRegistry } from '../../../tools/tool.ts';
import { defineRoute, type AnyRoute } from '../../define-route.ts';
import type { ApiServices } from '../../services.ts';
import { toIssues } from '../../../contracts/issues.ts';
import {
  listToolsQuery,
  runToolSchema,
  toolOutputSchema,
  toolParamsSchema,
  toolSchema,
  toolServerSchema,
} from './schema.ts';

const TAGS = ['Tools'] as const;
/** How long a tool that a person runs may take. */
const RUN_MS = 60_000;

const exampleTool = {
  name: 'calculator',
  description: 'Works out an arithmetic expression.',
  input_schema: {
    type: 'object',
    properties: { expression: { type: 'string' } },
    required: ['expression'],
  },
  idempotent: true,
  source: 'builtin' as const,
  server: null,
};

/** The tools agents may use: look them up, try them out. */
export const toolRoutes = (engine: Pick<ApiServices, 'now' | 'tools'>): AnyRoute[] => [
  listRoute(engine),
  getRoute(engine),
  runRoute(engine),
  serversRoute(engine),
];

const jsonObject = z.record(z.string(), z.json());

function presentTool(registry: ToolRegistry, tool: Tool): z.input<typeof toolSchema> {
  const [spec] = registry.specs([tool.name]);
  return {
    name: tool.name,
    description: tool.description,
    input_schema: jsonObject.parse(spec?.parameters ?? {}),
    idempotent: tool.idempotent,
    source: tool.server === undefined ? 'builtin' : 'mcp',
    server: tool.server ?? null,
  };
}

/** @throws {MusterError} NOT_FOUND */
function reachTool(registry: ToolRegistry, name: string): Tool {
  const tool = registry.find(name);
  if (tool === undefined) throw notFound('tool');
  return tool;
}

const listRoute = (engine: Pick<ApiServices, 'tools'>): AnyRoute =>
  defineRoute(
    {
      method: 'GET',
      path: '/api/v1/tools',
      operationId: 'listTools',
      tags: TAGS,
      summary: 'The tools agents may use, by name',
      description:
        'Those of an MCP server that is away stay listed as it offered them last; see `/tool-servers`.',
      access: 'user',
      query: listToolsQuery,
      responses: {
        200: {
          description: 'A page of tools',
          schema: z.array(toolSchema),
          example: [exampleTool],
          headers: {
            'X-Total-Count': 'How many there are in all',
            'X-Tool-Servers-Away':
              'Names of MCP servers that are away, separated by commas; left out when none is',
          },
        },
      },
    },
    async ({ query, respond }) => {
      const { registry } = engine.tools;
      const tools = registry.names().map((name) => presentTool(registry, reachTool(registry, name)));
      const away = engine.tools.servers().filter(({ status }) => status === 'away');
      return respond(200, tools.slice(query.skip, query.skip + query.limit), {
        'X-Total-Count': String(tools.length),
        ...(away.length > 0 && {
          'X-Tool-Servers-Away': away.map(({ name }) => encodeURIComponent(name)).join(','),
        }),
      });
    },
  );

const getRoute = (engine: Pick<ApiServices, 'tools'>): AnyRoute =>
  defineRoute(
    {
      method: 'GET',
      path: '/api/v1/tools/{name}',
      operationId: 'getTool',
      tags: TAGS,
      summary: 'One tool',
      access: 'user',
      params: toolParamsSchema,
      what: 'tool',
      responses: { 200: { description: 'The tool', schema: toolSchema, example: exampleTool } },
    },
    async ({ params, respond }) => {
      const { registry } = engine.tools;
      return respond(200, presentTool(registry, reachTool(registry, params.name)));
    },
  );

const runRoute = (engine: Pick<ApiServices, 'now' | 'tools'>): AnyRoute =>
  defineRoute(
    {
      method: 'POST',
      path: '/api/v1/tools/{name}/run',
      operationId: 'runTool',
      tags: TAGS,
      summary: 'Try a tool out',
      description:
        'Calls it as an agent would. An input that does not fit is 422 with the places in `details.issues`; a tool ' +
        'that fails is 422 too, with `details.tool_failed` and its own words.',
      access: 'user',
      params: toolParamsSchema,
      what: 'tool',
      body: runToolSchema,
      example: { input: { expression: '6 * 7' } },
      responses: {
        200: { description: 'What it answered', schema: toolOutputSchema, example: { output: '42' } },
      },
    },
    async ({ params, body, request, respond }) => {
      const { registry } = engine.tools;
      const tool = reachTool(registry, params.name);
      await checkInput(tool, body.input);
      const idempotencyKey = request.idempotencyRef ?? randomUUID();
      const time = AbortSignal.timeout(RUN_MS);
      const signal = AbortSignal.any([request.signal, time]);
      const context = { idempotencyKey, signal, now: engine.now };
      const outcome = await callTool(registry, tool.name, JSON.stringify(body.input), context).catch(
        (error: unknown) => {
          if (!time.aborted) throw error;
          return { ok: false as const, error: `The tool ${tool.name} took longer than ${RUN_MS / 1000} s` };
        },
      );
      if (outcome.ok) return respond(200, { output: outcome.output });
      throw new MusterError('VALIDATION_FAILED', outcome.error, {
        details: { tool: tool.name, tool_failed: true },
      });
    },
  );

/** @throws {MusterError} VALIDATION_FAILED with every place below `/input` that does not fit. */
async function checkInput(tool: Tool, input: JsonObject): Promise<void> {
  const result = await tool.input.safeParseAsync(input);
  if (result.success) return;
  const issues = toIssues(result.error, 'body');
  throw invalid(
    `The input does not fit the tool ${tool.name}`,
    issues.map(({ path, message }) => ({ path: `/input${path}`, message })),
  );
}

const serversRoute = (engine: Pick<ApiServices, 'tools'>): AnyRoute =>
  defineRoute(
    {
      method: 'GET',
      path: '/api/v1/tool-servers',
      operationId: 'listToolServers',
      tags: TAGS,
      summary: 'The MCP servers that tools come from, and which of them are away',
      access: 'user',
      responses: {
        200: {
          description: 'All of them, as this API process sees them',
          schema: z.array(toolServerSchema),
          example: [
            {
              name: 'files',
              status: 'connected' as const,
              error: null,
              tools: ['files__read'],
              left_out: [{ tool: 'odd', reason: 'properties of its inputSchema is not an object' }],
            },
          ],
        },
      },
    },
    async ({ caller, respond }) => {
      const servers = engine.tools.servers();
      // What a connection failed of may name addresses and programs of the operator's.
      return respond(
        200,
        servers.map(({ leftOut, ...server }) => ({
          ...server,
          error: caller.isAdmin ? server.error : null,
          left_out: [...leftOut],
        })),
      );
    },
  );
