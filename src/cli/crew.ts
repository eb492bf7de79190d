import { basename, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Command } from '../domain/run/status.ts';
import { createApiClient, type ApiClient, type ShownExecution } from './api-client.ts';
import { describeEvent, duration, eventLine, oneLine } from './event-lines.ts';
import { CliError, EXIT, ServerAway, type ExitCode } from './exit-codes.ts';
import { followRun } from './follow-run.ts';
import { handleInterrupts } from './interrupts.ts';
import { gatherInputs, isFolder, type GatheredInputs } from './run-inputs.ts';
import { findTarget, serverUrl, type CrewSettings } from './server.ts';
import { createTerminal, type Terminal } from './terminal.ts';

/** Where this program's own crews lie. */
const EXAMPLES = fileURLToPath(new URL('../../examples', import.meta.url));

export interface RunRequest {
  /** The crew's folder; its name is the crew's. */
  folder: string;
  /** `--input name=value`. */
  inputs: Readonly<Record<string, string>>;
  /** `--input-file`, in order. */
  inputFiles?: readonly string[];
  /** Print the execution, not its text. */
  json?: boolean;
  /** Do not wait for the end. */
  detach?: boolean;
}

/**
 * Starts a crew on the running server and follows it to its end: events on stderr, the result on stdout.
 * @returns the exit code
 */
export function runCrewCommand(settings: CrewSettings, request: RunRequest): Promise<ExitCode> {
  return onServer(settings, async (client, terminal) => {
    const crew = basename(resolve(request.folder));
    const { folder, inputFiles: files = [], inputs: pairs } = request;
    const inputs = gatherInputs({ folder, files, pairs });
    terminal.say(`Crew ${crew} on ${client.url}`, 'strong');
    for (const line of folderLines(folder, crew)) terminal.say(line);
    for (const line of inputLines(inputs, terminal.width())) terminal.say(line);
    const id = await client.start(crew, inputs.values);
    terminal.say(`Execution ${id}`);
    if (request.detach !== true)
      return follow(client, id, terminal, { json: request.json ?? false, settings });
    terminal.say(comeBack(id, settings));
    terminal.data(request.json === true ? JSON.stringify(await client.execution(id), null, 2) : id);
    return EXIT.ok;
  });
}

/** Follows a run from the beginning of its log, whoever started it. */
export function watchCommand(
  settings: CrewSettings,
  request: { id: string; json: boolean },
): Promise<ExitCode> {
  return onServer(settings, async (client, terminal) => {
    // Asked first: a server that is away, or a run that is not there, is said at once and not waited for.
    const { execution_id: id, crew_name: crew, status } = await client.execution(request.id);
    terminal.say(`Execution ${id} of the crew ${crew ?? '?'} on ${client.url} is ${status}`, 'strong');
    return follow(client, id, terminal, { json: request.json, settings });
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
async function onServer(
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

/** What to type to see the run again, on the same server. */
function comeBack(id: string, settings: CrewSettings): string {
  return [
    `  come back: npm run crew -- watch ${id}${where(settings)}`,
    `  cancel it: npm run crew -- cancel ${id}${where(settings)}`,
  ].join('\n');
}

/** Tells "the person has left" from every other end. */
class Detached extends Error {
  override readonly name = 'Detached';
}

async function follow(
  client: ApiClient,
  id: string,
  terminal: Terminal,
  options: { json: boolean; settings: CrewSettings },
): Promise<ExitCode> {
  const leaving = new AbortController();
  const release = handleInterrupts({
    first: () => {
      terminal.say('Leaving in 2 s; the run goes on without us. Ctrl-C once more cancels it.', 'strong');
      terminal.say(comeBack(id, options.settings));
    },
    detach: () => leaving.abort(new Detached()),
    cancel: () => {
      terminal.say('Cancelling the run …', 'strong');
      client.command(id, 'cancel').catch((error: unknown) => leaving.abort(error));
    },
    leave: () => leaving.abort(new Detached()),
  });
  let taskWidth = 0;
  try {
    const execution = await followRun(
      client,
      id,
      {
        tasks: (keys) => (taskWidth = Math.max(0, ...keys.map((key) => key.length))),
        event: (event) =>
          terminal.say(eventLine(event, { taskWidth, width: terminal.width() }), describeEvent(event).tone),
        connection: (line) => terminal.say(line, 'bad'),
      },
      leaving.signal,
    );
    return showEnd(execution, terminal, options);
  } catch (error) {
    if (error instanceof Detached) return EXIT.detached;
    if (error instanceof CliError) terminal.say(comeBack(id, options.settings));
    throw error;
  } finally {
    release();
  }
}

function showEnd(
  execution: ShownExecution,
  terminal: Terminal,
  { json, settings }: { json: boolean; settings: CrewSettings },
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
    `  once more, finished tasks kept: npm run crew -- retry ${execution.execution_id}${where(settings)}`,
  );
  return status === 'cancelled' ? EXIT.cancelled : EXIT.failed;
}
