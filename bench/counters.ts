import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { cpuSince, cpuTimes, type CpuTimes } from './processor-time.ts';
import type { BenchStack } from './stack/bench-stack.ts';

/** Cost of one more task in a chain and of a run's rest: everything counted is a × tasks + b. */
export interface PerTask {
  task: number;
  run: number;
}

/** Figures that no clock is needed for. */
export interface Counters {
  /** Transactions that wrote, by transaction ids. */
  commits: PerTask;
  walBytes: PerTask;
  /** All of them, reads included, as pg_stat_database counts; null in the short forms. */
  transactions: PerTask | null;
  history: { ours: HistorySize; peer: HistorySize };
  /** Milliseconds of processor time by process; null where the system does not say. */
  cpu: { ours: Record<string, PerTask>; peer: Record<string, PerTask> } | null;
  /** Rows of the event log of a 10-task run. */
  loggedEvents: number;
}

export interface HistorySize {
  events: PerTask;
  bytes: PerTask;
}

const LONG = 10;
/** Deletes of the outbox and the like follow a run's end. */
const AFTERMATH_MS = 300;
/** So long PostgreSQL's sessions may keep their statistics to themselves. */
const STATISTICS_MS = 11_000;

const perTask = (long: number, short: number): PerTask => {
  const task = (long - short) / (LONG - 1);
  return { task, run: short - task };
};

/** Counts what runs of ten tasks and of one task cost, on both sides, nothing else going on. */
export async function measureCounters(
  stack: BenchStack,
  runs: number,
  countsReads: boolean,
): Promise<Counters> {
  const idleRate = countsReads ? await idleTransactions(stack) : 0;
  const long = await countRuns(stack, LONG, runs, { countsReads, idleRate });
  const short = await countRuns(stack, 1, runs, { countsReads, idleRate });
  const peerLong = await countPeer(stack, LONG, runs);
  const peerShort = await countPeer(stack, 1, runs);
  const cpuOf = (one: CpuTimes | null, other: CpuTimes | null): Record<string, PerTask> =>
    Object.fromEntries(
      Object.keys(one ?? {}).map((name) => [name, perTask(one?.[name] ?? 0, other?.[name] ?? 0)]),
    );
  return {
    commits: perTask(long.commits, short.commits),
    walBytes: perTask(long.walBytes, short.walBytes),
    transactions: countsReads ? perTask(long.transactions, short.transactions) : null,
    history: {
      ours: historyOf(long.history, short.history),
      peer: historyOf(peerLong.history, peerShort.history),
    },
    cpu:
      long.cpu === null
        ? null
        : { ours: cpuOf(long.cpu, short.cpu), peer: cpuOf(peerLong.cpu, peerShort.cpu) },
    loggedEvents: long.loggedEvents,
  };
}

interface History {
  events: number;
  bytes: number;
}

const historyOf = (long: History, short: History): HistorySize => ({
  events: perTask(long.events, short.events),
  bytes: perTask(long.bytes, short.bytes),
});

interface Counted {
  commits: number;
  walBytes: number;
  transactions: number;
  history: History;
  cpu: CpuTimes | null;
  loggedEvents: number;
}

async function countRuns(
  stack: BenchStack,
  tasks: number,
  runs: number,
  { countsReads, idleRate }: { countsReads: boolean; idleRate: number },
): Promise<Counted> {
  const { ours, model, pids } = stack;
  const processes = {
    API: pids.api,
    worker: pids.worker,
    Temporal: pids.temporal,
    PostgreSQL: pids.postgres,
  };
  const before = await databaseCounts(stack);
  const cpuBefore = await cpuTimes(processes);
  const begun = performance.now();
  const looks = ours.looks();
  let executionId = '';
  for (let count = 0; count < runs; count += 1) ({ executionId } = await ours.runExecution(tasks));
  await sleep(AFTERMATH_MS);
  const cpu = cpuSince(cpuBefore, await cpuTimes(processes), runs);
  const written = await databaseCounts(stack);
  const own = ours.looks() - looks;
  if (countsReads) await sleep(STATISTICS_MS);
  const after = countsReads ? await databaseCounts(stack) : written;
  const idle = (idleRate * (performance.now() - begun)) / 1000;
  await model.settle();
  return {
    commits: (written.commits - before.commits) / runs,
    walBytes: (written.walBytes - before.walBytes) / runs,
    transactions: (after.transactions - before.transactions - own - idle) / runs,
    history: await historySize(stack, `crew-run/${executionId}`),
    cpu,
    loggedEvents: await loggedEvents(stack, executionId),
  };
}

async function countPeer(
  stack: BenchStack,
  tasks: number,
  runs: number,
): Promise<{ history: History; cpu: CpuTimes | null }> {
  const { peer, model, pids } = stack;
  const processes = { worker: pids.peerWorker, Temporal: pids.temporal };
  const before = await cpuTimes(processes);
  let workflowId = '';
  for (let count = 0; count < runs; count += 1) ({ workflowId } = await peer.runWorkflow(tasks));
  await sleep(AFTERMATH_MS);
  const cpu = cpuSince(before, await cpuTimes(processes), runs);
  await model.settle();
  return { history: await historySize(stack, workflowId), cpu };
}

const countsRow = z.object({
  commits: z.coerce.number(),
  wal: z.coerce.number(),
  transactions: z.coerce.number(),
});

async function databaseCounts({
  db,
}: BenchStack): Promise<{ commits: number; walBytes: number; transactions: number }> {
  const { rows } = await db.query(
    `select pg_snapshot_xmax(pg_current_snapshot())::text as commits,
            pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0') as wal,
            (select xact_commit from pg_stat_database where datname = current_database()) as transactions`,
  );
  const { commits, wal, transactions } = countsRow.parse(rows[0]);
  return { commits, walBytes: wal, transactions };
}

/** Transactions a second of a Muster that has nothing to do: outbox, reconciler, health. */
async function idleTransactions(stack: BenchStack): Promise<number> {
  await sleep(STATISTICS_MS);
  const before = await databaseCounts(stack);
  const begun = performance.now();
  await sleep(STATISTICS_MS);
  return (
    ((await databaseCounts(stack)).transactions - before.transactions) / ((performance.now() - begun) / 1000)
  );
}

async function historySize({ temporal }: BenchStack, workflowId: string): Promise<History> {
  const handle = temporal.workflow.getHandle(workflowId);
  // Ours is final in the row a moment before its workflow closes.
  for (let look = 0; look < 50; look += 1) {
    const { status, historyLength, historySize } = await handle.describe();
    if (status.name === 'COMPLETED') return { events: historyLength, bytes: historySize ?? 0 };
    await sleep(50);
  }
  throw new Error(`the workflow ${workflowId} does not close`);
}

async function loggedEvents({ db }: BenchStack, executionId: string): Promise<number> {
  const { rows } = await db.query(
    `select count(*)::integer as n from execution_events e join executions x on x.id = e.execution_id
      where x.execution_id = $1`,
    [executionId],
  );
  return z.object({ n: z.int() }).parse(rows[0]).n;
}
