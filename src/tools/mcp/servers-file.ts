import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { SettingsError } from '../../config.ts';

/** How one MCP server is reached: a program that is started here, or an address. */
const serverSchema = z.union([
  z.object({
    command: z.string().min(1),
    args: z.array(z.string()).default([]),
    env: z.record(z.string(), z.string()).default({}),
    cwd: z.string().optional(),
  }),
  z.object({
    url: z.url({ protocol: /^https?$/, error: 'an http:// or https:// address' }),
    headers: z.record(z.string(), z.string()).default({}),
  }),
]);
export type McpServerConfig = z.output<typeof serverSchema>;

const fileSchema = z.object({ mcpServers: z.record(z.string().min(1).max(40), serverSchema) });

/**
 * Reads the file that MCP_SERVERS names: `{"mcpServers": {name: {command, args, env} | {url, headers}}}`, as the
 * programs of this field write it.
 * @throws {SettingsError} with all that is wrong with it.
 */
export function readMcpServers(path: string | undefined): Record<string, McpServerConfig> {
  if (path === undefined) return {};
  let content: unknown;
  try {
    content = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new SettingsError([`MCP_SERVERS: ${path} cannot be read: ${why}`]);
  }
  const result = fileSchema.safeParse(content);
  if (result.success) return result.data.mcpServers;
  const problems = z.flattenError(result.error, (issue) => `${issue.path.join('.')}: ${issue.message}`);
  throw new SettingsError(
    [...problems.formErrors, ...Object.values(problems.fieldErrors).flat()].map(
      (problem) => `MCP_SERVERS: ${problem}`,
    ),
  );
}
