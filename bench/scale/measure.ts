import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { cpuSince, cpuTimes, type CpuTimes } from '../processor-time.ts';
import type { BenchStack } from '../stack/bench-stack.ts';
import { graphOf, type Shape } from './shapes.ts';

/** What one task cost in runs of so many tasks. */
export interface TaskCost {
  shape: Shape;
  tasks: number;
  runs: number;
  ms: number;
  /** Of all Temporal runs of an execution together. */
  events: number;
  temporalRuns: number;
  /** Milliseconds of processor time by process; null where the system does not say. */
  cpu: CpuTimes | null;
  /** From sending a graph and starting it to the answer, in milliseconds: once a run, in no figure above. */
  startMs: number;
}

const LOOK_MS = 50;
/** Deletes of the outbox and the like follow a run's end. */
const AFTERMATH_MS = 500;

async function post(stack: BenchStack, path: string, body: unknown): Promise<unknown> {
  const response = await fetch(`${stack.api.url}${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${stack.api.token}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`POST ${path} answered ${response.status}: ${text.slice(0, 500)}`);
  return JSON.parse(text);
}

const endRow = z.object({ status: z.string(), error: z.string().nullable(), ms: z.number() });

/** Waits for a run's end. @returns milliseconds from its start to its end, by its row. @throws when it ends badly. */
async function ended({ db }: BenchStack, executionId: string, giveUpMs: number): Promise<number> {
  for (const giveUpAt = performance.now() + giveUpMs; performance.now() < giveUpAt; await sleep(LOOK_MS)) {
    const { rows } = await db.query(
      `select status, error, (extract(epoch from completed_at - started_at) * 1000)::float8 as ms
         from executions where execution_id = $1 and completed_at is not null`,
      [executionId],
    );
    if (rows.length === 0) continue;
    const row = endRow.parse(rows[0]);
    if (row.status !== 'completed') throw new Error(`a run ended as ${row.status}: ${row.error ?? ''}`);
    return row.ms;
  }
  throw new Error(`execution ${executionId} has not ended after ${giveUpMs / 1000} s`);
}

/** Events and number of the Temporal runs of an execution: each names the one that it continues. */
async function historyOf(
  { temporal }: BenchStack,
  executionId: string,
): Promise<{ events: number; temporalRuns: number }> {
  let events = 0;
  let temporalRuns = 0;
  for (let runId: string | undefined; ;) {
    const found = await temporal.workflow.getHandle(`crew-run/${executionId}`, runId).describe();
    if (found.status.name === 'RUNNING') {
      await sleep(LOOK_MS);
      continue;
    }
    events += found.historyLength;
    temporalRuns += 1;
    const continues = z.string().optional().parse(found.memo?.['continues']);
    if (continues === undefined) return { events, temporalRuns };
    runId = continues;
  }
}

/** Runs graphs of one shape and size one after the other. @throws unless each task asked the model once. */
export async function measureShape(
  stack: BenchStack,
  shape: Shape,
  tasks: number,
  runs: number,
): Promise<TaskCost> {
  const { pids, model } = stack;
  const processes = {
    worker: pids.worker,
    API: pids.api,
    PostgreSQL: pids.postgres,
    Temporal: pids.temporal,
  };
  const { id } = z
    .looseObject({ id: z.string() })
    .parse(await post(stack, '/api/v1/graphs', graphOf(shape, tasks)));
  await sleep(AFTERMATH_MS);
  let [ms, startMs] = [0, 0];
  const histories: { events: number; temporalRuns: number }[] = [];
  const before = await cpuTimes(processes);
  const executionIds: string[] = [];
  for (let run = 0; run < runs; run += 1) {
    const sentAt = performance.now();
    const answer = await post(stack, `/api/v1/graphs/${id}/execute`, {
      inputs: { run: model.expect(tasks) },
    });
    startMs += performance.now() - sentAt;
    const { execution_id: executionId } = z.looseObject({ execution_id: z.string() }).parse(answer);
    ms += await ended(stack, executionId, 60_000 + tasks * 150);
    executionIds.push(executionId);
  }
  await sleep(AFTERMATH_MS);
  const cpu = cpuSince(before, await cpuTimes(processes), runs * tasks);
  for (const executionId of executionIds) histories.push(await historyOf(stack, executionId));
  await model.settle();
  const sum = (of: (history: (typeof histories)[number]) => number): number =>
    histories.reduce((total, history) => total + of(history), 0);
  return {
    shape,
    tasks,
    runs,
    ms: ms / runs / tasks,
    events: sum(({ events }) => events) / runs / tasks,
    temporalRuns: sum(({ temporalRuns }) => temporalRuns) / runs,
    cpu,
    startMs: startMs / runs,
  };
}
