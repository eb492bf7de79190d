import type { TaskOutcome } from '../../src/contracts/crew-run.ts';
import { lockRun } from '../../src/engine/calls/record-call.ts';
import type { Lease } from '../../src/engine/claims/task-lease.ts';
import {
  acquitOthers,
  endTrial,
  letGo,
  takeOver,
  type Found,
} from '../../src/engine/claims/worker-deaths.ts';
import type { Sql } from '../../src/persistence/sql.ts';
import { GONE_AFTER_MS } from '../../src/persistence/workers.ts';
import type { TaskDeps } from './call-deps.ts';
import { failTask } from './task-record.ts';

/** What is to be worked on, as far as it matters here. */
interface Suspect {
  kind: 'task' | 'step';
  /** Makes the row where it may be missing. */
  prepare?: (sql: Sql, now: Date) => Promise<void>;
}

/** A suspect that finds another tried here asks again after so long, and up to four times that. */
const LATER_MS = 1_000;

/**
 * Opens a task or a step. Where a worker may have died in it, that is checked first, in a transaction of its own.
 * @param open answers null for a suspect that was not checked
 */
export async function openAfterDeaths<T>(
  deps: TaskDeps,
  lease: Lease,
  suspect: Suspect,
  open: () => Promise<T | null>,
): Promise<T | { kind: 'outcome'; outcome: TaskOutcome }> {
  let before = lease.attempt > 1 ? await lookBack(deps, lease, suspect) : null;
  let opened = before === null ? await open() : null;
  if (before === null && opened === null && lease.attempt === 1) {
    before = await lookBack(deps, lease, suspect);
    if (before === null) opened = await open();
  }
  return opened ?? { kind: 'outcome', outcome: before ?? { kind: 'refused' } };
}

/** @returns null where it may be opened */
async function lookBack(deps: TaskDeps, lease: Lease, suspect: Suspect): Promise<TaskOutcome | null> {
  const lone = deps.running.tryAlone(lease);
  let tries = false;
  try {
    const { found, outcome } = await deps.sql.transaction(async (sql) => {
      const now = deps.now();
      await lockRun(sql, lease.id);
      await suspect.prepare?.(sql, now);
      const verdict = await takeOver(sql, lease, lone, now);
      return { found: verdict, outcome: await outcomeOf(sql, lease, suspect, verdict, now) };
    });
    tries = found.kind === 'go' && found.alone;
    if (found.kind === 'guilty') await setAside(deps, lease, suspect, found.workers);
    return outcome;
  } finally {
    if (!tries) deps.running.endAlone(lease);
  }
}

async function outcomeOf(
  sql: Sql,
  lease: Lease,
  { kind }: Suspect,
  found: Found,
  now: Date,
): Promise<TaskOutcome | null> {
  switch (found.kind) {
    case 'go':
      return null;
    case 'cancelling':
      return { kind: 'cancelling' };
    case 'later':
      return {
        kind: 'delayed',
        delayMs: found.gone === 'unsure' ? GONE_AFTER_MS : Math.round(LATER_MS * (1 + Math.random() * 3)),
      };
    case 'guilty': {
      const failure = { error: wordsOf(kind, found.deaths), code: 'WORKER_DIED' as const };
      return (await failTask(sql, lease, found.ids, failure, [], now)).outcome;
    }
  }
}

const wordsOf = (kind: Suspect['kind'], deaths: number): string =>
  `the worker process ended ${deaths} times while it worked on this ${kind}, which had not come on in between: ` +
  `it is set aside, so that others are not ended with it. Make what it works on smaller (inputs, texts, schemas, expressions, ` +
  `answers of models and tools), then retry it`;

async function setAside(deps: TaskDeps, lease: Lease, { kind }: Suspect, workers: string[]): Promise<void> {
  const about = { execution: lease.id, task_key: lease.taskKey, workers };
  deps.logger.error(about, `a ${kind} is set aside: workers have died in it`);
  deps.setAside(kind);
  deps.waker.wake('log', lease.id);
  try {
    await acquitOthers(deps.sql, lease.id, lease.taskKey, workers);
  } catch (error) {
    // They are tried alone, each, and found innocent: slower, not wrong.
    deps.logger.warn({ err: error, ...about }, 'deaths of workers still count against other tasks');
  }
}

/** The task has come on, or is let go: the next suspect may be tried here. Costs nothing for all others. */
export async function endAlone(deps: TaskDeps, lease: Lease): Promise<void> {
  if (!deps.running.isAlone(lease)) return;
  try {
    await endTrial(deps.sql, lease.workerId);
  } catch (error) {
    deps.logger.debug({ err: error }, 'the end of a trial is not written');
  } finally {
    deps.running.endAlone(lease);
  }
}

/** Says that this worker lives and has let go of the task, as well as the database can hear it. */
export async function handBack(deps: TaskDeps, lease: Lease): Promise<void> {
  try {
    await letGo(deps.sql, lease);
  } catch (error) {
    deps.logger.debug({ err: error, task_key: lease.taskKey }, 'letting go of a task is not written');
  }
}
