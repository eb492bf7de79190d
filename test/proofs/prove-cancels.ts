import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { createRandom, type Random } from '../crewai/random.ts';
import { getEvents, startTestStack, type TestStack } from '../support/test-stack.ts';
import { startWorkerProcess, type WorkerProcess } from '../support/worker-process.ts';
import { checkLog } from './check-log.ts';
import { startEffectsServer } from './effects-server.ts';
import { startGatedModel } from './gated-model.ts';
import { playModel, randomCrew } from './random-crew.ts';

/** Runs that are cancelled at random instants: whether anything starts afterwards, by the books of model and outside world. */

export interface Cancels {
  /** Runs whose cancel was accepted, with the workers left alone. */
  cancelled: number;
  /** The same while a worker is killed at about that moment. */
  cancelledUnderKills: number;
  /** Over before the cancel came: 409. */
  tooLate: number;
  /** Cancelled before any call was made. */
  beforeAnyCall: number;
  /** Model calls that were cut off. */
  callsAborted: number;
  modelCalls: number;
  toolCalls: number;
  workerKills: number;
  /** Milliseconds from the request to the `workflow_cancelled` event. */
  p50Ms: number;
  p99Ms: number;
  mostMs: number;
  /** The same for cancels under kills: what a killed worker had in hand is waited for until its lease is over. */
  killsP50Ms: number;
  killsMostMs: number;
  seconds: number;
  failures: string[];
}

export interface CancelOptions {
  runs: number;
  /** Of these, cancelled while workers are killed. */
  underKills: number;
  seed: number;
  atOnce: number;
  giveUpMs: number;
  say: (line: string) => void;
}

interface World {
  stack: TestStack;
  random: Random;
  workers: WorkerProcess[];
  /** When each call of a run arrived at the model or the outside world, by the run's name. */
  arrivals: Map<string, { what: string; at: number }[]>;
  giveUpAt: number;
}

interface Cancelled {
  id: string;
  name: string;
  askedAt: number;
}

export async function proveCancels(options: CancelOptions): Promise<Cancels> {
  const random = createRandom(options.seed);
  const arrivals: World['arrivals'] = new Map();
  const proof = { modelCalls: 0, toolCalls: 0, callsAborted: 0, tooLate: 0, workerKills: 0 };
  const arrive = (mark: string, what: string): void => {
    const run = mark.split('/')[0] ?? '';
    arrivals.set(run, [...(arrivals.get(run) ?? []), { what: `${what} ${mark}`, at: Date.now() }]);
  };
  const outside = await startEffectsServer((name) => {
    proof.toolCalls += 1;
    arrive(name, 'tool call');
    return random.below(300);
  });
  const play = playModel(() => outside.url, random, 250);
  const model = await startGatedModel((call) => {
    proof.modelCalls += 1;
    arrive(call.mark, 'model call');
    call.response.once('close', () => (proof.callsAborted += call.response.writableFinished ? 0 : 1));
    play(call);
  });
  const stack = await startTestStack({
    settings: {
      OPENAI_BASE_URL: model.url,
      MAX_ACTIVE_EXECUTIONS_PER_USER: '0',
      USER_LIMITS: 'open_executions=0,queued_executions=0',
      EGRESS_ALLOW_PRIVATE: 'true',
      LOG_LEVEL: 'silent',
    },
  });
  const startWorker = (): Promise<WorkerProcess> =>
    startWorkerProcess(stack.settings, { EGRESS_ALLOW_PRIVATE: 'true' });
  const workers = await Promise.all([startWorker(), startWorker()]);
  const world: World = { stack, random, workers, arrivals, giveUpAt: Date.now() + options.giveUpMs };
  const begunAt = performance.now();
  const failures: string[] = [];
  let next = 0;
  const cancelSome = async (until: number, around: () => Promise<void>): Promise<number[]> => {
    const accepted: Cancelled[] = [];
    const drive = async (): Promise<void> => {
      while (next < until && Date.now() < world.giveUpAt) {
        const name = `c${next}`;
        next += 1;
        const cancelled = await startAndCancel(world, name, around);
        if (cancelled === null) proof.tooLate += 1;
        else accepted.push(cancelled);
        if (next % 50 === 0) options.say(`${next} runs`);
      }
    };
    await Promise.all(Array.from({ length: options.atOnce }, drive));
    // What would start too late has had its time.
    await sleep(1_000);
    return (await Promise.all(accepted.map((run) => check(world, run, failures)))).toSorted((a, b) => a - b);
  };
  try {
    const plain = await cancelSome(options.runs - options.underKills, () => Promise.resolve());
    const underKills = await cancelSome(options.runs, async () => {
      const place = random.below(workers.length);
      const [victim] = workers.splice(place, 1);
      if (victim === undefined) return;
      proof.workerKills += 1;
      await victim.kill();
      workers.push(await startWorker());
    });
    const of = (times: readonly number[], share: number): number =>
      times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? 0;
    const [{ n: beforeAnyCall } = { n: 0 }] = await stack.api.database.sql.query<{ n: number }>(
      `select count(*)::integer as n from executions e where status = 'cancelled'
         and not exists (select 1 from calls c where c.execution_id = e.id)`,
    );
    return {
      cancelled: plain.length,
      cancelledUnderKills: underKills.length,
      ...proof,
      beforeAnyCall,
      p50Ms: of(plain, 0.5),
      p99Ms: of(plain, 0.99),
      mostMs: of(plain, 1),
      killsP50Ms: of(underKills, 0.5),
      killsMostMs: of(underKills, 1),
      seconds: Math.round((performance.now() - begunAt) / 1000),
      failures,
    };
  } finally {
    await Promise.all(workers.map((worker) => worker.kill()));
    await stack.close();
    await model.close();
    await outside.close();
  }
}

/** @returns null when the run was over before it could be cancelled */
async function startAndCancel(
  { stack, random }: World,
  name: string,
  around: () => Promise<void>,
): Promise<Cancelled | null> {
  const made = await stack.call('POST', '/api/v1/graphs', randomCrew(random, name).document);
  const graph = z.looseObject({ id: z.string() }).parse(made.body);
  const started = await stack.call('POST', `/api/v1/graphs/${graph.id}/execute`, {});
  const { execution_id: id } = z.looseObject({ execution_id: z.string() }).parse(started.body);
  // Some at once, most while it works, a few after its end.
  await sleep(random.chance(0.1) ? random.below(20) : random.below(2_000));
  const meanwhile = around();
  await sleep(random.below(100));
  const askedAt = Date.now();
  const { status } = await stack.call('POST', `/api/v1/executions/${id}/cancel`);
  await untilOver(stack, id);
  await meanwhile;
  return status === 202 ? { id, name, askedAt } : null;
}

async function untilOver(stack: TestStack, id: string): Promise<void> {
  const until = Date.now() + 120_000;
  for (; Date.now() < until; await sleep(100)) {
    const [row] = await stack.api.database.sql.query<{ over: boolean }>(
      `select status in ('completed', 'failed', 'cancelled') as over from executions where execution_id = $1`,
      [id],
    );
    if (row?.over === true) return;
  }
  throw new Error(`execution ${id} does not end`);
}

/** @returns milliseconds from the request to the event */
async function check(
  { stack, arrivals }: World,
  { id, name, askedAt }: Cancelled,
  failures: string[],
): Promise<number> {
  const events = await getEvents(stack, id);
  const fail = (what: string): void => void failures.push(`run ${name} (${id}): ${what}`);
  try {
    checkLog(events, 1);
  } catch (error) {
    fail(String(error));
  }
  const last = events.at(-1);
  if (last?.type !== 'workflow_cancelled') fail(`its cancel was accepted, and it ended with ${last?.type}`);
  const endedAt = new Date(String(last?.timestamp)).getTime();
  for (const { what, at } of arrivals.get(name) ?? [])
    if (at > endedAt) fail(`${what} started ${at - endedAt} ms after it was cancelled`);
  const open = await stack.api.database.sql.query(
    `select 1 from calls c join executions e on e.id = c.execution_id where e.execution_id = $1 and c.finished_at is null`,
    [id],
  );
  if (open.length > 0) fail(`${open.length} calls are still open in its books`);
  return endedAt - askedAt;
}
