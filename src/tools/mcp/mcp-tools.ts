import { z } from 'zod';
import type { JsonObject } from '../../domain/json.ts';
import type { Logger } from '../../telemetry/logger.ts';
import type { Tool } from '../tool.ts';

/** A tool as an MCP server lists it. */
export interface McpTool {
  name: string;
  description?: string | undefined;
  inputSchema: { type: 'object'; [key: string]: unknown };
  annotations?: { readOnlyHint?: boolean | undefined; idempotentHint?: boolean | undefined } | undefined;
}

/** A call as it goes to the server. A type, so that it may be more to the SDK. */
export type McpToolCall = {
  name: string;
  arguments: Record<string, unknown>;
  _meta: Record<string, unknown>;
};

type CallMcpTool = (call: McpToolCall, signal: AbortSignal) => Promise<unknown>;

/** Longest name the APIs of models take. */
const MAX_NAME = 64;

/** `server__tool`, of the characters that the APIs of models allow. */
export const mcpToolName = (server: string, tool: string): string =>
  `${server}__${tool}`.replaceAll(/[^A-Za-z0-9_-]/g, '_').slice(0, MAX_NAME);

/** What a server offers as tools of ours. Of two whose names come out the same, the first counts. */
export function toTools(
  server: string,
  listed: readonly McpTool[],
  call: CallMcpTool,
  logger: Logger,
): Tool[] {
  const tools = new Map<string, Tool>();
  for (const mcpTool of listed) {
    const name = mcpToolName(server, mcpTool.name);
    if (tools.has(name)) logger.warn({ server, tool: mcpTool.name, name }, 'two MCP tools have one name');
    else tools.set(name, toTool(server, name, mcpTool, call));
  }
  return [...tools.values()];
}

const argumentsSchema = z.record(z.string(), z.unknown());

function toTool(server: string, name: string, mcpTool: McpTool, call: CallMcpTool): Tool {
  const { annotations } = mcpTool;
  const inputSchema = z.record(z.string(), z.json()).parse(mcpTool.inputSchema);
  return {
    name,
    server,
    description: mcpTool.description ?? mcpTool.name,
    input: inputOf(inputSchema),
    inputSchema,
    passesNumbersOn: true,
    idempotent: annotations?.idempotentHint === true || annotations?.readOnlyHint === true,
    async execute(input, { signal, idempotencyKey }) {
      const request = {
        name: mcpTool.name,
        arguments: argumentsSchema.parse(input),
        _meta: { 'muster/idempotency-key': idempotencyKey },
      };
      return textOf(resultSchema.parse(await call(request, signal)));
    },
  };
}

/** A schema we cannot read is left to the server, which checks it anyway. */
function inputOf(schema: JsonObject): z.ZodType {
  try {
    return z.fromJSONSchema(schema);
  } catch {
    return argumentsSchema;
  }
}

const resultSchema = z.looseObject({
  content: z.array(z.looseObject({ type: z.string(), text: z.string().optional() })).default([]),
  structuredContent: z.unknown().optional(),
  isError: z.boolean().optional(),
});

/** @throws {Error} with the tool's own words when it says that it failed. */
function textOf({ content, structuredContent, isError }: z.output<typeof resultSchema>): string {
  const parts = content.map(({ type, text }) => (type === 'text' ? (text ?? '') : `[${type} left out]`));
  const text =
    parts.length === 0 && structuredContent !== undefined ? exactJson(structuredContent) : parts.join('\n');
  if (isError === true) throw new Error(text === '' ? 'the tool failed without a word' : text);
  return text;
}

/** 64-bit integers lie between these; beyond the larger one nobody counts in digits. */
const [LEAST_DOUBTFUL, MOST_DOUBTFUL] = [2 ** 53, 2 ** 64];

/**
 * Structured content as text. The SDK has read its numbers as doubles already, so an integer that may have had other digits is
 * refused with its place. Servers that send the JSON as text too, as the protocol asks them to, are read exactly.
 * @throws {Error} in words for the model
 */
function exactJson(content: unknown): string {
  return JSON.stringify(content, (key, value: unknown) => {
    if (typeof value !== 'number' || !Number.isInteger(value)) return value;
    const size = Math.abs(value);
    if (size < LEAST_DOUBTFUL || size > MOST_DOUBTFUL) return value;
    throw new Error(
      `its result holds an integer under "${key}" that cannot be read exactly (about ${value}): ` +
        'the server must send it as a text, or its result as text content too',
    );
  });
}
