import { closeSync, mkdirSync, openSync, renameSync, statSync } from 'node:fs';
import { open, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { dirname } from 'node:path';
import type { ChildProcess } from 'node:child_process';
import getPort, { portNumbers } from 'get-port';
import { z } from 'zod';
import { readTextIfThere } from './processes.ts';

/** A line for the person at the terminal. */
export type Say = (line: string) => void;

/** A log above this is moved to `<name>.1` at the next start; with its successor it bounds what logs take. */
const LOG_LIMIT_BYTES = 20 * 1024 * 1024;

/** Opens a log file for appending. @returns a descriptor the caller closes, and where the new part begins. */
export function openLog(path: string): { fd: number; from: number } {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const size = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  const full = size > LOG_LIMIT_BYTES;
  if (full) renameSync(path, `${path}.1`);
  return { fd: openSync(path, 'a', 0o600), from: full ? 0 : size };
}

/** Runs `use` with the log opened, and closes our end of it: the child that got it keeps its own. */
export function withLog<T>(path: string, use: (fd: number) => T): { result: T; from: number } {
  const { fd, from } = openLog(path);
  try {
    return { result: use(fd), from };
  } finally {
    closeSync(fd);
  }
}

/** @returns what a log holds from byte `from` on, at most its last 4,000 characters. */
export async function readLogFrom(path: string, from: number): Promise<string> {
  const file = await open(path, 'r');
  try {
    const { size } = await file.stat();
    const start = Math.max(from, size - 4_000);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(Math.max(0, size - start)), {
      position: start,
    });
    return buffer.toString('utf8', 0, bytesRead);
  } finally {
    await file.close();
  }
}

/** Resolves, with words for a person, when the child has ended or could not be started at all. */
export function exitOf(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    child.once('error', (error) => resolve(`could not be started: ${error.message}`));
    child.once('exit', (code, signal) =>
      resolve(signal === null ? `exit code ${code}` : `killed by ${signal}`),
    );
  });
}

const keptPorts = z.record(z.string(), z.number().int().min(1).max(65_535));

/**
 * Takes for each name the port it had last time, as long as that is free, else any free one, and keeps the
 * choice in `file`: bookmarks and open clients survive a restart.
 * @param range lowest and highest port that will do; default: whatever the system gives
 */
export async function choosePorts(
  file: string,
  names: readonly string[],
  range?: readonly [number, number],
): Promise<Record<string, number>> {
  const text = await readTextIfThere(file);
  const last = keptPorts.catch({}).parse(text === null ? {} : parsePorts(text));
  const chosen: Record<string, number> = {};
  for (const name of names) {
    const wanted = last[name];
    const taken = Object.values(chosen);
    // get-port refuses for a while what it gave this process before, and a restart wants exactly that port.
    const again =
      wanted !== undefined && !taken.includes(wanted) && (await portProblem('127.0.0.1', wanted)) === null;
    chosen[name] = again
      ? wanted
      : await getPort({
          host: '127.0.0.1',
          exclude: taken,
          ...(range !== undefined && { port: portNumbers(...range) }),
        });
  }
  await writeFile(file, `${JSON.stringify(chosen)}\n`);
  return chosen;
}

/** @returns null when a server could listen there, else the system's code for why not (`EADDRINUSE`, …). */
export function portProblem(host: string, port: number): Promise<string | null> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(null)));
  });
}

function parsePorts(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Written by a start that was cut off: as good as none.
    return {};
  }
}
