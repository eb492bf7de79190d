import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { expect, it } from '@jest/globals';
import { childEnvironment } from '../../src/config.ts';
import { commandLine } from '../../src/embedded/processes.ts';

const SERVICES = fileURLToPath(new URL('../support/suite-services.ts', import.meta.url));

/** A program as the proofs are: services of its own, here PostgreSQL alone, and then nothing but waiting. */
const PROGRAM = `
  import { startSuiteServices } from ${JSON.stringify(SERVICES)};
  const { dataDir } = await startSuiteServices({ databaseUrl: undefined, temporalAddress: 'none:1' });
  console.log(dataDir);
  setInterval(() => undefined, 1000);
`;

it('ends the services of a program that is killed, and removes their folder', async () => {
  const program = spawn(process.execPath, ['--input-type=module', '--eval', PROGRAM], {
    env: childEnvironment({ NODE_OPTIONS: '' }),
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [said]: unknown[] = await once(program.stdout, 'data');
  const folder = String(said).trim();
  const pid = Number((await readFile(join(folder, 'postgres', 'postmaster.pid'), 'utf8')).split('\n')[0]);
  expect(await commandLine(pid)).toContain(folder);

  program.kill('SIGKILL');
  await once(program, 'exit');
  for (let look = 0; look < 200 && existsSync(folder); look += 1) await sleep(100);
  expect(existsSync(folder)).toBe(false);
  expect(await commandLine(pid)).toBeNull();
}, 60_000);
