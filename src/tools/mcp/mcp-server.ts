import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { McpError, ToolListChangedNotificationSchema } from '@modelcontextprotocol/sdk/types.js';
import type { Logger } from '../../telemetry/logger.ts';
import type { Tool } from '../tool.ts';
import { toTools, type CallMcpTool, type McpTool } from './mcp-tools.ts';
import type { McpServerConfig } from './servers-file.ts';

const CONNECT_MS = 10_000;
const CALL_MS = 120_000;
/** Between two attempts to reach a server that is away; doubled up to the longest. */
const FIRST_DELAY_MS = 1_000;
const LONGEST_DELAY_MS = 60_000;

export interface McpServerState {
  status: 'connecting' | 'connected' | 'away';
  /** Why it is away. */
  error: string | null;
}

/** One configured MCP server: connected in the background, again and again. */
export interface McpServer {
  name: string;
  state(): McpServerState;
  /** What it offered when it was last there: a call to one of them connects first. */
  tools(): readonly Tool[];
  /** Resolves when the first attempt has ended, either way. */
  tried: Promise<void>;
  close(): Promise<void>;
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

export function createMcpServer(name: string, config: McpServerConfig, logger: Logger): McpServer {
  let state: McpServerState = { status: 'connecting', error: null };
  let tools: readonly Tool[] = [];
  let live: Client | undefined;
  let connecting: Promise<Client> | undefined;
  let timer: NodeJS.Timeout | undefined;
  let delayMs = FIRST_DELAY_MS;
  let closed = false;

  const again = (): void => {
    if (closed || timer !== undefined) return;
    timer = setTimeout(() => {
      timer = undefined;
      void connected().catch(() => undefined);
    }, delayMs);
    timer.unref();
    delayMs = Math.min(delayMs * 2, LONGEST_DELAY_MS);
  };
  const gone = (client: Client | undefined, why: string): void => {
    if (client !== live || closed) return;
    live = undefined;
    state = { status: 'away', error: why };
    logger.warn({ server: name, why }, 'an MCP server is away');
    again();
  };
  const list = async (client: Client): Promise<void> => {
    tools = toTools(name, await listAll(client), call, logger);
  };
  const connect = async (): Promise<Client> => {
    const client = new Client({ name: 'muster', version: '1' });
    client.onclose = () => gone(client, 'the connection ended');
    client.setNotificationHandler(ToolListChangedNotificationSchema, () =>
      list(client).catch((error: unknown) => gone(client, messageOf(error))),
    );
    try {
      await open(client, config);
      await list(client);
    } catch (error) {
      await client.close().catch(() => undefined);
      throw error;
    }
    if (closed) {
      await client.close();
      throw new Error('the program ends');
    }
    live = client;
    delayMs = FIRST_DELAY_MS;
    state = { status: 'connected', error: null };
    logger.info({ server: name, tools: tools.length }, 'an MCP server is connected');
    return client;
  };
  const connected = (): Promise<Client> => {
    if (live !== undefined) return Promise.resolve(live);
    connecting ??= connect()
      .catch((error: unknown) => {
        gone(undefined, messageOf(error));
        throw new Error(`the MCP server ${name} is away: ${messageOf(error)}`, { cause: error });
      })
      .finally(() => {
        connecting = undefined;
      });
    return connecting;
  };
  const call: CallMcpTool = async (request, signal) => {
    const client = await connected();
    try {
      return await client.callTool(request, undefined, { signal, timeout: CALL_MS });
    } catch (error) {
      // What the server itself answered leaves the connection as it is.
      if (!(error instanceof McpError) && !signal.aborted) {
        gone(client, messageOf(error));
        await client.close().catch(() => undefined);
      }
      throw error;
    }
  };

  return {
    name,
    state: () => state,
    tools: () => tools,
    tried: connected().then(
      () => undefined,
      () => undefined,
    ),
    async close() {
      closed = true;
      clearTimeout(timer);
      await connecting?.catch(() => undefined);
      await live?.close();
    },
  };
}

/** Starts the program, or opens the address. */
async function open(client: Client, config: McpServerConfig): Promise<void> {
  const options = { timeout: CONNECT_MS };
  if ('url' in config) {
    const { url, headers } = config;
    await client.connect(
      new StreamableHTTPClientTransport(new URL(url), { requestInit: { headers } }),
      options,
    );
    return;
  }
  const { cwd, ...rest } = config;
  await client.connect(
    new StdioClientTransport({ ...rest, ...(cwd !== undefined && { cwd }), stderr: 'ignore' }),
    options,
  );
}

async function listAll(client: Client): Promise<McpTool[]> {
  const found: McpTool[] = [];
  let cursor: string | undefined;
  do {
    const page = await client.listTools(cursor === undefined ? {} : { cursor }, { timeout: CONNECT_MS });
    found.push(...page.tools);
    cursor = page.nextCursor;
  } while (cursor !== undefined);
  return found;
}
