import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { loadSettings, SettingsError, type Settings } from '../config.ts';
import { controlCommand, runCrewCommand, watchCommand } from './crew.ts';
import { EXIT, type ExitCode } from './exit-codes.ts';

interface ServerFlags {
  url?: string;
  apiKey?: string;
  host?: string;
  port?: string;
  dataDir?: string;
  json: boolean;
}

interface RunFlags extends ServerFlags {
  input: Record<string, string>;
  inputFile: string[];
  detach: boolean;
}

/** An address given on the command line wins over MUSTER_URL, however it is given. */
const settingsFor = ({ url, apiKey, host, port, dataDir }: ServerFlags): Settings =>
  loadSettings({
    MUSTER_URL: url ?? (host === undefined && port === undefined ? undefined : ''),
    MUSTER_API_KEY: apiKey,
    API_HOST: host,
    API_PORT: port,
    DATA_DIR: dataDir,
  });

/** `--input topic=AI --input year=2026` → an object. */
function collectInput(text: string, before: Record<string, string>): Record<string, string> {
  const at = text.indexOf('=');
  if (at < 1) throw new InvalidArgumentError('An input is written name=value.');
  return { ...before, [text.slice(0, at)]: text.slice(at + 1) };
}

const collectFile = (file: string, before: string[]): string[] => [...before, file];

const withServer = (command: Command): Command =>
  command
    .addOption(new Option('--url <url>', 'the server (MUSTER_URL); else http://API_HOST:API_PORT'))
    .addOption(new Option('--api-key <key>', 'who is asking (MUSTER_API_KEY); else the key npm start keeps'))
    .addOption(new Option('--host <host>', 'API_HOST of the server on this machine'))
    .addOption(new Option('--port <port>', 'API_PORT of the server on this machine'))
    .addOption(new Option('--data-dir <folder>', 'DATA_DIR of the server on this machine'))
    .option('--json', 'print the execution as JSON', false);

const EXIT_HELP = `
Exit codes: 0 completed, 1 failed, 2 wrong command line or inputs, 3 no or wrong credential, 4 not found,
5 cancelled, 7 server not reachable, 130 left by Ctrl-C (the run goes on).`;

/**
 * `npm run crew -- …`: reads the command line and does what it says.
 * @param args what stands behind `crew`
 * @returns the exit code
 * @throws what is a bug; everything a person can put right has been said on stderr
 */
export async function runCrewProgram(args: readonly string[]): Promise<ExitCode> {
  let code: ExitCode = EXIT.ok;
  const program = new Command('npm run crew --')
    .description('Starts crews on the running server and follows them.')
    .exitOverride()
    .showHelpAfterError('(--help shows what there is)')
    .addHelpText('after', EXIT_HELP);
  withServer(
    program
      .command('run <folder>', { isDefault: true })
      .description('start the crew of a folder and follow it ("run" may be left out)')
      .option('--input <name=value>', 'an input of the crew, over inputs.yaml; repeatable', collectInput, {})
      .option('--input-file <file>', 'inputs from YAML or JSON; repeatable', collectFile, [])
      .option('--detach', 'print the id of the execution and do not wait', false),
  ).action(async (folder: string, flags: RunFlags) => {
    const { input: inputs, inputFile: inputFiles, detach, json } = flags;
    code = await runCrewCommand(settingsFor(flags), { folder, inputs, inputFiles, detach, json });
  });
  withServer(
    program.command('watch <execution_id>').description('follow a run, from its first event'),
  ).action(async (id: string, flags: ServerFlags) => {
    code = await watchCommand(settingsFor(flags), { id, json: flags.json });
  });
  for (const command of ['pause', 'resume', 'cancel', 'retry'] as const) {
    withServer(program.command(`${command} <execution_id>`).description(`${command} a run`)).action(
      async (id: string, flags: ServerFlags) => {
        code = await controlCommand(settingsFor(flags), { id, command, json: flags.json });
      },
    );
  }
  try {
    await program.parseAsync([...args], { from: 'user' });
    return code;
  } catch (error) {
    // Commander has said what is wrong, or shown the help that was asked for.
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
    if (!(error instanceof SettingsError)) throw error;
    process.stderr.write(`${error.message}\n`);
    return EXIT.usage;
  }
}
