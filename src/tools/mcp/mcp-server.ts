import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { ErrorCode, McpError, ToolListChangedNotificationSchema } from '@modelcontextprotocol/sdk/types.js';
import { z } from 'zod';
import type { Logger } from '../../telemetry/logger.ts';
import type { Tool } from '../tool.ts';
import { McpMessageTooLarge } from './bounded-messages.ts';
import { connect } from './connect.ts';
import { MAX_TOOLS, toTools, type LeftOutTool, type McpToolCall } from './mcp-tools.ts';
import type { McpServerConfig, McpServerEntry } from './servers-file.ts';

const LIST_MS = 10_000;
/** Pages of one list of tools. */
const MAX_PAGES = 50;
/** Between two attempts to reach a server that is away; doubled up to the longest. */
const FIRST_DELAY_MS = 1_000;
const LONGEST_DELAY_MS = 60_000;

export interface McpServerState {
  status: 'connecting' | 'connected' | 'away' | 'disabled';
  /** Why it is away. */
  error: string | null;
  /** Tools it lists that are not offered. */
  leftOut: readonly LeftOutTool[];
}

/** How long a call may last, in milliseconds. */
export interface McpCallTimes {
  /** Without an answer or progress, where the file says nothing of the server. */
  silenceMs: number;
  /** At most, whatever progress is reported. */
  wholeMs: number;
}

/** A number of the protocol, and an `McpError` holds any number. */
const REQUEST_TIMEOUT: ReadonlySet<number> = new Set([ErrorCode.RequestTimeout]);

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
const ignore = (): void => undefined;

/** The SDK's client, which says that its connection ended, and what went wrong on it before. */
class WatchedClient extends Client {
  /** What broke the connection, where that is known. */
  fault: Error | undefined;
  override readonly onclose = (): void => this.onEnd(this);
  override readonly onerror = (error: Error): void => {
    // A message that is too large ends the connection of a program, in the SDK's own words, or breaks a stream of all calls.
    if (!(error instanceof McpMessageTooLarge) && !/exceeded maximum size/.test(error.message)) return;
    this.fault = new McpMessageTooLarge();
    this.onFault(this);
  };
  private readonly onEnd: (client: Client) => void;
  private readonly onFault: (client: Client) => void;

  constructor(onEnd: (client: Client) => void, onFault: (client: Client) => void) {
    super({ name: 'muster', version: '1' });
    this.onEnd = onEnd;
    this.onFault = onFault;
  }
}

/** One configured MCP server: connected in the background, and again whenever it went away. */
export class McpServer {
  readonly name: string;
  /** Resolves when the first attempt has ended, either way. */
  readonly tried: Promise<void>;
  private readonly config: McpServerConfig | null;
  private readonly times: McpCallTimes;
  private readonly logger: Logger;
  private current: Omit<McpServerState, 'leftOut'> = { status: 'connecting', error: null };
  private offered: readonly Tool[] = [];
  private leftOut: readonly LeftOutTool[] = [];
  private live: WatchedClient | undefined;
  private connecting: Promise<WatchedClient> | undefined;
  private timer: NodeJS.Timeout | undefined;
  private delayMs = FIRST_DELAY_MS;
  private closed = false;

  constructor({ name, config, isDisabled, problems }: McpServerEntry, times: McpCallTimes, logger: Logger) {
    this.name = name;
    this.config = config;
    const wholeMs = Math.max(times.wholeMs, config?.callTimeoutMs ?? 0);
    this.times = { wholeMs, silenceMs: Math.min(wholeMs, config?.callTimeoutMs ?? times.silenceMs) };
    this.logger = logger;
    if (config === null) {
      const error = isDisabled ? null : `MCP_SERVERS: ${name}: ${problems.join('; ')}`;
      this.current = { status: isDisabled ? 'disabled' : 'away', error };
      if (error !== null) logger.warn({ server: name, why: error }, 'an MCP server cannot be reached');
      this.tried = Promise.resolve();
    } else {
      this.tried = this.connected(config).then(ignore, ignore);
    }
  }

  get state(): McpServerState {
    return { ...this.current, leftOut: this.leftOut };
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

  private connected(config: McpServerConfig): Promise<WatchedClient> {
    if (this.live !== undefined) return Promise.resolve(this.live);
    this.connecting ??= this.connect(config)
      .catch((error: unknown) => {
        this.gone(undefined, messageOf(error));
        throw new Error(`the MCP server ${this.name} is away: ${messageOf(error)}`, { cause: error });
      })
      .finally(() => {
        this.connecting = undefined;
      });
    return this.connecting;
  }

  private async connect(config: McpServerConfig): Promise<WatchedClient> {
    let client: WatchedClient | undefined;
    const connected = await connect(config, () => {
      client = new WatchedClient(
        (ended) => this.gone(ended, 'the connection ended'),
        (broken) => {
          // At once: it takes a while until its program has ended, and calls must not go to it meanwhile.
          this.gone(broken, 'it sent a message that is too large');
          void broken.close().catch(ignore);
        },
      );
      return client;
    });
    if (client === undefined || client !== connected) throw new Error('no client was connected');
    const watched = client;
    watched.setNotificationHandler(ToolListChangedNotificationSchema, () =>
      this.list(watched, config).catch((error: unknown) => this.gone(watched, messageOf(error))),
    );
    try {
      await this.list(watched, config);
      if (this.closed) throw new Error('the program ends');
    } catch (error) {
      await watched.close().catch(ignore);
      throw watched.fault ?? error;
    }
    this.live = watched;
    this.delayMs = FIRST_DELAY_MS;
    this.current = { status: 'connected', error: null };
    this.logger.info({ server: this.name, tools: this.offered.length }, 'an MCP server is connected');
    return watched;
  }

  private async list(client: Client, config: McpServerConfig): Promise<void> {
    const { tools, leftOut } = toTools(
      this.name,
      await listAll(client),
      config.offers,
      (call, signal, again) => this.call(config, call, signal, again),
    );
    this.offered = tools;
    this.leftOut = leftOut;
    for (const { tool, reason } of leftOut)
      this.logger.warn({ server: this.name, tool, reason }, 'a tool of an MCP server is left out');
  }

  /** @param again whether it may be made a second time, when the connection broke through no fault of this call's */
  private async call(
    config: McpServerConfig,
    call: McpToolCall,
    signal: AbortSignal,
    again: boolean,
  ): Promise<unknown> {
    const client = await this.connected(config);
    const { silenceMs, wholeMs } = this.times;
    // Of this call alone: the SDK goes on listening to a signal after the call, and would cancel what is over.
    const whole = new AbortController();
    const stop = (): void => whole.abort(signal.reason);
    const timer = setTimeout(() => whole.abort(new Error('out of time')), wholeMs);
    signal.addEventListener('abort', stop, { once: true });
    try {
      signal.throwIfAborted();
      // Aborted or out of time, the SDK tells the server with notifications/cancelled.
      return await client.request({ method: 'tools/call', params: call }, z.looseObject({}), {
        signal: whole.signal,
        timeout: silenceMs,
        onprogress: ignore,
        resetTimeoutOnProgress: true,
      });
    } catch (error) {
      if (signal.aborted) throw error;
      if (client.fault !== undefined && again) return this.call(config, call, signal, false);
      if (client.fault !== undefined) throw client.fault;
      if (whole.signal.aborted)
        throw new Error(this.outOfTime(`lasted longer than ${wholeMs / 1_000} s`), { cause: error });
      if (error instanceof McpError && REQUEST_TIMEOUT.has(error.code))
        throw new Error(this.outOfTime(`neither answered nor reported progress for ${silenceMs / 1_000} s`), {
          cause: error,
        });
      // What the server itself answered leaves the connection as it is.
      if (!(error instanceof McpError) && !(error instanceof McpMessageTooLarge)) {
        this.gone(client, messageOf(error));
        await client.close().catch(ignore);
      }
      throw error;
    } finally {
      clearTimeout(timer);
      signal.removeEventListener('abort', stop);
    }
  }

  private outOfTime(what: string): string {
    return `the MCP server ${this.name} ${what} (see MCP_CALL_TIMEOUT, MCP_CALL_LIMIT and the timeout of the server in the file of MCP_SERVERS)`;
  }

  private gone(client: Client | undefined, why: string): void {
    if (client !== this.live || this.closed) return;
    this.live = undefined;
    this.current = { status: 'away', error: why };
    this.logger.warn({ server: this.name, why }, 'an MCP server is away');
    this.tryAgainLater();
  }

  private tryAgainLater(): void {
    const { config } = this;
    if (this.timer !== undefined || config === null) return;
    this.timer = setTimeout(() => {
      this.timer = undefined;
      void this.connected(config).catch(ignore);
    }, this.delayMs);
    this.timer.unref();
    this.delayMs = Math.min(this.delayMs * 2, LONGEST_DELAY_MS);
  }
}

/** A page of tools as it comes: one that is wrong must not take the others with it. */
const pageSchema = z.looseObject({ tools: z.array(z.unknown()), nextCursor: z.string().nullish() });

async function listAll(client: Client): Promise<unknown[]> {
  const found: unknown[] = [];
  let cursor: string | undefined;
  for (let page = 0; page < MAX_PAGES && found.length <= MAX_TOOLS; page += 1) {
    const params = cursor === undefined ? {} : { cursor };
    const answer = await client.request({ method: 'tools/list', params }, pageSchema, { timeout: LIST_MS });
    found.push(...answer.tools);
    cursor = answer.nextCursor ?? undefined;
    if (cursor === undefined) break;
  }
  return found;
}
