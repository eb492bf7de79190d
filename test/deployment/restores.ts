import { execFile } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { Client } from 'pg';
import { childEnvironment } from '../../src/config.ts';
import { embeddedUrl } from '../../src/embedded/postgres.ts';
import { startNativeDeployment, type NativeDeployment } from '../../src/deployment/native-deployment.ts';
import { balancedClient, type BalancedClient } from './balanced-client.ts';
import { completedTasks } from './check-runs.ts';
import { ENVIRONMENT, report, seconds, type Scene } from './scene.ts';

/** Backups that are taken while runs are under way, and what becomes of the runs when they are restored. */

const run = promisify(execFile);
const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
const ROLES = { apis: 2, workers: 2 };
/** PostgreSQL and Temporal alone. */
const NO_ROLES = { apis: 0, workers: 0 };

const start = (dataDir: string, roles: { apis: number; workers: number }): Promise<NativeDeployment> =>
  startNativeDeployment({ dataDir, port: 0, ...roles, environment: ENVIRONMENT, say: () => undefined });
const stop = (deployment: NativeDeployment, graceMs = 5_000): Promise<void> =>
  deployment.stop({ graceMs, hurry: AbortSignal.timeout(graceMs + 5_000) });
const startRuns = (client: BalancedClient, count: number): Promise<string[]> =>
  Promise.all(Array.from({ length: count }, () => client.start()));

/** Works with the cluster of a deployment as its superuser. */
async function asSuperuser(
  dataDir: string,
  { databaseUrl }: NativeDeployment,
  work: (client: Client) => Promise<void>,
): Promise<void> {
  const url = new URL(
    embeddedUrl(
      await readFile(join(dataDir, 'postgres.password'), 'utf8'),
      Number(new URL(databaseUrl).port),
    ),
  );
  url.pathname = '/postgres';
  const client = new Client({ connectionString: url.href });
  await client.connect();
  try {
    await work(client);
  } finally {
    await client.end();
  }
}

/** What pg_basebackup does, with the functions it calls: its program does not come with the embedded PostgreSQL. */
async function baseBackup(from: string, deployment: NativeDeployment, to: string): Promise<void> {
  await mkdir(to, { recursive: true, mode: 0o700 });
  const [source, target] = [join(from, 'postgres'), join(to, 'postgres')];
  const copy = (paths: string, exclude: string) =>
    run('sh', [
      '-c',
      // Files may change and go while they are read: the log that is copied last makes that good.
      `mkdir -p -m 700 "$1" && { tar -C "$0" ${exclude} --warning=none --ignore-failed-read -cpf - ${paths} || [ $? = 1 ]; } | tar -C "$1" -xpf -`,
      source,
      target,
    ]);
  await asSuperuser(from, deployment, async (client) => {
    await client.query(`select pg_backup_start('proof', true)`);
    await copy('.', `--exclude='./postmaster.*' --exclude='./pg_wal/0*'`);
    const { rows } = await client.query<{ labelfile: string }>(
      'select labelfile from pg_backup_stop(wait_for_archive => false)',
    );
    await writeFile(join(target, 'backup_label'), rows[0]?.labelfile ?? '');
    await copy('./pg_wal', '');
  });
  for (const file of ['postgres.password', 'deployment-secrets.json'])
    await copyFile(join(from, file), join(to, file));
  await run('chown', ['--reference', join(source, 'PG_VERSION'), join(target, 'backup_label')]);
}

/** The whole cluster, Muster's database and Temporal's at one instant, is restored elsewhere. */
export async function wholeRestored(scene: Scene): Promise<void> {
  const { note, fail } = scene;
  const folder = await mkdtemp(join(tmpdir(), 'muster-backup-'));
  const [here, elsewhere] = [join(folder, 'here'), join(folder, 'elsewhere')];
  const original = await start(here, ROLES);
  const apiKey = original.firstAdmin?.apiKey ?? '';
  let ids: string[];
  try {
    ids = await startRuns(balancedClient(original.apiUrls, apiKey), 40);
    await sleep(6_000);
    const begun = performance.now();
    await baseBackup(here, original, elsewhere);
    note(
      `backed up in ${seconds(begun)} with ${ids.length} runs under way, ${await completedTasks(original.databaseUrl, ids)} of their tasks completed`,
    );
  } finally {
    await stop(original, 0);
  }
  const begun = performance.now();
  const restored = await start(elsewhere, ROLES);
  try {
    note(`restored elsewhere, and up after ${seconds(begun)}`);
    await report({ ...scene, deployment: restored }, ids, 180_000);
    const client = balancedClient(restored.apiUrls, apiKey);
    await report({ ...scene, deployment: restored }, await startRuns(client, 5), 60_000);
    if (client.met.lost > 0) fail('requests were lost');
  } finally {
    await stop(restored);
  }
  await rm(folder, { recursive: true, force: true });
}

/** Muster's database alone is restored: it is older than Temporal, which knows runs that never were. */
export async function musterAloneRestored(scene: Scene): Promise<void> {
  const { note, fail } = scene;
  const dataDir = await mkdtemp(join(tmpdir(), 'muster-older-'));
  let deployment = await start(dataDir, ROLES);
  const apiKey = deployment.firstAdmin?.apiKey ?? '';
  const during = async (roles: typeof ROLES, work: () => Promise<void>): Promise<void> => {
    deployment = await start(dataDir, roles);
    try {
      await work();
    } finally {
      await stop(deployment);
    }
  };
  let ids: string[];
  try {
    ids = await startRuns(balancedClient(deployment.apiUrls, apiKey), 12);
    await sleep(7_000);
  } finally {
    await stop(deployment);
  }
  await during(NO_ROLES, () =>
    asSuperuser(dataDir, deployment, async (client) => {
      await client.query('create database older template muster owner muster');
    }),
  );
  await during(ROLES, async () => {
    const lost = await startRuns(balancedClient(deployment.apiUrls, apiKey), 8);
    await sleep(4_000);
    note(
      `after the backup: ${lost.length} more runs, ${await completedTasks(deployment.databaseUrl, [...ids, ...lost])} tasks completed in all`,
    );
  });
  await during(NO_ROLES, async () => {
    await asSuperuser(dataDir, deployment, async (client) => {
      await client.query('alter database muster rename to newer');
      await client.query('alter database older rename to muster');
    });
    const { stdout } = await run(process.execPath, [MAIN, 'after-restore'], {
      env: childEnvironment(deployment.environment),
    });
    stdout.trim().split('\n').forEach(note);
  });
  await during(ROLES, async () => {
    const here = { ...scene, deployment };
    // Under the integer ids of those that are lost.
    const fresh = await startRuns(balancedClient(deployment.apiUrls, apiKey), 8);
    await report(here, ids, 180_000);
    await report(here, fresh, 60_000);
    const { stdout } = await run(deployment.temporalCli, [
      'workflow',
      'count',
      '--query',
      `ExecutionStatus = "Running" and WorkflowType = "crewRun"`,
      '--address',
      deployment.temporalAddress,
    ]);
    if (!stdout.includes('Total: 0')) fail(`workflows are left in Temporal: ${stdout.trim()}`);
  });
  await rm(dataDir, { recursive: true, force: true });
}
