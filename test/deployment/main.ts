/**
 * `npm run test:deployment`: the topology of docker-compose.yml, natively (Temporal's server on PostgreSQL, two APIs, two
 * workers), and what happens to it in operation. Builds Temporal's server once (Go, two minutes); takes about twelve.
 *
 *   npm run test:deployment -- [--runs 500] [--only rolling,temporal,postgres,operator,upgrade,backup,older] [--report FILE]
 */
import { execFile, execFileSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { availableParallelism, loadavg, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs, promisify } from 'node:util';
import { z } from 'zod';
import { signalProcess } from '../../src/embedded/processes.ts';
import { SERVER_VERSION } from '../../src/deployment/temporal-programs.ts';
import { startNativeDeployment } from '../../src/deployment/native-deployment.ts';
import { balancedClient, describeMet, type BalancedClient } from './balanced-client.ts';
import { completedTasks, postgresVersion } from './check-runs.ts';
import { musterAloneRestored, wholeRestored } from './restores.ts';
import { ENVIRONMENT, report, seconds, type Scene } from './scene.ts';
import { rollingUpgrade } from './upgrade.ts';

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '500' },
    only: { type: 'string', default: 'rolling,temporal,postgres,operator,upgrade,backup,older' },
    report: { type: 'string' },
  },
});
const GRACE_MS = 27_000;

/** Starts runs, about `perSecond` of them, until told to stop. */
function keepStarting(client: BalancedClient, perSecond: number): { stop(): Promise<string[]> } {
  const ids: string[] = [];
  const stopping = new AbortController();
  const isStopping = (): boolean => stopping.signal.aborted;
  const loop = async (): Promise<void> => {
    const pending: Promise<void>[] = [];
    while (!isStopping()) {
      const started = client.start().then((id) => void ids.push(id));
      // Thrown when all are awaited, not in the middle of the scene.
      started.catch(() => undefined);
      pending.push(started);
      await sleep(1000 / perSecond);
    }
    await Promise.all(pending);
  };
  const running = loop();
  return {
    async stop() {
      stopping.abort();
      await running;
      return ids;
    },
  };
}

/** Each process ends politely and another takes its place, under load. */
async function rollingRestart(scene: Scene): Promise<void> {
  const { deployment, client, note, fail } = scene;
  const load = keepStarting(client, 4);
  await sleep(3_000);
  for (const role of [...deployment.apis, ...deployment.workers]) {
    const begun = performance.now();
    await role.restart(GRACE_MS);
    note(`restarted after ${seconds(begun)}`);
    await sleep(6_000);
  }
  const ids = await load.stop();
  note(`the client met ${describeMet(client.met)}`);
  if (client.met.lost > 0) fail('requests were lost');
  if ([...client.met.answers.keys()].some((status) => status >= 500)) fail('requests failed');
  await report(scene, ids, 180_000);
}

/** Temporal's server is killed and comes back. */
async function killTemporal(scene: Scene): Promise<void> {
  const { deployment, client, note, fail } = scene;
  const ids = await Promise.all(Array.from({ length: 40 }, () => client.start()));
  await sleep(4_000);
  process.kill(deployment.pids().temporal, 'SIGKILL');
  const accepted = await Promise.all(Array.from({ length: 10 }, () => client.start()));
  note('10 starts were accepted while Temporal was away');
  const begun = performance.now();
  // Nothing of these can have happened before Temporal was back.
  while ((await completedTasks(deployment.databaseUrl, accepted)) < accepted.length) {
    if (performance.now() - begun > 60_000) return fail('no progress within 60 s of Temporal’s death');
    await sleep(200);
  }
  note(`those had completed ${accepted.length} tasks ${seconds(begun)} after the kill`);
  await report(scene, [...ids, ...accepted], 180_000);
}

/** PostgreSQL is stopped immediately (SIGQUIT), again and again, while runs are under way. */
async function stopPostgres(scene: Scene): Promise<void> {
  const { deployment, client, note, fail } = scene;
  const count = Number(values.runs);
  const starting = Array.from({ length: count }, async (_, index) => {
    await sleep((index / count) * 100_000);
    return client.start();
  });
  const deadline = Date.now() + 120_000;
  let stops = 0;
  while (Date.now() < deadline) {
    await sleep(5_000 + (stops % 6) * 1_000);
    // One that is on its way up is gone for a moment, and left alone.
    if (signalProcess(deployment.pids().postgres, 'SIGQUIT')) stops += 1;
  }
  const ids = await Promise.all(starting);
  note(`PostgreSQL was stopped ${stops} times in 2 minutes; the client met ${describeMet(client.met)}`);
  const wrong = [...client.met.answers.keys()].filter((status) => status >= 500 && status !== 503);
  if (wrong.length > 0) fail(`answers with ${wrong.join(', ')}`);
  await report(scene, ids, 300_000);
}

const statusSchema = z.object({ status: z.string(), error: z.string().nullable() });

/** What an operator does with Temporal's own command line shows here as what it is. */
async function operatorsHand(scene: Scene): Promise<void> {
  const { deployment, client, note, fail } = scene;
  const temporal = (...args: string[]) =>
    promisify(execFile)(deployment.temporalCli, [...args, '--address', deployment.temporalAddress]);
  const statusOf = async (id: string) =>
    statusSchema.parse(await (await client.ask('GET', `/api/v1/executions/${id}`))?.json()).status;
  const until = async (id: string, wanted: readonly string[]): Promise<string | null> => {
    const begun = performance.now();
    while (performance.now() - begun < 30_000) {
      if (wanted.includes(await statusOf(id))) return seconds(begun);
      await sleep(250);
    }
    return null;
  };
  const cases = [
    ['terminate', ['workflow', 'terminate', '--reason', 'an operator says so'], ['failed', 'cancelled']],
    ['cancel', ['workflow', 'cancel'], ['cancelled']],
    [
      'reset',
      ['workflow', 'reset', '--type', 'FirstWorkflowTask', '--reason', 'from the start'],
      ['completed'],
    ],
  ] as const;
  for (const [name, command, wanted] of cases) {
    const id = await client.start();
    await until(id, ['running']);
    await sleep(1_000);
    await temporal(...command, '--workflow-id', `crew-run/${id}`);
    const after = await until(id, wanted);
    if (after === null) fail(`${name}: shown as ${await statusOf(id)} after 30 s`);
    else note(`${name}: shown as ${await statusOf(id)} after ${after}`);
  }
  const { stdout } = await temporal(
    'workflow',
    'count',
    '--query',
    `ExecutionState="completed" and WorkflowType="crewRun"`,
  );
  note(`Temporal’s own query by state finds: ${stdout.trim().split('\n')[0]}`);
}

const SCENES: Record<string, [string, (scene: Scene) => Promise<void>]> = {
  rolling: ['Rolling restart of two APIs and two workers under load', rollingRestart],
  temporal: ['Temporal killed (SIGKILL) and back', killTemporal],
  postgres: ['PostgreSQL stopped immediately (SIGQUIT) every 5 to 10 s for 2 minutes', stopPostgres],
  operator: ['Terminated, cancelled and reset by Temporal’s own command line', operatorsHand],
  upgrade: ['Rolling upgrade to build-1 and to build-2 (WORKER_BUILD_ID, set-current)', rollingUpgrade],
  backup: ['Backed up with runs under way, and restored elsewhere', wholeRestored],
  older: ['Muster’s database alone restored: it is older than Temporal', musterAloneRestored],
};

/** The commit that is run; what is not committed is not what a reader will find. */
function currentCommit(): string {
  const git = (...args: string[]): string => execFileSync('git', args, { encoding: 'utf8' }).trim();
  const changed = git('status', '--porcelain', '--', 'src', 'workflows', 'activities', 'test') !== '';
  return `${git('rev-parse', '--short=12', 'HEAD')}${changed ? ' and changes to it' : ''}`;
}

const commit = currentCommit();
const begunAt = `${new Date().toISOString().slice(0, 16).replace('T', ' ')} UTC`;
const [loadBefore] = loadavg();
const lines: string[] = [];
const failures: string[] = [];
const dataDir = await mkdtemp(join(tmpdir(), 'muster-deployment-'));
const deployment = await startNativeDeployment({
  dataDir,
  port: 0,
  apis: 2,
  environment: ENVIRONMENT,
  say: (line) => console.log(line),
});
const versionOfPostgres = await postgresVersion(deployment.databaseUrl);
let finished = false;
try {
  for (const name of (values.only ?? '').split(',')) {
    const [title, act] = SCENES[name] ?? [];
    if (title === undefined || act === undefined) throw new Error(`there is no scene "${name}"`);
    console.log(`\n== ${title}`);
    lines.push('', `## ${title}`, '');
    const client = balancedClient(deployment.apiUrls, deployment.firstAdmin?.apiKey ?? '');
    const note = (line: string): void => {
      console.log(line);
      lines.push(`- ${line}`);
    };
    const fail = (line: string): void => {
      failures.push(`${name}: ${line}`);
      note(`FAILED: ${line}`);
    };
    await act({ deployment, client, note, fail });
  }
  finished = true;
} finally {
  await deployment.stop({ graceMs: 10_000, hurry: AbortSignal.timeout(15_000) });
  if (finished && failures.length === 0) await rm(dataDir, { recursive: true, force: true });
  else console.log(`logs are kept in ${dataDir}`);
}
if (values.report !== undefined) {
  const machine = `${availableParallelism()} cores, ${Math.round(totalmem() / 2 ** 30)} GiB`;
  const head = [
    '# A deployment in operation',
    '',
    `${begunAt}, commit ${commit}, ${values.runs} runs where PostgreSQL is stopped. Written by`,
    `\`npm run test:deployment -- --report\`: the topology of docker-compose.yml as processes of one machine (${machine}, other`,
    `programs running: load ${(loadBefore ?? 0).toFixed(1)} before): PostgreSQL ${versionOfPostgres}, Temporal server ${SERVER_VERSION} on it, two APIs, two workers; the demo stand-in`,
    'answers after two seconds.',
  ];
  await writeFile(values.report, `${[...head, ...lines].join('\n')}\n`);
}
console.log(failures.length === 0 ? '\nall held' : `\n${failures.join('\n')}`);
process.exit(failures.length === 0 ? 0 : 1);
