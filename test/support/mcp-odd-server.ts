import { appendFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { z } from 'zod';

/**
 * An MCP server over stdin and stdout that does what public servers do and the SDK's own would not: tools without
 * `properties`, schemas that are none, embedded resources, work that lasts and reports progress, answers of megabytes.
 * Argument 2: a file to which it writes a line for each call that it is told to cancel.
 */

const LONG = 'a_very_long_name_of_a_tool_that_somebody_made_of_a_path_'.repeat(2);

const TOOLS: Readonly<Record<string, unknown>> = {
  file: { type: 'object', properties: {} },
  noargs: { type: 'object' },
  nothing: undefined,
  /** Works until it is cancelled or `steps` steps of 100 ms are over, with progress at each unless `silent`. */
  long: {
    type: 'object',
    properties: { steps: { type: 'integer' }, silent: { type: 'boolean' } },
  },
  /** Tells which calls were cancelled. */
  cancelled: { type: 'object', properties: {} },
  /** An answer of so many bytes. */
  big: { type: 'object', properties: { bytes: { type: 'integer' } } },
  nullable: {
    type: 'object',
    properties: { text: { type: ['string', 'null'], description: 'Or nothing' }, list: { type: 'array' } },
    required: ['text'],
  },
  either: {
    type: 'object',
    properties: { a: { type: 'string' } },
    oneOf: [{ required: ['a'] }, { properties: { b: { type: 'string' } }, required: ['b'] }],
  },
  broken: { type: 'object', properties: [] },
  text_only: { type: 'string' },
  hidden: { type: 'object', properties: {} },
  [`${LONG}one`]: { type: 'object', properties: {} },
  [`${LONG}two`]: { type: 'object', properties: {} },
};

const IDEMPOTENT = new Set(['noargs', 'cancelled']);

const send = (message: Record<string, unknown>): void => {
  process.stdout.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`);
};

const requestSchema = z.looseObject({
  id: z.union([z.number(), z.string()]).optional(),
  method: z.string(),
  params: z
    .looseObject({
      name: z.string().optional(),
      protocolVersion: z.string().optional(),
      requestId: z.union([z.number(), z.string()]).optional(),
      arguments: z.looseObject({ steps: z.int(), silent: z.boolean(), bytes: z.int() }).partial().optional(),
      _meta: z.looseObject({ progressToken: z.union([z.number(), z.string()]).optional() }).optional(),
    })
    .default({}),
});
type Params = z.output<typeof requestSchema>['params'];

const cancelled = new Set<number | string>();

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

async function callTool(id: number | string, { name, arguments: given, _meta: meta }: Params): Promise<void> {
  const answer = (...content: unknown[]): void => send({ id, result: { content } });
  const text = (words: string): unknown => ({ type: 'text', text: words });
  switch (name ?? '') {
    case 'file':
      return answer(
        text('downloaded'),
        {
          type: 'resource',
          resource: { uri: 'repo://x/README.md', mimeType: 'text/plain', text: 'WORDS OF THE FILE' },
        },
        {
          type: 'resource',
          resource: {
            uri: 'repo://x/data.json',
            mimeType: 'application/json',
            blob: Buffer.from('{"in":"base64"}').toString('base64'),
          },
        },
        { type: 'resource_link', uri: 'repo://x/LICENSE', name: 'LICENSE', description: 'Its licence' },
        { type: 'image', mimeType: 'image/png', data: 'AAAA' },
        { type: 'hologram', anything: true },
      );
    case 'long': {
      const steps = given?.steps ?? 10;
      for (let step = 0; step < steps && !cancelled.has(id); step += 1) {
        await sleep(100);
        const token = meta?.progressToken;
        if (token !== undefined && given?.silent !== true)
          send({ method: 'notifications/progress', params: { progressToken: token, progress: step } });
      }
      return cancelled.has(id) ? undefined : answer(text('long done'));
    }
    case 'cancelled':
      return answer(text(String(cancelled.size)));
    case 'big':
      return answer(text('x'.repeat(given?.bytes ?? 0)));
    default:
      return answer(text(`${name} done`));
  }
}

createInterface({ input: process.stdin }).on('line', (line) => {
  const { id, method, params } = requestSchema.parse(JSON.parse(line));
  if (method === 'notifications/cancelled' && params.requestId !== undefined) {
    cancelled.add(params.requestId);
    if (process.argv[2] !== undefined) appendFileSync(process.argv[2], `${params.requestId}\n`);
  }
  if (id === undefined) return;
  if (method === 'initialize') {
    const serverInfo = { name: 'odd', version: '1' };
    const { protocolVersion } = params;
    send({ id, result: { protocolVersion, capabilities: { tools: {} }, serverInfo } });
  } else if (method === 'tools/list') {
    const tools = Object.entries(TOOLS).map(([name, inputSchema]) => ({
      name,
      inputSchema,
      ...(name !== 'nothing' && { description: `Does ${name}` }),
      ...(IDEMPOTENT.has(name) && { annotations: { readOnlyHint: true } }),
    }));
    send({ id, result: { tools } });
  } else if (method === 'tools/call') {
    void callTool(id, params);
  } else {
    send({ id, result: {} });
  }
});
