import { pino, type DestinationStream, type Logger } from 'pino';
import pretty from 'pino-pretty';
import type { Settings } from '../config.ts';
import { createSecretFilter } from './hide-secrets.ts';
import { currentSubject } from './tracing/ambient.ts';

export type { Logger } from 'pino';

/** Where a secret can stand in something that is logged as an object. */
const SECRET_PATHS = [
  'authorization',
  'password',
  'token',
  'access_token',
  'refresh_token',
  'api_key',
  'apiKey',
  'key',
  'secret',
  'cookie',
  '["set-cookie"]',
  '["x-api-key"]',
].flatMap((name) => ['', '*', '*.*', '*.*.*'].map((place) => (place === '' ? name : joined(place, name))));

function joined(place: string, name: string): string {
  return name.startsWith('[') ? `${place}${name}` : `${place}.${name}`;
}

/** How lines are written: `pretty` for a person at a terminal, else one JSON object a line. */
export interface LoggerOptions {
  level: Settings['LOG_LEVEL'];
  pretty?: boolean;
  /** Values that are hidden wherever they stand in a line; what is a secret by name or form is hidden anyway. */
  secrets?: readonly string[];
  /** Default: standard output. */
  destination?: DestinationStream;
}

/** The log of one process. Every line says which trace and execution it is about. Secrets are blanked wherever they slip in. */
export function createLogger({
  level,
  pretty: wantsPretty = false,
  secrets = [],
  destination,
}: LoggerOptions): Logger {
  const options = {
    level,
    base: null,
    mixin: currentSubject,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
    redact: { paths: SECRET_PATHS, censor: '[hidden]' },
    hooks: { streamWrite: createSecretFilter(secrets) },
  };
  if (destination !== undefined) return pino(options, destination);
  if (!wantsPretty) return pino(options);
  return pino(options, pretty({ sync: true, translateTime: 'SYS:HH:MM:ss', singleLine: true }));
}
