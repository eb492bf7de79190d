import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { McpError, ToolListChangedNotificationSchema } from '@modelcontextprotocol/sdk/types.js';
import { sameOriginFetch } from '../../security/same-origin-fetch.ts';
import type { Logger } from '../../telemetry/logger.ts';
import type { Tool } from '../tool.ts';
import { toTools, type McpTool, type McpToolCall } from './mcp-tools.ts';
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

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
const ignore = (): void => undefined;

/** The SDK's client, which says that its connection ended. */
class WatchedClient extends Client {
  override readonly onclose = (): void => this.onEnd(this);
  private readonly onEnd: (client: Client) => void;

  constructor(onEnd: (client: Client) => void) {
    super({ name: 'muster', version: '1' });
    this.onEnd = onEnd;
  }
}

/** One configured MCP server: connected in the background, and again whenever it went away. */
export class McpServer {
  readonly name: string;
  /** Resolves when the first attempt has ended, either way. */
  readonly tried: Promise<void>;
  private readonly config: McpServerConfig;
  private readonly logger: Logger;
  private current: McpServerState = { status: 'connecting', error: null };
  private offered: readonly Tool[] = [];
  private live: Client | undefined;
  private connecting: Promise<Client> | undefined;
  private timer: NodeJS.Timeout | undefined;
  private delayMs = FIRST_DELAY_MS;
  private closed = false;

  constructor(name: string, config: McpServerConfig, logger: Logger) {
    this.name = name;
    this.config = config;
    this.logger = logger;
    this.tried = this.connected().then(ignore, ignore);
  }

  get state(): McpServerState {
    return this.current;
  }

  /** What it offered when it was last there: a call to one of them connects first. */
  get tools(): readonly Tool[] {
    return this.offered;
  }

  async close(): Promise<void> {
    this.closed = true;
    clearTimeout(this.timer);
    await this.connecting?.catch(ignore);
    await this.live?.close();
  }

  private connected(): Promise<Client> {
    if (this.live !== undefined) return Promise.resolve(this.live);
    this.connecting ??= this.connect()
      .catch((error: unknown) => {
        this.gone(undefined, messageOf(error));
        throw new Error(`the MCP server ${this.name} is away: ${messageOf(error)}`, { cause: error });
      })
      .finally(() => {
        this.connecting = undefined;
      });
    return this.connecting;
  }

  private async connect(): Promise<Client> {
    const client = new WatchedClient((ended) => this.gone(ended, 'the connection ended'));
    client.setNotificationHandler(ToolListChangedNotificationSchema, () =>
      this.list(client).catch((error: unknown) => this.gone(client, messageOf(error))),
    );
    try {
      await open(client, this.config);
      await this.list(client);
      if (this.closed) throw new Error('the program ends');
    } catch (error) {
      await client.close().catch(ignore);
      throw error;
    }
    this.live = client;
    this.delayMs = FIRST_DELAY_MS;
    this.current = { status: 'connected', error: null };
    this.logger.info({ server: this.name, tools: this.offered.length }, 'an MCP server is connected');
    return client;
  }

  private async list(client: Client): Promise<void> {
    const listed = await listAll(client);
    this.offered = toTools(this.name, listed, (call, signal) => this.call(call, signal), this.logger);
  }

  private async call(call: McpToolCall, signal: AbortSignal): Promise<unknown> {
    const client = await this.connected();
    try {
      return await client.callTool(call, undefined, { signal, timeout: CALL_MS });
    } catch (error) {
      // What the server itself answered leaves the connection as it is.
      if (!(error instanceof McpError) && !signal.aborted) {
        this.gone(client, messageOf(error));
        await client.close().catch(ignore);
      }
      throw error;
    }
  }

  private gone(client: Client | undefined, why: string): void {
    if (client !== this.live || this.closed) return;
    this.live = undefined;
    this.current = { status: 'away', error: why };
    this.logger.warn({ server: this.name, why }, 'an MCP server is away');
    this.tryAgainLater();
  }

  private tryAgainLater(): void {
    if (this.timer !== undefined) return;
    this.timer = setTimeout(() => {
      this.timer = undefined;
      void this.connected().catch(ignore);
    }, this.delayMs);
    this.timer.unref();
    this.delayMs = Math.min(this.delayMs * 2, LONGEST_DELAY_MS);
  }
}

/** Starts the program, or opens the address. */
async function open(client: Client, config: McpServerConfig): Promise<void> {
  const options = { timeout: CONNECT_MS };
  if ('url' in config) {
    const { url, headers } = config;
    await client.connect(
      new StreamableHTTPClientTransport(new URL(url), { requestInit: { headers }, fetch: sameOriginFetch }),
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
