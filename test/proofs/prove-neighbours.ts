import { setTimeout as sleep } from 'node:timers/promises';
import getPort from 'get-port';
import { z } from 'zod';
import { startApiProcess } from '../support/api-process.ts';
import { startTestStack, until, type TestStack } from '../support/test-stack.ts';
import { startWorkerProcess } from '../support/worker-process.ts';
import { endOf, startRun, wanderingCallerOf, type Caller } from './neighbours/attack.ts';
import { HOSTILE_DOORS, hostileModel, type Door } from './neighbours/hostile-doors.ts';
import { startAttacker, type AttackProcess } from './neighbours/start-attacker.ts';

/** One user does the worst through every door; what another user notices of it, in one run on one machine. */

export interface Scene {
  name: string;
  /** 95th percentiles in milliseconds: of a crew of one task, of a list, of a cancel. */
  crewMs: number;
  listMs: number;
  cancelMs: number;
  livezMs: number;
  /** 99th percentiles of how late the event loops were, in milliseconds. */
  apiDelayMs: number;
  workerDelayMs: number;
  /** Resident, in megabytes, at the end of it. */
  apiMb: number;
  workerMb: number;
  samples: number;
  /** How often each answer came. */
  answers: Record<string, number>;
}

export interface Neighbours {
  scenes: Scene[];
  /** Ids of the operations of the API document that take a body. */
  operationsWithBody: string[];
  failures: string[];
}

export interface NeighbourOptions {
  /** Of each door's attack. */
  seconds: number;
  /** Attacks at once. */
  atOnce: number;
  /** Whether each door is attacked by itself too, before all are together. */
  each: boolean;
  /** Part of the names of the doors that are tried; all of them without it. */
  only?: string | undefined;
  say: (line: string) => void;
}

interface World {
  stack: TestStack;
  url: string;
  workerMetrics: string;
  attacker: AttackProcess;
  /** The attacker, whom no rate limit stops, to clear up after a scene. */
  tidy: Caller;
  neighbour: Caller;
  crew: string;
  slowCrew: string;
}

const ALL: readonly [string, Door][] = Object.entries(HOSTILE_DOORS);
const METRICS_TOKEN = 'read-the-metrics';
const p = (times: readonly number[], share: number): number => {
  const sorted = times.toSorted((one, other) => one - other);
  return Math.round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0);
};

export async function proveNeighbours(options: NeighbourOptions): Promise<Neighbours> {
  const stack = await startTestStack({ settings: { MAX_ACTIVE_EXECUTIONS_PER_USER: '0' } });
  const workerPort = await getPort({ host: '127.0.0.1' });
  const api = await startApiProcess(stack, await getPort({ host: '127.0.0.1' }), {
    METRICS_TOKEN,
    RATE_LIMIT_PER_MINUTE: '100',
  });
  const worker = await startWorkerProcess(stack.settings, {
    WORKER_METRICS_ADDRESS: `127.0.0.1:${workerPort}`,
  });
  let workerEnded = false;
  void worker.ended.then(() => (workerEnded = true));
  stack.model.always(hostileModel);
  const failures: string[] = [];
  let attacker: AttackProcess | undefined;
  const doors = ALL.filter(([name]) => name.includes(options.only ?? ''));
  try {
    const world = await makeWorld(stack, api.url, `http://127.0.0.1:${workerPort}/metrics`);
    attacker = world.attacker;
    const scenes: Scene[] = [];
    const add = async (name: string, attacked: readonly [string, Door][]): Promise<void> => {
      const scene = await playScene(world, name, attacked, options);
      scenes.push(scene);
      options.say(JSON.stringify(scene));
      if (workerEnded) throw new Error(`the worker process ended during: ${name}`);
    };
    await add('warm up', []);
    scenes.pop();
    await add('quiet', []);
    if (options.each) for (const door of doors) await add(door[0], [door]);
    await add('all at once', doors);
    if (options.each) await add('quiet again', []);
    for (const { name, answers } of scenes) failures.push(...wrongAnswers(name, answers));
    return { scenes, operationsWithBody: await readOperations(world), failures };
  } finally {
    await attacker?.close();
    await worker.kill();
    await api.kill();
    await stack.close();
  }
}

function wrongAnswers(name: string, answers: Record<string, number>): string[] {
  return Object.keys(answers).flatMap((key) => {
    const [door = '', answer = ''] = key.split(': ');
    const found = ALL.find(([one]) => one === door)?.[1];
    if (
      found === undefined ||
      answer === 'not over yet' ||
      answer === '429' ||
      answer === 'cancelled CANCELLED' ||
      found.expected.test(answer)
    )
      return [];
    return [`${name}: ${key}`];
  });
}

const tokenSchema = z.object({ access_token: z.string() });
const createdSchema = z.looseObject({ id: z.string() });

async function makeWorld(stack: TestStack, url: string, workerMetrics: string): Promise<World> {
  const person = async (name: string): Promise<string> => {
    const account = { email: `${name}@neighbours.test`, password: 'a long enough password' };
    await stack.call('POST', '/api/v1/users', { ...account, role: 'user' });
    const session = await stack.call('POST', '/api/v1/auth/login', account);
    return tokenSchema.parse(session.body).access_token;
  };
  const neighbour = wanderingCallerOf(url, await person('neighbour'));
  const attacker = await person('attacker');
  const crewOf = async (description: string): Promise<string> => {
    const made = await neighbour('POST', '/api/v1/graphs', {
      name: 'own',
      nodes: [
        { id: 'w', type: 'agent', data: { role: 'r', goal: 'g', backstory: 'b' } },
        { id: 't', type: 'task', data: { description, expected_output: 'x', agent: 'w' } },
      ],
      edges: [],
    });
    return createdSchema.parse(made.body).id;
  };
  return {
    stack,
    url,
    workerMetrics,
    attacker: startAttacker(url, attacker),
    tidy: wanderingCallerOf(url, attacker),
    neighbour,
    crew: await crewOf('Be quick.'),
    slowCrew: await crewOf('SAY-NOTHING'),
  };
}

async function playScene(
  world: World,
  name: string,
  attacked: readonly [string, Door][],
  { seconds, atOnce, each }: NeighbourOptions,
): Promise<Scene> {
  let over = false;
  const doors = attacked.map(([key]) => key);
  const attack = doors.length === 0 ? undefined : await world.attacker.attack({ doors, atOnce, again: each });
  const answers = attack?.answers ?? {};
  await readLoads(world);
  const livez = probeLivez(world, () => over);
  const until_ = performance.now() + seconds * 1_000;
  // In the short form each attacks once: some take half a minute to meet their limit.
  const isAnswered = (): boolean =>
    doors.every((door) => Object.keys(answers).some((answer) => answer.startsWith(`${door}: `)));
  const samples = await liveBeside(world, () => performance.now() > until_ && (each || isAnswered()));
  const loads = await readLoads(world);
  over = true;
  await attack?.end();
  const livezTimes = await livez;
  await cancelAll(world.tidy);
  return {
    name,
    crewMs: p(samples.crew, 0.95),
    listMs: p(samples.list, 0.95),
    cancelMs: p(samples.cancel, 0.95),
    livezMs: p(livezTimes, 1),
    ...loads,
    samples: samples.crew.length,
    answers,
  };
}

/** What the neighbour does meanwhile, one after the other, three times at least. */
async function liveBeside(
  { neighbour, crew, slowCrew, stack }: World,
  isOver: () => boolean,
): Promise<{ crew: number[]; list: number[]; cancel: number[] }> {
  const times = { crew: [] as number[], list: [] as number[], cancel: [] as number[] };
  const timed = async (into: number[], work: () => Promise<void>): Promise<void> => {
    const begun = performance.now();
    await work();
    into.push(performance.now() - begun);
  };
  while (times.crew.length < 3 || !isOver()) {
    await timed(times.crew, async () => {
      const end = await endOf(
        neighbour,
        await startRun(neighbour, `/api/v1/graphs/${crew}/execute`, { inputs: {} }),
        'neighbour',
      );
      if (end !== 'completed') throw new Error(`the neighbour's crew ended as ${end}`);
    });
    await timed(times.list, async () => {
      const { status } = await neighbour('GET', '/api/v1/executions?limit=20');
      if (status !== 200) throw new Error(`the neighbour's list answered ${status}`);
    });
    const asked = stack.model.requests.length;
    const id = await startRun(neighbour, `/api/v1/graphs/${slowCrew}/execute`, { inputs: {} });
    await until(
      'the neighbour’s slow crew asks its model',
      () =>
        stack.model.requests
          .slice(asked)
          .some(({ body }) => body.messages.some(({ content }) => content?.includes('SAY-NOTHING') === true)),
      60_000,
    );
    await timed(times.cancel, async () => {
      await neighbour('POST', `/api/v1/executions/${id}/cancel`);
      const end = await endOf(neighbour, id, 'neighbour');
      if (!end.startsWith('cancelled')) throw new Error(`the neighbour's cancel ended as ${end}`);
    });
  }
  return times;
}

async function probeLivez({ url }: World, isOver: () => boolean): Promise<number[]> {
  const times: number[] = [];
  while (!isOver()) {
    const begun = performance.now();
    await (await fetch(`${url}/livez`)).text();
    times.push(performance.now() - begun);
    await sleep(50);
  }
  return times;
}

const documentSchema = z.object({
  paths: z.record(
    z.string(),
    z.record(
      z.string(),
      z.looseObject({ operationId: z.string().optional(), requestBody: z.unknown().optional() }),
    ),
  ),
});

async function readOperations({ neighbour }: World): Promise<string[]> {
  const { paths } = documentSchema.parse((await neighbour('GET', '/openapi.json')).body);
  return Object.values(paths).flatMap((methods) =>
    Object.values(methods).flatMap(({ operationId, requestBody }) =>
      requestBody === undefined || operationId === undefined ? [] : [operationId],
    ),
  );
}

/** What the attack has left under way must not be in the next scene. */
async function cancelAll(attacker: Caller): Promise<void> {
  const live = z.array(z.looseObject({ execution_id: z.string() }));
  for (;;) {
    const { body } = await attacker(
      'GET',
      '/api/v1/executions?limit=50&status=pending,running,paused,waiting,cancelling',
    );
    const left = live.parse(body);
    if (left.length === 0) return;
    for (const { execution_id: id } of left) await attacker('POST', `/api/v1/executions/${id}/cancel`);
    await sleep(200);
  }
}

/** How late the event loops were since the last reading, and what the processes hold. */
async function readLoads({
  url,
  workerMetrics,
}: World): Promise<Pick<Scene, 'apiDelayMs' | 'workerDelayMs' | 'apiMb' | 'workerMb'>> {
  const read = async (address: string): Promise<{ delayMs: number; mb: number }> => {
    const text = await (
      await fetch(address, { headers: { authorization: `Bearer ${METRICS_TOKEN}` } })
    ).text();
    const value = (name: string): number =>
      Number(new RegExp(`^${name}(?:\\{[^}]*\\})? (\\S+)$`, 'm').exec(text)?.[1]);
    return {
      delayMs: Math.round(value('nodejs_eventloop_lag_p99_seconds') * 1_000),
      mb: Math.round(value('process_resident_memory_bytes') / 1_000_000),
    };
  };
  const [api, worker] = await Promise.all([read(`${url}/metrics`), read(workerMetrics)]);
  return { apiDelayMs: api.delayMs, workerDelayMs: worker.delayMs, apiMb: api.mb, workerMb: worker.mb };
}
