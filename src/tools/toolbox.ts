import { readEnvironment, type Settings } from '../config.ts';
import type { Logger } from '../telemetry/logger.ts';
import { createGuardedFetch } from './guarded-fetch.ts';
import { McpServer, type McpServerState } from './mcp/mcp-server.ts';
import type { Environment } from './mcp/expand-variables.ts';
import { readMcpServers } from './mcp/servers-file.ts';
import { builtInTools, createToolRegistry } from './registry.ts';
import type { ToolRegistry } from './tool.ts';

/** How long a start waits for MCP servers that have not answered yet. */
const READY_MS = 5_000;

/** An MCP server and how it is doing. */
export interface ToolServer extends McpServerState {
  name: string;
  /** Names of the tools it offers, or offered when it was last there. */
  tools: string[];
}

/** The tools of one process: the built-in ones, and those of the MCP servers the operator configured. */
export interface Toolbox {
  registry: ToolRegistry;
  servers(): ToolServer[];
  /** Resolves when every server was tried once, or the time is up: a server that is away stops no start. */
  ready(): Promise<void>;
  /** Ends the connections and the programs that were started. */
  close(): Promise<void>;
}

/**
 * @param environment what `${VARIABLES}` in the file of MCP_SERVERS are filled in from
 * @throws {SettingsError} when the file of MCP_SERVERS is wrong.
 */
export function createToolbox(
  settings: Settings,
  logger: Logger,
  environment: Environment = readEnvironment(),
): Toolbox {
  const fetch = createGuardedFetch({ allowPrivate: settings.EGRESS_ALLOW_PRIVATE });
  const times = { silenceMs: settings.MCP_CALL_TIMEOUT, wholeMs: settings.MCP_CALL_LIMIT };
  const servers = readMcpServers(settings.MCP_SERVERS, environment).map((entry) => {
    if (entry.unused.length > 0)
      logger.warn({ server: entry.name, keys: entry.unused }, 'keys of an MCP server have no effect here');
    return new McpServer(entry, times, logger);
  });
  return {
    registry: createToolRegistry(builtInTools(fetch), () => servers.flatMap((server) => server.tools)),
    servers: () =>
      servers.map((server) => ({
        name: server.name,
        ...server.state,
        tools: server.tools.map((tool) => tool.name),
      })),
    async ready() {
      const { promise: late, resolve } = Promise.withResolvers<void>();
      const timer = setTimeout(resolve, READY_MS);
      await Promise.race([Promise.all(servers.map(({ tried }) => tried)), late]);
      clearTimeout(timer);
    },
    async close() {
      await Promise.all(servers.map((server) => server.close()));
    },
  };
}
