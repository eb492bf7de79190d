import type * as OperatorCommands from './cli/operator-commands.ts';
import { Command, CommanderError, Option } from 'commander';
import { setTimeout as sleep } from 'node:timers/promises';
import { runProgram, type Outcome } from './cli/command-line.ts';
import { CliError, EXIT, type ExitCode } from './cli/exit-codes.ts';
import { programVersion } from './version.ts';
import { loadSettings, readDuration, SettingsError, type Settings } from './config.ts';
import { ensureJwtSecret, prepareDataDir } from './embedded/data-dir.ts';
import { aborted } from './embedded/role-process.ts';
import { StartError, UsageError } from './embedded/start-error.ts';
import { firstAdminLines } from './embedded/start-screen.ts';
import { listenForStop, type StopSignals } from './embedded/stop-signals.ts';
import { FlowError } from './flows/flow-error.ts';

/**
 * The command line. `npm start`, `npm run api|worker|migrate|crew` come here by way of launch.mjs. What a command
 * needs is loaded when it runs: each is a program of its own.
 */

/** Whoever started this waits so long before it kills (a worker's own grace is 25 s). */
const CLOSE_TIMEOUT_MS = 26_500;

const say = (line: string): void => console.log(line);

/** What the command line says, under the names of the settings. */
interface CommonFlags {
  host?: string;
  port?: string;
  dataDir?: string;
}

const settingsFor = (flags: CommonFlags): Settings =>
  loadSettings({ API_HOST: flags.host, API_PORT: flags.port, DATA_DIR: flags.dataDir });

/** @throws {UsageError} naming every address that is missing */
function needAddresses(
  settings: Settings,
  role: string,
  names: readonly ('DATABASE_URL' | 'TEMPORAL_ADDRESS')[],
): void {
  const missing = names.filter((name) => settings[name] === undefined);
  if (missing.length === 0) return;
  throw new UsageError(
    `npm run ${role} needs ${missing.join(' and ')} (in the environment or in .env). ` +
      'For everything on one machine, with nothing to set: npm start',
  );
}

interface RoleFlags extends CommonFlags {
  /** Started by `npm start`: this process is nothing without it. */
  supervised?: boolean;
  /** Other processes answer for this API too. */
  oneOfSeveral?: boolean;
}

/** Runs one role until it is asked to stop, lets it finish what it has begun, and ends the process. */
async function runRole(
  flags: RoleFlags,
  signals: StopSignals,
  run: () => Promise<{ close(): Promise<void>; ended?: Promise<void> }>,
): Promise<void> {
  if (flags.supervised === true) {
    // The supervisor was killed, and its services with it or soon: end like any crashed process, and free the port.
    process.once('disconnect', () => process.exit(1));
  }
  // A terminal or a parent that is gone must not turn the next log line into a crash.
  process.stdout.on('error', () => undefined);
  const role = await run();
  if (flags.supervised === true) process.send?.('ready');
  await Promise.race([aborted(signals.stop), ...(role.ended === undefined ? [] : [role.ended])]);
  await Promise.race([role.close(), aborted(signals.hurry), sleep(CLOSE_TIMEOUT_MS)]);
  process.exit(0);
}

async function startCommand(
  flags: CommonFlags & { auth: boolean; reload: boolean },
  signals: StopSignals,
): Promise<void> {
  const { start } = await import('./supervisor.ts');
  const settings = settingsFor(flags);
  // Before anything else is up: its roles would only say it again and again.
  const { loadFlows } = await import('./flows/flow-catalogue.ts');
  const { refuseTakenNames } = await import('./api/resources/flows/free-names.ts');
  refuseTakenNames(await loadFlows(settings.FLOWS_DIR), []);
  await start(settings, { noAuth: !flags.auth, reload: flags.reload }, say, signals);
  process.exit(0);
}

async function apiCommand(flags: RoleFlags & { auth: boolean }, signals: StopSignals): Promise<void> {
  const settings = settingsFor(flags);
  needAddresses(settings, 'api', ['DATABASE_URL', 'TEMPORAL_ADDRESS']);
  const { isLoopback } = await import('./http/loopback-only.ts');
  const hostIsLoopback = isLoopback(settings.API_HOST);
  if (!flags.auth && !hostIsLoopback) {
    throw new UsageError(`--no-auth works on loopback only, not on ${settings.API_HOST}.`);
  }
  const dataDir = await prepareDataDir(settings.DATA_DIR);
  const JWT_SECRET = await ensureJwtSecret(settings, { dataDir, databaseIsEmbedded: false, hostIsLoopback });
  const { runApi } = await import('./api/server.ts');
  await runRole(flags, signals, () =>
    runApi(
      { ...settings, JWT_SECRET },
      {
        noAuth: !flags.auth,
        alone: flags.supervised === true && flags.oneOfSeveral !== true,
      },
    ),
  );
}

async function workerCommand(flags: RoleFlags, signals: StopSignals): Promise<void> {
  const settings = settingsFor(flags);
  needAddresses(settings, 'worker', ['DATABASE_URL', 'TEMPORAL_ADDRESS']);
  const { runWorker } = await import('./worker.ts');
  await runRole(flags, signals, () => runWorker(settings));
}

/** The topology of a deployment on one machine, until it is asked to stop. */
async function deploymentCommand(flags: CommonFlags & { apis: string }, signals: StopSignals): Promise<void> {
  const { startNativeDeployment } = await import('./deployment/native-deployment.ts');
  const apis = Number(flags.apis);
  if (!Number.isInteger(apis) || apis < 1) throw new UsageError('--apis wants a number from 1 up.');
  const settings = settingsFor({ ...flags, dataDir: flags.dataDir ?? '.muster/deployment' });
  const running = await startNativeDeployment({
    dataDir: settings.DATA_DIR,
    port: settings.API_PORT,
    apis,
    say,
    signal: signals.stop,
  });
  for (const line of firstAdminLines(running.firstAdmin, settings)) say(line);
  say(`API ${running.apiUrls.join(' and ')}, Temporal ${running.temporalAddress}`);
  await aborted(signals.stop);
  say('Stopping … (Ctrl-C again does not wait for work in flight)');
  await running.stop({ graceMs: CLOSE_TIMEOUT_MS, hurry: signals.hurry });
  process.exit(0);
}

/** A deployment's one-off step: the schema, and the first admin when there is none. */
async function migrateCommand(): Promise<void> {
  const settings = loadSettings();
  needAddresses(settings, 'migrate', ['DATABASE_URL']);
  const { migrate } = await import('./persistence/migrate.ts');
  const { prepareFirstAdmin } = await import('./persistence/first-admin.ts');
  const { applied } = await migrate(settings);
  say(applied === 0 ? 'The database is up to date.' : `${applied} migrations applied.`);
  for (const line of firstAdminLines(await prepareFirstAdmin(settings), settings)) say(line);
}

/** For what operators ask: of the services that are named, else of an `npm start` that runs on DATA_DIR. */
async function operatorSettings(flags: CommonFlags = {}): Promise<Settings> {
  const { besideStart } = await import('./embedded/running-services.ts');
  return besideStart(settingsFor(flags));
}

async function doctorCommand({ json }: { json: boolean }): Promise<void> {
  const doctor = await import('./cli/doctor/doctor.ts');
  process.exitCode = await doctor.doctorCommand(await operatorSettings(), { json, say });
}

async function pruneCommand(flags: { olderThan: string; dryRun: boolean }): Promise<void> {
  const settings = await operatorSettings();
  needAddresses(settings, 'prune', ['DATABASE_URL']);
  const olderThanMs = readDuration('--older-than', flags.olderThan);
  const prune = await import('./cli/prune.ts');
  const options = { olderThanMs, dryRun: flags.dryRun, say };
  process.exitCode = await prune.pruneCommand(settings.DATABASE_URL ?? '', options);
}

/** Brings Temporal back to a database that was restored without it. */
async function afterRestoreCommand(): Promise<void> {
  const settings = await operatorSettings();
  needAddresses(settings, 'after-restore', ['DATABASE_URL', 'TEMPORAL_ADDRESS']);
  const { afterRestoreCommand: carryOut } = await import('./cli/after-restore.ts');
  process.exitCode = await carryOut(settings, say);
}

/** Runs one of the commands that ask Temporal, and ends with its exit code. */
async function operatorCommand(
  name: string,
  choose: (
    commands: typeof OperatorCommands,
  ) => (settings: Settings, say: (line: string) => void) => Promise<number>,
): Promise<void> {
  const settings = await operatorSettings();
  needAddresses(settings, name, ['TEMPORAL_ADDRESS']);
  process.exitCode = await choose(await import('./cli/operator-commands.ts'))(settings, say);
}

/** Decrypts for a Web UI on this machine until it is asked to stop. */
async function codecServerCommand({ port }: { port: string }, signals: StopSignals): Promise<void> {
  const settings = await operatorSettings({ port });
  const { openCodecServer } = await import('./cli/codec-server.ts');
  const server = await openCodecServer(settings, settings.API_PORT, say);
  await aborted(signals.stop);
  server.closeAllConnections();
  server.close();
  // The channel to the launcher would keep this process.
  process.exit(0);
}

function createProgram(signals: StopSignals): Command {
  // It throws instead of ending the process with a code of its own.
  const program = new Command('muster')
    .description('Runs crews of AI agents durably, on Temporal')
    .version(programVersion(), '-V, --version', 'print the version')
    .exitOverride();
  const host = (): Option => new Option('--host <host>', 'address the API listens on (API_HOST)');
  const port = (): Option => new Option('--port <port>', 'port the API listens on (API_PORT)');
  const dataDir = (): Option => new Option('--data-dir <folder>', 'where data and logs are kept (DATA_DIR)');
  const noAuth = (): Option => new Option('--no-auth', 'want no credentials; on loopback only');
  const supervised = (): Option => new Option('--supervised').hideHelp();

  program
    .command('start')
    .description('everything on this machine: PostgreSQL, Temporal, API and worker')
    .addOption(host())
    .addOption(port())
    .addOption(dataDir())
    .addOption(noAuth())
    .option('--reload', 'start API and worker again when a source file changes', false)
    .action((flags: CommonFlags & { auth: boolean; reload: boolean }) => startCommand(flags, signals));
  program
    .command('api')
    .description('the API alone (DATABASE_URL and TEMPORAL_ADDRESS given)')
    .addOption(host())
    .addOption(port())
    .addOption(dataDir())
    .addOption(noAuth())
    .addOption(supervised())
    .addOption(new Option('--one-of-several').hideHelp())
    .action((flags: RoleFlags & { auth: boolean }) => apiCommand(flags, signals));
  program
    .command('worker')
    .description('the worker alone (DATABASE_URL and TEMPORAL_ADDRESS given)')
    .addOption(dataDir())
    .addOption(supervised())
    .action((flags: RoleFlags) => workerCommand(flags, signals));
  program
    .command('migrate')
    .description('bring the database up to date and make the first admin (DATABASE_URL given)')
    .action(migrateCommand);
  program
    .command('deployment')
    .description('the services of docker-compose.yml as processes of this machine, without Docker')
    .addOption(port())
    .addOption(dataDir())
    .option('--apis <count>', 'how many APIs, on ports one after the other', '2')
    .action((flags: CommonFlags & { apis: string }) => deploymentCommand(flags, signals));
  addOperatorCommands(program, signals);
  program
    .command('crew')
    .description('run a crew on the API that is running, and follow it (crew --help)')
    // It reads its own command line.
    .argument('[args...]')
    .allowUnknownOption()
    .helpOption(false)
    .action(async (args: string[]) => {
      const { runCrewProgram } = await import('./cli/crew-program.ts');
      process.exitCode = await runCrewProgram(args);
    });
  return program;
}

/** For whoever runs the API alone and not in our image. */
async function buildConsoleCommand(): Promise<void> {
  const { buildConsole } = await import('./embedded/console-build.ts');
  say((await buildConsole()) ? 'The console is built.' : 'The console is built already.');
}

/** For those who run it for others. */
function addOperatorCommands(program: Command, signals: StopSignals): void {
  program
    .command('build-console')
    .description('build the page at /console, where an API is run without npm start')
    .action(buildConsoleCommand);
  program
    .command('doctor')
    .description('look at database, Temporal, workers, clocks and keys: exit code 1 if something is wrong')
    .option('--json', 'for programs', false)
    .action(doctorCommand);
  program
    .command('prune')
    .description(
      'delete executions that ended long ago, with their events, messages, questions and deliveries',
    )
    .requiredOption('--older-than <duration>', 'since their end: 90d, 12h …')
    .option('--dry-run', 'only count them', false)
    .action(pruneCommand);
  program
    .command('after-restore')
    .description(
      'start open executions anew: when the database alone was restored, before API and worker start',
    )
    .action(afterRestoreCommand);
  program
    .command('preflight')
    .description('replay every open workflow of Temporal with this build: exit code 1 if one would break')
    .action(() => operatorCommand('preflight', ({ preflightCommand }) => preflightCommand));
  program
    .command('set-current')
    .description('make WORKER_BUILD_ID the current version: the last step of a deploy')
    .action(() => operatorCommand('set-current', ({ setCurrentCommand }) => setCurrentCommand));
  program
    .command('codec-server')
    .description('decrypt payloads for a Temporal Web UI without logins (PAYLOAD_ENCRYPTION_KEYS given)')
    .option('--port <port>', 'port on loopback', '8235')
    .action((flags: { port: string }) => codecServerCommand(flags, signals));
}

/** What somebody can put right is said plainly; everything else is a bug and shows its stack. */
function report(error: unknown): void {
  // Commander has said what is wrong, or shown the help that was asked for.
  if (error instanceof CommanderError) return;
  const isPlain = [StartError, SettingsError, FlowError, CliError].some((kind) => error instanceof kind);
  console.error(isPlain && error instanceof Error ? `\n${error.message}\n` : error);
}

/** The exit codes of the README. */
function exitCodeOf(error: unknown): ExitCode {
  if (error instanceof CliError) return error.exitCode;
  if (error instanceof CommanderError && error.exitCode === 0) return EXIT.ok;
  const isUsage = [CommanderError, SettingsError, UsageError].some((kind) => error instanceof kind);
  return isUsage ? EXIT.usage : EXIT.failed;
}

async function runCommand(args: readonly string[]): Promise<void> {
  const [command = ''] = args;
  // The short commands end at Ctrl-C as any program does.
  const isServer = ['start', 'api', 'worker', 'deployment', 'codec-server'].includes(command);
  const never = new AbortController().signal;
  const program = createProgram(isServer ? listenForStop() : { stop: never, hurry: never });
  if (program.commands.some((own) => own.name() === command)) {
    await program.parseAsync([...args], { from: 'user' });
    return;
  }
  // Servers and what operators do need nothing of the client's commands.
  const { addClientCommands } = await import('./cli/muster-commands.ts');
  const outcome: Outcome = { code: 0 };
  addClientCommands(program, outcome);
  process.exitCode = await runProgram(program, args.length === 0 ? ['--help'] : args, outcome);
}

try {
  await runCommand(process.argv.slice(2));
} catch (error) {
  report(error);
  process.exit(exitCodeOf(error));
}
