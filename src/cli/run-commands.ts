import type { Command } from 'commander';
import { z } from 'zod';
import {
  collectFile,
  collectPair,
  countOf,
  settingsFor,
  withServer,
  type Outcome,
  type ServerFlags,
} from './command-line.ts';
import { follow, followLog, onServer, runCrewCommand } from './crew.ts';
import { eventLine, loggedEventSchema, type LoggedEvent } from './event-lines.ts';
import { EXIT } from './exit-codes.ts';
import { addGet, addList } from './listing.ts';
import type { Terminal } from './terminal.ts';

const EVENTS_AT_ONCE = 500;
const FILE_WIDTH = 10_000;

interface RunFlags extends ServerFlags {
  input: Record<string, string>;
  inputFile: string[];
  wait: boolean;
  timeout?: number;
}

const inputOptions = (command: Command): Command =>
  withServer(command)
    .option('-i, --input <name=value>', 'an input; repeatable', collectPair, {})
    .option('--wait', 'follow it to its end; its exit code is the run’s', false)
    .option('--timeout <seconds>', 'with --wait: how long to wait; the run goes on (exit code 6)', countOf);

/** Starting runs and looking at them; `addSteeringCommands` has what may be asked of one. */
export function addRunCommands(program: Command, outcome: Outcome): void {
  inputOptions(
    program
      .command('run <folder|graph>')
      .description('start a crew by its folder, or a graph by its name or id; prints the execution’s id')
      .option('--input-file <file>', 'inputs from YAML or JSON; repeatable', collectFile, []),
  ).action(async (target: string, flags: RunFlags) => {
    outcome.code = await runCrewCommand(settingsFor(flags), {
      target,
      graphs: true,
      inputs: flags.input,
      inputFiles: flags.inputFile,
      json: flags.json,
      detach: !flags.wait,
      spokenAs: 'muster',
      ...(flags.timeout !== undefined && { timeoutMs: flags.timeout * 1_000 }),
    });
  });
  const runs = program.command('runs').description('executions');
  addList(
    runs,
    outcome,
    {
      path: '/api/v1/executions',
      filters: [
        {
          flag: '--status <status>',
          query: 'status',
          about: 'pending, running, paused, waiting, completed, …',
        },
        { flag: '--flow <name>', query: 'flow_name', about: 'only runs of a flow' },
        { flag: '--kind <kind>', query: 'kind', about: 'crew or flow' },
      ],
      columns: {
        ID: 'execution_id',
        STATUS: 'status',
        OF: ['crew_name', 'flow_name'],
        STARTED: 'created_at',
        TOKENS: 'token_usage.total_tokens',
      },
    },
    'the newest runs',
  );
  addGet(runs, outcome, '/api/v1/executions', 'one run, with its result');
  addReplay(program, outcome);
  addLogs(program, outcome);
}

function addReplay(program: Command, outcome: Outcome): void {
  inputOptions(
    program
      .command('replay <execution_id>')
      .description('run it again as a new execution; inputs given are laid over the old ones')
      .option('--from <task>', 'key of the task to begin with; those before it keep their results'),
  ).action(async (id: string, flags: RunFlags & { from?: string }) => {
    const settings = settingsFor(flags);
    outcome.code = await onServer(settings, async (client, terminal) => {
      const replayed = z.looseObject({ execution_id: z.string() }).parse(
        await client.call('POST', `/api/v1/executions/${encodeURIComponent(id)}/replay`, {
          inputs: flags.input,
          ...(flags.from !== undefined && { from_task: flags.from }),
        }),
      );
      terminal.say(`Execution ${replayed.execution_id}`);
      if (flags.wait)
        return follow(client, replayed.execution_id, terminal, {
          settings,
          spokenAs: 'muster',
          json: flags.json,
          ...(flags.timeout !== undefined && { timeoutMs: flags.timeout * 1_000 }),
        });
      terminal.data(flags.json ? JSON.stringify(replayed, null, 2) : replayed.execution_id);
      return EXIT.ok;
    });
  });
}

function addLogs(program: Command, outcome: Outcome): void {
  withServer(
    program
      .command('logs <execution_id>')
      .description('its events, one a line')
      .option('-f, --follow', 'go on until the run ends', false),
  ).action(async (id: string, flags: ServerFlags & { follow: boolean }) => {
    const settings = settingsFor(flags);
    outcome.code = await onServer(settings, async (client, terminal) => {
      const show = eventPrinter(terminal, flags.json);
      if (flags.follow)
        return followLog(client, id, terminal, { settings, spokenAs: 'muster', json: flags.json, show });
      let after = 0;
      for (;;) {
        const at = `/api/v1/executions/${encodeURIComponent(id)}/events?after=${after}&limit=${EVENTS_AT_ONCE}`;
        const events = z.array(loggedEventSchema).parse(await client.call('GET', at));
        for (const event of events) show(event);
        if (events.length < EVENTS_AT_ONCE) return EXIT.ok;
        after = events.at(-1)?.seq ?? after;
      }
    });
  });
}

const eventPrinter =
  (terminal: Terminal, json: boolean) =>
  (event: LoggedEvent): void => {
    const width = terminal.isWatched() ? terminal.width() : FILE_WIDTH;
    terminal.data(json ? JSON.stringify(event) : eventLine(event, { taskWidth: 0, width }));
  };
