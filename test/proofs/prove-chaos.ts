import { setTimeout as sleep } from 'node:timers/promises';
import getPort, { portNumbers } from 'get-port';
import { z } from 'zod';
import { createRandom, type Random } from '../crewai/random.ts';
import { startApiProcess, type ApiProcess } from '../support/api-process.ts';
import { getEvents, startTestStack, type TestStack } from '../support/test-stack.ts';
import { startWorkerProcess, type WorkerProcess } from '../support/worker-process.ts';
import { checkLog } from './check-log.ts';
import { startEffectsServer, type EffectsServer } from './effects-server.ts';
import { COMPLETION_TOKENS, playModel, PROMPT_TOKENS, randomCrew } from './random-crew.ts';
import { startGatedModel, type GatedModel } from './gated-model.ts';

/** Runs of random crews while worker and API are killed with `kill -9` at random instants. */

export interface Chaos {
  runs: number;
  workerKills: number;
  apiKills: number;
  tasks: number;
  modelCalls: number;
  /** Calls that were under way in a process that was killed: charged at their reserve. */
  lostCalls: number;
  toolEffects: number;
  /** Tool calls nobody knew the outcome of; a person was asked. */
  unknownOutcomes: number;
  tokens: number;
  costMicroUsd: number;
  seconds: number;
  /** Each lost call: run, task, turn and what was reserved for it. */
  lost: string[];
  failures: string[];
}

export interface ChaosOptions {
  runs: number;
  kills: number;
  seed: number;
  atOnce: number;
  /** A process lives this long, to three times as long, before it is killed. */
  leastLifeMs: number;
  giveUpMs: number;
  say: (line: string) => void;
}

interface World {
  stack: TestStack;
  model: GatedModel;
  outside: EffectsServer;
  api: ApiProcess;
  port: number;
  random: Random;
  /** Until when runs may take. */
  giveUpAt: number;
}

/** Of one such call at the list price of the stack's model, openai/gpt-4o-mini: 0.15 and 0.60 USD a million, rounded up. */
const MICRO_USD = 5;

export async function proveChaos(options: ChaosOptions): Promise<Chaos> {
  const random = createRandom(options.seed);
  const ledger = new Map<string, number>();
  const outside = await startEffectsServer();
  const play = playModel(() => outside.url, random, 120);
  const model = await startGatedModel((call) => {
    call.response.once('finish', () => ledger.set(call.mark, (ledger.get(call.mark) ?? 0) + 1));
    play(call);
  });
  const stack = await startTestStack({
    settings: {
      OPENAI_BASE_URL: model.url,
      MAX_ACTIVE_EXECUTIONS_PER_USER: '0',
      USER_LIMITS: 'open_executions=0,queued_executions=0',
      EGRESS_ALLOW_PRIVATE: 'true',
    },
  });
  // Whatever is delivered or put right is the doing of the processes that are killed.
  await stack.engine.close();
  const port = await getPort({ host: '127.0.0.1', port: portNumbers(38_100, 38_999) });
  const overrides = { EGRESS_ALLOW_PRIVATE: 'true', LOG_LEVEL: 'info' };
  const startWorker = (): Promise<WorkerProcess> => startWorkerProcess(stack.settings, overrides);
  const world: World = {
    stack,
    model,
    outside,
    port,
    random,
    giveUpAt: Date.now() + options.giveUpMs,
    api: await startApiProcess(stack, port),
  };
  const workers = [await startWorker(), await startWorker()];
  const chaos: Chaos = {
    runs: 0,
    workerKills: 0,
    apiKills: 0,
    tasks: 0,
    modelCalls: 0,
    lostCalls: 0,
    toolEffects: 0,
    unknownOutcomes: 0,
    tokens: 0,
    costMicroUsd: 0,
    seconds: 0,
    lost: [],
    failures: [],
  };
  const begunAt = performance.now();
  const over = new AbortController();
  const killings = (): number => chaos.workerKills + chaos.apiKills;
  /** Kills one process again and again: any of them, or all, may be gone at a time. */
  const haunt = async (kill: () => Promise<void>, start: () => Promise<void>): Promise<void> => {
    while (!over.signal.aborted && killings() < options.kills && Date.now() < world.giveUpAt) {
      await sleep(options.leastLifeMs + random.below(2 * options.leastLifeMs));
      if (over.signal.aborted || killings() >= options.kills) return;
      await kill();
      await start();
    }
  };
  const hauntWorker = (place: number): Promise<void> =>
    haunt(
      async () => {
        chaos.workerKills += 1;
        await workers[place]?.kill();
      },
      async () => {
        workers[place] = await startWorker();
      },
    );
  const hauntApi = (): Promise<void> =>
    haunt(
      async () => {
        chaos.apiKills += 1;
        await world.api.kill();
      },
      async () => {
        world.api = await startApiProcess(stack, port);
      },
    );
  let next = 0;
  const started: { id: string; name: string; tasks: number }[] = [];
  const drive = async (): Promise<void> => {
    while (next < options.runs && Date.now() < world.giveUpAt) {
      const name = `c${next}`;
      next += 1;
      try {
        const run = await start(world, name);
        started.push(run);
        await untilOver(world, run.id, chaos);
      } catch (error) {
        // What it was about is counted as not done, and the runs that were started are compared all the same.
        if (!(error instanceof TimeIsUp)) throw error;
      }
      if (started.length % 50 === 0) options.say(`${started.length} runs, ${killings()} kills`);
    }
  };
  try {
    const driven = Promise.all(Array.from({ length: options.atOnce }, drive)).finally(() => over.abort());
    await Promise.all([driven, hauntWorker(0), hauntWorker(1), hauntApi()]);
    for (const run of started) await check(world, run, ledger, chaos);
    if (started.length < options.runs) chaos.failures.push(`time for ${started.length} runs only`);
  } finally {
    over.abort();
    world.giveUpAt = 0;
    await Promise.all(workers.map((worker) => worker.kill()));
    await world.api.kill();
    await stack.close();
    await model.close();
    await outside.close();
  }
  chaos.seconds = Math.round((performance.now() - begunAt) / 1000);
  return chaos;
}

class TimeIsUp extends Error {}

/** Asks the API process until it answers: it may be dead, or die over it. The key keeps a repeat from doing it twice. @throws {TimeIsUp} */
async function ask(world: World, path: string, key: string, body: unknown): Promise<unknown> {
  for (; ; await sleep(100)) {
    if (Date.now() > world.giveUpAt) throw new TimeIsUp(`time is up before ${path} was answered`);
    const response = await fetch(`http://127.0.0.1:${world.port}${path}`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${world.stack.api.admin.apiKey}`,
        'content-type': 'application/json',
        'idempotency-key': key,
      },
      body: JSON.stringify(body),
    }).catch(() => null);
    // 409: the request with this key is still in the hands of the one that was killed, or the question is answered.
    if (response === null || response.status >= 500 || response.status === 409) {
      if (response?.status === 409 && path.includes('/answer')) return null;
      continue;
    }
    const text = await response.text().catch(() => null);
    if (text === null) continue;
    if (!response.ok) throw new Error(`POST ${path} answered ${response.status}: ${text.slice(0, 300)}`);
    return JSON.parse(text);
  }
}

async function start(world: World, name: string): Promise<{ id: string; name: string; tasks: number }> {
  const { document, tasks } = randomCrew(world.random, name);
  const graph = z
    .looseObject({ id: z.string() })
    .parse(await ask(world, '/api/v1/graphs', `${name}-g`, document));
  const execution = await ask(world, `/api/v1/graphs/${graph.id}/execute`, `${name}-e`, {});
  const { execution_id: id } = z.looseObject({ execution_id: z.string() }).parse(execution);
  return { id, name, tasks };
}

/** Waits for the end; where the outcome of a tool call is unknown, a person says that it was done. */
async function untilOver({ stack, ...world }: World, id: string, chaos: Chaos): Promise<void> {
  const { sql } = stack.api.database;
  for (; Date.now() < world.giveUpAt + 60_000; await sleep(150)) {
    const [row] = await sql.query<{ status: string; question: string | null }>(
      `select e.status, (select q.id from questions q where q.execution_id = e.id and q.status = 'open' limit 1) as question
         from executions e where e.execution_id = $1`,
      [id],
    );
    if (row === undefined || ['completed', 'failed', 'cancelled'].includes(row.status)) return;
    if (row.question === null) continue;
    await ask(
      { stack, ...world },
      `/api/v1/executions/${id}/questions/${row.question}/answer`,
      row.question,
      {
        answer: 'It was done.',
      },
    );
    chaos.unknownOutcomes += 1;
  }
}

interface Books {
  status: string;
  error: string | null;
  runs: number;
  total_tokens: string;
  model_calls: number;
  lost_calls: number;
  lost_tokens: string;
  cost: string | null;
  lost_cost: string;
  lost: string[] | null;
  turns: { key: string; n: number }[] | null;
}

/** Compares what Muster wrote down with what the model and the outside world have seen. */
async function check(
  { stack, outside }: World,
  { id, name, tasks }: { id: string; name: string; tasks: number },
  ledger: ReadonlyMap<string, number>,
  chaos: Chaos,
): Promise<void> {
  const [books] = await stack.api.database.sql.query<Books>(
    `select e.status, e.error, (select count(*)::integer from executions x where x.graph_id = e.graph_id) as runs, e.total_tokens, e.cost_micro_usd as cost,
       (select count(*)::integer from calls c where c.execution_id = e.id and c.kind = 'model' and c.status = 'completed') as model_calls,
       (select count(*)::integer from calls c where c.execution_id = e.id and c.kind = 'model' and c.status = 'lost') as lost_calls,
       (select coalesce(sum(total_tokens), 0) from calls c where c.execution_id = e.id and c.kind = 'model' and c.status = 'lost') as lost_tokens,
       (select coalesce(sum(cost_micro_usd), 0) from calls c where c.execution_id = e.id and c.kind = 'model' and c.status = 'lost') as lost_cost,
       (select json_agg(t.task_key || ' ' || c.call_key || ' ' || c.total_tokens order by c.id) from calls c
          join task_executions t on t.id = c.task_execution_id
         where c.execution_id = e.id and c.kind = 'model' and c.status = 'lost') as lost,
       (select json_agg(json_build_object('key', d.call_key, 'n', d.n)) from (
          select task_execution_id, call_key, count(*) as n from calls c where c.execution_id = e.id and c.status = 'completed'
           group by 1, 2 having count(*) > 1) d) as turns
       from executions e where e.execution_id = $1`,
    [id],
  );
  const problems: string[] = [];
  const fail = (is: boolean, what: string): void => void (is && problems.push(what));
  if (books === undefined) throw new Error(`run ${name} is lost`);
  fail(books.status !== 'completed', `it is ${books.status}: ${books.error ?? ''}`);
  fail(books.runs !== 1, `it was started ${books.runs} times`);
  fail(books.turns !== null, `turns were made twice: ${JSON.stringify(books.turns)}`);
  const answered = Array.from({ length: tasks }, (_, at) => ledger.get(`${name}/${at}`) ?? 0).reduce(
    (sum, count) => sum + count,
    0,
  );
  // What the model has answered and nobody has settled is among the lost ones.
  const unsettled = answered - books.model_calls;
  fail(
    unsettled < 0 || unsettled > books.lost_calls,
    `the model answered ${answered}, settled ${books.model_calls}, lost ${books.lost_calls}`,
  );
  const settled = Number(books.total_tokens) - Number(books.lost_tokens);
  fail(
    settled !== books.model_calls * (PROMPT_TOKENS + COMPLETION_TOKENS),
    `${settled} tokens for ${books.model_calls} calls`,
  );
  const cost = Number(books.cost ?? Number.NaN) - Number(books.lost_cost);
  fail(cost !== books.model_calls * MICRO_USD, `${cost} micro-USD for ${books.model_calls} calls`);
  for (const [effect, count] of outside.effects)
    if (effect.startsWith(`${name}/`)) {
      chaos.toolEffects += count;
      fail(count > 1, `the tool did ${effect} ${count} times`);
    }
  try {
    checkLog(await getEvents(stack, id), 1);
  } catch (error) {
    problems.push(String(error));
  }
  chaos.runs += 1;
  chaos.tasks += tasks;
  chaos.modelCalls += books.model_calls;
  chaos.lostCalls += books.lost_calls;
  chaos.tokens += settled;
  chaos.costMicroUsd += cost;
  chaos.lost.push(...(books.lost ?? []).map((call) => `${name} ${call}`));
  if (problems.length > 0) chaos.failures.push(`run ${name} (${id}): ${problems.join('; ')}`);
}
