import { z } from 'zod';
import { pageQuery } from '../../parameters.ts';

export const toolSchema = z
  .object({
    name: z.string(),
    description: z.string(),
    input_schema: z.record(z.string(), z.json()).describe('JSON Schema of its input'),
    idempotent: z.boolean().describe('Whether a call may be repeated without doing a thing twice'),
    source: z.enum(['builtin', 'mcp']),
    server: z.string().nullable().describe('The MCP server it comes from'),
  })
  .meta({ id: 'Tool' });

export const toolServerSchema = z
  .object({
    name: z.string(),
    status: z
      .enum(['connecting', 'connected', 'away', 'disabled'])
      .describe('`disabled`: the file of MCP_SERVERS says so'),
    error: z.string().nullable().describe('Why it is away (for admins)'),
    tools: z.array(z.string()).describe('What it offers, or offered when it was last there'),
    left_out: z
      .array(z.object({ tool: z.string(), reason: z.string() }))
      .describe('Tools the server lists that agents cannot use, and why'),
  })
  .meta({ id: 'ToolServer', description: 'An MCP server that the operator configured.' });

export const toolParamsSchema = z.object({ name: z.string().min(1).max(200) });
export const listToolsQuery = z.object(pageQuery);
export const runToolSchema = z
  .object({ input: z.record(z.string(), z.json()).default({}).describe('As its `input_schema` wants it') })
  .meta({ id: 'RunTool' });
export const toolOutputSchema = z.object({ output: z.string() }).meta({ id: 'ToolOutput' });
