import { z } from 'zod';

/** A level is written as its name or as pino's number. */
const WARNINGS: readonly unknown[] = ['warn', 40];
const ERRORS: readonly unknown[] = ['error', 'fatal', 50, 60];

const entry = z.looseObject({
  level: z.union([z.number(), z.string()]),
  time: z.union([z.number(), z.string()]).optional(),
  msg: z.string().optional(),
  err: z.looseObject({ message: z.string().optional(), stack: z.string().optional() }).optional(),
});

/** Fields that say nothing at a terminal: it is one machine, and the line names the process. */
const HIDDEN = new Set(['level', 'time', 'msg', 'err', 'pid', 'hostname', 'name', 'v', 'role', 'service']);

/**
 * What a person at the terminal should see of a line a child process has written: warnings and errors, on one
 * line with their fields, the stack below; and whatever is no log line at all.
 * @param role which child it was
 * @returns null for a line that belongs only in the log file
 */
export function readableLine(role: string, line: string): string | null {
  if (line.trim() === '') return null;
  const parsed = entry.safeParse(parseJson(line));
  if (!parsed.success) return `${role}: ${line}`;
  const { level, time, msg, err } = parsed.data;
  const isError = ERRORS.includes(level);
  if (!isError && !WARNINGS.includes(level)) return null;
  const clock = new Date(time ?? Date.now()).toISOString().slice(11, 19);
  const fields = Object.entries(parsed.data)
    .filter(([name]) => !HIDDEN.has(name))
    .map(([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`);
  const head = [clock, isError ? 'ERROR' : 'warn ', `${role}:`, msg ?? err?.message ?? '', ...fields].join(
    ' ',
  );
  return err?.stack === undefined ? head : `${head}\n${err.stack.replaceAll(/^/gm, '    ')}`;
}

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    // Not a log line: the schema refuses it and it is shown as it stands.
    return null;
  }
}
