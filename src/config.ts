import { existsSync } from 'node:fs';
import { z } from 'zod';
import { readUserLimits, USER_LIMIT_NAMES, type UserLimits } from './domain/user-limits.ts';
import './contracts/plain-messages.ts';

/**
 * Every setting of the program (contract §3), read once at start. This file is the only reader of
 * `process.env`; `.env.example` lists the same names, and a test holds the two together.
 */

/** `90`, `15m`, `30d` … → milliseconds. A bare number means seconds. */
const durationMs = z
  .string()
  .regex(/^\d+(ms|s|m|h|d)?$/, 'a number with a unit: 500ms, 90s, 15m, 12h or 30d')
  .transform((text) => {
    const factors: Record<string, number> = { ms: 1, m: 60_000, h: 3_600_000, d: 86_400_000 };
    const unit = /[a-z]+$/.exec(text)?.[0] ?? 's';
    return Number.parseInt(text, 10) * (factors[unit] ?? 1000);
  });

/** The same for what a timer waits for: Node's reach to 24 days. */
const timerMs = durationMs.refine((ms) => ms > 0 && ms <= 86_400_000, 'more than 0, and a day at most');

const portWords = 'a port from 0 to 65535';
const port = z.coerce.number(portWords).int(portWords).min(0, portWords).max(65_535, portWords);
const countWords = 'a whole number, 0 or more';
const count = z.coerce.number(countWords).int(countWords).min(0, countWords);
/** Long enough, and not one key held down: what signs the tokens must not be guessed. */
const secret = z
  .string()
  .min(32, { error: 'at least 32 characters, made at random', abort: true })
  .refine(
    (text) => new Set(text).size >= 10,
    'too few different characters: make it at random (openssl rand -hex 32)',
  );
const flag = z.enum(['true', 'false'], 'true or false').transform((text) => text === 'true');
const httpUrl = z.url({ protocol: /^https?$/, error: 'an http:// or https:// address' });
const commaList = z.string().transform((text) =>
  text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== ''),
);

/** The same, for what the command line says. @throws {SettingsError} */
export function readDuration(name: string, text: string): number {
  const result = durationMs.safeParse(text);
  if (result.success) return result.data;
  throw new SettingsError([`${name}: ${result.error.issues[0]?.message ?? 'is wrong'}`]);
}

/** Durations separated by commas → milliseconds. */
const durationList = commaList.pipe(z.array(durationMs).max(100, 'at most 100 durations'));

/** `name=value` pairs separated by commas, values percent-encoded (OpenTelemetry's own form) → header fields. */
const headerList = commaList.transform((pairs, context): Record<string, string> => {
  const fields: Record<string, string> = {};
  for (const pair of pairs) {
    const [, name, value] = /^([\w-]+)\s*=\s*(.*)$/.exec(pair) ?? [];
    const text = value === undefined ? null : decoded(value);
    if (name === undefined || text === null)
      context.addIssue({ code: 'custom', message: 'name=value pairs, separated by commas' });
    else fields[name] = text;
  }
  return fields;
});

/** `webhooks=500,graphs=0`: limits of each user, over the defaults. */
const userLimits = commaList.transform((pairs, context): UserLimits => {
  const limits = readUserLimits(pairs);
  if (limits !== undefined) return limits;
  const message = `name=number pairs, separated by commas, of ${USER_LIMIT_NAMES.join(', ')}`;
  context.addIssue({ code: 'custom', message });
  return z.NEVER;
});

function decoded(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch {
    // A lone % is no encoding; the caller says so.
    return null;
  }
}

const providerSettings = {
  OPENAI_API_KEY: z.string().optional(),
  OPENAI_BASE_URL: httpUrl.optional(),
  ANTHROPIC_API_KEY: z.string().optional(),
  ANTHROPIC_BASE_URL: httpUrl.optional(),
  GEMINI_API_KEY: z.string().optional(),
  GEMINI_BASE_URL: httpUrl.optional(),
  CEREBRAS_API_KEY: z.string().optional(),
  CEREBRAS_BASE_URL: httpUrl.optional(),
  GROQ_API_KEY: z.string().optional(),
  GROQ_BASE_URL: httpUrl.optional(),
  OLLAMA_API_KEY: z.string().optional(),
  OLLAMA_BASE_URL: httpUrl.optional(),
  AZURE_API_KEY: z.string().optional(),
  AZURE_BASE_URL: httpUrl.optional(),
  OPENAI_COMPATIBLE_API_KEY: z.string().optional(),
  OPENAI_COMPATIBLE_BASE_URL: httpUrl.optional(),
};

const settingsFields = z.object({
  API_HOST: z.string().default('127.0.0.1'),
  API_PORT: port.default(8000),
  DATA_DIR: z.string().default('.muster'),
  DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/, error: 'a postgres:// address' }).optional(),
  TEMPORAL_ADDRESS: z
    .string()
    .regex(/^[^\s/]+:\d+$/, 'host:port')
    .optional(),
  TEMPORAL_NAMESPACE: z.string().default('default'),
  TEMPORAL_TASK_QUEUE: z.string().default('muster'),
  TEMPORAL_API_KEY: z.string().optional(),
  TEMPORAL_TLS_CA: z.string().optional(),
  TEMPORAL_TLS_CERT: z.string().optional(),
  TEMPORAL_TLS_KEY: z.string().optional(),
  TEMPORAL_UI_URL: httpUrl.optional(),
  JWT_SECRET: secret.optional(),
  JWT_SECRET_PREVIOUS: secret.optional(),
  ACCESS_TOKEN_TTL: durationMs.default(15 * 60_000),
  REFRESH_TOKEN_TTL: durationMs.default(30 * 86_400_000),
  ADMIN_EMAIL: z.email('an e-mail address').optional(),
  ADMIN_PASSWORD: z.string().min(8, 'at least 8 characters').max(1024).optional(),
  REGISTRATION: z.enum(['open', 'closed'], 'open or closed').optional(),
  CORS_ORIGINS: commaList.default([]),
  RATE_LIMIT_PER_MINUTE: count.default(100),
  WS_CONNECTIONS_PER_MINUTE: count.default(5),
  MAX_ACTIVE_EXECUTIONS_PER_USER: count.default(100),
  COMPUTING_PROCESSES: z.coerce
    .number('a whole number, 2 or more')
    .int()
    .min(2, 'a whole number, 2 or more')
    .max(64)
    .default(2),
  USER_LIMITS: userLimits.prefault(''),
  DISABLED_USER_RUNS: z.enum(['cancel', 'pause'], 'cancel or pause').default('cancel'),
  MAX_OPEN_EXECUTIONS_PER_USER: count.default(5_000),
  DEFAULT_MODEL: z.string().default('openai/gpt-4o-mini'),
  DEMO_MODEL: z.enum(['auto', 'on', 'off'], 'auto, on or off').default('auto'),
  ...providerSettings,
  MODEL_PRICES: z.string().optional(),
  MODEL_MAX_REPLY_BYTES: count.pipe(z.number().min(1024, 'at least 1024 bytes')).default(8 * 1024 * 1024),
  MLFLOW_TRACKING_URI: httpUrl.optional(),
  MLFLOW_EXPERIMENT_NAME: z.string().default('muster'),
  OTEL_EXPORTER_OTLP_ENDPOINT: httpUrl.optional(),
  OTEL_EXPORTER_OTLP_HEADERS: headerList.optional(),
  OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT: flag.default(false),
  LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']).default('info'),
  PAYLOAD_ENCRYPTION_KEYS: commaList.pipe(z.array(secret)).default([]),
  EGRESS_ALLOW_PRIVATE: flag.default(false),
  WEBHOOK_RETRY_DELAYS: durationList.prefault('5s,5m,30m,2h,5h,10h,14h,20h,24h'),
  WEBHOOK_DISABLE_AFTER: durationMs.prefault('5d'),
  WEBHOOK_RETENTION: durationMs.prefault('30d'),
  ENVIRONMENT: z.string().default('DEVELOPMENT'),
  WORKER_BUILD_ID: z
    .string()
    .regex(/^[\w.-]{1,200}$/, 'letters, digits, _ . - (at most 200), such as a commit')
    .optional(),
  WORKER_METRICS_ADDRESS: z
    .string()
    .regex(/^[^\s/]+:\d+$/, 'host:port')
    .optional(),
  METRICS_TOKEN: z.string().min(16, 'at least 16 characters').optional(),
  TRUST_PROXY: flag.default(false),
  MCP_SERVERS: z.string().optional(),
  MCP_CALL_TIMEOUT: timerMs.prefault('120s'),
  MCP_CALL_LIMIT: timerMs.prefault('1h'),
  FLOWS_DIR: z.string().optional(),
  OIDC_ISSUER: httpUrl.optional(),
  OIDC_AUDIENCE: z.string().optional(),
  MUSTER_URL: httpUrl.optional(),
  MUSTER_API_KEY: z.string().optional(),
});

/** An issuer without an audience would let in tokens that were meant for any other program. */
export const settingsSchema = settingsFields.refine(
  ({ OIDC_ISSUER, OIDC_AUDIENCE }) => OIDC_ISSUER === undefined || OIDC_AUDIENCE !== undefined,
  { path: ['OIDC_AUDIENCE'], error: 'must be given beside OIDC_ISSUER: whom its tokens must be meant for' },
);

/** The checked settings. Durations are milliseconds. */
export type Settings = z.output<typeof settingsSchema>;

/** Thrown when settings are wrong; the message lists every one of them. */
export class SettingsError extends Error {
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(`These settings are wrong:\n${problems.map((problem) => `  ${problem}`).join('\n')}`);
    this.name = 'SettingsError';
    this.problems = problems;
  }
}

/** Takes settings out of an environment; an empty value counts as not given. Pure. @throws {SettingsError} */
export function readSettings(env: Record<string, string | undefined>): Settings {
  const given = Object.fromEntries(
    Object.entries(env).filter(([, value]) => value !== undefined && value !== ''),
  );
  const result = settingsSchema.safeParse(given);
  if (result.success) return result.data;
  throw new SettingsError(result.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`));
}

/**
 * Loads `.env` of the working directory if it is there (what is already set wins), then reads the settings.
 * @param overrides what the command line says; what it leaves undefined is not overridden
 * @throws {SettingsError}
 */
export function loadSettings(overrides: Record<string, string | undefined> = {}): Settings {
  if (existsSync('.env')) process.loadEnvFile('.env');
  const said = Object.entries(overrides).filter(([, value]) => value !== undefined);
  return readSettings({ ...process.env, ...Object.fromEntries(said) });
}

/** The environment as it is: what `${VARIABLES}` in files of the operator stand for. */
export const readEnvironment = (): Readonly<Record<string, string | undefined>> => process.env;

/** The environment for a child process that shall see the same settings, with some of them changed. */
export function childEnvironment(overrides: Record<string, string | undefined>): NodeJS.ProcessEnv {
  return { ...process.env, ...overrides };
}
