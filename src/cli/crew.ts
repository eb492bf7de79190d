import { basename, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import type { Command } from '../domain/run/status.ts';
import { createApiClient, type ApiClient, type ShownExecution } from './api-client.ts';
import { describeEvent, duration, eventLine, oneLine, type LoggedEvent } from './event-lines.ts';
import { CliError, EXIT, ServerAway, type ExitCode } from './exit-codes.ts';
import { followRun, type Listener } from './follow-run.ts';
import { handleInterrupts } from './interrupts.ts';
import { showProgress, type ProgressLine } from './progress-line.ts';
import { gatherInputs, isFolder, type GatheredInputs } from './run-inputs.ts';
import { findTarget, serverUrl, type CrewSettings } from './server.ts';
import { createTerminal, type Terminal } from './terminal.ts';

/** Where this program's own crews lie. */
const EXAMPLES = fileURLToPath(new URL('../../examples', import.meta.url));

/** What a person types to run this command line, for the hints it gives. */
export type SpokenAs = 'npm run crew --' | 'muster';

export interface RunRequest {
  /** The crew's folder, whose name is the crew's; with `graphs` also the id or the name of a graph. */
  target: string;
  /** Whether a graph may be meant. Default false. */
  graphs?: boolean;
  /** `--input name=value`. */
  inputs: Readonly<Record<string, string>>;
  /** `--input-file`, in order. */
  inputFiles?: readonly string[];
  /** Print the execution, not its text. */
  json?: boolean;
  /** Do not wait for the end. */
  detach?: boolean;
  /** How long to wait for the end; the run goes on. */
  timeoutMs?: number;
  /** Default `npm run crew --`. */
  spokenAs?: SpokenAs;
}

/**
 * Starts a crew on the running server and follows it to its end: events on stderr, the result on stdout.
 * @returns the exit code
 */
export function runCrewCommand(settings: CrewSettings, request: RunRequest): Promise<ExitCode> {
  return onServer(settings, async (client, terminal) => {
    const { target, inputFiles: files = [], inputs: pairs, json = false } = request;
    const talk = { settings, spokenAs: request.spokenAs ?? 'npm run crew --' };
    const graph = request.graphs === true ? await findGraph(client, target) : null;
    const crew = basename(resolve(target));
    const inputs = gatherInputs({ folder: target, files, pairs });
    terminal.say(`${graph === null ? `Crew ${crew}` : `Graph ${graph.name}`} on ${client.url}`, 'strong');
    for (const line of graph === null ? folderLines(target, crew) : []) terminal.say(line);
    for (const line of inputLines(inputs, terminal.width())) terminal.say(line);
    const id =
      graph === null
        ? await client.start(crew, inputs.values)
        : await client.startGraph(graph.id, inputs.values);
    terminal.say(`Execution ${id}`);
    if (request.detach !== true) {
      const { timeoutMs } = request;
      return follow(client, id, terminal, { ...talk, json, ...(timeoutMs !== undefined && { timeoutMs }) });
    }
    terminal.say(comeBack(id, talk));
    terminal.data(request.json === true ? JSON.stringify(await client.execution(id), null, 2) : id);
    return EXIT.ok;
  });
}

/** Follows a run from the beginning of its log, whoever started it. */
export function watchCommand(
  settings: CrewSettings,
  request: { id: string; json: boolean; spokenAs: SpokenAs },
): Promise<ExitCode> {
  return onServer(settings, async (client, terminal) => {
    // Asked first: a server that is away, or a run that is not there, is said at once and not waited for.
    const { execution_id: id, crew_name: crew, status } = await client.execution(request.id);
    terminal.say(`Execution ${id} of the crew ${crew ?? '?'} on ${client.url} is ${status}`, 'strong');
    return follow(client, id, terminal, { json: request.json, settings, spokenAs: request.spokenAs });
  });
}

/** Asks something of a run: pause, resume, cancel, retry. */
export function controlCommand(
  settings: CrewSettings,
  request: { id: string; command: Command; json: boolean },
): Promise<ExitCode> {
  return onServer(settings, async (client, terminal) => {
    const execution = await client.command(request.id, request.command);
    terminal.say(`${request.command} accepted; execution ${execution.execution_id} is ${execution.status}`);
    if (request.json) terminal.data(JSON.stringify(execution, null, 2));
    return EXIT.ok;
  });
}

/** Runs a command against the server; what a person can put right is said plainly. */
export async function onServer(
  settings: CrewSettings,
  work: (client: ApiClient, terminal: Terminal) => Promise<ExitCode>,
): Promise<ExitCode> {
  const terminal = createTerminal();
  try {
    return await work(createApiClient(await findTarget(settings)), terminal);
  } catch (error) {
    if (!(error instanceof CliError)) throw error;
    terminal.say(`${error.message}${advice(error)}`, 'bad');
    return error.exitCode;
  }
}

/** A server that is not there at all is most likely not started. */
function advice(error: CliError): string {
  if (!(error instanceof ServerAway) || !/\((ECONNREFUSED|ENOTFOUND|EHOSTUNREACH)\)$/.test(error.message))
    return '';
  return '.\nStart the server with "npm start" in another terminal, or name another with --url.';
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const namedGraph = z.object({ id: z.string(), name: z.string() });

/** The graph that is meant, by id or by its whole name; null where a crew is. @throws {CliError} when several have the name */
async function findGraph(client: ApiClient, target: string): Promise<{ id: string; name: string } | null> {
  if (isFolder(target)) return null;
  if (UUID.test(target)) return namedGraph.parse(await client.call('GET', `/api/v1/graphs/${target}`));
  const found = z
    .array(namedGraph)
    .parse(await client.call('GET', `/api/v1/graphs?q=${encodeURIComponent(target)}&limit=100`))
    .filter(({ name }) => name === target);
  if (found.length <= 1) return found[0] ?? null;
  throw new CliError(
    EXIT.usage,
    `${found.length} graphs are called ${target}: say which by its id: ${found.map(({ id }) => id).join(', ')}`,
  );
}

/** The server knows crews by name: what it runs is its own copy, whatever lies in the folder here. */
function folderLines(folder: string, crew: string): string[] {
  if (!isFolder(folder)) return [`There is no folder ${folder} here, so no inputs.yaml either.`];
  if (resolve(folder) === join(EXAMPLES, crew)) return [];
  return [`The server runs the crew ${crew} of its own examples/; from ${folder} only inputs.yaml is taken.`];
}

function inputLines({ values, origins }: GatheredInputs, width: number): string[] {
  const names = Object.keys(values);
  if (names.length === 0) return ['No inputs'];
  const pad = Math.max(...names.map((name) => name.length));
  return names.map((name) => {
    const origin = origins.get(name) ?? '';
    const source = origin.startsWith('--') ? origin : relative('.', origin);
    const value = values[name];
    const shown = oneLine(
      typeof value === 'string' ? value : JSON.stringify(value),
      width - pad - source.length - 8,
    );
    return `  ${name.padEnd(pad)}  ${shown}  (${source})`;
  });
}

/** Needed by whoever types the next command, unless it is where every command looks first. */
function where(settings: CrewSettings): string {
  const url = serverUrl(settings);
  return url === 'http://127.0.0.1:8000' ? '' : ` --url ${url}`;
}

interface Talk {
  settings: CrewSettings;
  spokenAs: SpokenAs;
}

/** What to type to see the run again, on the same server. */
function comeBack(id: string, { settings, spokenAs }: Talk): string {
  return [
    `  come back: ${spokenAs} watch ${id}${where(settings)}`,
    `  cancel it: ${spokenAs} cancel ${id}${where(settings)}`,
  ].join('\n');
}

/** Tells "the person has left" from every other end. */
class Detached extends Error {
  override readonly name = 'Detached';
}

/** The time that was given for waiting is over. */
class WaitedEnough extends Error {
  override readonly name = 'WaitedEnough';
}

/** Follows a run to its end, or until the person leaves or the time is up. */
export async function follow(
  client: ApiClient,
  id: string,
  terminal: Terminal,
  options: Talk & { json: boolean; timeoutMs?: number },
): Promise<ExitCode> {
  const leaving = new AbortController();
  const progress = showProgress(terminal, options);
  const timer =
    options.timeoutMs === undefined
      ? undefined
      : setTimeout(() => leaving.abort(new WaitedEnough()), options.timeoutMs);
  const release = handleInterrupts({
    first: () => {
      terminal.say('Leaving in 2 s; the run goes on without us. Ctrl-C once more cancels it.', 'strong');
      terminal.say(comeBack(id, options));
    },
    detach: () => leaving.abort(new Detached()),
    cancel: () => {
      terminal.say('Cancelling the run …', 'strong');
      client.command(id, 'cancel').catch((error: unknown) => leaving.abort(error));
    },
    leave: () => leaving.abort(new Detached()),
  });
  try {
    const execution = await followRun(client, id, eventTeller(terminal, progress), leaving.signal).finally(
      () => progress.end(),
    );
    return showEnd(execution, terminal, options);
  } catch (error) {
    if (error instanceof Detached) return EXIT.detached;
    if (error instanceof WaitedEnough) {
      terminal.say('--timeout is over; the run goes on.', 'bad');
      terminal.say(comeBack(id, options));
      return EXIT.timedOut;
    }
    if (error instanceof CliError) terminal.say(comeBack(id, options));
    throw error;
  } finally {
    clearTimeout(timer);
    release();
  }
}

/** Follows a run as its log alone: Ctrl-C ends that, at once, and asks nothing of the run. */
export async function followLog(
  client: ApiClient,
  id: string,
  terminal: Terminal,
  options: Talk & { json: boolean; show: (event: LoggedEvent) => void },
): Promise<ExitCode> {
  const leaving = new AbortController();
  const progress = showProgress(terminal, options);
  const release = handleInterrupts({
    first: () => leaving.abort(new Detached()),
    detach: () => undefined,
    cancel: () => undefined,
    leave: () => undefined,
  });
  const listener: Listener = {
    snapshot: (snapshot) => progress.snapshot(snapshot),
    event: (event) => {
      progress.event(event);
      options.show(event);
    },
    connection: (line) => terminal.say(line, 'bad'),
  };
  try {
    await followRun(client, id, listener, leaving.signal).finally(() => progress.end());
    return EXIT.ok;
  } catch (error) {
    if (!(error instanceof Detached)) throw error;
    terminal.say(`The run goes on.\n${comeBack(id, options)}`);
    return EXIT.detached;
  } finally {
    release();
  }
}

/** Tells of a run in talk: each event a line, and below them where it stands. */
function eventTeller(terminal: Terminal, progress: ProgressLine): Listener {
  let taskWidth = 0;
  return {
    snapshot: (snapshot) => {
      taskWidth = snapshot.tasks.reduce((width, { key }) => Math.max(width, key.length), 0);
      progress.snapshot(snapshot);
    },
    event: (event) => {
      progress.event(event);
      terminal.say(eventLine(event, { taskWidth, width: terminal.width() }), describeEvent(event).tone);
    },
    connection: (line) => terminal.say(line, 'bad'),
  };
}

function showEnd(
  execution: ShownExecution,
  terminal: Terminal,
  { json, settings, spokenAs }: Talk & { json: boolean },
): ExitCode {
  const { status, result, error, error_code: code, token_usage: usage } = execution;
  const took = Date.parse(execution.completed_at ?? '') - Date.parse(execution.created_at);
  terminal.say(
    `${status} after ${duration(took)}, ${usage.total_tokens} tokens`,
    status === 'completed' ? 'good' : 'bad',
  );
  if (json) terminal.data(JSON.stringify(execution, null, 2));
  if (status === 'completed') {
    if (!json) terminal.data(result?.raw ?? '');
    return EXIT.ok;
  }
  if (status === 'failed') terminal.say(oneLine(`${code ?? status}: ${error ?? ''}`, 2_000), 'bad');
  terminal.say(
    `  once more, finished tasks kept: ${spokenAs} retry ${execution.execution_id}${where(settings)}`,
  );
  return status === 'cancelled' ? EXIT.cancelled : EXIT.failed;
}
