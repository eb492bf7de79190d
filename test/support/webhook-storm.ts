import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { appendEvents } from '../../src/persistence/event-log.ts';
import { createRun } from '../../src/engine/starting/create-run.ts';
import { createRandom, type Random } from '../crewai/random.ts';
import { aPlan } from './plans.ts';
import { startStandardReceiver, type ReceiverAnswer, type StandardReceiver } from './standard-receiver.ts';
import { startTestStack, until, type TestStack } from './test-stack.ts';
import { makeWebhook } from './webhooks.ts';
import { startWorkerProcess, type WorkerProcess } from './worker-process.ts';

/**
 * Many deliveries to a receiver that fails 30 of 100 requests, lets 10 of 100 wait and is killed now and then, by a worker
 * that is killed too: what arrives, and how often.
 */

export interface StormOptions {
  /** A multiple of `endpoints`. */
  deliveries: number;
  endpoints: number;
  seed: number;
  /** How often the worker is killed with -9. */
  workerKills: number;
  /** The receiver is killed when so many more requests have come. */
  receiverKillEach: number;
  timeoutMs: number;
}

export interface StormReport {
  /** Deliveries that were made. */
  made: number;
  /** Requests the receiver got, and those whose signature did not verify. */
  requests: number;
  forged: number;
  /** Messages that were taken, counted by their ids, and how often one was taken again. */
  taken: number;
  duplicates: number;
  /** Messages by endpoint, execution and seq: as many as ids when each message has one id. */
  distinct: number;
  receiverKills: number;
  workerKills: number;
  /** Rows that say `delivered`, and the most attempts of one. */
  delivered: number;
  mostAttempts: number;
  seconds: number;
}

const EVENTS_OF_A_RUN = 50;
const RECEIVER_DOWN_MS = 500;

export async function deliverInAStorm(options: StormOptions): Promise<StormReport> {
  const random = createRandom(options.seed);
  const receiver = await startStandardReceiver();
  const stack = await startTestStack({
    settings: { EGRESS_ALLOW_PRIVATE: 'true', WEBHOOK_RETRY_DELAYS: delays() },
  });
  let worker: WorkerProcess | undefined;
  let isOver = false;
  try {
    receiver.answerOf = () => moody(random);
    worker = await startWorkerProcess(stack.settings, {
      EGRESS_ALLOW_PRIVATE: 'true',
      WEBHOOK_RETRY_DELAYS: delays(),
      LOG_LEVEL: 'info',
    });
    for (let index = 0; index < options.endpoints; index += 1)
      await makeWebhook(stack, receiver, `/${index}`);
    const begun = performance.now();
    const killing = killReceiver(receiver, options.receiverKillEach, () => isOver);
    const writing = writeEvents(stack, options.deliveries / options.endpoints);
    for (let kill = 1; kill <= options.workerKills; kill += 1) {
      const share = (options.deliveries * kill) / (options.workerKills + 2);
      await until('some have come', () => receiver.received.length >= share, options.timeoutMs);
      await worker.kill();
      worker = await startWorkerProcess(stack.settings, {
        EGRESS_ALLOW_PRIVATE: 'true',
        WEBHOOK_RETRY_DELAYS: delays(),
        LOG_LEVEL: 'info',
      });
    }
    await writing;
    await until('all are delivered', async () => (await countPending(stack)) === 0, options.timeoutMs);
    const seconds = (performance.now() - begun) / 1000;
    isOver = true;
    const receiverKills = await killing;
    return { ...(await reportOf(stack, receiver)), receiverKills, workerKills: options.workerKills, seconds };
  } finally {
    isOver = true;
    await worker?.stop();
    await stack.close();
    await receiver.close();
  }
}

/** Twenty attempts within half a minute, in place of ten within three days. */
const delays = (): string => ['200ms', '500ms', ...Array.from({ length: 18 }, () => '1500ms')].join(',');

function moody(random: Random): ReceiverAnswer {
  const answer: ReceiverAnswer = random.chance(0.3)
    ? { status: random.pick([500, 503, 404, 'cut']) }
    : { status: 204 };
  return random.chance(0.1) ? { ...answer, delayMs: 50 + random.below(250) } : answer;
}

/** @returns how often it was killed */
async function killReceiver(
  receiver: StandardReceiver,
  each: number,
  isOver: () => boolean,
): Promise<number> {
  let kills = 0;
  for (let next = each; !isOver();) {
    if (receiver.received.length < next) {
      await sleep(20);
      continue;
    }
    next = receiver.received.length + each;
    kills += 1;
    await receiver.stop();
    await sleep(RECEIVER_DOWN_MS);
    await receiver.start();
  }
  return kills;
}

/** Events in logs of runs that nobody runs: what makes deliveries of them is the log's own trigger. */
async function writeEvents(stack: TestStack, events: number): Promise<void> {
  const { sql } = stack.api.database;
  const { id: ownerId } = z
    .looseObject({ id: z.string() })
    .parse((await stack.call('GET', '/api/v1/auth/me')).body);
  for (let written = 0; written < events; written += EVENTS_OF_A_RUN) {
    const plan = aPlan();
    const run = { ownerId, kind: 'crew' as const, crewName: plan.name, plan, inputs: {}, model: null };
    await sql.transaction(async (tx) => {
      const { id } = await createRun(tx, run, 0, new Date());
      await tx.query('delete from outbox where execution_id = $1', [id]);
      await tx.query(
        `update executions set status = 'completed', completed_at = now(), reconciled_at = now() + interval '1 day'
          where id = $1`,
        [id],
      );
      const some = Array.from({ length: Math.min(EVENTS_OF_A_RUN, events - written) }, (_, index) => ({
        type: 'message_created' as const,
        key: `storm-${index}-${randomUUID()}`,
      }));
      await appendEvents(tx, id, some, new Date());
    });
    stack.engine.services.deliveries.announce();
  }
}

async function countPending({ api }: TestStack): Promise<number> {
  const [row] = await api.database.sql.query<{ count: number }>(
    `select count(*)::integer as count from deliveries where status = 'pending'`,
  );
  return row?.count ?? 0;
}

async function reportOf(
  { api }: TestStack,
  receiver: StandardReceiver,
): Promise<Omit<StormReport, 'receiverKills' | 'workerKills' | 'seconds'>> {
  const rows = await api.database.sql.query<{ id: string; status: string; attempts: number }>(
    'select id, status, attempts from deliveries',
  );
  const made = new Set(rows.map(({ id }) => id));
  const taken = receiver.received.filter(({ id, status }) => status === 204 && made.has(id));
  const ids = new Set(taken.map(({ id }) => id));
  const places = new Set(
    taken.map(({ path, data }) => `${path} ${String(data['id'])} ${String(data['seq'])}`),
  );
  return {
    made: made.size,
    requests: receiver.received.length,
    forged: receiver.forged,
    taken: ids.size,
    duplicates: taken.length - ids.size,
    distinct: places.size,
    delivered: rows.filter(({ status }) => status === 'delivered').length,
    mostAttempts: Math.max(...rows.map(({ attempts }) => attempts)),
  };
}
