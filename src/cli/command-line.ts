import { type Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { loadSettings, SettingsError, type Settings } from '../config.ts';
import { EXIT, type ExitCode } from './exit-codes.ts';

/** What the commands that speak to a server have in common on the command line. */

export interface ServerFlags {
  url?: string;
  apiKey?: string;
  host?: string;
  port?: string;
  dataDir?: string;
  json: boolean;
}

/** How the command that was named has ended. */
export interface Outcome {
  code: ExitCode;
}

/** An address given on the command line wins over MUSTER_URL, however it is given. */
export const settingsFor = ({ url, apiKey, host, port, dataDir }: ServerFlags): Settings =>
  loadSettings({
    MUSTER_URL: url ?? (host === undefined && port === undefined ? undefined : ''),
    MUSTER_API_KEY: apiKey,
    API_HOST: host,
    API_PORT: port,
    DATA_DIR: dataDir,
  });

export const withServer = (command: Command): Command =>
  command
    .addOption(new Option('--url <url>', 'the server (MUSTER_URL); else http://API_HOST:API_PORT'))
    .addOption(
      new Option(
        '--api-key <key>',
        'who is asking (MUSTER_API_KEY); else the stored login, else the key npm start keeps',
      ),
    )
    .addOption(new Option('--host <host>', 'API_HOST of the server on this machine'))
    .addOption(new Option('--port <port>', 'API_PORT of the server on this machine'))
    .addOption(new Option('--data-dir <folder>', 'DATA_DIR of the server on this machine'))
    .option('--json', 'print what the server answers, as JSON', false);

/** `topic=AI`, again and again → an object. */
export function collectPair(text: string, before: Record<string, string>): Record<string, string> {
  const at = text.indexOf('=');
  if (at < 1) throw new InvalidArgumentError('An input is written name=value.');
  return { ...before, [text.slice(0, at)]: text.slice(at + 1) };
}

export const collectFile = (file: string, before: string[]): string[] => [...before, file];

/** A whole number from 1 up. */
export function countOf(text: string): number {
  const count = Number(text);
  if (!Number.isInteger(count) || count < 1) throw new InvalidArgumentError('A whole number from 1 up.');
  return count;
}

export const EXIT_HELP = `
Exit codes: 0 done or completed, 1 failed, 2 wrong command line or inputs, 3 no or wrong credential, 4 not found,
5 cancelled, 6 --timeout was over, 7 server not reachable, 130 left by Ctrl-C (the run goes on).`;

/**
 * Reads a command line and does what it says.
 * @returns the exit code
 * @throws what is a bug; everything a person can put right has been said on stderr
 */
export async function runProgram(
  program: Command,
  args: readonly string[],
  outcome: Outcome,
): Promise<ExitCode> {
  try {
    await program.parseAsync([...args], { from: 'user' });
    return outcome.code;
  } catch (error) {
    // Commander has said what is wrong, or shown the help that was asked for.
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
    if (!(error instanceof SettingsError)) throw error;
    process.stderr.write(`${error.message}\n`);
    return EXIT.usage;
  }
}
