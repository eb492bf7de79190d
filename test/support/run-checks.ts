/**
 * What `npm test` runs: format, lint, types, then all tests, up to the first step that fails. With arguments it
 * runs jest alone, with those (`npm test -- test/unit`). Its last line is `<n> passed, <n> failed`.
 */
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';

const root = fileURLToPath(new URL('../..', import.meta.url));

const jestReport = z.object({
  numPassedTests: z.number(),
  numFailedTests: z.number(),
  numPendingTests: z.number(),
  /** Files that could not even be loaded: none of their tests was counted. */
  numRuntimeErrorTestSuites: z.number(),
});

/** Runs a program of node_modules/.bin to its end, with our terminal. @returns its exit code */
function run(
  program: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = process.env,
): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(join(root, 'node_modules', '.bin', program), [...args], {
      cwd: root,
      env,
      stdio: 'inherit',
    });
    child.once('error', reject);
    child.once('exit', (code) => resolve(code ?? 1));
  });
}

async function step(title: string, work: () => Promise<number>): Promise<void> {
  console.log(`\n▸ ${title}`);
  const begun = performance.now();
  const code = await work();
  const duration = `${((performance.now() - begun) / 1000).toFixed(1)} s`;
  console.log(
    code === 0 ? `✓ ${title} (${duration})` : `✗ ${title} failed with exit code ${code} (${duration})`,
  );
  if (code !== 0) process.exit(code);
}

async function jest(args: readonly string[]): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'muster-jest-'));
  const report = join(folder, 'report.json');
  const saysHowMany = args.some((arg) => /^(-i|-w|--runInBand|--maxWorkers|--max-workers)(=|$)/.test(arg));
  const flags = [...(saysHowMany ? [] : ['--maxWorkers=1']), '--json', `--outputFile=${report}`];
  const options = [process.env['NODE_OPTIONS'], '--experimental-vm-modules'].filter(Boolean).join(' ');
  try {
    const code = await run('jest', [...flags, ...args], { ...process.env, NODE_OPTIONS: options });
    const text = await readFile(report, 'utf8').catch(() => null);
    if (text === null) return code === 0 ? 1 : code;
    const result = jestReport.parse(JSON.parse(text));
    if (result.numPendingTests > 0) console.log(`${result.numPendingTests} skipped`);
    console.log(
      `${result.numPassedTests} passed, ${result.numFailedTests + result.numRuntimeErrorTestSuites} failed`,
    );
    return code;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

// Ctrl-C reaches the step that runs as well: it ends, and this with it.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);

const args = process.argv.slice(2);
if (args.length > 0) process.exit(await jest(args));
await step('Format', () => run('prettier', ['--check', '.', '--log-level', 'warn']));
await step('Lint', () => run('oxlint', ['--type-aware', '--deny-warnings']));
await step('Types', () => run('tsc', ['--noEmit']));
await step('Types of the console', () => run('tsc', ['--noEmit', '-p', 'console']));
console.log('\n▸ Tests');
process.exit(await jest([]));
