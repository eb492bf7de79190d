import { Command } from 'commander';
import {
  collectFile,
  collectPair,
  EXIT_HELP,
  runProgram,
  settingsFor,
  withServer,
  type Outcome,
  type ServerFlags,
} from './command-line.ts';
import { runCrewCommand } from './crew.ts';
import { EXIT, type ExitCode } from './exit-codes.ts';
import { addSteeringCommands } from './steering-commands.ts';

interface RunFlags extends ServerFlags {
  input: Record<string, string>;
  inputFile: string[];
  detach: boolean;
}

/**
 * `npm run crew -- …`: what a newcomer types, a crew's folder and nothing else, and is shown the run. `muster` knows more.
 * @param args what stands behind `crew`
 * @returns the exit code
 */
export async function runCrewProgram(args: readonly string[]): Promise<ExitCode> {
  const outcome: Outcome = { code: EXIT.ok };
  const program = new Command('npm run crew --')
    .description('Starts crews on the running server and follows them.')
    .exitOverride()
    .showHelpAfterError('(--help shows what there is)')
    .addHelpText('after', EXIT_HELP);
  withServer(
    program
      .command('run <folder>', { isDefault: true })
      .description('start the crew of a folder and follow it ("run" may be left out)')
      .option('--input <name=value>', 'an input of the crew, over inputs.yaml; repeatable', collectPair, {})
      .option('--input-file <file>', 'inputs from YAML or JSON; repeatable', collectFile, [])
      .option('--detach', 'print the id of the execution and do not wait', false),
  ).action(async (folder: string, flags: RunFlags) => {
    const { input: inputs, inputFile: inputFiles, detach, json } = flags;
    outcome.code = await runCrewCommand(settingsFor(flags), {
      target: folder,
      inputs,
      inputFiles,
      detach,
      json,
    });
  });
  addSteeringCommands(program, outcome, 'npm run crew --');
  return runProgram(program, args, outcome);
}
