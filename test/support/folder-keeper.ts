import { spawn } from 'node:child_process';
import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { childEnvironment } from '../../src/config.ts';
import { stopPostgresLeftBehind } from '../../src/embedded/postgres.ts';
import { listenForStop } from '../../src/embedded/stop-signals.ts';
import { stopTemporalLeftBehind } from '../../src/embedded/temporal-server.ts';

/**
 * Services of tests, proofs and benches live in a folder and in process groups of their own, so that a Ctrl-C does not reach
 * them before their clients. A keeper, one small process beside, ends them when whoever started them is gone, by `kill -9`
 * too. All other children hang on an IPC channel and end with it.
 */

const KEEPER = fileURLToPath(new URL('folder-keeper-process.ts', import.meta.url));
/** A server that was just being started when its starter died has not written down who it is. */
const LATE_COMER_MS = 2_000;

/** Ends what runs on a folder, whoever started it, and removes the folder. */
export async function endServicesOn(folder: string): Promise<void> {
  const quiet = (): void => undefined;
  await Promise.all([stopPostgresLeftBehind(folder, quiet), stopTemporalLeftBehind(folder, quiet)]);
  await rm(folder, { recursive: true, force: true, maxRetries: 5 });
}

/** What a keeper does once its folder's owner is gone. A folder that is gone by then was cleared up by its owner. */
export async function clearUpAfterOwner(folder: string, isThere: () => boolean): Promise<void> {
  if (!isThere()) return;
  await endServicesOn(folder);
  await sleep(LATE_COMER_MS);
  await endServicesOn(folder);
}

/** From now on the services on this folder end with this process, and the folder goes. */
export async function keepFolder(folder: string): Promise<void> {
  const keeper = spawn(process.execPath, [KEEPER], {
    cwd: '/',
    detached: true,
    env: childEnvironment({ NODE_OPTIONS: '' }),
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  });
  await new Promise<void>((resolve, reject) => {
    keeper.once('error', reject);
    keeper.once('exit', (code) => reject(new Error(`the keeper of ${folder} ended with ${code}`)));
    // By the channel and not among its arguments: whoever looks for processes of the folder is not to find this one.
    keeper.send(folder, (error) => (error === null ? resolve() : reject(error)));
  });
  keeper.unref();
  keeper.channel?.unref();
}

/** A fresh folder that is kept. The real path: a process is found again by the folder its command line names. */
export async function makeKeptFolder(prefix: string): Promise<string> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), prefix)));
  await keepFolder(folder);
  return folder;
}

/**
 * Ends this process when it is asked to, or when the launcher that started it is gone: its children go with it, and keepers
 * see to its services. For programs that have nothing else to put in order.
 */
export function endWhenAsked(): void {
  const { stop } = listenForStop();
  stop.addEventListener('abort', () => {
    console.error('Stopping …');
    process.exit(130);
  });
}
