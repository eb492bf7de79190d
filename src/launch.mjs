#!/usr/bin/env node
/**
 * The first thing `npm start` and `npm test` run: plain JavaScript for whatever Node is there (20 or newer),
 * with nothing installed. It installs what the lock file names when that is not what lies in node_modules,
 * then hands over to the program under the project's own Node. It stays until the program has ended, passes
 * signals on, and ends the way the program ended.
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, lstatSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isDeepStrictEqual } from 'node:util';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const modules = join(root, 'node_modules');
const windows = process.platform === 'win32';
const node = join(modules, 'node', 'bin', windows ? 'node.exe' : 'node');
/** Holds the hash of the lock file that node_modules was last found equal to, so that the usual check is cheap. */
const stampFile = join(modules, '.lock-hash');
const scripts = {
  check: 'test/support/run-checks.ts',
  'lint-imports': 'test/lint/check-imports.ts',
  bench: 'bench/main.ts',
  'bench-streams': 'bench/streams/main.ts',
  'bench-stats': 'bench/stats.ts',
  'bench-scale': 'bench/scale/main.ts',
  'bench-recollection': 'bench/recollection/main.ts',
  'bench-instances': 'bench/instances/main.ts',
  runs: 'test/proofs/run-states.ts',
  chaos: 'test/proofs/chaos.ts',
  'bench-waiting': 'test/proofs/waiting.ts',
  controls: 'test/proofs/cancels.ts',
  neighbours: 'test/proofs/neighbours.ts',
  flows: 'test/proofs/flow-kills.ts',
  fuzz: 'test/fuzz/schemathesis.ts',
  malformed: 'test/fuzz/malformed.ts',
  webhooks: 'test/webhooks/main.ts',
  crewai: 'test/crewai/main.ts',
  'crewai-exports': 'test/crewai/exported-projects.ts',
  mlflow: 'test/mlflow/main.ts',
  'client-types': 'test/client-types.ts',
  'deployment-proof': 'test/deployment/main.ts',
};
/** These hear when this process is gone, however it went, and end; so do the scripts that listen (`endWhenAsked`). The others are short. */
const servers = ['start', 'api', 'worker', 'deployment', 'codec-server', '--run'];

const say = (line) => process.stderr.write(`${line}\n`);

/** What npm says it installed (`node_modules/.package-lock.json`) against the lock file, package by package. */
function isInstalled(lockText) {
  const recordFile = join(modules, '.package-lock.json');
  if (!existsSync(recordFile)) return false;
  const installed = JSON.parse(readFileSync(recordFile, 'utf8')).packages;
  const wanted = JSON.parse(lockText).packages;
  const same = (path) =>
    ['version', 'integrity'].every((key) => isDeepStrictEqual(installed[path]?.[key], wanted[path]?.[key]));
  // Packages for other platforms are in the lock file and, rightly, not on the disk.
  const needed = Object.keys(wanted).filter((path) => path !== '' && !wanted[path].optional);
  return [...needed, ...Object.keys(installed)].every(same);
}

/** Runs a program to its end, with our terminal. @returns its exit code, or 1 when it was killed. */
function run(command, args, env) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: root, env, stdio: 'inherit' });
    child.once('error', reject);
    child.once('close', (code) => resolve(code ?? 1));
  });
}

async function install(lockHash) {
  if (lstatSync(modules, { throwIfNoEntry: false })?.isSymbolicLink()) {
    // npm ci empties the folder first: through a link that would be somebody else's.
    say(
      'node_modules is a link to packages that do not match package-lock.json: install where it points, or remove it.',
    );
    process.exit(1);
  }
  const started = Date.now();
  const seconds = () => Math.round((Date.now() - started) / 1000);
  say('Installing the packages of package-lock.json (once; a minute or so) …');
  // A terminal shows npm's own progress; a file or a pipe gets a line now and then.
  const progress = process.stderr.isTTY
    ? undefined
    : setInterval(() => say(`  … npm ci, ${seconds()} s`), 10_000);
  // The npm that started us is the one to go on with; without it, the one on the PATH.
  const npm = process.env.npm_execpath;
  const [command, ...before] = npm?.endsWith('js') ? [process.execPath, npm] : [windows ? 'npm.cmd' : 'npm'];
  // Errors only: npm's warnings are about the Node that runs npm, and the program runs under another.
  const code = await run(
    command,
    [...before, 'ci', '--include=dev', '--no-audit', '--no-fund', '--loglevel=error'],
    process.env,
  );
  clearInterval(progress);
  if (code !== 0) {
    say(`npm ci failed (exit code ${code}); what it says above is the reason.`);
    process.exit(code);
  }
  if (!existsSync(node)) {
    say(`npm ci ended well, but ${node} is missing: were install scripts switched off (ignore-scripts)?`);
    process.exit(1);
  }
  writeFileSync(stampFile, lockHash);
  say(`Packages installed (${seconds()} s)`);
}

async function ensureInstalled() {
  const lockText = readFileSync(join(root, 'package-lock.json'), 'utf8');
  const lockHash = createHash('sha256').update(lockText).digest('hex');
  if (existsSync(node)) {
    if (existsSync(stampFile) && readFileSync(stampFile, 'utf8') === lockHash) return;
    if (isInstalled(lockText)) {
      writeFileSync(stampFile, lockHash);
      return;
    }
  }
  await install(lockHash);
}

function handOver(args, isServer) {
  const path = [join(modules, '.bin'), process.env.PATH].filter(Boolean).join(delimiter);
  const child = spawn(node, args, {
    // Not the root: a path given on the command line means what it means where the command was typed.
    env: { NODE_COMPILE_CACHE: join(modules, '.cache', 'compile'), ...process.env, PATH: path },
    stdio: ['inherit', 'inherit', 'inherit', ...(isServer ? ['ipc'] : [])],
  });
  // Ctrl-C reaches the whole process group and npm passes it on as well: the program hears it up to three
  // times and takes those as one. Here it must only not end us before the program has ended.
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'];
  for (const signal of signals) process.on(signal, () => child.kill(signal));
  child.once('error', (error) => {
    say(`${node} does not start: ${error.message}`);
    process.exit(1);
  });
  child.once('close', (code, signal) => {
    if (signal === null) process.exit(code ?? 1);
    for (const name of signals) process.removeAllListeners(name);
    process.kill(process.pid, signal);
  });
}

const [command, ...rest] = process.argv.slice(2);
const script = command === '--run' ? scripts[rest[0]] : 'src/main.ts';
if (script === undefined) {
  say(`Usage: node src/launch.mjs --run <${Object.keys(scripts).join('|')}> …`);
  process.exit(2);
}
await ensureInstalled();
handOver(
  [join(root, script), ...(command === '--run' ? rest.slice(1) : process.argv.slice(2))],
  servers.includes(command),
);
