/**
 * `npm run test:fuzz`: schemathesis over the whole OpenAPI document against a running server, with no limits on
 * the rate and the demo model behind it. Every check is on: no 500, no undocumented status or field, no ignored
 * authentication. Needs Python 3; makes its own environment in the user's cache folder.
 *
 *   npm run test:fuzz -- [--examples N] [--seed N]
 */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { endServicesOn } from '../support/folder-keeper.ts';
import { startSuiteServices } from '../support/suite-services.ts';
import { startCrew, startTestStack } from '../support/test-stack.ts';

const VERSION = '4.32.5';
/** An endless answer cannot be fuzzed, and an archive cannot be made up: streams and imports have tests of their own. */
const EXCLUDED_OPERATIONS = ['streamExecution', 'streamThread', 'importGraph'];
/** These may end the session the fuzzer works with, so they come last. */
const SESSION_ENDING = ['logout', 'changePassword', 'resetPassword'];
/** A key that was used for something else is refused (contract §5), however valid the rest of the request is. */
const EXCLUDED_CHECKS = ['positive_data_acceptance'];

const { values } = parseArgs({
  options: {
    examples: { type: 'string', default: '100' },
    seed: { type: 'string', default: String(Math.floor(Math.random() * 1e9)) },
  },
});

/** A Python environment with schemathesis; made once for all clones. */
async function schemathesis(): Promise<string> {
  const folder = join(
    process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'),
    'muster',
    `schemathesis-${VERSION}`,
  );
  const program = join(folder, 'bin', 'schemathesis');
  if (existsSync(program)) return program;
  console.log(`installing schemathesis ${VERSION} …`);
  await mkdir(folder, { recursive: true });
  execFileSync('python3', ['-m', 'venv', folder], { stdio: 'inherit' });
  execFileSync(join(folder, 'bin', 'pip'), ['install', '-q', `schemathesis==${VERSION}`], {
    stdio: 'inherit',
  });
  return program;
}

const program = await schemathesis();
const given = {
  databaseUrl: process.env['MUSTER_TEST_DATABASE_URL'],
  temporalAddress: process.env['MUSTER_TEST_TEMPORAL_ADDRESS'],
};
const services = await startSuiteServices(given);
process.env['MUSTER_TEST_DATABASE_URL'] = services.databaseUrl;
process.env['MUSTER_TEST_TEMPORAL_ADDRESS'] = services.temporalAddress;
const stack = await startTestStack({ settings: { DEMO_MODEL: 'on', ACCESS_TOKEN_TTL: '12h' } });
let code = 1;
try {
  await stack.startWorker();
  console.log(`fuzzing with seed ${values.seed}, ${values.examples} examples an operation`);
  const config = join(services.dataDir, 'schemathesis.toml');
  // A run that is there, so that the fuzzer gets past the 404s; other ids it makes up.
  const execution = await startCrew(stack, { crew: 'one-task' });
  await writeFile(config, `[parameters]\nexecution_id = "${execution}"\n`);
  const fuzz = async (operations: readonly string[]): Promise<number> => {
    const child = spawn(
      program,
      [
        `--config-file=${config}`,
        'run',
        `${stack.api.url}/openapi.json`,
        '--checks=all',
        ...EXCLUDED_CHECKS.map((name) => `--exclude-checks=${name}`),
        `--max-examples=${values.examples}`,
        `--seed=${values.seed}`,
        `--header=Authorization: Bearer ${stack.api.admin.token}`,
        '--continue-on-failure',
        '--no-shrink',
        '--request-timeout=20',
        '--suppress-health-check=all',
        ...operations,
      ],
      { stdio: 'inherit', cwd: services.dataDir, env: { ...process.env, NO_COLOR: '1' } },
    );
    const [exitCode] = await once(child, 'exit');
    return typeof exitCode === 'number' ? exitCode : 1;
  };
  const others = [...EXCLUDED_OPERATIONS, ...SESSION_ENDING].map((name) => `--exclude-operation-id=${name}`);
  const last = SESSION_ENDING.map((name) => `--include-operation-id=${name}`);
  code = (await fuzz(others)) || (await fuzz(last));
} finally {
  await stack.close();
  await endServicesOn(services.dataDir);
}
process.exit(code);
