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
import { mkdir } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { endSuiteServices, startSuiteServices } from '../support/suite-services.ts';
import { startTestStack } from '../support/test-stack.ts';

const VERSION = '4.32.5';
/** An endless answer cannot be fuzzed: the stream has tests of its own. */
const EXCLUDED_OPERATIONS = ['streamExecution'];

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
  const child = spawn(
    program,
    [
      'run',
      `${stack.api.url}/openapi.json`,
      '--checks=all',
      `--max-examples=${values.examples}`,
      `--seed=${values.seed}`,
      `--header=Authorization: Bearer ${stack.api.admin.token}`,
      '--continue-on-failure',
      '--no-shrink',
      '--request-timeout=20',
      '--suppress-health-check=all',
      ...EXCLUDED_OPERATIONS.map((name) => `--exclude-operation-id=${name}`),
    ],
    { stdio: 'inherit', env: { ...process.env, NO_COLOR: '1' } },
  );
  const [exitCode] = await once(child, 'exit');
  code = typeof exitCode === 'number' ? exitCode : 1;
} finally {
  await stack.close();
  await endSuiteServices(services.dataDir);
}
process.exit(code);
