import { setTimeout as sleep } from 'node:timers/promises';
import {
  markTold,
  readFinished,
  takeFinished,
  type FinishedExecution,
} from '../persistence/finished-executions.ts';
import type { SqlPool } from '../persistence/sql.ts';
import type { Logger } from '../telemetry/logger.ts';
import { MlflowError, type Metric, type MlflowClient, type Pair } from './rest-client.ts';
import { mlflowTraceId, traceOf } from './trace.ts';

/**
 * Tells MLflow of executions once they have ended, one run and one trace each, beside everything else: no run waits for it.
 * What could not be told stays due in the database, and is told when MLflow is back.
 */

const LOOK_MS = 2_000;
const BATCH = 20;
/** How long one that is in hand, or could not be told, is left alone. */
const PUT_OFF_MS = 60_000;
/** After a failure the next look waits so long. */
const REST_MS = 10_000;
/** What ended longer ago is not told any more. */
const SINCE_MS = 7 * 86_400_000;
const EXECUTION_TAG = 'muster.execution_id';
const STATUS = { completed: 'FINISHED', failed: 'FAILED', cancelled: 'KILLED' } as const;

export interface MlflowExporter {
  /** One look. @returns how many executions MLflow has taken. @throws when MLflow is away */
  look(): Promise<number>;
  close(): Promise<void>;
}

interface Deps {
  sql: SqlPool;
  mlflow: MlflowClient;
  logger: Logger;
  now: () => Date;
  putOffMs?: number;
  restMs?: number;
}

export function createMlflowExporter(deps: Deps): MlflowExporter {
  const { logger, restMs = REST_MS } = deps;
  const closing = new AbortController();
  const look = async (): Promise<number> => {
    const { sql, now, putOffMs = PUT_OFF_MS } = deps;
    const at = now();
    const ids = await takeFinished(sql, {
      at,
      since: new Date(at.getTime() - SINCE_MS),
      putOffUntil: new Date(at.getTime() + putOffMs),
      limit: BATCH,
    });
    if (ids.length === 0) return 0;
    const experimentId = await deps.mlflow.experiment();
    let count = 0;
    for (const id of ids) if (await tellOrPutOff(deps, experimentId, id)) count += 1;
    return count;
  };
  const run = async (): Promise<void> => {
    while (!closing.signal.aborted) {
      let waitMs = LOOK_MS;
      try {
        if ((await look()) === BATCH) waitMs = 0;
      } catch (error) {
        logger.warn({ err: error }, 'MLflow was not told; it will be');
        waitMs = restMs;
      }
      await sleep(waitMs, null, { ref: false, signal: closing.signal }).catch(() => null);
    }
  };
  const running = run();
  return {
    look,
    async close() {
      closing.abort();
      await running;
    },
  };
}

/** What MLflow refuses stays due and must not keep the next from being told; where MLflow is away, nobody is asked on. */
async function tellOrPutOff(deps: Deps, experimentId: string, id: number): Promise<boolean> {
  try {
    await tell(deps, experimentId, id);
    return true;
  } catch (error) {
    if (!(error instanceof MlflowError)) throw error;
    deps.logger.warn({ err: error, execution: id }, 'MLflow refused an execution; it will be told again');
    return false;
  }
}

async function tell({ sql, mlflow }: Deps, experimentId: string, id: number): Promise<void> {
  const execution = await readFinished(sql, id);
  // Retried meanwhile: it is due again when it ends.
  if (execution === undefined) return;
  const { executionId, startedAt, completedAt, status, name } = execution;
  // Looked for, because a process may have died between making the run and writing down its id.
  const known = await mlflow.findRun(experimentId, EXECUTION_TAG, executionId);
  const tags = [{ key: EXECUTION_TAG, value: executionId }];
  const runId =
    known ?? (await mlflow.createRun({ experimentId, name, startTime: Math.round(startedAt), tags }));
  // Params may not change once they are there; those of an execution do not.
  await mlflow.logBatch(runId, {
    metrics: metricsOf(execution),
    params: known === undefined ? paramsOf(execution) : [],
    tags: tagsOf(execution),
  });
  await mlflow.endRun(runId, { status: STATUS[status], endTime: Math.round(completedAt) });
  await mlflow.sendTraces(experimentId, traceOf(execution));
  await markTold(sql, execution, runId);
}

const paramsOf = ({ kind, name, model, tasks }: FinishedExecution): Pair[] => [
  { key: 'kind', value: kind },
  { key: 'name', value: name },
  { key: 'model', value: model ?? '' },
  { key: 'tasks', value: String(tasks.length) },
];

const tagsOf = ({ executionId, ownerId, status, errorCode, tags }: FinishedExecution): Pair[] => [
  { key: 'muster.owner_id', value: ownerId },
  { key: 'muster.status', value: status },
  { key: 'muster.trace_id', value: mlflowTraceId(executionId) },
  ...(errorCode === null ? [] : [{ key: 'muster.error_code', value: errorCode }]),
  ...(tags.length === 0 ? [] : [{ key: 'muster.tags', value: tags.join(', ').slice(0, 5_000) }]),
];

/** Of the whole, and of each task at its place in the plan (the step). */
function metricsOf(execution: FinishedExecution): Metric[] {
  const { startedAt, completedAt, promptTokens, completionTokens, costMicroUsd, tasks, calls } = execution;
  const timestamp = Math.round(completedAt);
  const of = (key: string, value: number, step = 0): Metric => ({ key, value, timestamp, step });
  const whole = [
    of('duration_seconds', (completedAt - startedAt) / 1000),
    of('prompt_tokens', promptTokens),
    of('completion_tokens', completionTokens),
    of('total_tokens', promptTokens + completionTokens),
    of('model_calls', calls.filter(({ kind }) => kind === 'model').length),
    of('tool_calls', calls.filter(({ kind }) => kind === 'tool').length),
    ...(costMicroUsd === null ? [] : [of('cost_usd', costMicroUsd / 1e6)]),
  ];
  const each = tasks.flatMap((task, step) => {
    const { startedAt: from, completedAt: to } = task;
    return [
      ...(from === null || to === null ? [] : [of('task_duration_seconds', (to - from) / 1000, step)]),
      of('task_tokens', task.promptTokens + task.completionTokens, step),
      of('task_attempts', task.attempts, step),
    ];
  });
  return [...whole, ...each];
}
