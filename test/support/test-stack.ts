import { randomBytes } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { DefaultLogger, Runtime, type WorkflowBundleWithSourceMap } from '@temporalio/worker';
import { createServices, type RunningServices } from '../../src/api/create-services.ts';
import { engineResources } from '../../src/api/resources/index.ts';
import { readSettings, type Settings } from '../../src/config.ts';
import { loadFlows } from '../../src/flows/flow-catalogue.ts';
import { createLogger } from '../../src/telemetry/logger.ts';
import { createTracing } from '../../src/telemetry/tracing/tracing.ts';
import { createTemporal, type Temporal } from '../../src/temporal/client.ts';
import { type CodecSettings, encrypts } from '../../src/temporal/payload-codec.ts';
import { bundleWorkflows, startWorker, type RunningWorker } from '../../src/worker.ts';
import { startScriptedModel, type ScriptedModel } from './scripted-model.ts';
import { startTestApi, type TestApi, type TestApiOptions } from './test-api.ts';

/** Everything one test file needs to run real crews: API, Temporal, workers and a model that says what the test wants. */
export interface TestStack {
  api: TestApi;
  model: ScriptedModel;
  temporal: Temporal;
  engine: RunningServices;
  settings: Settings & { DATABASE_URL: string };
  /** What engine and workers in this process have logged, as JSON text. */
  logLines: string[];
  /** As the admin. @returns status, parsed body and headers. */
  call(
    method: string,
    path: string,
    body?: unknown,
  ): Promise<{ status: number; body: unknown; headers: Headers }>;
  /**
   * @param tasksOfOneRun how many tasks of a run one Temporal run takes
   * @param other settings that only this worker has
   */
  startWorker(tasksOfOneRun?: number, other?: Partial<Settings>): Promise<RunningWorker>;
  close(): Promise<void>;
}

/** The server that the suite's set-up started. */
export function testTemporalAddress(): string {
  const address = process.env['MUSTER_TEST_TEMPORAL_ADDRESS'];
  if (address === undefined)
    throw new Error('MUSTER_TEST_TEMPORAL_ADDRESS is not set: run the tests through npm test or jest');
  return address;
}

/** A provider's key that must turn up nowhere. */
export const PLANTED_PROVIDER_KEY = 'sk-planted-secret-of-the-tests';

/** Small crews for tests, by folder. */
const CREWS = fileURLToPath(new URL('./crews/', import.meta.url));

const bundles = new Map<boolean, Promise<WorkflowBundleWithSourceMap>>();
/** Bundled once a test file: it takes a second. The SDK is told to speak up for errors only. */
export function testBundle(
  settings: CodecSettings = { PAYLOAD_ENCRYPTION_KEYS: [] },
): Promise<WorkflowBundleWithSourceMap> {
  if (bundles.size === 0) Runtime.install({ logger: new DefaultLogger('ERROR') });
  const isEncrypted = encrypts(settings);
  const bundle = bundles.get(isEncrypted) ?? bundleWorkflows(settings);
  bundles.set(isEncrypted, bundle);
  return bundle;
}

/** Starts the stack; workers are the test's own to start and stop. */
export async function startTestStack(
  options: {
    /** By the names of the environment; a function where they need the model's address. */
    settings?: Record<string, string> | ((modelUrl: string) => Record<string, string>);
    reachDatabase?: TestApiOptions['reachDatabase'];
    /** How often WebSockets are pinged. */
    heartbeatMs?: number;
  } = {},
): Promise<TestStack> {
  const model = await startScriptedModel();
  const given = {
    TEMPORAL_ADDRESS: testTemporalAddress(),
    TEMPORAL_TASK_QUEUE: `test-${randomBytes(6).toString('hex')}`,
    OPENAI_BASE_URL: model.url,
    OPENAI_API_KEY: PLANTED_PROVIDER_KEY,
    TEMPORAL_UI_URL: 'http://127.0.0.1:8233',
    ...(typeof options.settings === 'function' ? options.settings(model.url) : options.settings),
  };
  const temporal = await createTemporal(readSettings(given));
  const logLines: string[] = [];
  const logger = createLogger({ level: 'debug', destination: { write: (line) => logLines.push(line) } });
  const flows = await loadFlows(readSettings(given).FLOWS_DIR);
  const tracing = createTracing(readSettings(given), { service: 'test-api', version: '0.0.0-test', logger });
  let engine: RunningServices | undefined;
  const api = await startTestApi({
    settings: given,
    ...(options.reachDatabase !== undefined && { reachDatabase: options.reachDatabase }),
    withDatabase: (databases, settings) => {
      const { heartbeatMs } = options;
      engine = createServices({
        settings,
        ...databases,
        temporal,
        logger,
        flows,
        tracing,
        crewsDir: CREWS,
        ...(heartbeatMs !== undefined && { heartbeatMs }),
      });
      const { metrics, credentials } = engine.services;
      return { metrics, credentials, tracing, routes: engineResources(engine.services) };
    },
  });
  if (engine === undefined) throw new Error('the API was made without an engine');
  const running = engine;
  const settings = { ...api.settings, DATABASE_URL: api.database.url };
  const workers: RunningWorker[] = [];
  return {
    api,
    model,
    temporal,
    engine: running,
    settings,
    logLines,
    call: (method, path, body) => call(api, method, path, body),
    async startWorker(tasksOfOneRun, other) {
      const own = { ...settings, ...other, DATABASE_URL: settings.DATABASE_URL };
      const worker = await startWorker(own, {
        logger,
        bundle: await testBundle(own),
        tracing,
        ...(tasksOfOneRun !== undefined && { tasksOfOneRun }),
      });
      workers.push(worker);
      return worker;
    },
    async close() {
      await Promise.all(workers.map((worker) => worker.close()));
      await running.close();
      await api.close();
      await tracing.close();
      await temporal.close();
      await model.close();
    },
  };
}

async function call(api: TestApi, method: string, path: string, body?: unknown) {
  const response = await fetch(`${api.url}${path}`, {
    method,
    headers: {
      authorization: `Bearer ${api.admin.token}`,
      ...(body !== undefined && { 'content-type': 'application/json' }),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  const parsed: unknown = text === '' ? null : JSON.parse(text);
  return { status: response.status, body: parsed, headers: response.headers };
}

const startedSchema = z.object({ execution_id: z.uuid() });
const executionSchema = z.looseObject({
  id: z.int(),
  execution_id: z.uuid(),
  status: z.string(),
  error: z.string().nullable(),
  error_code: z.string().nullable(),
  result: z
    .looseObject({ raw: z.string(), tasks_output: z.array(z.looseObject({ raw: z.string() })) })
    .nullable(),
  token_usage: z.object({ prompt_tokens: z.int(), completion_tokens: z.int(), total_tokens: z.int() }),
  temporal: z.object({ workflow_id: z.string(), run_id: z.string().nullable() }),
});
export type ShownExecution = z.output<typeof executionSchema>;
const eventsSchema = z.array(
  z.looseObject({
    seq: z.int(),
    type: z.string(),
    task_key: z.string().nullable(),
    data: z.record(z.string(), z.unknown()),
  }),
);
export type ShownEvent = z.output<typeof eventsSchema>[number];

/** Starts a crew over HTTP. @returns its UUID. */
export async function startCrew(stack: TestStack, body?: unknown): Promise<string> {
  const answer = await stack.call('POST', '/crew/start', body);
  if (answer.status !== 200)
    throw new Error(`POST /crew/start answered ${answer.status}: ${JSON.stringify(answer.body)}`);
  return startedSchema.parse(answer.body).execution_id;
}

export async function getExecution(stack: TestStack, id: string): Promise<ShownExecution> {
  const answer = await stack.call('GET', `/api/v1/executions/${id}`);
  return executionSchema.parse(answer.body);
}

export async function getEvents(stack: TestStack, id: string): Promise<ShownEvent[]> {
  const answer = await stack.call('GET', `/api/v1/executions/${id}/events?limit=1000`);
  return eventsSchema.parse(answer.body);
}

/** How a run may end. */
export const END = ['completed', 'failed', 'cancelled'];

/** Looks until the execution is in one of the states. @throws with its last state when time is up. */
export async function waitForStatus(
  stack: TestStack,
  id: string,
  statuses: readonly string[],
  timeoutMs = 30_000,
): Promise<ShownExecution> {
  const giveUpAt = Date.now() + timeoutMs;
  for (;;) {
    const execution = await getExecution(stack, id);
    if (statuses.includes(execution.status)) return execution;
    if (Date.now() > giveUpAt) {
      const events = (await getEvents(stack, id)).map((event) => event.type).join(', ');
      throw new Error(
        `still ${execution.status} after ${timeoutMs} ms, not ${statuses.join('|')}; events: ${events}`,
      );
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** Waits until something is so. */
export async function until(
  what: string,
  check: () => boolean | Promise<boolean>,
  timeoutMs = 15_000,
): Promise<void> {
  const giveUpAt = Date.now() + timeoutMs;
  while (!(await check())) {
    if (Date.now() > giveUpAt) throw new Error(`waited ${timeoutMs} ms in vain for: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}
