import type { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { SSEClientTransport } from '@modelcontextprotocol/sdk/client/sse.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import {
  StreamableHTTPClientTransport,
  StreamableHTTPError,
} from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import { boundedFetch, MAX_MESSAGE_BYTES } from './bounded-messages.ts';
import type { McpServerConfig } from './servers-file.ts';

const CONNECT_MS = 10_000;

/** Answers by which a server that knows only the older transport refuses the newer one. */
const KNOWS_SSE_ONLY = new Set([400, 404, 405, 406, 415]);

/**
 * Starts the program, or opens the address. Where the file does not say how an address is spoken to, streamable HTTP is
 * tried first, then HTTP with server-sent events, as the protocol advises.
 *
 * @param newClient a client that has spoken to nobody yet
 * @returns the client that is connected
 */
export async function connect(config: McpServerConfig, newClient: () => Client): Promise<Client> {
  if (config.transport !== 'http_or_sse') return connectOnce(config, config.transport, newClient());
  try {
    return await connectOnce(config, 'http', newClient());
  } catch (error) {
    if (!(error instanceof StreamableHTTPError) || !KNOWS_SSE_ONLY.has(error.code ?? 0)) throw error;
    return connectOnce(config, 'sse', newClient());
  }
}

async function connectOnce(
  config: McpServerConfig,
  transport: 'stdio' | 'http' | 'sse',
  client: Client,
): Promise<Client> {
  try {
    await client.connect(transportOf(config, transport), { timeout: CONNECT_MS });
    return client;
  } catch (error) {
    await client.close().catch(() => undefined);
    throw error;
  }
}

function transportOf(config: McpServerConfig, kind: 'stdio' | 'http' | 'sse'): Transport {
  if (config.transport === 'stdio') {
    const { command, args, env, cwd } = config;
    return new StdioClientTransport({
      command,
      args,
      env,
      ...(cwd !== undefined && { cwd }),
      stderr: 'ignore',
      maxBufferSize: MAX_MESSAGE_BYTES,
    });
  }
  const address = new URL(config.url);
  const requestInit = { headers: config.headers };
  if (kind === 'sse') {
    const transport: SSEClientTransport = new SSEClientTransport(address, {
      requestInit,
      fetch: boundedFetch(() => transport),
    });
    return transport;
  }
  const transport: StreamableHTTPClientTransport = new StreamableHTTPClientTransport(address, {
    requestInit,
    fetch: boundedFetch(() => transport),
  });
  return transport;
}
