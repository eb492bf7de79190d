import { sameOriginFetch } from '../../security/same-origin-fetch.ts';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import { z } from 'zod';

/** Bytes of one message of an MCP server. A larger one would hold up everything else this process does. */
export const MAX_MESSAGE_BYTES = 4 * 1024 * 1024;

/** A server's message was too large: that call alone has failed, the connection stays. */
export class McpMessageTooLarge extends Error {
  constructor() {
    super(
      `MCP_RESULT_TOO_LARGE: the server sent a message of more than ${MAX_MESSAGE_BYTES} bytes; ask it for less`,
    );
    this.name = 'McpMessageTooLarge';
  }
}

const requestSchema = z.object({ id: z.union([z.number(), z.string()]) });

/**
 * `fetch` for a transport over HTTP, which ends an answer whose message is too large. The call it belongs to is told by an
 * error in the server's stead: the SDK itself would let it wait until its time is over.
 *
 * @param transport where that error is handed in
 */
export const boundedFetch =
  (transport: () => Transport | undefined): typeof fetch =>
  async (url, init) => {
    const response = await sameOriginFetch(url, init);
    if (response.body === null) return response;
    const isStream = /^text\/event-stream\b/.test(response.headers.get('content-type') ?? '');
    const fail = (): void => {
      if (!isStream) return;
      const id = requestId(init?.body);
      const { message } = new McpMessageTooLarge();
      // The stream of all calls of an older server cannot be read on from the middle of a message.
      if (id === undefined) transport()?.onerror?.(new McpMessageTooLarge());
      else transport()?.onmessage?.({ jsonrpc: '2.0', id, error: { code: -32_603, message } });
    };
    const { status, statusText, headers } = response;
    return new Response(response.body.pipeThrough(messageLimit(isStream, fail)), {
      status,
      statusText,
      headers,
    });
  };

function requestId(body: unknown): number | string | undefined {
  if (typeof body !== 'string') return undefined;
  const read = requestSchema.safeParse(JSON.parse(body));
  return read.success ? read.data.id : undefined;
}

/** Counts bytes of an answer, or of one event where it is a stream of them. */
function messageLimit(isStream: boolean, fail: () => void): TransformStream<Uint8Array, Uint8Array> {
  let count = 0;
  return new TransformStream({
    transform(chunk, controller) {
      const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
      const end = isStream ? Math.max(bytes.lastIndexOf('\n\n'), bytes.lastIndexOf('\r\n\r\n')) : -1;
      count = end === -1 ? count + bytes.length : bytes.length - end;
      if (count > MAX_MESSAGE_BYTES) {
        fail();
        controller.error(new McpMessageTooLarge());
      } else {
        controller.enqueue(chunk);
      }
    },
  });
}
