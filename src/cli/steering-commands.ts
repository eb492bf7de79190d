import type { Command } from 'commander';
import { settingsFor, withServer, type Outcome, type ServerFlags } from './command-line.ts';
import { controlCommand, watchCommand, type SpokenAs } from './crew.ts';

/** Following a run and asking something of it: the same words under `muster` and `npm run crew`. */
export function addSteeringCommands(program: Command, outcome: Outcome, spokenAs: SpokenAs): void {
  withServer(
    program.command('watch <execution_id>').description('follow a run, from its first event'),
  ).action(async (id: string, flags: ServerFlags) => {
    outcome.code = await watchCommand(settingsFor(flags), { id, json: flags.json, spokenAs });
  });
  for (const command of ['pause', 'resume', 'cancel', 'retry'] as const) {
    withServer(program.command(`${command} <execution_id>`).description(`${command} a run`)).action(
      async (id: string, flags: ServerFlags) => {
        outcome.code = await controlCommand(settingsFor(flags), { id, command, json: flags.json });
      },
    );
  }
}
