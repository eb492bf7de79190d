/**
 * A real MLflow, from PyPI, is told of a run that ended while it was away, and asked what it knows:
 *
 *   npm run test:mlflow
 *
 * It is installed once, into a virtual environment in the user's cache folder (about a minute).
 */
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import getPort from 'get-port';
import { z } from 'zod';
import { tellAfterAnOutage } from '../support/mlflow-story.ts';
import { endServicesOn } from '../support/folder-keeper.ts';
import { startSuiteServices } from '../support/suite-services.ts';
import { until } from '../support/test-stack.ts';
import { mlflowTraceId } from '../../src/mlflow/trace.ts';

const VERSION = '3.17.0';
const { env } = process;

function mlflowProgram(): string {
  const folder = join(env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'muster', `mlflow-${VERSION}`);
  const program = join(folder, 'bin', 'mlflow');
  if (existsSync(program)) return program;
  console.log(`Installing mlflow ${VERSION} (once; about a minute) …`);
  mkdirSync(folder, { recursive: true });
  execFileSync('python3', ['-m', 'venv', folder], { stdio: 'inherit' });
  const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', `mlflow==${VERSION}`];
  execFileSync(join(folder, 'bin', 'python'), pip, { stdio: 'inherit' });
  return program;
}

const runSchema = z.object({
  run: z.object({
    info: z.looseObject({ status: z.string(), run_name: z.string() }),
    data: z.object({
      metrics: z.array(z.looseObject({ key: z.string(), value: z.number() })),
      params: z.array(z.object({ key: z.string(), value: z.string() })),
      tags: z.array(z.object({ key: z.string(), value: z.string() })),
    }),
  }),
});
const traceSchema = z.object({
  trace: z.object({
    spans: z.array(
      z.looseObject({ name: z.string(), span_id: z.string(), parent_span_id: z.string().optional() }),
    ),
  }),
});

async function main(): Promise<void> {
  const program = mlflowProgram();
  const store = mkdtempSync(join(tmpdir(), 'mlflow-'));
  const port = await getPort({ host: '127.0.0.1' });
  const url = `http://127.0.0.1:${port}`;
  const where = ['--host', '127.0.0.1', '--port', String(port), '--workers', '1'];
  const kept = [
    '--backend-store-uri',
    `sqlite:///${store}/mlflow.db`,
    '--artifacts-destination',
    `${store}/artifacts`,
  ];
  let stop = (): void => undefined;
  const startMlflow = async (): Promise<void> => {
    // In a process group of its own: it starts processes that it does not take down.
    const child = spawn(program, ['server', ...where, ...kept], { stdio: 'ignore', detached: true });
    const { pid } = child;
    if (pid !== undefined) stop = () => void process.kill(-pid, 'SIGKILL');
    const isUp = () =>
      fetch(`${url}/health`).then(
        ({ ok }) => ok,
        () => false,
      );
    await until('MLflow answers', isUp, 120_000);
  };
  const get = async (path: string): Promise<unknown> => (await fetch(`${url}${path}`)).json();
  try {
    await tellAfterAnOutage(url, startMlflow, async ({ executionId, runId }) => {
      const { run } = runSchema.parse(await get(`/api/2.0/mlflow/runs/get?run_id=${runId}`));
      const { metrics, params, tags } = run.data;
      console.log(`run ${run.info.run_name}: ${run.info.status}`);
      console.log(`params ${params.map(({ key, value }) => `${key}=${value}`).join(' ')}`);
      console.log(`metrics ${metrics.map(({ key, value }) => `${key}=${value}`).join(' ')}`);
      const traceId = `tr-${mlflowTraceId(executionId)}`;
      const { trace } = traceSchema.parse(await get(`/api/3.0/mlflow/traces/get?trace_id=${traceId}`));
      const names = new Map(trace.spans.map(({ span_id: id, name }) => [id, name]));
      for (const { name, parent_span_id: parent } of trace.spans)
        console.log(`span ${name}, in ${names.get(parent ?? '') ?? 'nothing'}`);
      const isTold =
        run.info.status === 'FINISHED' &&
        tags.some(({ key, value }) => key === 'muster.execution_id' && value === executionId) &&
        metrics.some(({ key, value }) => key === 'tool_calls' && value === 1) &&
        trace.spans.length === 5;
      if (!isTold) throw new Error('MLflow does not know what it was told');
    });
  } finally {
    stop();
    rmSync(store, { recursive: true, force: true });
  }
}

const services = await startSuiteServices({
  databaseUrl: env['MUSTER_TEST_DATABASE_URL'],
  temporalAddress: env['MUSTER_TEST_TEMPORAL_ADDRESS'],
});
env['MUSTER_TEST_DATABASE_URL'] = services.databaseUrl;
env['MUSTER_TEST_TEMPORAL_ADDRESS'] = services.temporalAddress;
try {
  await main();
  console.log(`MLflow ${VERSION} was told of a run that ended while it was away, once, and gives it back`);
} finally {
  await endServicesOn(services.dataDir);
}
process.exit(0);
