import { conflict, MusterError, notFound } from '../../domain/errors.ts';
import type { Thread } from '../../persistence/entities/thread.entity.ts';
import { findThread } from '../../persistence/repositories/threads.repository.ts';
import { commandRun } from '../commands/command-run.ts';
import type { CreatedRun } from './create-run.ts';
import { threadIsBusy } from '../queue/run-queue.ts';
import type { Sql } from '../../persistence/sql.ts';
import type { CommandServices } from '../commands/command-services.ts';
import type { StartServices } from './start-services.ts';

/**
 * Commits a run that belongs to a thread. While another run of it is live the new one queues, durably, and starts
 * when that has ended; the thread may want a refusal instead, or the others cancelled first.
 * @param commit makes the run; what is found again after a crash must not be made anew
 * @param say writes its message, last
 */
export async function commitInThread(
  engine: CommandServices & Pick<StartServices, 'database'>,
  of: { ownerId: string; threadId: string },
  commit: (sql: Sql) => Promise<CreatedRun>,
  say?: (sql: Sql, executionId: number) => Promise<void>,
): Promise<CreatedRun> {
  const scope = { ownerId: of.ownerId };
  const thread = await engine.database.as(scope, (em) => findThread(em, of.threadId, scope));
  if (thread === null) throw notFound('thread');
  const created = await engine.system.transaction(async (sql) => {
    const run = await commit(sql);
    if (thread.onBusy === 'reject' && (await threadIsBusy(sql, thread, run.id))) {
      throw conflict('a run of this thread is live, and the thread takes no second one', {
        on_busy: thread.onBusy,
      });
    }
    await say?.(sql, run.id);
    return run;
  });
  engine.waker.wake('message', thread.conversationId);
  if (thread.onBusy === 'cancel_and_start') await cancelEarlier(engine, thread, created.id);
  return created;
}

/** Cancels what lives in a thread and is older than a run, which starts once the last of them has ended. */
async function cancelEarlier(engine: CommandServices, thread: Thread, id: number): Promise<void> {
  const rows = await engine.system.query<{ id: number }>(
    `select id from executions where thread_id = $1 and id < $2
       and status not in ('completed', 'failed', 'cancelled', 'cancelling') order by id desc`,
    [thread.id, id],
  );
  for (const row of rows) {
    await cancelUnlessOver(engine, row.id);
    engine.waker.wake('log', row.id);
    engine.waker.wake('control', row.id);
  }
  if (rows.length > 0) void engine.dispatcher.deliverNow();
}

async function cancelUnlessOver(
  engine: Pick<CommandServices, 'now' | 'settings' | 'system'>,
  id: number,
): Promise<void> {
  const { MAX_ACTIVE_EXECUTIONS_PER_USER } = engine.settings;
  try {
    await commandRun(engine.system, id, 'cancel', MAX_ACTIVE_EXECUTIONS_PER_USER, engine.now());
  } catch (error) {
    // It has ended by itself meanwhile.
    if (!(error instanceof MusterError) || error.code !== 'CONFLICT') throw error;
  }
}
