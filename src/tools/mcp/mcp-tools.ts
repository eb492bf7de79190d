import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { JsonObject } from '../../domain/json.ts';
import type { Tool } from '../tool.ts';
import { readToolResult } from './mcp-result.ts';
import { readToolSchema, type ToolSchema } from './tool-schema.ts';

/** A call as it goes to the server. A type, so that it may be more to the SDK. */
export type McpToolCall = {
  name: string;
  arguments: Record<string, unknown>;
  _meta: Record<string, unknown>;
};

/** @param idempotent whether the call may be made again when its connection broke */
export type CallMcpTool = (call: McpToolCall, signal: AbortSignal, idempotent: boolean) => Promise<unknown>;

/** A tool of a server that is not offered, and in a few words why. */
export interface LeftOutTool {
  tool: string;
  reason: string;
}

/** Longest name the APIs of models take. */
const MAX_NAME = 64;
/** Hexadecimal digits that tell names apart which would come out the same. */
const MARK = 8;
/** Tools one server may offer. */
export const MAX_TOOLS = 1_000;
/** Characters of a description; a model reads each in every request. */
const MAX_DESCRIPTION = 20_000;

const wholeName = (server: string, tool: string): string =>
  `${server}__${tool}`.replaceAll(/[^A-Za-z0-9_-]/g, '_');

/** `server__tool`, of the characters that the APIs of models allow. */
export const mcpToolName = (server: string, tool: string): string =>
  wholeName(server, tool).slice(0, MAX_NAME);

/** The same for one of several whose names come out the same: it ends with a mark of the tool's own name. */
function markedName(server: string, tool: string): string {
  const mark = createHash('sha256').update(tool).digest('hex').slice(0, MARK);
  return `${wholeName(server, tool).slice(0, MAX_NAME - MARK - 1)}_${mark}`;
}

/** As much of a listed tool as is looked at; its schema is looked at by itself. */
const listedTool = z.looseObject({
  name: z.string().min(1).max(1_000),
  title: z.string().nullish(),
  description: z.string().nullish(),
  inputSchema: z.unknown().optional(),
  annotations: z
    .looseObject({ readOnlyHint: z.boolean().nullish(), idempotentHint: z.boolean().nullish() })
    .nullish()
    .catch(undefined),
  execution: z.looseObject({ taskSupport: z.string().optional() }).nullish().catch(undefined),
});
type ListedTool = z.output<typeof listedTool>;
type ReadSchema = Extract<ToolSchema, { ok: true }>;

interface UsableTool {
  listed: ListedTool;
  schema: ReadSchema;
}

/**
 * What a server offers as tools of ours. A tool that cannot be used is left out by itself. Names that come out the same
 * are told apart by a mark, whatever the order in which the server lists them.
 *
 * @param listed as the server sent it, unchecked
 * @param offers whether the operator wants a tool, by the server's name for it
 */
export function toTools(
  server: string,
  listed: readonly unknown[],
  offers: (tool: string) => boolean,
  call: CallMcpTool,
): { tools: Tool[]; leftOut: LeftOutTool[] } {
  const leftOut: LeftOutTool[] = [];
  const usable = new Map<string, UsableTool>();
  for (const [place, given] of listed.slice(0, MAX_TOOLS).entries()) {
    const read = readListed(given, place);
    if ('reason' in read) leftOut.push(read);
    else if (usable.has(read.listed.name))
      leftOut.push({ tool: read.listed.name, reason: 'the server lists another tool of this name' });
    else if (offers(read.listed.name)) usable.set(read.listed.name, read);
  }
  if (listed.length > MAX_TOOLS)
    leftOut.push({
      tool: `${listed.length - MAX_TOOLS} more`,
      reason: `a server offers ${MAX_TOOLS} tools at most`,
    });
  const count = new Map<string, number>();
  for (const name of usable.keys()) {
    const short = mcpToolName(server, name);
    count.set(short, (count.get(short) ?? 0) + 1);
  }
  const tools = [...usable.values()].map(({ listed: tool, schema }) => {
    const short = mcpToolName(server, tool.name);
    const isOnlyOne = count.get(short) === 1 || short === `${server}__${tool.name}`;
    return toTool(server, isOnlyOne ? short : markedName(server, tool.name), tool, schema, call);
  });
  return { tools, leftOut };
}

function readListed(given: unknown, place: number): UsableTool | LeftOutTool {
  const read = listedTool.safeParse(given);
  if (!read.success) {
    const named = z.looseObject({ name: z.string() }).safeParse(given);
    const [issue] = read.error.issues;
    return {
      tool: named.success ? named.data.name.slice(0, 200) : `number ${place + 1} of its list`,
      reason: `its ${issue?.path.join('.') || 'entry'} is not what MCP has there`,
    };
  }
  const { name: tool, inputSchema, execution } = read.data;
  if (execution?.taskSupport === 'required')
    return { tool, reason: 'it can be used as an MCP task only, which is not carried out here' };
  const schema = readToolSchema(inputSchema);
  return schema.ok ? { listed: read.data, schema } : { tool, reason: schema.reason };
}

const argumentsSchema = z.record(z.string(), z.unknown());

function toTool(
  server: string,
  name: string,
  { name: own, title, description, annotations }: ListedTool,
  schema: ReadSchema,
  call: CallMcpTool,
): Tool {
  const idempotent = annotations?.idempotentHint === true || annotations?.readOnlyHint === true;
  return {
    name,
    server,
    // Some providers want words here.
    description: ([description, title].find((words) => words?.trim()) ?? own).slice(0, MAX_DESCRIPTION),
    input: inputOf(schema.forChecks),
    inputSchema: schema.forModels,
    passesNumbersOn: true,
    idempotent,
    async execute(input, { signal, idempotencyKey }) {
      const request = {
        name: own,
        arguments: argumentsSchema.parse(input),
        _meta: { 'muster/idempotency-key': idempotencyKey },
      };
      return readToolResult(await call(request, signal, idempotent));
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
