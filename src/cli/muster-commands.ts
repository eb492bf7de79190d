import { Argument, type Command } from 'commander';
import { addAdminCommands } from './admin-commands.ts';
import { EXIT_HELP, type Outcome } from './command-line.ts';
import { completionScript } from './completions.ts';
import { addGraphCommands } from './graph-commands.ts';
import { addLoginCommands } from './login-commands.ts';
import { addResourceCommands } from './resource-commands.ts';
import { addRunCommands } from './run-commands.ts';
import { addSteeringCommands } from './steering-commands.ts';

/** Adds everything that `muster` does as a client of the API. How it ended is in the outcome. */
export function addClientCommands(program: Command, outcome: Outcome): void {
  program.showHelpAfterError('(--help shows what there is)').addHelpText('after', EXIT_HELP);
  addLoginCommands(program, outcome);
  addRunCommands(program, outcome);
  addSteeringCommands(program, outcome, 'muster');
  addResourceCommands(program, outcome);
  addGraphCommands(program, outcome);
  addAdminCommands(program, outcome);
  program
    .command('completions')
    .description('for a shell: eval "$(muster completions bash)"')
    .addArgument(new Argument('<shell>').choices(['bash', 'zsh']))
    .action((shell: 'bash' | 'zsh') => {
      process.stdout.write(`${completionScript(program, shell)}\n`);
    });
}
