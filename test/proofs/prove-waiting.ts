import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { callsTool, says } from '../support/scripted-replies.ts';
import { startTestStack, type TestStack } from '../support/test-stack.ts';
import { startWorkerProcess, type WorkerProcess } from '../support/worker-process.ts';
import { startGatedModel } from './gated-model.ts';

/** What runs cost a worker that stand still: those that wait for a person, and those that are paused. */

export interface Waiting {
  waiting: number;
  /** Activities that Temporal knows of in the waiting runs looked at. */
  lookedAt: number;
  activitiesOpen: number;
  /** Milliseconds of a run of one task, median of 20: with nothing else, and while the others wait. */
  aloneMs: number;
  besideMs: number;
  paused: number;
  /** Resident memory of the worker, in MiB. */
  warmMib: number;
  withPausedMib: number;
  pausedAddMib: number;
  /** With both. */
  withWaitingMib: number;
  seconds: number;
  failures: string[];
}

export interface WaitingOptions {
  waiting: number;
  paused: number;
  say: (line: string) => void;
}

/** Enough for code and heap of the worker to have come to their size; what has ended is not kept. */
const WARM_RUNS = 500;
const BATCH = 1_000;
const MOST_ADDED_MIB = 64;
const GIVE_UP_MS = 15 * 60_000;

export async function proveWaiting({ waiting, paused, say }: WaitingOptions): Promise<Waiting> {
  const model = await startGatedModel((call) => {
    const asks = call.mark.startsWith('ask') && !call.body.includes('"role":"tool"');
    call
      .answer(asks ? callsTool('ask_human', { question: 'Shall I?' }) : says('Done'))
      .catch(() => undefined);
  });
  const stack = await startTestStack({
    settings: {
      OPENAI_BASE_URL: model.url,
      MAX_ACTIVE_EXECUTIONS_PER_USER: '0',
      USER_LIMITS: 'open_executions=0,queued_executions=0',
      LOG_LEVEL: 'silent',
    },
  });
  const worker = await startWorkerProcess(stack.settings);
  const begunAt = performance.now();
  const failures: string[] = [];
  try {
    const [plain, asking] = [await makeGraph(stack, 'plain'), await makeGraph(stack, 'ask')];
    await startMany(stack, plain, WARM_RUNS);
    await reach(stack, plain, 'completed', WARM_RUNS);
    const aloneMs = await median(stack, plain);
    const warmMib = await memoryOf(worker);
    say(`warm: ${warmMib} MiB`);

    const held = await makeGraph(stack, 'held');
    await startMany(stack, held, paused, async (batch) => {
      const filter = { execution_ids: batch };
      await stack.call('POST', '/api/v1/executions/bulk', { action: 'pause', filter });
    });
    await reach(stack, held, 'paused', paused);
    const withPausedMib = await memoryOf(worker);
    say(`${paused} are paused: ${withPausedMib} MiB`);
    const pausedAddMib = withPausedMib - warmMib;
    if (pausedAddMib > MOST_ADDED_MIB) failures.push(`${paused} paused runs add ${pausedAddMib} MiB`);

    await startMany(stack, asking, waiting);
    await reach(stack, asking, 'waiting', waiting);
    const withWaitingMib = await memoryOf(worker);
    const open = await openActivities(stack, asking);
    if (open.activities > 0)
      failures.push(`${open.activities} activities are open in ${open.runs} waiting runs`);
    const besideMs = await median(stack, plain);
    say(`${waiting} wait: ${withWaitingMib} MiB`);
    return {
      waiting,
      lookedAt: open.runs,
      activitiesOpen: open.activities,
      aloneMs,
      besideMs,
      paused,
      warmMib,
      withWaitingMib,
      withPausedMib,
      pausedAddMib,
      seconds: Math.round((performance.now() - begunAt) / 1000),
      failures,
    };
  } finally {
    await worker.kill();
    await stack.close();
    await model.close();
  }
}

async function makeGraph(stack: TestStack, mark: string): Promise<string> {
  const made = await stack.call('POST', '/api/v1/graphs', {
    name: mark,
    nodes: [
      {
        id: 'w',
        type: 'agent',
        data: { role: 'Worker', goal: 'work', backstory: 'b', tools: ['ask_human'] },
      },
      {
        id: 't',
        type: 'task',
        data: { agent: 'w', description: `[[${mark}]] {n}`, expected_output: 'x' },
      },
    ],
    edges: [],
  });
  return z.looseObject({ id: z.uuid() }).parse(made.body).id;
}

const startedSchema = z.looseObject({ executions: z.array(z.looseObject({ execution_id: z.uuid() })) });

async function startMany(
  stack: TestStack,
  graph: string,
  count: number,
  then: (executionIds: string[]) => Promise<void> = () => Promise.resolve(),
): Promise<void> {
  for (let from = 0; from < count; from += BATCH) {
    const inputs = Array.from({ length: Math.min(BATCH, count - from) }, (_, n) => ({ n: from + n }));
    const { body } = await stack.call('POST', `/api/v1/graphs/${graph}/execute/batch`, { inputs });
    await then(startedSchema.parse(body).executions.map((one) => one.execution_id));
  }
}

/** Waits until so many runs of a graph are in a state, and nothing is left to be told to Temporal. */
async function reach(stack: TestStack, graph: string, status: string, count: number): Promise<void> {
  const giveUpAt = Date.now() + GIVE_UP_MS;
  for (; Date.now() < giveUpAt; await sleep(500)) {
    const [row] = await stack.api.database.sql.query<{ there: number; commands: number }>(
      `select (select count(*)::integer from executions where graph_id = $1 and status = $2) as there,
         (select count(*)::integer from outbox) as commands`,
      [graph, status],
    );
    if (row !== undefined && row.there >= count && row.commands === 0) return;
  }
  throw new Error(`not ${count} runs came to be ${status}`);
}

/** Resident memory once it has come to rest, in MiB. */
async function memoryOf({ pid }: WorkerProcess): Promise<number> {
  await sleep(5_000);
  const text = await readFile(`/proc/${pid}/status`, 'utf8');
  return Math.round(Number(/VmRSS:\s+(\d+) kB/.exec(text)?.[1] ?? Number.NaN) / 1024);
}

/** What Temporal has under way for a hundred of the runs. */
async function openActivities(
  stack: TestStack,
  graph: string,
): Promise<{ runs: number; activities: number }> {
  const rows = await stack.api.database.sql.query<{ execution_id: string }>(
    'select execution_id from executions where graph_id = $1 order by random() limit 100',
    [graph],
  );
  let activities = 0;
  for (const { execution_id: id } of rows) {
    const { raw } = await stack.temporal.client.workflow.getHandle(`crew-run/${id}`).describe();
    activities += raw.pendingActivities?.length ?? 0;
  }
  return { runs: rows.length, activities };
}

/** Milliseconds from start to end of single runs, one after the other. */
async function median(stack: TestStack, graph: string): Promise<number> {
  const times: number[] = [];
  for (let run = 0; run < 20; run += 1) {
    const { body } = await stack.call('POST', `/api/v1/graphs/${graph}/execute`, { inputs: { n: run } });
    const { execution_id: id } = z.looseObject({ execution_id: z.uuid() }).parse(body);
    for (let ms: number | undefined; ms === undefined; await sleep(20)) {
      const [row] = await stack.api.database.sql.query<{ ms: number }>(
        `select (extract(epoch from completed_at - created_at) * 1000)::float8 as ms from executions
          where execution_id = $1 and completed_at is not null`,
        [id],
      );
      ms = row?.ms;
      if (ms !== undefined) times.push(ms);
    }
  }
  return Math.round(times.toSorted((a, b) => a - b)[times.length >> 1] ?? Number.NaN);
}
