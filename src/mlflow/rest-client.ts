import { z } from 'zod';

/** The part of MLflow's REST API (2.0) that we need. */
export interface MlflowClient {
  /** @returns the id of the experiment; it is made where it is missing */
  experiment(): Promise<string>;
  /** @returns the id of the run that has this tag, if there is one */
  findRun(experimentId: string, tag: string, value: string): Promise<string | undefined>;
  createRun(run: { experimentId: string; name: string; startTime: number; tags: Pair[] }): Promise<string>;
  logBatch(runId: string, batch: { metrics: Metric[]; params: Pair[]; tags: Pair[] }): Promise<void>;
  endRun(runId: string, end: { status: 'FINISHED' | 'FAILED' | 'KILLED'; endTime: number }): Promise<void>;
  /** @param spans an ExportTraceServiceRequest of OpenTelemetry */
  sendTraces(experimentId: string, spans: Uint8Array): Promise<void>;
}
export interface Pair {
  key: string;
  value: string;
}
export interface Metric {
  key: string;
  value: number;
  /** Milliseconds since 1970. */
  timestamp: number;
  step: number;
}

/** What MLflow said when it did not take something. */
export class MlflowError extends Error {
  readonly status: number;
  constructor(path: string, status: number, words: string) {
    super(`MLflow answered ${status} to ${path}: ${words.slice(0, 300)}`);
    this.name = 'MlflowError';
    this.status = status;
  }
}

const CALL_MS = 10_000;
/** Most a batch may have, as MLflow says. */
const MOST_METRICS = 1_000;
const MOST_PARAMS = 100;

const experimentSchema = z.object({ experiment: z.object({ experiment_id: z.string() }) });
const createdSchema = z.object({ experiment_id: z.string() });
const runSchema = z.object({ run: z.object({ info: z.object({ run_id: z.string() }) }) });
const runsSchema = z.object({
  runs: z.array(z.object({ info: z.object({ run_id: z.string() }) })).default([]),
});

/** Every call may throw MlflowError, or fetch's own error where MLflow is away. */
export function createMlflowClient(trackingUri: string, experimentName: string): MlflowClient {
  const base = trackingUri.replace(/\/+$/, '');
  const send = async (path: string, init: RequestInit): Promise<unknown> => {
    const response = await fetch(`${base}${path}`, { ...init, signal: AbortSignal.timeout(CALL_MS) });
    const text = await response.text();
    if (!response.ok) throw new MlflowError(path.split('?')[0] ?? path, response.status, text);
    return text === '' ? null : JSON.parse(text);
  };
  const post = (path: string, body: unknown): Promise<unknown> =>
    send(`/api/2.0/mlflow/${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
  const byName = async (): Promise<string | undefined> => {
    const query = new URLSearchParams({ experiment_name: experimentName });
    try {
      const found = await send(`/api/2.0/mlflow/experiments/get-by-name?${query.toString()}`, {
        method: 'GET',
      });
      return experimentSchema.parse(found).experiment.experiment_id;
    } catch (error) {
      if (error instanceof MlflowError && error.status === 404) return undefined;
      throw error;
    }
  };
  return {
    async experiment() {
      const there = await byName();
      if (there !== undefined) return there;
      try {
        return createdSchema.parse(await post('experiments/create', { name: experimentName })).experiment_id;
      } catch (error) {
        // Another process has made it at the same moment.
        const made = error instanceof MlflowError ? await byName() : undefined;
        if (made === undefined) throw error;
        return made;
      }
    },
    async findRun(experimentId, tag, value) {
      const filter = `tags.\`${tag}\` = '${value}'`;
      const answer = await post('runs/search', { experiment_ids: [experimentId], filter, max_results: 1 });
      return runsSchema.parse(answer).runs[0]?.info.run_id;
    },
    async createRun({ experimentId, name, startTime, tags }) {
      const body = { experiment_id: experimentId, run_name: name, start_time: startTime, tags };
      return runSchema.parse(await post('runs/create', body)).run.info.run_id;
    },
    async logBatch(runId, { metrics, params, tags }) {
      await post('runs/log-batch', {
        run_id: runId,
        metrics: metrics.slice(0, MOST_METRICS - MOST_PARAMS),
        params: params.slice(0, MOST_PARAMS),
        tags,
      });
    },
    async endRun(runId, { status, endTime }) {
      await post('runs/update', { run_id: runId, status, end_time: endTime });
    },
    async sendTraces(experimentId, spans) {
      const response = await fetch(`${base}/v1/traces`, {
        method: 'POST',
        headers: { 'content-type': 'application/x-protobuf', 'x-mlflow-experiment-id': experimentId },
        body: new Uint8Array(spans),
        signal: AbortSignal.timeout(CALL_MS),
      });
      if (!response.ok) throw new MlflowError('/v1/traces', response.status, await response.text());
      await response.body?.cancel();
    },
  };
}
