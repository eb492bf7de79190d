import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import getPort from 'get-port';
import { Registry } from 'prom-client';
import { parse as parseYaml } from 'yaml';
import { z } from 'zod';
import { serveWorkerMetrics } from '../../src/telemetry/metrics/serve-worker-metrics.ts';
import { hangs, says } from '../support/scripted-model.ts';
import { readSse } from '../support/sse-reader.ts';
import { promtool, readMetrics, valueOf } from '../support/read-metrics.ts';
import { startCrew, startTestStack, until, waitForStatus, type TestStack } from '../support/test-stack.ts';
import { startWorkerProcess, type WorkerProcess } from '../support/worker-process.ts';

const TOKEN = 'a-metrics-token-of-the-tests';
const CREW = { crew: 'two-step', inputs: { topic: 'rain' } };
const operations = (file: string): string =>
  fileURLToPath(new URL(`../../docs/operations/${file}`, import.meta.url));

let stack: TestStack;
let worker: WorkerProcess;
let workerUrl: string;
let executionId: string;
const apiUrl = (): string => `${stack.api.url}/metrics`;

beforeAll(async () => {
  stack = await startTestStack({ settings: { METRICS_TOKEN: TOKEN, RATE_LIMIT_PER_MINUTE: '100000' } });
  const port = await getPort({ host: '127.0.0.1' });
  workerUrl = `http://127.0.0.1:${port}/metrics`;
  // Accepted before there is a worker: the time it waits is what queue latency means.
  stack.model.script([says('first'), says('second')]);
  executionId = await startCrew(stack, CREW);
  worker = await startWorkerProcess(stack.settings, {
    WORKER_METRICS_ADDRESS: `127.0.0.1:${port}`,
    METRICS_TOKEN: TOKEN,
  });
  await waitForStatus(stack, executionId, ['completed']);
}, 90_000);

afterAll(async () => {
  await worker.stop();
  await stack.close();
});

describe('/metrics', () => {
  it('is for admins and for METRICS_TOKEN, and does not count as a call', async () => {
    expect((await fetch(apiUrl())).status).toBe(401);
    const wrong = await fetch(apiUrl(), { headers: { authorization: 'Bearer some-other-token-of-nobody' } });
    expect(wrong.status).toBe(401);
    const answer = await fetch(apiUrl(), { headers: { authorization: `Bearer ${TOKEN}` } });
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
    expect(answer.headers.get('ratelimit')).toBeNull();
    await readMetrics(apiUrl(), stack.api.admin.token);
    await readMetrics(apiUrl(), stack.api.admin.apiKey);
  });

  it('opens nothing else to METRICS_TOKEN', async () => {
    const answer = await fetch(`${stack.api.url}/api/v1/executions`, {
      headers: { authorization: `Bearer ${TOKEN}` },
    });
    expect(answer.status).toBe(401);
  });

  it('tells what runs, over all processes, and what has ended today; and who reads', async () => {
    stack.model.script([hangs()]);
    const before = stack.model.requests.length;
    const running = await startCrew(stack, CREW);
    await until('the model is asked', () => stack.model.requests.length > before);
    const reader = await readSse(`${stack.api.url}/api/v1/executions/${running}/stream`, {
      authorization: `Bearer ${stack.api.admin.token}`,
    });
    await until('the stream speaks', () => reader.events.length > 0);
    const during = await readMetrics(apiUrl(), TOKEN);
    expect(valueOf(during, 'muster_executions', { kind: 'crew', status: 'running' })).toBe(1);
    expect(valueOf(during, 'muster_executions', { kind: 'flow', status: 'running' })).toBe(0);
    expect(valueOf(during, 'muster_stream_readers', { transport: 'sse' })).toBe(1);
    expect(valueOf(during, 'muster_database_up')).toBe(1);
    expect(valueOf(during, 'muster_workers', { status: 'running' })).toBe(1);
    await stack.call('POST', `/api/v1/executions/${running}/cancel`);
    await waitForStatus(stack, running, ['cancelled']);
    await reader.ended;
    const after = await readMetrics(apiUrl(), TOKEN);
    expect(valueOf(after, 'muster_executions', { kind: 'crew', status: 'running' })).toBe(0);
    expect(valueOf(after, 'muster_executions_ended_today', { outcome: 'successful' })).toBe(1);
    expect(valueOf(after, 'muster_executions_ended_today', { outcome: 'failed' })).toBe(1);
    expect(valueOf(after, 'muster_execution_errors_today', { error_code: 'CANCELLED' })).toBe(1);
    expect(valueOf(after, 'muster_tokens_today')).toBeGreaterThan(0);
    expect(valueOf(after, 'muster_stream_readers', { transport: 'sse' })).toBe(0);
  });

  it('counts requests by route, never by path', async () => {
    await stack.call('GET', `/api/v1/executions/${executionId}`);
    await stack.call('GET', '/api/v1/no-such-thing/1234567');
    const metrics = await readMetrics(apiUrl(), TOKEN);
    const route = '/api/v1/executions/{execution_id}';
    const asked = { route, method: 'GET', status: '200' };
    expect(valueOf(metrics, 'muster_http_requests_total', asked)).toBeGreaterThan(0);
    expect(valueOf(metrics, 'muster_http_request_duration_seconds_count', { route })).toBeGreaterThan(0);
    expect(valueOf(metrics, 'muster_http_requests_total', { route: 'none', status: '404' })).toBe(1);
    expect(metrics.text).not.toContain(executionId);
    expect(metrics.text).not.toContain('1234567');
  });
});

describe('/metrics of a worker', () => {
  it('wants METRICS_TOKEN', async () => {
    expect((await fetch(workerUrl)).status).toBe(401);
    expect((await fetch(workerUrl, { headers: { authorization: `Bearer ${TOKEN}x` } })).status).toBe(401);
  });

  it('tells how long runs waited, tasks and calls took, what they used, and what Temporal’s SDK knows', async () => {
    const metrics = await readMetrics(workerUrl, TOKEN);
    const model = 'openai/gpt-4o-mini';
    expect(valueOf(metrics, 'muster_queue_latency_seconds_count', { kind: 'crew' })).toBeGreaterThan(0);
    expect(
      valueOf(metrics, 'muster_task_slice_duration_seconds_count', { kind: 'task', outcome: 'completed' }),
    ).toBe(2);
    expect(
      valueOf(metrics, 'muster_model_call_duration_seconds_count', { model, outcome: 'completed' }),
    ).toBe(2);
    expect(valueOf(metrics, 'muster_tokens_total', { model, type: 'prompt' })).toBeGreaterThan(0);
    const task = { kind: 'task', outcome: 'completed' };
    expect(valueOf(metrics, 'muster_task_duration_seconds_count', task)).toBe(2);
    const tasks = valueOf(metrics, 'muster_task_duration_seconds_sum', task);
    const run = { kind: 'crew', status: 'completed' };
    expect(valueOf(metrics, 'muster_execution_duration_seconds_count', run)).toBe(1);
    expect(valueOf(metrics, 'muster_execution_duration_seconds_sum', run)).toBeGreaterThan(tasks);
    expect(tasks).toBeGreaterThan(0);
    const { body } = await stack.call('GET', `/api/v1/executions/${executionId}`);
    const cost = z.object({ cost_usd: z.number().positive() }).parse(body).cost_usd;
    expect(valueOf(metrics, 'muster_model_cost_usd_total', { model })).toBeCloseTo(cost, 9);
    expect(valueOf(metrics, 'muster_execution_cost_usd_sum', run)).toBeCloseTo(cost, 9);
    expect(valueOf(metrics, 'muster_executions_ended_total', { kind: 'crew', status: 'completed' })).toBe(1);
    expect(metrics.text).toContain('# TYPE temporal_workflow_completed_total ');
    expect(metrics.text).toContain('# TYPE temporal_activity_execution_latency_seconds ');
    expect(metrics.text).toContain('# TYPE process_resident_memory_bytes ');
    expect(metrics.text).not.toContain(executionId);
  });
});

describe('/livez of a worker', () => {
  it('says, as its health check in a container asks, whether it takes work', async () => {
    const check = fileURLToPath(new URL('../../src/healthcheck.mjs', import.meta.url));
    const ask = (path: string) => spawnSync(process.execPath, [check, new URL(workerUrl).port, path]).status;
    expect(ask('/livez')).toBe(0);
    expect(ask('/metrics')).toBe(1);
    const port = await getPort({ host: '127.0.0.1' });
    const about = { host: '127.0.0.1', token: undefined, registry: new Registry(), sdkUrl: workerUrl };
    const stopping = await serveWorkerMetrics({ ...about, port, polls: () => false });
    expect((await fetch(`http://127.0.0.1:${port}/livez`)).status).toBe(503);
    await stopping.close();
  });
});

describe('what operators load', () => {
  const exposed = async (): Promise<Set<string>> => {
    const both = [await readMetrics(apiUrl(), TOKEN), await readMetrics(workerUrl, TOKEN)];
    const families = both.flatMap((one) => one.families);
    return new Set(
      families.flatMap(({ name, type }) =>
        type === 'HISTOGRAM' ? [name, `${name}_bucket`, `${name}_count`, `${name}_sum`] : [name],
      ),
    );
  };
  const namesIn = (expressions: readonly string[]): string[] =>
    expressions.flatMap((text) => text.match(/\b(muster|temporal|process|nodejs)_[a-z0-9_]+/g) ?? []);

  it('alerts on metrics that there are, by rules that Prometheus takes', async () => {
    const rules = z
      .object({
        groups: z.array(z.object({ rules: z.array(z.object({ alert: z.string(), expr: z.string() })) })),
      })
      .parse(parseYaml(readFileSync(operations('prometheus-rules.yaml'), 'utf8')));
    const names = namesIn(rules.groups.flatMap((group) => group.rules.map(({ expr }) => expr)));
    const known = await exposed();
    expect(names.length).toBeGreaterThan(8);
    expect(names.filter((name) => !known.has(name))).toEqual([]);
    expect(promtool(['check', 'rules', operations('prometheus-rules.yaml')]) ?? '').toBe('');
  });

  it('draws metrics that there are', async () => {
    const dashboard = z
      .object({
        panels: z.array(z.object({ title: z.string(), targets: z.array(z.object({ expr: z.string() })) })),
      })
      .parse(JSON.parse(readFileSync(operations('grafana-dashboard.json'), 'utf8')));
    const names = namesIn(dashboard.panels.flatMap(({ targets }) => targets.map(({ expr }) => expr)));
    const known = await exposed();
    expect(names.length).toBeGreaterThan(15);
    expect(names.filter((name) => !known.has(name))).toEqual([]);
  });
});
