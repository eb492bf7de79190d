import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { SettingsError } from '../../config.ts';
import { expandVariables, type Environment } from './expand-variables.ts';

/** How one MCP server is reached, once `${VARIABLES}` are filled in. */
export type McpServerConfig = {
  /** Milliseconds a call may last without an answer or progress; undefined: MCP_CALL_TIMEOUT. */
  callTimeoutMs: number | undefined;
  /** Which of its tools are offered, by the names the server gives them. */
  offers: (tool: string) => boolean;
} & (
  | {
      transport: 'stdio';
      command: string;
      args: string[];
      env: Record<string, string>;
      cwd: string | undefined;
    }
  /** `http_or_sse`: the file does not say which; streamable HTTP is tried first. */
  | { transport: 'http' | 'sse' | 'http_or_sse'; url: string; headers: Record<string, string> }
);

/** One server of the file. */
export interface McpServerEntry {
  name: string;
  /** Null for one that is disabled or whose entry has problems. */
  config: McpServerConfig | null;
  isDisabled: boolean;
  /** What keeps this server from being reached: variables that are not set. */
  problems: string[];
  /** Keys of the entry that have no effect here. */
  unused: string[];
}

/** The largest number that is read as seconds; a larger one is milliseconds. Clients of MCP use both units. */
const MOST_SECONDS = 3_600;
const MAX_TIMEOUT_MS = 24 * 3_600_000;
const timeoutWords = 'a number: up to 3600 in seconds, above in milliseconds (a day at most)';
const timeout = z
  .number(timeoutWords)
  .positive(timeoutWords)
  .transform((given) => (given <= MOST_SECONDS ? given * 1_000 : given))
  .refine((ms) => ms <= MAX_TIMEOUT_MS, timeoutWords);

const STDIO = ['stdio'];
const SSE = ['sse'];
/** As the files of other clients spell streamable HTTP. */
const HTTP = ['http', 'streamable-http', 'streamable_http', 'streamableHttp', 'streamableHTTP'];
const kind = z.enum([...STDIO, ...SSE, ...HTTP], 'stdio, http (or streamable-http) or sse').optional();
const texts = z.array(z.string());

const common = {
  type: kind,
  transport: kind,
  disabled: z.boolean('true or false').default(false),
  timeout: timeout.optional(),
  disabledTools: texts.optional(),
  excludeTools: texts.optional(),
  includeTools: texts.optional(),
};
const programSchema = z.looseObject({
  ...common,
  command: z.string().min(1, 'the program to start'),
  args: texts.default([]),
  env: z.record(z.string(), z.string(), 'an object of texts').default({}),
  cwd: z.string().optional(),
});
/** An address, also one that a variable is filled into later. */
const url = z.string().refine((text) => /^https?:\/\/\S+$/.test(text) || text.includes('${'), {
  error: 'an http:// or https:// address',
});
const addressSchema = z.looseObject({
  ...common,
  url: url.optional(),
  httpUrl: url.optional(),
  serverUrl: url.optional(),
  headers: z.record(z.string(), z.string(), 'an object of texts').default({}),
});

/** Keys that say how a client treats a server's tools, and change nothing about what they are. */
const HARMLESS = new Set([
  'description',
  'name',
  'alwaysAllow',
  'autoApprove',
  'trust',
  'enabled',
  '$schema',
]);

const nameSchema = z
  .string()
  .min(1, 'a server wants a name')
  .max(40, 'a server’s name has 40 characters at most');
const entriesSchema = z.record(
  nameSchema,
  z.record(z.string(), z.unknown(), 'an object'),
  'an object of servers',
);
/** Most clients say `mcpServers`, some `servers`. */
const fileSchema = z
  .looseObject(
    { mcpServers: entriesSchema.optional(), servers: entriesSchema.optional() },
    'the file holds an object with mcpServers',
  )
  .refine(({ mcpServers, servers }) => (mcpServers ?? servers) !== undefined, {
    error: 'the file wants mcpServers: an object of servers by name',
    path: ['mcpServers'],
  })
  .transform(({ mcpServers, servers }) => mcpServers ?? servers ?? {});

/**
 * Reads the file that MCP_SERVERS names: `{"mcpServers": {name: {command, args, env, cwd} | {type, url, headers}}}`, as the
 * programs of this field write it, with `timeout`, `disabled` and `${VARIABLES}`.
 *
 * @param environment what `${VARIABLES}` are filled in from; one that is not set is a problem of its server alone
 * @throws {SettingsError} with all that is wrong with the file's form.
 */
export function readMcpServers(path: string | undefined, environment: Environment): McpServerEntry[] {
  if (path === undefined) return [];
  const file = fileSchema.safeParse(contentOf(path));
  if (!file.success) throw new SettingsError(problemsOf(file.error, []));
  const problems: string[] = [];
  const entries = Object.entries(file.data).flatMap(([name, given]) => {
    const read = readServer(name, given, environment);
    if (read.ok) return read.entry;
    problems.push(...read.problems);
    return [];
  });
  const prefixes = new Map<string, string>();
  for (const { name } of entries) {
    const prefix = name.replaceAll(/[^A-Za-z0-9_-]/g, '_');
    const other = prefixes.get(prefix);
    if (other !== undefined)
      problems.push(
        `MCP_SERVERS: ${other} and ${name} would both name their tools ${prefix}__…: rename one of them`,
      );
    prefixes.set(prefix, name);
  }
  if (problems.length > 0) throw new SettingsError(problems);
  return entries;
}

function contentOf(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new SettingsError([`MCP_SERVERS: ${path} cannot be read: ${why}`]);
  }
}

const problemsOf = (error: z.core.$ZodError, before: readonly PropertyKey[]): string[] =>
  error.issues.map(({ path, message }) => `MCP_SERVERS: ${[...before, ...path].join('.')}: ${message}`);

type ReadServer = { ok: true; entry: McpServerEntry } | { ok: false; problems: string[] };

function readServer(name: string, given: Record<string, unknown>, environment: Environment): ReadServer {
  const isProgram = given['command'] !== undefined;
  const hasAddress = ['url', 'httpUrl', 'serverUrl'].some((key) => given[key] !== undefined);
  if (isProgram === hasAddress)
    return {
      ok: false,
      problems: [`MCP_SERVERS: ${name}: give either command (a program to start) or url (an address)`],
    };
  const { entry: filled, problems } = expandVariables(given, environment);
  const read = (isProgram ? programSchema : addressSchema).safeParse(filled);
  if (!read.success) {
    // What a variable that is not set leaves behind is no mistake of the file.
    if (problems.length > 0) return { ok: true, entry: without(name, problems) };
    return { ok: false, problems: problemsOf(read.error, [name]) };
  }
  const known = new Set(Object.keys((isProgram ? programSchema : addressSchema).shape));
  const unused = Object.keys(given).filter((key) => !known.has(key) && !HARMLESS.has(key));
  const config = isProgram ? programOf(programSchema.parse(filled)) : addressOf(addressSchema.parse(filled));
  if (typeof config === 'string') return { ok: false, problems: [`MCP_SERVERS: ${name}: ${config}`] };
  const isDisabled = read.data.disabled || given['enabled'] === false;
  if (isDisabled) return { ok: true, entry: { name, config: null, isDisabled, problems: [], unused: [] } };
  if (problems.length > 0) return { ok: true, entry: without(name, problems) };
  return { ok: true, entry: { name, config, isDisabled, problems, unused } };
}

const without = (name: string, problems: string[]): McpServerEntry => ({
  name,
  config: null,
  isDisabled: false,
  problems,
  unused: [],
});

type Common = Pick<
  z.output<typeof programSchema>,
  'timeout' | 'disabledTools' | 'excludeTools' | 'includeTools'
>;

function commonOf({ timeout: callTimeoutMs, disabledTools, excludeTools, includeTools }: Common): {
  callTimeoutMs: number | undefined;
  offers: (tool: string) => boolean;
} {
  const hidden = new Set([...(disabledTools ?? []), ...(excludeTools ?? [])]);
  const shown = includeTools === undefined ? null : new Set(includeTools);
  return { callTimeoutMs, offers: (tool) => !hidden.has(tool) && (shown === null || shown.has(tool)) };
}

/** @returns what is wrong, as a text, where type and command contradict each other */
function programOf(entry: z.output<typeof programSchema>): McpServerConfig | string {
  const type = entry.type ?? entry.transport ?? 'stdio';
  if (!STDIO.includes(type)) return `a server of the type ${type} has a url, and no command`;
  const { command, args, env, cwd } = entry;
  return { ...commonOf(entry), transport: 'stdio', command, args, env, cwd };
}

function addressOf(entry: z.output<typeof addressSchema>): McpServerConfig | string {
  const type = entry.type ?? entry.transport;
  if (type !== undefined && STDIO.includes(type))
    return 'a server of the type stdio has a command, and no url';
  const { headers } = entry;
  const address = entry.url ?? entry.serverUrl ?? entry.httpUrl ?? '';
  if (!URL.canParse(address)) return `url: an http:// or https:// address, not ${JSON.stringify(address)}`;
  const transport =
    type === undefined
      ? entry.httpUrl === undefined
        ? 'http_or_sse'
        : 'http'
      : SSE.includes(type)
        ? 'sse'
        : 'http';
  return { ...commonOf(entry), transport, url: address, headers };
}
