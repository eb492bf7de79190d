import { pino, type DestinationStream, type Logger } from 'pino';
import pretty from 'pino-pretty';
import type { Settings } from '../config.ts';

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
].flatMap((name) => [name, `*.${name}`]);

/** How lines are written: `pretty` for a person at a terminal, else one JSON object a line. */
export interface LoggerOptions {
  level: Settings['LOG_LEVEL'];
  pretty?: boolean;
  /** Default: standard output. */
  destination?: DestinationStream;
}

/** The log of one process. Secrets under their usual names are blanked wherever they slip in. */
export function createLogger({ level, pretty: wantsPretty = false, destination }: LoggerOptions): Logger {
  const options = {
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
    redact: { paths: [...SECRET_PATHS, 'headers["x-api-key"]', 'headers.authorization'], censor: '[hidden]' },
  };
  if (destination !== undefined) return pino(options, destination);
  if (!wantsPretty) return pino(options);
  return pino(options, pretty({ sync: true, translateTime: 'SYS:HH:MM:ss', singleLine: true }));
}
